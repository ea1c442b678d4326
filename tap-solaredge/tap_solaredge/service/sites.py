"""What the site lists and details of both dialects have in common. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tap_solaredge.service.payload import MOST_ID, whole

if TYPE_CHECKING:
    from tap_solaredge.measured.readings import Record
    from tap_solaredge.service.place import Place


def without_doubles(rows: list[Record]) -> list[Record]:
    """Return each site once: the same site twice would be read twice."""
    found: dict[int, Record] = {}
    for row in rows:
        found.setdefault(row["id"], row)
    return list(found.values())


def of_site(told: Any, site_id: int, place: Place) -> None:  # noqa: ANN401
    """Make sure that an answer is about the site of its request; what cannot be read is believed.

    Raises:
        UnexpectedPayload: If it is about another site.
    """
    read = whole(told, place / "siteId", MOST_ID)
    if read is not None and read != site_id:
        raise place.error(f"field `siteId` is {read}, another site")
