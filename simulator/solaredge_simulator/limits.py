"""What an account may call: so many a minute, so many a month (API V2 reference, section 3)."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus

from solaredge_simulator.messages import RefusalError, problem

_MINUTE = 60
_DECEMBER = 12


@dataclass(frozen=True, kw_only=True)
class Plan:
    """The limits of an account; None is unlimited. Credits return on `billing_day`, at midnight UTC."""

    calls_per_minute: int | None = 10
    monthly_credits: int | None = 2000
    billing_day: int = 1
    real_minutes: bool = False
    """Minutes by the real clock, not the simulator's."""


def billing_cycle(now: datetime, billing_day: int) -> datetime:
    """Return the begin of the billing cycle that `now` lies in."""
    begin = now.astimezone(UTC).replace(day=billing_day, hour=0, minute=0, second=0, microsecond=0)
    if begin <= now:
        return begin
    before = (now.year - 1, _DECEMBER) if now.month == 1 else (now.year, now.month - 1)
    return begin.replace(year=before[0], month=before[1])


class Quota:
    """Counts the calls of one account and refuses those above its plan. Minutes are fixed, as Kong's are."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self._lock = threading.Lock()
        self._minute, self._in_minute = 0, 0
        self._cycle: datetime | None = None
        self.credits_spent = 0

    def charge(self, now: datetime) -> dict[str, str]:
        """Count one call and return the rate-limit headers.

        Raises:
            RefusalError: 429; such a call costs nothing.
        """
        with self._lock:
            seconds = time.time() if self.plan.real_minutes else now.timestamp()
            self._turn(seconds, now)
            if self.plan.calls_per_minute is not None and self._in_minute >= self.plan.calls_per_minute:
                wait = str(_MINUTE - int(seconds) % _MINUTE)
                raise self._refusal("API rate limit exceeded", {"Retry-After": wait})
            if self.plan.monthly_credits is not None and self.credits_spent >= self.plan.monthly_credits:
                raise self._refusal("Monthly credit quota exceeded", {})
            self._in_minute += 1
            self.credits_spent += 1
            return self._headers()

    def _turn(self, seconds: float, now: datetime) -> None:
        if (minute := int(seconds) // _MINUTE) != self._minute:
            self._minute, self._in_minute = minute, 0
        if (cycle := billing_cycle(now, self.plan.billing_day)) != self._cycle:
            self._cycle, self.credits_spent = cycle, 0

    def _refusal(self, detail: str, headers: dict[str, str]) -> RefusalError:
        refusal = problem(HTTPStatus.TOO_MANY_REQUESTS, detail)
        refusal.answer.headers |= self._headers() | headers
        return refusal

    def _headers(self) -> dict[str, str]:
        return rate_headers(self.plan.calls_per_minute, self._in_minute)


def rate_headers(limit: int | None, used: int = 0) -> dict[str, str]:
    """Return the rate-limit headers; none for an unlimited plan."""
    if limit is None:
        return {}
    return {
        "x-ratelimit-limit-minute": str(limit),
        "x-ratelimit-remaining-minute": str(limit - used),
    }
