"""What the state keeps of a site beside its coverages: the name of each note, and what it may hold."""

from __future__ import annotations

import re
from datetime import date, datetime
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated, Any

import msgspec

from tap_solaredge.local_time import is_of_this_age, local_day

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tap_solaredge.measured.site import Site

# In the bookmark of `sites`

LATE_READ = "late_read_on"
"""The site's day on which the last days were read again."""
METER_NAMES = "meter_names"
"""The names of meters, by type and serial number."""
SERIALS = "serial_numbers"
"""The devices that have readings, each as it was written first."""
ZONE = "timezone"
"""The zone that was last told."""
SHOWN = "shown_offset_minutes"
"""The offset that a site's answers show against its master data."""
LISTED = "devices_listed_on"
"""The day on which each kind of device was listed last."""
IN_SERVICE = "in_service"
"""The first and the newest interval that each meter and battery told; led by the version of the API."""
MEANS = "production_means"
"""What production was found to mean; this and the next two are led by the version too: `v2_...`."""
CHECKED = "production_checked_on"
"""The day on which that was tried last, or seen to hold."""
ASKED = "production_asked_on"
"""The day on which the service last gave no answer to this."""
SELLS = "battery_sells"
"""Whether a battery was seen to sell what it holds."""

# In the bookmark of a stream

VALUE = "replication_key_value"
"""The bookmark itself: a UTC time or a date."""
SEEN = "days"
"""The newest days' energies (Wh), of daily energy."""
UNIT = "time_unit"
"""The period that the coverage of daily energy is about."""
READ_ON = "read_on"
"""The day on which the service's own totals were read last."""
FIRST_DATA = "first_data_on"
"""The first day with data, as the service's own totals tell it."""
LIFE_READ = "lifetime_read_in"
"""The month in which the total of the whole life was read."""
ENDED = "synced_at"
"""When the stream was read last, or failed."""
READ_AT = "snapshot_at"
"""The time of the newest live flows."""

_Moment = Annotated[datetime, msgspec.Meta(tz=True)]
_TYPES: Mapping[str, Any] = MappingProxyType(
    {
        **dict.fromkeys((LATE_READ, CHECKED, ASKED, READ_ON, FIRST_DATA), date),
        **dict.fromkeys((ZONE, MEANS, UNIT, LIFE_READ), str),
        METER_NAMES: dict[str, str],
        SERIALS: list[str],
        IN_SERVICE: dict[str, tuple[str, str]],
        LISTED: dict[str, date],
        SHOWN: int,
        SELLS: bool,
        SEEN: dict[date, int | None],
        **dict.fromkeys((READ_AT, ENDED), _Moment),
    }
)
_OF_DIALECT = re.compile(r"^v\d_")


def unreadable(partition: Mapping[str, Any]) -> Iterator[str]:
    """Yield the names under which a partition holds what no run can have written: somebody edited it."""
    for name, value in partition.items():
        kind = _TYPES.get(_OF_DIALECT.sub("", name))
        if name == VALUE and value is not None:
            kind = _Moment if "T" in str(value) else date
        if kind is not None:
            try:
                held = msgspec.convert(value, kind)
            except msgspec.ValidationError:
                yield name
                continue
            times = (each for each in (held if isinstance(held, dict) else [held]) if isinstance(each, date))
            if not all(map(is_of_this_age, times)):
                yield name


def of_dialect(dialect: str, name: str) -> str:
    """Return the name of a note of which each version of the API has its own."""
    return f"{dialect}_{name}"


def day_of(site: Site, now: datetime) -> str:
    """Return the site's day, as notes hold it."""
    return local_day(now, site.zone).isoformat()
