"""What `status` and the report say of a device that is silent; `silent_devices.py` finds them."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final, NamedTuple

from target_seh_sql.status.series import QUARTER

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

INTERVAL: Final = timedelta(seconds=QUARTER)


class Silent(NamedTuple):
    """A device that says nothing while others of its site do."""

    device: str
    """Names of its listings, and its serial number."""
    since: datetime
    """Start of its newest interval with a value, UTC."""
    empty: Mapping[str, Sequence[str]]
    """Columns, by table, that had values before and have none since."""

    @property
    def ended(self) -> datetime:
        """When that interval ended, UTC."""
        return self.since + INTERVAL

    def __str__(self) -> str:
        """Say it as people do, with what to do."""
        told = f"{self.device} has told nothing since {self.since:%Y-%m-%d %H:%M} UTC"
        columns = " and ".join(f"{', '.join(names)} of {table}" for table, names in self.empty.items())
        told += f"; empty since then: {columns}" if columns else ""
        return f"{told}. Look at it in SolarEdge's portal; if it was removed, it must be inactive there"
