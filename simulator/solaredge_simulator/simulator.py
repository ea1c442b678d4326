"""The simulator as a context: a server on a loopback port with its plants, clock and call list."""

from __future__ import annotations

import threading
from dataclasses import fields, replace
from typing import TYPE_CHECKING, Any, Literal, Self

from solaredge_simulator.accounts import Account
from solaredge_simulator.clock import Clock
from solaredge_simulator.faults import Fault
from solaredge_simulator.fleet import fleet
from solaredge_simulator.front import Front
from solaredge_simulator.grants import Application
from solaredge_simulator.limits import Plan
from solaredge_simulator.options import Options
from solaredge_simulator.server import Server
from solaredge_simulator.v1.rules import V1Rules

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime
    from types import TracebackType

    from solaredge_simulator.calls import Calls
    from solaredge_simulator.plants import Plant

_POLL = 0.02


class Simulator:
    """A SolarEdge service on loopback. Use it with `with`, or call `start` and `stop`.

    Every field of `Options` (behaviour) and of `Plan` (limits of the default account) is a keyword too.
    """

    def __init__(
        self,
        *,
        now: datetime | None = None,
        speed: float | None = None,
        port: int = 0,
        seed: int = 1,
        extra: int = 0,
        first_day: date | None = None,
        trouble: bool = True,
        sites: Literal["five", "variety"] = "five",
        plants: dict[int, Plant] | None = None,
        accounts: Sequence[Account] | None = None,
        v1: V1Rules | Literal["active", "retired"] = "retired",
        **switches: Any,  # noqa: ANN401
    ) -> None:
        """Build the service; nothing listens before `start`.

        Args:
            now: what its clock shows; it stands still then. None: real time.
            speed: simulated seconds per real second, if the clock is to run otherwise.
            port: 0 takes a free one.
            seed: of weather and people.
            extra: sites beyond the five.
            first_day: no plant has data before it.
            trouble: hours offline and late uploads happen.
            sites: the five alone, or with the plants of `variety`.
            plants: these instead of the fleet.
            accounts: these instead of one with the key `demo-fleet-key` and all sites.
            v1: whether V1 answers, and its rules; retired: 410.
            switches: fields of `Options` and `Plan`.
        """
        plan, options = _settings(switches)
        self.clock = Clock(now, speed)
        self.plants = plants or fleet(seed, extra=extra, first_day=first_day, trouble=trouble, sites=sites)
        self.accounts = tuple(accounts or [Account(plan=plan, applications=(Application(),))])
        self.v1 = V1Rules() if v1 == "active" else None if v1 == "retired" else v1
        self.front = Front(self.plants, self.clock, options, self.accounts, self.v1)
        self._port = port
        self._server: Server | None = None
        self._thread: threading.Thread | None = None

    @property
    def calls(self) -> Calls:
        """All calls so far, control calls left out."""
        return self.front.calls

    def fault(self, kind: str, path: str = "*", **details: Any) -> Fault:  # noqa: ANN401
        """Let calls go wrong; `details` are the further fields of `Fault`."""
        return self.front.faults.add(Fault(kind=kind, path=path, **details))

    def outage(self, site: int, start: datetime, end: datetime, **details: Any) -> Plant:  # noqa: ANN401
        """Let a site or one device of it be silent, and return its plant, which `plants` holds from now on.

        `details` as in `Plant.silent`: `order`, `hours`, `device`.
        """
        self.plants[site] = self.plants[site].silent(start, end, **details)
        return self.plants[site]

    def change(self, site: int, **fields: Any) -> Plant:  # noqa: ANN401
        """Give a site other fields, such as `name` or `listed`, and return its plant, new in `plants`."""
        self.plants[site] = replace(self.plants[site], **fields, never_silent=None)
        return self.plants[site]

    def lift_faults(self) -> None:
        """Let everything go right again."""
        self.front.faults.clear()

    def grant(self, site: int, **details: Any) -> dict[str, object]:  # noqa: ANN401
        """Return the tokens of a new grant of a site, without a browser; `details` as in `OAuth.grant`."""
        return self.front.oauth.grant(site, self.clock.now(), **details)

    @property
    def application(self) -> Application:
        """The first "Site Access" application of the first account."""
        return next(iter(self.accounts[0].applications))

    @property
    def key(self) -> str:
        """The first key of the first account."""
        return next(iter(self.accounts[0].keys))

    @property
    def v1_key(self) -> str:
        """The first account key of V1."""
        return next(iter((self.v1 or V1Rules()).account_keys))

    @property
    def url(self) -> str:
        """The base address, without `/v2`."""
        if self._server is None:
            raise RuntimeError("the simulator is not running")
        return f"http://127.0.0.1:{self._server.server_port}"

    def start(self) -> Self:
        """Listen."""
        self._server = Server(self.front, self._port)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(_POLL,), name="simulator")
        self._thread.start()
        return self

    def stop(self) -> None:
        """Close all sockets and wait for all threads."""
        if self._server and self._thread:
            self._server.stop()
            self._thread.join()
            self._server = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop()


def _settings(switches: dict[str, Any]) -> tuple[Plan, Options]:
    names = {field.name for field in fields(Plan)} & switches.keys()
    return Plan(**{name: switches.pop(name) for name in names}), Options(**switches)
