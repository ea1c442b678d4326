"""The only HTTP of the tap: send within the budget, retry what may pass, turn a status into an error."""

from __future__ import annotations

import logging
import random
import re
import threading
from contextlib import nullcontext
from functools import partial
from http import HTTPStatus
from importlib.metadata import version
from itertools import count
from typing import TYPE_CHECKING

import backoff
import requests

from tap_solaredge import transport
from tap_solaredge.advice import command
from tap_solaredge.errors import (
    Busy,
    GrantEnded,
    NotAuthorized,
    RangeTooLong,
    ScopeMissing,
    TapSolarEdgeError,
    Unreachable,
)
from tap_solaredge.service.responses import checked, is_unexplained, refusal, unanswered

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from requests.auth import AuthBase

    from tap_solaredge.budget.ledger import Ledger
    from tap_solaredge.clock import Clock
    from tap_solaredge.login.credentials import Credential
    from tap_solaredge.service.request import Request
    from tap_solaredge.service.responses import Answer
    from tap_solaredge.transport import Reply

    Refused = Callable[[Request, int, str], TapSolarEdgeError | None]
    """Request, status and what the body says to an error, or None where the status alone says it."""

logger = logging.getLogger("tap-solaredge.api")

LONGEST_WAIT = 60.0
"""Seconds; the wait before try n is 2^n seconds with jitter, at most this."""
DEFAULT_RETRIES = 6
DEAD_SITES = 3
"""So many sites in a row of which every call failed, with all its tries, mean that the service is down."""
WORTH_A_LINE = 5.0
"""Seconds of waiting for the minute's limit that are worth a line in the log."""

_LIMIT = re.compile(r"[1-9]\d{0,6}", re.ASCII)


class Client:
    """Sends requests, each written down before it is sent; several threads may do so."""

    def __init__(
        self,
        base_url: str,
        credential: Credential,
        ledger: Ledger,
        clock: Clock,
        *,
        timeout: float = 30.0,
        retries: int = DEFAULT_RETRIES,
        user_agent: str | None = None,
        refused: Refused | None = None,
        at_once: int = 1,
    ) -> None:
        self._base_url = base_url.rstrip("/")
        self._timeout = timeout
        self.credential = credential
        self._refused = refused
        self._ledger = ledger
        self._clock = clock
        self.at_once = at_once
        """Calls that may run at once; 1 after the service refused one without a reason."""
        self._alone = threading.Lock()
        self._reserved: set[Request] = set()
        self._user_agent = user_agent or f"tap-solaredge/{version('tap-solaredge')}"
        self._of_thread = threading.local()
        self._sessions: list[requests.Session] = []
        tried = partial(backoff.on_exception, self._wait_between_tries, Busy, jitter=None, logger=None)
        self._get_with_retries = tried(max_tries=retries + 1)(self._get_once)
        self._get_doubtful = tried(max_tries=min(retries, 1) + 1, giveup=_names_no_wait)(self._get_once)
        self._dead_sites: set[int | None] = set()
        self._answered = False
        self.calls = 0
        """Calls made so far, failed ones and retries included."""

    def reserve(self, request: Request) -> None:
        """Write the first try of a request down; wait where the minute's calls are spent.

        Of calls that run at once this gives those the last credits that come first in the plan.

        Raises:
            BudgetReached: If no call is left.
        """
        while wait := self._ledger.spend(request.site_id, request.endpoint):
            if wait >= WORTH_A_LINE:
                logger.info("The minute's calls are spent; going on in %.0f s", wait)
            self._clock.sleep(wait)
        self._reserved.add(request)

    def get(self, request: Request) -> Answer:
        """Return the answer; what failed last time with all its tries gets one, two where a wait is named.

        Raises:
            TapSolarEdgeError: The subclass says what happened and how to go on.
        """
        failing = f"no answer from {request.endpoint} of site {request.site_id}"
        failed_before = bool(self._ledger.learned(failing))
        try:
            answer = (self._get_doubtful if failed_before else self._get_with_retries)(request)
        except Busy as error:
            if not isinstance(error, Unreachable):
                self._ledger.learn(failing, 1.0)
            if not (failed_before and self._answered):
                self._count_dead(request, error)
            raise
        if failed_before:
            self._ledger.learn(failing, 0.0)
        self._answered = True
        self._dead_sites.clear()
        return answer

    def close(self) -> None:
        """Close the connections of all threads."""
        for session in self._sessions:
            session.close()

    def _count_dead(self, request: Request, error: Busy) -> None:
        """Stop the run where no site gets an answer any more: waiting for each of them would take hours."""
        self._dead_sites.add(request.site_id)
        if len(self._dead_sites) >= DEAD_SITES:
            raise Unreachable(f"{DEAD_SITES} sites in a row got no answer, the last: {error}") from None

    def _get_once(self, request: Request) -> Answer:
        auth = self.credential.of(request.site_id)
        reply = self._send(request, auth)
        if reply.status == HTTPStatus.UNAUTHORIZED and self.credential.renew(request.site_id, auth):
            reply = self._send(request, self.credential.of(request.site_id))
        if reply.status == HTTPStatus.OK:
            return checked(request, reply)
        raise self._error(request, reply)

    def _error(self, request: Request, reply: Reply) -> TapSolarEdgeError:
        """Return what a status other than 200 means: to this dialect, else in general."""
        if reply.status == HTTPStatus.UNAUTHORIZED:
            ended = GrantEnded if self.credential.by_grant and request.site_id is not None else NotAuthorized
            return ended(f"{request.path} answered 401: {reply.excerpt()}. {self.credential.remedy}")
        if reply.status == HTTPStatus.FORBIDDEN and self.credential.by_grant and request.is_telemetry():
            return ScopeMissing(
                f"{request.path} answered 403: the grant of site {request.site_id} does not cover meters and "
                f"batteries (scope DEVICE_DATA): log in again with `{command('login')}`"
            )
        known = self._refused and self._refused(request, reply.status, reply.excerpt())
        return known or refusal(request, reply)

    def _send(self, request: Request, auth: AuthBase) -> Reply:
        """Return the service's own word.

        Raises:
            TapSolarEdgeError: If none came, or something in front of the service answered in its place.
        """
        session = self._session()
        if request not in self._reserved:
            self.reserve(request)
        self._reserved.discard(request)
        self.calls += 1
        url = self._base_url + request.path
        try:
            with self._alone if self.at_once == 1 else nullcontext():
                reply = transport.send(session, "GET", url, self._timeout, params=request.params, auth=auth)
        except requests.RequestException as error:
            failure = transport.no_answer(request.path, error)
            if isinstance(error, transport.TooLarge) and request.has_window():
                raise RangeTooLong(str(failure)) from None  # as with hundreds of inverters
            raise failure from None
        self._learn(reply)
        if self.at_once > 1 and is_unexplained(reply):
            logger.warning("The service refused a call without a reason; calls go one at a time from here on")
            self.at_once = 1
        if reply.status != HTTPStatus.OK:
            problem = unanswered(request, reply, self._ledger.left().cycle_end)
            if problem is not None:
                raise problem
        return reply

    def _session(self) -> requests.Session:
        """Return the session of this thread: they are not made to be shared."""
        session: requests.Session | None = getattr(self._of_thread, "session", None)
        if session is None:
            session = self._of_thread.session = transport.session(self._base_url)
            self._sessions.append(session)
            session.headers["User-Agent"] = self._user_agent
        return session

    def _wait_between_tries(self) -> Generator[float, Busy, None]:
        """Wait after each failure as long as the service says, else 2^n seconds with jitter."""
        failure = yield 0.0
        for exponent in count():
            seconds = failure.retry_after
            if seconds is None:
                seconds = min(2.0**exponent, LONGEST_WAIT) * random.uniform(0.5, 1.0)
            logger.warning("%s; trying again in %.0f s", failure, seconds)
            self._clock.sleep(seconds)
            failure = yield 0.0

    def _learn(self, reply: Reply) -> None:
        """Set the clock and the minute's limit by what the service tells."""
        sent = reply.sent()
        if sent is not None:
            self._clock.set_by(sent)
        limit = reply.headers.get("x-ratelimit-limit-minute", "").strip()
        if _LIMIT.fullmatch(limit):
            self._ledger.learn_minute_limit(int(limit))


def _names_no_wait(failure: Exception) -> bool:
    return isinstance(failure, Busy) and failure.retry_after is None
