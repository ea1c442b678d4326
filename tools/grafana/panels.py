"""The kinds of panels that the dashboard has, built with Grafana's own types."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal, TypeVar

from grafana_foundation_sdk.builders import barchart, common, heatmap, stat, table, timeseries
from grafana_foundation_sdk.cog.builder import Builder
from grafana_foundation_sdk.cog.variants import Dataquery
from grafana_foundation_sdk.models.common import (
    DataSourceRef,
    StackingMode,
    TooltipDisplayMode,
    VisibilityMode,
)
from grafana_foundation_sdk.models.dashboard import DynamicConfigValue
from grafana_foundation_sdk.models.heatmap import HeatmapColorMode
from grafana_foundation_sdk.models.units import Hours, Percent, Watt, WattHour

QUARTER: Final = "15m"
COLORS: Final = {
    "#F2B600": ("Sun", "Produced", "From the sun", "Used at once"),
    "#5B8FF9": ("House", "Used", "Self-sufficiency"),
    "#8F6BD6": ("Grid", "Fed in", "Self-consumption"),
    "#D9534F": ("Bought", "From the grid"),
    "#3FA66B": ("Battery", "Charge", "Charged", "From the battery"),
    "#A3D9B8": ("Discharged",),
}
"""The colour of the columns of these names, the same in every panel."""
UNITS: Final = {
    Percent: (
        "Self-sufficiency", "Self-consumption", "Charge", "Efficiency", "Of the site's mean", "Difference",
    ),
    Watt: ("Sun", "House", "Grid", "Battery", "From the sun", "From the battery", "From the grid"),
    WattHour: (
        "Produced", "Produced this month", "Used", "Used at once", "Fed in", "Bought", "Charged",
        "Discharged", "Energy", "Ours", "SolarEdge's",
    ),
    Hours: ("Yield",),
}  # fmt: skip
"""The unit of the columns of these names."""

Panel = TypeVar("Panel", barchart.Panel, heatmap.Panel, stat.Panel, table.Panel, timeseries.Panel)


@dataclass(frozen=True)
class SqlQuery(Dataquery, Builder[Dataquery]):
    """A query as Grafana's data sources of SQL take it."""

    source: DataSourceRef
    sql: str
    form: Literal["table", "time_series"]

    def build(self) -> SqlQuery:
        """Return the query, which is complete."""
        return self

    def to_json(self) -> dict[str, object]:
        """Return the query's part of the dashboard's JSON."""
        return {
            "datasource": self.source,
            "editorMode": "code",
            "format": self.form,
            "rawQuery": True,
            "rawSql": self.sql,
            "refId": "A",
        }


@dataclass(frozen=True)
class Panels:
    """Makes panels that ask one data source; widths are in the 24 columns of a dashboard."""

    source: DataSourceRef

    def figures(self, title: str, sql: str, width: int) -> stat.Panel:
        """Return a panel with the figures of one row, side by side."""
        every_column = common.ReduceDataOptions().calcs(["lastNotNull"]).fields("/.*/")
        return self._panel(stat.Panel(), title, sql, "table", width).height(4).reduce_options(every_column)

    def lines(self, title: str, sql: str, width: int) -> timeseries.Panel:
        """Return a panel with a line for each column, over time."""
        panel = self._panel(timeseries.Panel(), title, sql, "time_series", width)
        return panel.interval(QUARTER).fill_opacity(10).legend(_legend()).tooltip(_tooltip())

    def areas(self, title: str, sql: str, width: int) -> timeseries.Panel:
        """Return a panel with an area for each column, one on top of the other, over time."""
        stacked = common.StackingConfig().mode(StackingMode.NORMAL)
        return self.lines(title, sql, width).fill_opacity(60).stacking(stacked)

    def bars(self, title: str, sql: str, width: int) -> barchart.Panel:
        """Return a panel with a bar for each row, of which the first column is the name."""
        panel = self._panel(barchart.Panel(), title, sql, "table", width)
        panel = panel.show_value(VisibilityMode.NEVER).x_tick_label_max_length(30).x_tick_label_spacing(100)
        return panel.fill_opacity(80).legend(_legend()).tooltip(_tooltip())

    def stacks(self, title: str, sql: str, width: int) -> barchart.Panel:
        """Return a panel with a bar for each row, of its columns one on top of the other."""
        return self.bars(title, sql, width).stacking(StackingMode.NORMAL)

    def heat(self, title: str, sql: str, width: int) -> heatmap.Panel:
        """Return a panel with a cell for each time and series, coloured by its power."""
        colors = heatmap.HeatmapColorOptions().mode(HeatmapColorMode.SCHEME).scheme("Oranges").steps(64)
        cells = heatmap.CellValues().unit(Watt)
        panel = self._panel(heatmap.Panel(), title, sql, "time_series", width)
        return panel.color(colors).cell_values(cells).height(9)

    def rows(self, title: str, sql: str, width: int) -> table.Panel:
        """Return a panel with a table."""
        return self._panel(table.Panel(), title, sql, "table", width)

    def _panel(
        self, panel: Panel, title: str, sql: str, form: Literal["table", "time_series"], width: int
    ) -> Panel:
        panel = panel.title(title).span(width).height(8).datasource(self.source)
        panel = panel.with_target(SqlQuery(self.source, sql, form))
        for color, names in COLORS.items():
            for name in _columns(names, sql):
                value = {"mode": "fixed", "fixedColor": color}
                panel = panel.override_by_name(name, [DynamicConfigValue("color", value)])
        for unit, names in UNITS.items():
            for name in _columns(names, sql):
                panel = panel.override_by_name(name, [DynamicConfigValue("unit", unit)])
        return panel


def _legend() -> common.VizLegendOptions:
    return common.VizLegendOptions().show_legend(True)


def _tooltip() -> common.VizTooltipOptions:
    """Tell the values of all columns at once."""
    return common.VizTooltipOptions().mode(TooltipDisplayMode.MULTI)


def _columns(names: tuple[str, ...], sql: str) -> list[str]:
    """Return those of the names that are columns of a query."""
    return [name for name in names if f'AS "{name}"' in sql]
