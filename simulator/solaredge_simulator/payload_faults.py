"""The ways to go wrong inside good JSON: types, keys, order, values. Both dialects' shapes."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from solaredge_simulator.faults import Fault
    from solaredge_simulator.messages import Answer

_ESSENTIAL = frozenset(
    {
        *(
            "values",
            "site",
            "siteId",
            "id",
            "serialNumber",
            "SN",
            "co2Emissions",
            "envBenefits",
            "meters",
            "inverters",
            "storage",
            "location",
        ),
        *("telemetries", "batteries", "production", "consumption", "period"),
    }
)
_STAMPS = ("timestamp", "date", "timeStamp")
_MEASURED = ("value", "power", "totalActivePower")
_LISTS = ("site", "siteEnergyList")
_ALL_LISTS = (*_LISTS, "list")
_WITH_OFFSET = re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+[+-]\d\d:\d\d")
_FIELDS = frozenset(
    {"unit", "period", "siteId", "id", "serialNumber", "SN", "timeZone", "timezone", *_STAMPS}
)


def wrong_types(answer: Answer, fault: Fault) -> None:
    """Numbers are words; with `name` only those of that key."""
    for found in _objects(answer.body):
        for key, value in found.items():
            number = isinstance(value, (int, float)) and not isinstance(value, bool)
            if number and (fault.name is None or key == fault.name):
                found[key] = f"about {value}"


def missing_keys(answer: Answer, fault: Fault) -> None:
    """The keys that matter are not there; with `name` only that one."""
    gone = {fault.name} if fault.name else _ESSENTIAL
    for found in list(_objects(answer.body)):
        for key in gone & found.keys():
            del found[key]


def extra_keys(answer: Answer, _: Fault) -> None:
    """Objects have keys that nobody has heard of."""
    for found in list(_objects(answer.body)):
        if _FIELDS & found.keys():
            found |= {"addedLater": {"nested": [1, None]}, "flag": True}


def duplicated(answer: Answer, _: Fault) -> None:
    """Every point of a series comes twice."""
    for points in _series(answer.body):
        points[:] = [point for point in points for _ in range(2)]


def unordered(answer: Answer, _: Fault) -> None:
    """The points of a series come in no order: odd ones backwards, then even ones."""
    for points in _series(answer.body):
        points[:] = points[1::2][::-1] + points[::2]


def nulls(answer: Answer, fault: Fault) -> None:
    """Values are null; with `newest` only so many at the end of each series."""
    for point in _points(answer.body, fault.newest):
        point.update({key: None for key in _MEASURED if key in point})


def revised(answer: Answer, fault: Fault) -> None:
    """Values differ by `factor` from what the service says at other times."""
    for point in _points(answer.body, fault.newest):
        point.update(
            {key: value * fault.factor for key in _MEASURED if (value := _number(point.get(key))) is not None}
        )


def twice_with_null(answer: Answer, fault: Fault) -> None:
    """Points come twice, once with null, before the value or after it in turn; `newest` only so many."""
    for points in _series(answer.body):
        first = 0 if fault.newest is None else max(0, len(points) - fault.newest)
        doubled = [
            pair if place % 2 else pair[::-1]
            for place, point in enumerate(points[first:])
            for pair in [(point, point | {key: None for key in _MEASURED if key in point})]
        ]
        points[first:] = [point for pair in doubled for point in pair]


def in_utc(answer: Answer, _: Fault) -> None:
    """Times with an offset are in UTC, with `Z`."""
    for found in _objects(answer.body):
        for key, value in found.items():
            if isinstance(value, str) and _WITH_OFFSET.fullmatch(value):
                found[key] = datetime.fromisoformat(value).astimezone(UTC).isoformat()[:19] + "Z"


def empty_list(answer: Answer, _: Fault) -> None:
    """Lists of sites and devices are empty, and so is their count."""
    if isinstance(answer.body, list):
        answer.body.clear()
    for found in list(_objects(answer.body)):
        for name in _ALL_LISTS:
            if isinstance(items := found.get(name), list):
                items.clear()
                found["count"] = 0


def short_page(answer: Answer, _: Fault) -> None:
    """Lists of sites and devices have half of their entries, rounded up; the count is as ever."""
    if isinstance(answer.body, list):
        del answer.body[(len(answer.body) + 1) // 2 :]
    for found in list(_objects(answer.body)):
        for name in _ALL_LISTS:
            if isinstance(items := found.get(name), list):
                del items[(len(items) + 1) // 2 :]


def no_series(answer: Answer, _: Fault) -> None:
    """Every series is empty."""
    for points in _series(answer.body):
        points.clear()


def cut(answer: Answer, fault: Fault) -> None:
    """Series end after their first `size` points."""
    for points in _series(answer.body):
        del points[fault.size :]


def device_replaced(answer: Answer, fault: Fault) -> None:
    """The device `serial` is another one now; V2's list keeps it, inactive."""
    _rename(answer.body, fault.serial, successor(fault.serial))
    if isinstance(answer.body, list):
        renewed = [item for item in answer.body if item.get("serialNumber") == successor(fault.serial)]
        answer.body += [item | {"serialNumber": fault.serial, "active": False} for item in renewed]


def rewritten(answer: Answer, fault: Fault) -> None:
    """The serial number `serial` is written as `value`."""
    _rename(answer.body, fault.serial, str(fault.value))


def without_site(answer: Answer, fault: Fault) -> None:
    """Take a site out of every list."""
    for found in _objects(answer.body):
        for name in _LISTS:
            if isinstance(items := found.get(name), list):
                items[:] = [item for item in items if fault.site not in {item.get("siteId"), item.get("id")}]


def successor(serial: str) -> str:
    """Return the serial of the device that replaces another one."""
    return re.sub(r"^..", "5A", serial)


def _number(value: object) -> float | None:
    return value if isinstance(value, (int, float)) else None


def _points(body: object, newest: int | None) -> Iterator[dict[str, object]]:
    """Yield the points of all series, or the newest that have a value of each."""
    for points in _series(body):
        known = [point for point in points if any(point.get(key) is not None for key in _MEASURED)]
        yield from known if newest is None else known[-newest:]


def _series(body: object) -> Iterator[list[dict[str, object]]]:
    """Yield every list of points with a time."""
    for found in list(_objects(body)):
        for value in found.values():
            if (
                isinstance(value, list)
                and value
                and isinstance(value[0], dict)
                and set(_STAMPS) & value[0].keys()
            ):
                yield value


def _objects(body: object) -> Iterator[dict[str, object]]:
    """Yield every object in the body, outer ones first."""
    if isinstance(body, dict):
        yield body
    children = body.values() if isinstance(body, dict) else body if isinstance(body, list) else ()
    for child in list(children):
        yield from _objects(child)


def _rename(body: object, old: str, new: str) -> None:
    """Write a device's serial differently, in keys and in values."""
    for found in list(_objects(body)):
        for key, value in list(found.items()):
            if key == old:
                found[new] = found.pop(old)
            elif value == old:
                found[key] = new


KINDS: dict[str, Callable[[Answer, Fault], None]] = {
    "wrong_types": wrong_types,
    "missing_keys": missing_keys,
    "extra_keys": extra_keys,
    "duplicated": duplicated,
    "unordered": unordered,
    "nulls": nulls,
    "revised": revised,
    "no_series": no_series,
    "cut": cut,
    "twice_with_null": twice_with_null,
    "in_utc": in_utc,
    "empty_list": empty_list,
    "short_page": short_page,
    "device_replaced": device_replaced,
    "rewritten": rewritten,
}
