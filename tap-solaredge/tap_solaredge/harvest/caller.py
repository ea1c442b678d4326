"""Make the calls of a plan: send them, a few at once where that is allowed, or note them for a forecast."""

from __future__ import annotations

from collections import deque
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from typing import TYPE_CHECKING, Any

from tap_solaredge.budget.spending import Expected
from tap_solaredge.errors import NotPermitted, ScopeMissing, TapSolarEdgeError
from tap_solaredge.harvest.refusals import TELEMETRY, Refusals
from tap_solaredge.plan.calls import answered_together

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from tap_solaredge.budget.spending import Purse
    from tap_solaredge.harvest.job import Job
    from tap_solaredge.plan.calls import Call
    from tap_solaredge.service.responses import Answer

    Fetched = tuple[list[Call], "list[Any] | TapSolarEdgeError | None"]
    """Calls that belong together, and their payloads in order, or what went wrong; None of a forecast."""
    UnderWay = deque[tuple[list[Call], list[Future[Answer]]]]

READY = 2
"""Answers that may wait to be used, for each call that may run at once."""


class Caller:
    """Sends calls."""

    dry = False
    """Whether nothing is sent: the calls are those of a forecast."""

    def __init__(self, job: Job) -> None:
        self.purse: Purse = job.ledger
        self._client = job.client
        self._refusals = Refusals(job.ledger, job.clock)
        self._pool: ThreadPoolExecutor | None = None
        self._running: set[Future[Answer]] = set()

    def reads_devices(self, site_id: int) -> bool:
        """Whether telemetry is worth a call: not when the grant of a site does not cover it."""
        refused = self._refusals.until(site_id, TELEMETRY) is not None
        return self._client.credential.reads_devices(site_id) and not refused

    def send(self, call: Call) -> Answer | None:
        """Return the answer to one call.

        Raises:
            TapSolarEdgeError: See `Client.get`.
        """
        self._check_refused(call)
        return self._get(call)

    def _get(self, call: Call) -> Answer:
        try:
            answer = self._client.get(call.request)
        except ScopeMissing:
            self._refusals.note(call.site_id, TELEMETRY, lasting=True)
            raise
        except NotPermitted:
            self._refusals.note(call.site_id, call.request.endpoint)
            raise
        self._refusals.lift(call.site_id, call.request.endpoint)
        return answer

    def _check_refused(self, call: Call) -> None:
        """Spend no call on what was refused lately.

        Raises:
            NotPermitted: If it was.
        """
        again = self._refusals.until(call.site_id, call.request.endpoint)
        if again is not None:
            raise NotPermitted(
                f"{call.request.path} was refused or does not exist; it is asked for again "
                f"after {again:%Y-%m-%d %H:%M} UTC"
            )

    def fetched(self, calls: Iterable[Call], wanted: Callable[[Call], bool]) -> Iterator[Fetched]:
        """Make calls in order, those that follow while one is waited for, and yield what came.

        Args:
            calls: The calls of a plan.
            wanted: Whether a call is still worth making.
        """
        under_way: UnderWay = deque()
        for group in answered_together(calls):
            if not wanted(group[0]):
                continue
            if self._at_once > 1:
                under_way.append((group, [self._submit(call) for call in group]))
                while sum(len(futures) for _, futures in under_way) > READY * self._at_once:
                    yield _oldest(under_way)
                continue
            while under_way:
                yield _oldest(under_way)
            yield group, _payloads(self.send(call) for call in group)
        while under_way:
            yield _oldest(under_way)

    def close(self) -> None:
        """Wait for calls that are on their way, and close the connections."""
        if self._pool is not None:
            self._pool.shutdown()
        self._client.close()

    @property
    def _at_once(self) -> int:
        """How many calls may run at once."""
        return self._client.at_once

    def _submit(self, call: Call) -> Future[Answer]:
        """Let a call be made by a thread as soon as one is free; until then this one waits.

        It is checked and written down here, so that the order of a plan decides which calls a budget allows.
        """
        if self._pool is None:
            self._pool = ThreadPoolExecutor(self._at_once, thread_name_prefix="solaredge")
        while len(self._running) >= self._at_once:
            self._running = wait(self._running, return_when=FIRST_COMPLETED).not_done
        try:
            self._check_refused(call)
            self._client.reserve(call.request)
        except TapSolarEdgeError as error:
            refused: Future[Answer] = Future()
            refused.set_exception(error)
            return refused
        future = self._pool.submit(self._get, call)
        self._running.add(future)
        return future


def _oldest(under_way: UnderWay) -> Fetched:
    group, futures = under_way.popleft()
    return group, _payloads(future.result() for future in futures)


def _payloads(answers: Iterable[Answer | None]) -> list[Any] | TapSolarEdgeError | None:
    try:
        return [answer.payload for answer in answers if answer is not None] or None
    except TapSolarEdgeError as error:
        return error


class Forecaster(Caller):
    """Notes calls and takes them off what is left, as the ledger would."""

    dry = True
    purse: Expected
    _at_once = 1

    def __init__(self, job: Job) -> None:
        super().__init__(job)
        self.purse = Expected(job.ledger)
        self.calls: list[Call] = []

    def send(self, call: Call) -> None:
        """Note a call.

        Raises:
            BudgetReached: If no call is left; `SiteDaySpent` if only this site has none.
            NotPermitted: If it was refused lately.
        """
        self._check_refused(call)
        self.purse.spend(call.site_id)
        self.calls.append(call)
