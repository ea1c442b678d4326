"""`/alerts` of the fleet or of one site: hours offline and held-back data of the last 90 days."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, NamedTuple

from solaredge_simulator import days
from solaredge_simulator.local_days import QUARTER, local_day, midnight, utc

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from solaredge_simulator.plants import Plant
    from solaredge_simulator.v2.asks import Ask, SiteAsk

_KEPT = 90
_OFFLINE = "SITE_COMMUNICATION_FAULT"
_PAGE, _LONGEST_PAGE = 50, 100


class Seen(NamedTuple):
    """One alert; `until` None: open."""

    kind: str
    since: datetime
    until: datetime | None
    impact: int = 6
    codes: tuple[str, ...] = ()


def fleet_alerts(ask: Ask) -> object:
    """`/alerts`."""
    return _page(ask, [alert for plant in ask.plants.values() for alert in alerts(plant, ask.request.now)])


def site_alerts(ask: SiteAsk) -> object:
    """`/sites/{siteId}/alerts`."""
    return _page(ask, list(alerts(ask.plant, ask.request.now)))


def alerts(plant: Plant, now: datetime) -> Iterator[dict[str, object]]:
    """Yield the alerts of a site: its own ones, its outages, and hours offline or held back, newest first."""
    own = [Seen(a.kind, a.since, a.until, a.impact, a.codes) for a in plant.alerts]
    own += [Seen(_OFFLINE, utc(o.start), utc(o.end)) for o in plant.outages if o.device is None]
    for number, seen in enumerate(sorted(own, key=lambda seen: seen.since, reverse=True)):
        if seen.since <= now < (seen.until or now) + timedelta(days=_KEPT):
            yield _alert(plant, plant.site_id * 10_000 + number, seen, now)
    today = local_day(plant.zone, now.timestamp())
    for day in (today - timedelta(days=number) for number in range(_KEPT)):
        if plant.first_day is None or day < plant.first_day:
            return
        link, begin = days.link(plant, day), midnight(plant.zone, day)
        if missing := link.lost or link.late:
            start, end = begin + missing.start * QUARTER, begin + missing.stop * QUARTER
            end = max(end, link.visible_at[missing.start]) if link.late else end
            if start <= now.timestamp():
                number = plant.site_id * 1000 + day.toordinal() % 1000
                yield _alert(plant, number, Seen(_OFFLINE, utc(start), utc(end)), now)


def _alert(plant: Plant, number: int, seen: Seen, now: datetime) -> dict[str, object]:
    inverter = plant.inverters[0]
    over = seen.until is not None and seen.until <= now
    return {
        "alertId": number,
        "siteId": plant.site_id,
        "category": "EQUIPMENT",
        "type": seen.kind,
        "impact": seen.impact,
        "status": "CLOSED" if over else "OPEN",
        "firstTrigger": f"{seen.since:%Y-%m-%dT%H:%M:%SZ}",
        "lastTrigger": f"{min(seen.until or now, now):%Y-%m-%dT%H:%M:%SZ}",
        "component": {"name": inverter.name, "serialNumber": inverter.serial},
        "errorCodes": list(seen.codes),
    }


def _page(ask: Ask, found: list[dict[str, object]]) -> object:
    if ask.request.first("only-open") == "true":
        found = [alert for alert in found if alert["status"] == "OPEN"]
    size = ask.count("alerts-in-page", _PAGE, _LONGEST_PAGE)
    first = (ask.count("page", 1) - 1) * size
    return found[first : first + size]
