"""Recorded shapes of answers, apart from the simulator: the readers give the literal rows."""

import pytest

from tap_solaredge.resources import RESOURCES
from tap_solaredge.service.sites import listed_count

from .shape_files import SHAPES, read, rows, shape

NOT_IN_V1 = {"details", "alerts", "lifetime_storage", "storage_energy"}
"""In the list of sites, unknown, or as another shape."""
NOT_IN_V2 = {"snapshot", "meter_energy", "storage_energy"}


@pytest.mark.parametrize(("dialect", "name"), SHAPES)
def test_a_shape_gives_its_rows(dialect, name, caplog):
    assert read(dialect, name, shape(dialect, name)) == rows(dialect, name)
    assert [record for record in caplog.records if record.levelname == "WARNING"] == []


def test_every_resource_of_both_dialects_has_a_shape():
    names = {resource.name for resource in RESOURCES} | {"listed_sites"}
    assert {name for dialect, name in SHAPES if dialect == "v1"} == names - NOT_IN_V1
    assert {name for dialect, name in SHAPES if dialect == "v2"} == names - NOT_IN_V2


def test_the_count_of_a_list_is_told_where_it_is_plausible():
    counts = [listed_count({"sites": {"count": count, "site": []}}) for count in (2, "2", 0, 2.0)]
    assert counts == [2, 2, 0, 2]
    odd = (None, -2147483648, True, "many", [], 2.5, 10**400)
    assert [listed_count({"sites": {"count": count}}) for count in odd] == [None] * len(odd)
    assert [listed_count(payload) for payload in (None, [], {}, {"sites": None}, "x")] == [None] * 5
