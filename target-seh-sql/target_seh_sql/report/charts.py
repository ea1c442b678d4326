"""The charts of the report as Vega-Lite: what is drawn of the figures of a site; colours are the page's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

    from target_seh_sql.report.figures import Row, SiteFigures

Spec = dict[str, Any]
KILO: Final = 1000.0
FLOWS: Final = {
    "pv_power": "production",
    "load_power": "consumption",
    "import_power": "from the grid",
    "export_power": "to the grid",
}
"""Columns of a day's curve and what they are called; the page has a colour for each name."""
MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def charts(site: SiteFigures) -> dict[str, Spec]:
    """Return the specifications by the place on the page; what has no values has no chart."""
    found = {
        "curve": _curve(site),
        "charge": _charge(site),
        "month": _month(site),
        "year": _year(site),
        "own": _own(site),
        "hours": _hours(site),
        "cycles": _cycles(site),
    }
    return {place: spec for place, spec in found.items() if spec is not None}


def _chart(values: list[Row], height: int, **spec: Any) -> Spec | None:  # noqa: ANN401
    if not values:
        return None
    shared = {"width": "container", "height": height, "autosize": {"type": "fit-x", "contains": "padding"}}
    return {"data": {"values": values}} | shared | spec


def _axis(field: str, kind: str, title: str | None = None, **more: Any) -> Row:  # noqa: ANN401
    return {"field": field, "type": kind, "title": title, **more}


def _time(field: str = "time") -> Row:
    return _axis(field, "temporal", axis={"format": "%H:%M", "tickCount": 6})


def _curve(site: SiteFigures) -> Spec | None:
    values = [
        {"time": row["local_time"].isoformat(), "flow": FLOWS[name], "kW": _kilo(value)}
        for row in site.curve
        for name, value in _flows(row)
        if value is not None
    ]
    colour = _axis("flow", "nominal", scale={"domain": list(FLOWS.values()), "range": {"theme": "flows"}})
    colour["legend"] = {"orient": "top", "title": None, "columns": {"theme": "columns"}}
    shared = {"x": _time(), "y": _axis("kW", "quantitative", "kW"), "color": colour, "tooltip": _tips("time")}
    return _chart(
        values, 220,
        layer=[
            {
                "transform": [{"filter": "datum.flow == 'production'"}],
                "mark": {"type": "area", "opacity": 0.25, "line": True, "interpolate": "step-after"},
                "encoding": shared,
            },
            {
                "transform": [{"filter": "datum.flow != 'production'"}],
                "mark": {"type": "line", "interpolate": "step-after", "strokeWidth": 1.5},
                "encoding": shared,
            },
        ],
    )  # fmt: skip


def _tips(time: str) -> list[Row]:
    return [
        _axis(time, "temporal", "time", format="%H:%M"),
        _axis("flow", "nominal", "flow"),
        _axis("kW", "quantitative", "kW", format=".2f"),
    ]


def _flows(row: Row) -> Iterator[tuple[str, float | None]]:
    grid = row["grid_power"]
    yield "pv_power", row["pv_power"]
    yield "load_power", row["load_power"]
    yield "import_power", None if grid is None else max(-grid, 0.0)
    yield "export_power", None if grid is None else max(grid, 0.0)


def _charge(site: SiteFigures) -> Spec | None:
    colour = {"theme": "battery"}
    values = [
        {"time": row["local_time"].isoformat(), "charge": round(row["storage_charge_level"], 1)}
        for row in site.curve
        if row["storage_charge_level"] is not None
    ]
    return _chart(
        values, 110,
        mark={"type": "area", "opacity": 0.3, "line": {"color": colour}, "color": colour},
        encoding={
            "x": _time(),
            "y": _axis("charge", "quantitative", "%", scale={"domain": [0, 100]}),
            "tooltip": [_axis("time", "temporal", "time", format="%H:%M"),
                        _axis("charge", "quantitative", "charge, %")],
        },
    )  # fmt: skip


def _month(site: SiteFigures) -> Spec | None:
    values = [
        {"day": row["day"].day, "year": str(row["day"].year), "kWh": _kilo(row["production_wh"])}
        for row in site.days
        if row["production_wh"] is not None
    ]
    return _beside(values, "day", list(range(1, 32)))


def _year(site: SiteFigures) -> Spec | None:
    newest = max((row["month"].year for row in site.months), default=0)
    values = [
        {
            "month": MONTHS[row["month"].month - 1],
            "year": str(row["month"].year),
            "kWh": _kilo(row["production_wh"]),
        }
        for row in site.months
        if row["production_wh"] is not None and row["month"].year >= newest - 1
    ]
    return _beside(values, "month", list(MONTHS))


def _beside(values: list[Row], field: str, order: list[Any]) -> Spec | None:
    """Return bars of this year, with last year's beside them."""
    years = sorted({value["year"] for value in values})
    colour = _axis("year", "nominal", scale={"domain": years, "range": {"theme": f"years{len(years)}"}})
    colour["legend"] = {"orient": "top", "title": None}
    return _chart(
        values, 200,
        mark={"type": "bar", "cornerRadiusEnd": 2},
        encoding={
            "x": _axis(field, "ordinal", axis={"labelAngle": 0, "labelOverlap": True},
                       scale={"domain": order}),
            "xOffset": {"field": "year"},
            "y": _axis("kWh", "quantitative", "kWh"),
            "color": colour,
            "tooltip": [_axis("year", "nominal", "year"), _axis(field, "nominal", field),
                        _axis("kWh", "quantitative", "kWh", format=",.1f")],
        },
    )  # fmt: skip


def _own(site: SiteFigures) -> Spec | None:
    names = {"self_sufficiency": "self-sufficiency", "self_consumption_rate": "self-consumption"}
    values = [
        {"month": row["month"].isoformat(), "share": title, "percent": round(row[name], 1)}
        for row in site.months
        for name, title in names.items()
        if row[name] is not None
    ]
    colour = _axis("share", "nominal", scale={"domain": list(names.values()), "range": {"theme": "shares"}})
    colour["legend"] = {"orient": "top", "title": None}
    return _chart(
        values, 180,
        mark={"type": "line", "point": {"size": 18}, "strokeWidth": 1.5},
        encoding={
            "x": _axis("month", "temporal", timeUnit="utcyearmonth", axis={"tickCount": 6}),
            "y": _axis("percent", "quantitative", "%", scale={"domain": [0, 100]}),
            "color": colour,
            "tooltip": [_axis("month", "temporal", "month", format="%B %Y"),
                        _axis("share", "nominal", "share"), _axis("percent", "quantitative", "%")],
        },
    )  # fmt: skip


def _hours(site: SiteFigures) -> Spec | None:
    values = [
        {"date": row["local_date"].isoformat(), "hour": row["hour"], "kW": _kilo(row["pv_power"])}
        for row in site.hours
        if row["pv_power"]
    ]
    return _chart(
        values, 220,
        mark={"type": "rect", "clip": True},
        encoding={
            "x": _axis("date", "temporal", timeUnit="utcyearmonthdate",
                       axis={"format": "%b", "tickCount": 8}),
            "y": _axis("hour", "ordinal", "hour of the day", sort="descending",
                       axis={"values": [0, 6, 12, 18]}, scale={"domain": list(range(24))}),
            "color": _axis("kW", "quantitative", "kW",
                           scale={"range": {"theme": "heat"}, "domainMin": 0, "interpolate": "rgb"}),
            "tooltip": [_axis("date", "temporal", "day", format="%d %B %Y"), _axis("hour", "ordinal", "hour"),
                        _axis("kW", "quantitative", "mean kW", format=".2f")],
        },
    )  # fmt: skip


def _cycles(site: SiteFigures) -> Spec | None:
    values = [
        {"month": row["month"].isoformat(), "cycles": round(row["cycles"], 2)}
        for row in site.battery
        if row["cycles"] is not None
    ]
    return _chart(
        values, 140,
        mark={"type": "bar", "cornerRadiusEnd": 2, "color": {"theme": "battery"}},
        encoding={
            "x": _axis("month", "temporal", timeUnit="utcyearmonth", axis={"tickCount": 6}),
            "y": _axis("cycles", "quantitative", "cycles"),
            "tooltip": [_axis("month", "temporal", "month", format="%B %Y"),
                        _axis("cycles", "quantitative", "full cycles")],
        },
    )  # fmt: skip


def _kilo(value: float | None) -> float | None:
    return None if value is None else round(value / KILO, 3)
