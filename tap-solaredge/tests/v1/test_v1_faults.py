"""Every fault at every endpoint of V1: the run ends, the rest is complete, one more run makes all right."""

import os

import pytest

from ..fault_cells import BUSY, chosen  # noqa: TID252 (tests are no installed package)
from ..fault_world import World, check, check_page, check_retries  # noqa: TID252

DIALECT = "v1"
STEP = 1 if os.environ.get("PROOF") == "whole" else 4
"""V1 is switched off: the short form plays every fourth cell."""


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    made = World(DIALECT, tmp_path_factory.mktemp(DIALECT))
    yield made
    made.simulator.stop()


@pytest.mark.parametrize("cell", chosen(DIALECT, STEP), ids=str)
def test_a_fault_costs_only_what_needs_the_answer_and_only_once(cell, world, everything_said):
    check(cell, world, everything_said)


@pytest.mark.parametrize("kind", sorted(BUSY - {"slow"})[::STEP])
def test_with_retries_every_other_call_may_fail(kind, world):
    check_retries(kind, world)


def test_the_page_of_faults_shows_this_matrix():
    check_page(DIALECT)
