"""What V2 has for one resource: its path, and how its answer is read. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

    from tap_solaredge.measured.site import SiteRef
    from tap_solaredge.service.place import Place


class Endpoint(NamedTuple):
    """A path below that of the site, and the reader of its answer: payload, its place, the site."""

    path: str
    read: Callable[[Any, Place, SiteRef], Any]
