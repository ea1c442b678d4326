"""Many sites and few calls: every site gets its turn, in order, and none a second one before.

`make proofs` reads 300 sites with calls for a hundred; the short form is a fifth of that.
"""

import os

import pytest

from .collected import Collected

SITES, PER_RUN = (300, 535) if os.environ.get("PROOF") == "whole" else (60, 110)
"""Calls for about a third of the sites: lists of devices, quarter hours and days."""


@pytest.fixture
def fleet(start_simulator, tmp_path):
    simulator = start_simulator(extra=SITES - 5)
    return Collected(
        simulator, tmp_path, only=["sites", "power_readings", "energy_readings"], max_calls_per_run=PER_RUN,
        calls_per_minute=0, monthly_credits=0, power_lookback_days=1, energy_lookback_days=3,
    )  # fmt: skip


def turns_of(calls):
    """Return the sites of which data were asked in a run, in order."""
    return list(dict.fromkeys(call.site for call in calls if "from" in call.query))


def test_three_runs_serve_every_site_once_and_none_twice_before(fleet):
    turns = []
    for _ in range(3):
        calls = fleet.run()
        assert fleet.error is None
        assert len(calls) <= PER_RUN
        turns.append(turns_of(calls))
        fleet.simulator.clock.advance(hours=1)
    reporting = {site for site, plant in fleet.simulator.plants.items() if plant.first_day}
    in_order = [site for run in turns for site in run]
    assert len(reporting) == SITES - 1  # one is pending
    assert set(in_order[: len(reporting)]) == reporting
    assert len(in_order) < 1.3 * len(reporting)
