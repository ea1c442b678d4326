"""Send calls that will certainly be wanted before they are, a few at once; answers come in order."""

from __future__ import annotations

from collections import deque
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import TYPE_CHECKING

from tap_solaredge.errors import TapSolarEdgeError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from concurrent.futures import Future

    from tap_solaredge.service.client import Client, Request
    from tap_solaredge.service.responses import Answer

READY = 2
"""Answers that may wait to be wanted, for each call that may run."""


class Ahead:
    """Asks through a client; with one call at a time it does nothing more than that."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._expected: deque[Request] = deque()
        self._sent: dict[Request, Future[Answer]] = {}
        self._pool: ThreadPoolExecutor | None = None

    def expect(self, requests: Iterable[Request]) -> None:
        """Note what will be asked, in this order, unless something goes wrong first."""
        if self._client.at_once == 1:
            return
        known = {*self._expected, *self._sent}
        self._expected.extend(request for request in requests if request not in known)

    def get(self, request: Request, ask: Callable[[Request], Answer]) -> Answer:
        """Return an answer, and send what is expected next while waiting for it.

        Raises:
            TapSolarEdgeError: What went wrong with this very request; nothing is expected any more then.
        """
        future = self._sent.pop(request, None)
        if future is None:
            with suppress(ValueError):
                self._expected.remove(request)
            if self._client.at_once == 1:
                return ask(request)
            future = self._submit(request, ask)
        while self._expected and len(self._sent) < READY * self._client.at_once and self._client.at_once > 1:
            following = self._expected.popleft()
            self._sent[following] = self._submit(following, ask)
        try:
            return future.result()
        except TapSolarEdgeError:
            self.forget()
            raise

    def forget(self) -> None:
        """Expect nothing any more; what is on its way is kept in case that it is wanted."""
        self._expected.clear()
        self._sent = {request: future for request, future in self._sent.items() if not future.cancel()}

    def close(self) -> None:
        """Wait for what is on its way."""
        if self._pool is not None:
            self._pool.shutdown(wait=True, cancel_futures=True)

    def _submit(self, request: Request, ask: Callable[[Request], Answer]) -> Future[Answer]:
        if self._pool is None:
            self._pool = ThreadPoolExecutor(self._client.at_once, thread_name_prefix="solaredge")
        return self._pool.submit(ask, request)
