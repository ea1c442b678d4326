"""Recorded shapes of answers, with invented values: what the reference pages show, by dialect, resource."""

import json
from dataclasses import asdict, is_dataclass
from pathlib import Path
from zoneinfo import ZoneInfo

from tap_solaredge.local_time import Instant
from tap_solaredge.measured.site import SiteRef
from tap_solaredge.resources import RESOURCES
from tap_solaredge.service.v1 import readers as v1
from tap_solaredge.service.v2 import readers as v2

FOLDER = Path(__file__).parent / "shapes"
RESOURCE = {resource.name: resource for resource in RESOURCES}
READERS = {"v1": v1, "v2": v2}
SITE = SiteRef(7, ZoneInfo("Europe/Berlin"), ("7E123456-2F",))
SHAPES = sorted((path.parent.name, path.stem) for path in FOLDER.glob("v?/*.json"))


def shape(dialect, name):
    """Return the answers of all calls that a resource takes: one, but in files of V1 that hold a list."""
    answer = json.loads((FOLDER / dialect / f"{name}.json").read_text())
    return answer if dialect == "v1" and isinstance(answer, list) else [answer]


def rows(dialect, name):
    """Return what the reader of a shape must make of it."""
    return json.loads((FOLDER / "rows" / dialect / f"{name}.json").read_text())


def read(dialect, name, answers):
    """Return what the reader of a shape makes of the answers, as plain values."""
    readers = READERS[dialect]
    if name == "listed_sites":
        return plain(readers.listed_sites(answers[0]))
    return plain(readers.parse(RESOURCE[name], answers, SITE))


def plain(found):
    """Return dataclasses and series as plain values: instants as UTC and offset, empty series left out."""
    if is_dataclass(found):
        return plain(asdict(found))
    if isinstance(found, dict):
        return {
            f"{key} {key.offset_minutes:+d}" if isinstance(key, Instant) else key: plain(value)
            for key, value in found.items()
            if value != {} and key != "in_service"  # readers do not know it
        }
    if isinstance(found, Instant):
        return f"{found} {found.offset_minutes:+d}"
    return [plain(value) for value in found] if isinstance(found, list) else found
