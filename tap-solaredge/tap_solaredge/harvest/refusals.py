"""What the service refused: it is tried ever more rarely, at least once a day; others have the calls."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from tap_solaredge.plan.owed import RARER

if TYPE_CHECKING:
    from tap_solaredge.budget.ledger import Ledger
    from tap_solaredge.clock import Clock

LONGEST: Final = timedelta(hours=23)
"""How long it is not tried again, at most: a daily run does."""
TELEMETRY: Final = "telemetry"
"""What a grant without the scope for it does not cover, whatever the endpoint."""


class Refusals:
    """Remembers, in the ledger, what was refused of which site; a login lets all of a site be tried again."""

    def __init__(self, ledger: Ledger, clock: Clock) -> None:
        self._ledger = ledger
        self._clock = clock

    def note(self, site_id: int | None, what: str, *, lasting: bool = False) -> None:
        """Remember a refusal; of a lasting one, which only a login changes, the wait is the longest."""
        name, now = self._name(site_id, what), self._clock.now()
        if lasting:
            self._ledger.learn(f"{name} since", (now - LONGEST * RARER).timestamp())
        elif not self._ledger.learned(name):
            self._ledger.learn(f"{name} since", now.timestamp())
        self._ledger.learn(name, now.timestamp())

    def lift(self, site_id: int | None, what: str) -> None:
        """Forget a refusal: it was answered."""
        name = self._name(site_id, what)
        if self._ledger.learned(name):
            self._ledger.learn(name, 0.0)

    def until(self, site_id: int | None, what: str) -> datetime | None:
        """Return when something is worth a call again, None where it is now."""
        name = self._name(site_id, what)
        last = self._ledger.learned(name)
        if not last:
            return None
        since = self._ledger.learned(f"{name} since") or last
        refused_at = datetime.fromtimestamp(last, UTC)
        again = refused_at + min(timedelta(seconds=last - since) / RARER, LONGEST)
        return again if refused_at <= self._clock.now() < again else None

    def begin_anew(self, site_id: int) -> None:
        """Forget all refusals of a site: its owner has given another permission."""
        self._ledger.learn(_logins(site_id), self._login(site_id) + 1)

    def _login(self, site_id: int | None) -> float:
        return self._ledger.learned(_logins(site_id)) or 0.0

    def _name(self, site_id: int | None, what: str) -> str:
        return f"refused {what} of site {site_id} after login {self._login(site_id):.0f}"


def _logins(site_id: int | None) -> str:
    return f"logins of site {site_id}"
