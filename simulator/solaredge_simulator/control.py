"""`/_simulator/...`: what tests ask and set over HTTP. Such calls cost nothing and are not recorded."""

from __future__ import annotations

from datetime import datetime
from http import HTTPStatus
from typing import TYPE_CHECKING

import orjson

from solaredge_simulator.faults import Fault
from solaredge_simulator.messages import Answer, RefusalError, problem

if TYPE_CHECKING:
    from solaredge_simulator.calls import Calls
    from solaredge_simulator.clock import Clock
    from solaredge_simulator.faults import Faults
    from solaredge_simulator.messages import Request
    from solaredge_simulator.oauth import OAuth
    from solaredge_simulator.plants import Plant


class Control:
    """Introspection and control: calls, metrics, clock, faults, outages."""

    def __init__(
        self, plants: dict[int, Plant], clock: Clock, calls: Calls, faults: Faults, oauth: OAuth
    ) -> None:
        self._plants, self._clock = plants, clock
        self._calls, self._faults, self._oauth = calls, faults, oauth
        self._routes = {
            ("GET", "calls"): self._get_calls,
            ("DELETE", "calls"): self._delete_calls,
            ("GET", "metrics"): lambda _: calls.summary(),
            ("GET", "clock"): lambda _: self._shown(),
            ("POST", "clock"): self._set_clock,
            ("POST", "grants"): self._grant,
            ("POST", "faults"): self._set_fault,
            ("DELETE", "faults"): self._lift_faults,
            ("POST", "outages"): self._outage,
        }

    def answer(self, request: Request) -> Answer:
        """Return the answer to a call of a test."""
        name = request.path.removeprefix("/_simulator/")
        try:
            if (request.method, name) not in self._routes:
                raise problem(HTTPStatus.NOT_FOUND, "Unknown endpoint of the simulator")
            return Answer(body=self._routes[request.method, name](request))
        except RefusalError as refusal:
            return refusal.answer
        except (KeyError, TypeError, ValueError) as error:
            return problem(HTTPStatus.BAD_REQUEST, f"{type(error).__name__}: {error}").answer

    def _get_calls(self, _: Request) -> object:
        return self._calls.as_json()

    def _delete_calls(self, _: Request) -> object:
        self._calls.clear()
        return {}

    def _set_clock(self, request: Request) -> object:
        """Take {"now": "..."} or {"advance_seconds": ...}, and {"speed": ...}."""
        asked = orjson.loads(request.body)
        if "now" in asked:
            self._clock.set(datetime.fromisoformat(asked["now"]))
        self._clock.advance(seconds=asked.get("advance_seconds", 0))
        if "speed" in asked:
            self._clock.run(asked["speed"])
        return self._shown()

    def _set_fault(self, request: Request) -> object:
        """Take the fields of `Fault`."""
        self._faults.add(Fault(**orjson.loads(request.body)))
        return {}

    def _grant(self, request: Request) -> object:
        """Take `site`, and if wanted `client_id`, `scopes` and `months`; return tokens, as after a login."""
        return self._oauth.grant(now=request.now, **orjson.loads(request.body))

    def _lift_faults(self, _: Request) -> object:
        self._faults.clear()
        return {}

    def _outage(self, request: Request) -> object:
        """Take `site`, `start`, `end`, and if wanted `order`, `hours` and `device`."""
        asked = orjson.loads(request.body)
        start, end = (datetime.fromisoformat(asked.pop(name)) for name in ("start", "end"))
        site = asked.pop("site")
        self._plants[site] = self._plants[site].silent(start, end, **asked)
        return {}

    def _shown(self) -> object:
        return {"now": self._clock.now().isoformat()}
