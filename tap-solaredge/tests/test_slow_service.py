"""A service that is slow to answer: its `Date` is seconds behind when it arrives, now more, now less."""

from datetime import timedelta
from itertools import cycle

import pytest

from solaredge_simulator.fleet import HOME

from . import collected
from .conftest import SimulatorClock


@pytest.mark.parametrize("behind", [(0, 3), (3, 0)], ids=["second of two", "first of two"])
def test_the_running_day_is_told_although_answers_end_seconds_apart(
    start_simulator, tmp_path, monkeypatch, behind
):
    seconds = cycle(behind)

    class Jittering(SimulatorClock):
        def set_by(self, service_time):
            super().set_by(service_time - timedelta(seconds=next(seconds)))

    simulator = start_simulator()
    monkeypatch.setattr(collected, "SimulatorClock", Jittering)
    harvest = collected.Collected(simulator, tmp_path, site_ids=[HOME], energy_lookback_days=3)
    harvest.run()
    assert f"{simulator.clock.now():%Y-%m-%d}" in {day for _, day, _ in harvest.rows["energy_readings"]}


def test_a_state_that_is_seconds_ahead_of_a_slow_answer_is_believed(start_simulator, tmp_path, caplog):
    simulator = start_simulator()
    harvest = collected.Collected(simulator, tmp_path, site_ids=[HOME], energy_lookback_days=3)
    harvest.run()
    simulator.clock.advance(seconds=-5)
    harvest.run()
    assert "in the future" not in caplog.text
