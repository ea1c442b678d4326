"""What the site lists and details of both dialects have in common. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tap_solaredge.service.fields import objects
from tap_solaredge.service.payload import MOST_ID, entries, whole
from tap_solaredge.service.place import Place

if TYPE_CHECKING:
    from collections.abc import Callable

    from tap_solaredge.measured.readings import Record
    from tap_solaredge.service.fields import Fields


def rows_of(
    listed: Any,  # noqa: ANN401
    id_field: str,
    row: Callable[[int, Fields], Record],
    place: Place,
) -> list[Record]:
    """Return a row for each site of a page, each site once: the same site twice would be read twice.

    Raises:
        UnexpectedPayload: If there is no list, or nothing in it can be read.
    """
    found: dict[int, Record] = {}
    for site in objects(entries(listed, place, "site"), place):
        site_id = site.whole(id_field, MOST_ID)
        if site_id is None:
            site.place.lose(f"a site without `{id_field}` is left out")
            continue
        place.notes.read += 1
        found.setdefault(site_id, row(site_id, site))
    place.check(few=1)
    place.finish()
    return list(found.values())


def listed_count(payload: Any) -> int | None:  # noqa: ANN401
    """Return how many sites the service says there are, None where it says nothing plausible."""
    sites = payload.get("sites") if isinstance(payload, dict) else None
    return whole(sites.get("count"), Place("site list")) if isinstance(sites, dict) else None


def of_site(told: Any, site_id: int, place: Place) -> None:  # noqa: ANN401
    """Make sure that an answer is about the site of its request; what cannot be read is believed.

    Raises:
        UnexpectedPayload: If it is about another site.
    """
    read = whole(told, place / "siteId", MOST_ID)
    if read is not None and read != site_id:
        raise place.error(f"field `siteId` is {read}, another site")
