"""The service's own totals of V2: `/overview` of a window (5.4), energy since the first data (5.5). Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tap_solaredge.measured.production import Meaning
from tap_solaredge.measured.readings import Totals
from tap_solaredge.service.fields import Fields
from tap_solaredge.service.payload import essential_object
from tap_solaredge.service.series import site_series
from tap_solaredge.service.sites import of_site
from tap_solaredge.service.units import ENERGY, factor

if TYPE_CHECKING:
    from tap_solaredge.measured.site import SiteRef
    from tap_solaredge.service.place import Place


def overview(payload: Any, place: Place, site: SiteRef) -> Totals:  # noqa: ANN401
    """Return the totals of a window; each figure by itself may be null (5.4).

    Raises:
        UnexpectedPayload: If there is no `production`, or it is that of another site.
    """
    made = essential_object(payload, "production", place)
    of_site(payload.get("siteId"), site.site_id, place)
    produced = Fields(made, place / "production")
    total, direct, stored, fed = _figures(produced, "total", "toSelfConsumption", "toStorage", "toGrid")
    used = Fields(payload, place).inside("consumption")
    consumption, *sources = _figures(used, "total", "fromPv", "fromStorage", "fromGrid")
    from_pv, from_storage, purchased = sources
    return Totals(
        production=total,
        self_consumption=_kept(total, direct, stored, fed),
        feed_in=fed,
        to_storage=stored,
        consumption=consumption,
        from_pv=from_pv,
        from_storage=from_storage,
        purchased=purchased,
        meaning=Meaning.PV,
    )


def _kept(total: float | None, direct: float | None, stored: float | None, fed: float | None) -> float | None:
    """Return the production that was not fed in (Wh): what was used and stored, else what is left of it."""
    if direct is not None and stored is not None:
        return direct + stored
    return None if total is None or fed is None else max(total - fed, 0.0)


def _figures(block: Fields, *names: str) -> list[float | None]:
    """Return figures in Wh; a figure that cannot be read is None, with a note."""
    if all(block.told.get(name) is None for name in names):
        return [None] * len(names)
    unit = factor(block.told.get("unit"), ENERGY, block.place)
    return [block.number(name, ENERGY, unit) for name in names]


def lifetime(payload: Any, place: Place, site: SiteRef) -> Totals:  # noqa: ANN401
    """Return the production since the first data, and when that was: the start of the only bucket (5.5).

    Raises:
        UnexpectedPayload: If there is no list of values.
    """
    buckets = site_series(payload, place, ENERGY, site.zone)
    known = [value for value in buckets.values() if value is not None]
    return Totals(production=sum(known) if known else None, first=min(buckets, default=None))
