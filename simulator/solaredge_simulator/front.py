"""What stands between the sockets and the dialects: which API, the call list, tests' own endpoints."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import TYPE_CHECKING

from solaredge_simulator import v1_retired
from solaredge_simulator.calls import Calls
from solaredge_simulator.control import Control
from solaredge_simulator.faults import Faults
from solaredge_simulator.oauth import OAuth
from solaredge_simulator.v1.service import V1
from solaredge_simulator.v2.service import V2

if TYPE_CHECKING:
    from collections.abc import Collection

    from solaredge_simulator.accounts import Account
    from solaredge_simulator.clock import Clock
    from solaredge_simulator.messages import Answer, Request
    from solaredge_simulator.options import Options
    from solaredge_simulator.plants import Plant
    from solaredge_simulator.v1.rules import V1Rules


class Front:
    """Answers every request and records those that the real service would have seen."""

    def __init__(
        self,
        plants: dict[int, Plant],
        clock: Clock,
        options: Options,
        accounts: Collection[Account],
        v1: V1Rules | None,
    ) -> None:
        self.clock, self.options = clock, options
        self.calls, self.faults = Calls(), Faults()
        self.stopping = threading.Event()
        self.oauth = OAuth(plants, accounts, options)
        self._v2 = V2(plants, options, accounts, self.oauth)
        self._v1 = V1(plants, v1) if v1 else None
        self._control = Control(plants, clock, self.calls, self.faults, self.oauth)

    def answer(self, request: Request) -> Answer:
        """Return the answer to one request."""
        if request.path.startswith("/_simulator/"):
            return self._control.answer(request)
        with self.calls.running() as at_once:
            request = replace(request, at_once=at_once)
            answer = self._dialect(request)
            answer = self.faults.apply(request, answer)
            self.calls.record(request, answer)
            if delay := self.options.latency + answer.delay:
                self.stopping.wait(delay)
        return answer

    def _dialect(self, request: Request) -> Answer:
        if self.oauth.answers(request.path):
            return self.oauth.answer(request)
        if request.path == "/v2" or request.path.startswith("/v2/"):
            return self._v2.answer(request)
        return self._v1.answer(request) if self._v1 else v1_retired.answer(request)
