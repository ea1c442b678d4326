"""The service's own totals of a site: each closed month once, the whole life once a month. Pure.

A month is read when its last days are settled, and again after something in it changed, once a day at most.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

from tap_solaredge.local_time import local_day, unit_end, unit_start
from tap_solaredge.plan import windows
from tap_solaredge.plan.calls import Call, Purpose
from tap_solaredge.plan.owed import owed
from tap_solaredge.resources import LIFETIME, TOTALS
from tap_solaredge.spans import Window, union

if TYPE_CHECKING:
    from tap_solaredge.plan.progress import SiteProgress
    from tap_solaredge.spans import Spans

LEAST_AGE = timedelta(days=1)
"""How long a month must be over at least."""
BEFORE_ALL_DATA = datetime(2000, 1, 1, tzinfo=UTC)


def calls(p: SiteProgress) -> list[Call]:
    """Return the calls for what is owed of the totals, newest first."""
    if not p.totals_are_due:
        return []
    names, found = tuple(p.totals), []
    if p.lifetime_is_due:
        life = Window(BEFORE_ALL_DATA, p.midnight(p.today()))
        found += [
            Call(request, Purpose.TOTALS, LIFETIME, life, names)
            for request in p.dialect.requests(LIFETIME, p.site.ref, life, "TOTAL")
        ]
    for month in reversed(_months(p)):
        found += [
            Call(request, Purpose.TOTALS, TOTALS, month, names)
            for request in p.dialect.requests(TOTALS, p.site.ref, month)
        ]
    return found


def _months(p: SiteProgress) -> Spans:
    """Return each closed month that is owed, from the first whole one."""
    zone = p.site.zone
    settled = p.end - max(LEAST_AGE, p.scope.late_data)
    closed = p.midnight(unit_start(local_day(settled, zone), "MONTH"))
    spans = union(*(owed(one.coverage, closed) for one in p.totals.values()))
    if not spans:
        return []
    first_day = local_day(p.start(p.totals), zone)
    first = unit_start(first_day, "MONTH")
    if first < first_day:
        first = unit_end(first, "MONTH")
    if p.first_data is not None:
        first = max(first, unit_start(date.fromisoformat(p.first_data), "MONTH"))
    whole = windows.whole_periods(spans, "MONTH", zone)
    months = (month for span in whole for month in windows.periods_in(span, "MONTH", zone))
    return [month for month in months if p.midnight(first) <= month.start and month.end <= closed]
