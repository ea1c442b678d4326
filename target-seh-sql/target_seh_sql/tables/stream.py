"""What a table of this target is made from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from target_seh_sql.tables.columns import Columns


@dataclass(frozen=True)
class Stream:
    """One Singer stream and the table of the same name."""

    name: str
    about: str
    key: tuple[str, ...]
    """The natural key, as the stream sends it."""
    columns: Callable[[], Columns]
    """The table's columns besides id, site_id or meter_id, created_at and updated_at."""
    constraint: str = ""
    """Name of the unique constraint on the natural key."""
    newest: str | None = None
    """Column that tells how new the data are."""
    cleared_by_null: frozenset[str] = frozenset()
    """Columns in which NULL is news and replaces a value."""
    extension: bool = False
    """Whether the table is made only when the stream arrives."""

    @property
    def indexed(self) -> bool:
        """Whether the newest rows are found by an index: the unique key has the parent before the time."""
        return self.newest in self.key

    @property
    def is_site(self) -> bool:
        """Whether the natural key is the primary key itself."""
        return self.key == ("id",)

    @property
    def of_meter(self) -> bool:
        """Whether rows hang on a meter, which the stream names and the table numbers."""
        return "meter_name" in self.key

    @property
    def table_key(self) -> tuple[str, ...]:
        """The natural key, as the table stores it."""
        return ("meter_id", *self.key[2:]) if self.of_meter else self.key
