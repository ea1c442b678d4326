"""Writes the page: the template, the figures of each site, and the charting library, all in one file."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from target_seh_sql.errors import UnsupportedDatabase
from target_seh_sql.report.charts import charts
from target_seh_sql.status.freshness import span

if TYPE_CHECKING:
    from collections.abc import Iterable

    from target_seh_sql.report.figures import Row, SiteFigures

TEMPLATE: Final = Path(__file__).with_name("page.html")
LIBRARY: Final = "window.vegaEmbed = vegaEmbed;"
"""What of the charting library the page uses."""
MISSING: Final = "the report needs two packages more: pip install 'target-seh-sql[report]'"


def page(sites: Iterable[SiteFigures], made: datetime) -> str:
    """Return the page as HTML that needs nothing else.

    Raises:
        UnsupportedDatabase: the packages of the extra `report` are not installed.
    """
    try:
        from jinja2 import Environment  # noqa: PLC0415 -- of an extra
        from vl_convert import javascript_bundle  # noqa: PLC0415
    except ImportError:
        raise UnsupportedDatabase(MISSING) from None
    environment = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True)
    environment.filters |= {"number": _number, "long_day": _long_day}
    shown = [_shown(site, made) for site in sites]
    specs = {site["site_id"]: site.pop("charts") for site in shown}
    return environment.from_string(TEMPLATE.read_text(encoding="utf-8")).render(
        sites=shown,
        made=f"{made.astimezone(UTC):%Y-%m-%d %H:%M} UTC",
        library=javascript_bundle(LIBRARY),
        charts=json.dumps(specs, separators=(",", ":")).replace("<", "\\u003c"),
    )


def _shown(site: SiteFigures, made: datetime) -> Row:
    """Return what the template shows of a site."""
    month = next((m for m in site.months if site.day and m["month"] == site.day.replace(day=1)), None)
    year = next((y for y in site.years if site.day and y["year"] == site.day.year), None)
    day = next((d for d in site.days if d["day"] == site.day), None)
    latest = site.latest
    return asdict(site) | {
        "charts": charts(site),
        "age": span(made - _utc(latest["timestamp"])) if latest else None,
        "periods": [p for p in (_period("day", day), _period("month", month), _period("year", year)) if p],
        "lifetime": _lifetime(site.years),
        "best_month": site.best_month,
        "battery_months": site.battery[-12:],
        "streams": [_stream(stream, made) for stream in site.streams],
    }


def _period(name: str, row: Row | None) -> Row | None:
    return (
        None
        if row is None
        else {"self_sufficiency": None, "self_consumption_rate": None} | row | {"name": name}
    )


def _lifetime(years: list[Row]) -> float | None:
    known = [year["production_wh"] for year in years if year["production_wh"] is not None]
    return sum(known) if known else None


def _stream(stream: Any, made: datetime) -> Row:  # noqa: ANN401 -- StreamStatus
    return {
        "name": stream.stream,
        "rows": stream.rows,
        "newest": f"{stream.newest:%Y-%m-%d %H:%M}" if stream.newest else "",
        "read": f"{span(made - stream.read_at)} ago" if stream.read_at else "never",
        "gaps": len(stream.gaps),
        "missing": sum(gap.missing for gap in stream.gaps),
        "failed": stream.error if stream.status == "error" else None,
    }


def _utc(moment: datetime) -> datetime:
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment


def _number(value: float | None, digits: int = 1, scale: float = 1.0) -> str:
    """Return a number for people, with thin spaces between thousands; a dash for no value."""
    return "–" if value is None else f"{value / scale:,.{digits}f}".replace(",", "\u202f")


def _long_day(day: date) -> str:
    return f"{day.day} {day:%B %Y}"
