"""Writes the dashboard's file for each database into deploy/grafana: `make dashboards`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Final

from grafana_foundation_sdk.builders.dashboard import Dashboard, QueryVariable, Row
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models.common import DataSourceRef
from grafana_foundation_sdk.models.dashboard import DashboardCursorSync, VariableRefresh

from tools.grafana import queries
from tools.grafana.panels import Panels

if TYPE_CHECKING:
    from collections.abc import Iterator

FOLDER: Final = Path(__file__).parents[2] / "deploy/grafana"
UID: Final = "solaredge"
"""How Grafana knows the data source and the dashboard."""
DATABASES: Final = {"postgresql": "grafana-postgresql-datasource", "mariadb": "mysql"}
"""The type of the data source that reads each database."""


def written() -> Iterator[tuple[Path, str]]:
    """Yield the path and the text of each dashboard's file."""
    for database, kind in DATABASES.items():
        made = dashboard(DataSourceRef(kind, UID)).build()
        text = json.dumps(made, cls=JSONEncoder, indent=2, sort_keys=True, ensure_ascii=False)
        yield FOLDER / f"dashboards/{database}.json", text + "\n"


def dashboard(source: DataSourceRef) -> Dashboard:
    """Return the dashboard on a data source."""
    panels = Panels(source)
    made = (
        Dashboard("SolarEdge")
        .uid(UID)
        .timezone("browser")
        .time("now-7d", "now")
        .refresh("15m")
        .tooltip(DashboardCursorSync.CROSSHAIR)
        .with_variable(_site(source))
    )
    for part in (_now, _power, _energy, _battery, _pattern, _data, _agreement, _inverters):
        made = part(made, panels)
    return made


def _site(source: DataSourceRef) -> QueryVariable:
    chosen = QueryVariable("site").label("Site").datasource(source).query(queries.SITES)
    return chosen.refresh(VariableRefresh.ON_DASHBOARD_LOAD)


def _now(made: Dashboard, panels: Panels) -> Dashboard:
    now = panels.figures("Now: grid + out, battery + charging", queries.NOW, 14)
    return made.with_panel(now).with_panel(panels.figures("Newest day", queries.NEWEST_DAY, 10))


def _power(made: Dashboard, panels: Panels) -> Dashboard:
    today = panels.lines("Today", queries.POWER, 12).time_from("now/d")
    return (
        made.with_row(Row("Power"))
        .with_panel(today)
        .with_panel(panels.areas("What the house ran on", queries.SOURCES, 12))
        .with_panel(panels.lines("Power: grid + out, battery + charging", queries.POWER, 24))
    )


def _energy(made: Dashboard, panels: Panels) -> Dashboard:
    return (
        made.with_row(Row("Energy"))
        .with_panel(panels.stacks("By day: produced above, bought below", queries.DAYS, 12))
        .with_panel(panels.stacks("By month: produced above, bought below", queries.MONTHS, 12))
        .with_panel(panels.bars("Self-sufficiency and self-consumption", queries.SELF_SUFFICIENCY, 12))
        .with_panel(panels.rows("Best days", queries.BEST_DAYS, 12))
    )


def _battery(made: Dashboard, panels: Panels) -> Dashboard:
    return (
        made.with_row(Row("Battery"))
        .with_panel(panels.lines("Charge", queries.CHARGE, 8).min(0).max(100))
        .with_panel(panels.stacks("Charged above, discharged below", queries.BATTERY_DAYS, 8))
        .with_panel(panels.rows("Cycles and efficiency", queries.BATTERY_MONTHS, 8))
    )


def _pattern(made: Dashboard, panels: Panels) -> Dashboard:
    sun, house = (queries.DAY_BY_HOUR.format(column=column) for column in ("pv_power", "load_power"))
    return (
        made.with_row(Row("Day by hour"))
        .with_panel(panels.heat("Sun", sun, 12))
        .with_panel(panels.heat("House", house, 12))
    )


def _agreement(made: Dashboard, panels: Panels) -> Dashboard:
    """Add a row that asks nothing until it is opened: its view comes with the stream energy_totals."""
    return made.with_row(
        Row("Agrees with SolarEdge: needs the stream energy_totals").with_panel(
            panels.rows("Our sums beside SolarEdge's own figures", queries.RECONCILIATION, 24)
        )
    )


def _data(made: Dashboard, panels: Panels) -> Dashboard:
    return (
        made.with_row(Row("All sites"))
        .with_panel(panels.rows("Fleet", queries.FLEET, 24))
        .with_panel(panels.rows("How new", queries.FRESHNESS, 12))
        .with_panel(panels.rows("Gaps", queries.GAPS, 12))
    )


def _inverters(made: Dashboard, panels: Panels) -> Dashboard:
    """Add a row that asks nothing until it is opened: its stream is off by default."""
    return made.with_row(
        Row("Inverters: needs the stream inverter_readings")
        .with_panel(panels.bars("This month", queries.INVERTERS_NOW, 12))
        .with_panel(panels.rows("By month", queries.INVERTERS, 12))
    )


if __name__ == "__main__":
    for path, text in written():
        path.write_text(text)
