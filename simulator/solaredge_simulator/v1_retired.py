"""Monitoring API V1 as it is since 2026-11-03: 410 for all of its paths, before any look at the key."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from solaredge_simulator.messages import problem

if TYPE_CHECKING:
    from solaredge_simulator.messages import Answer, Request

ROOTS = frozenset({"site", "sites", "equipment", "accounts", "version"})


def answer(request: Request) -> Answer:
    """Return 410 for a V1 path, 404 for any other."""
    if request.path.split("/")[1] in ROOTS:
        found = problem(HTTPStatus.GONE, "Monitoring API V1 has been discontinued; use V2").answer
        found.template = "/v1"
    else:
        found = problem(HTTPStatus.NOT_FOUND, "Unknown endpoint").answer
        found.template = "/unknown"
    return found
