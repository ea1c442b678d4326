"""The time is corrected by some seconds while a run goes on; the running day is read all the same."""

from datetime import timedelta

import pytest

from solaredge_simulator.fleet import HOME

from . import conftest
from .conftest import SimulatorClock


def hurrying(step):
    """Return a clock of a host that goes on by a step at each look, while the service's stands still."""

    class Hurrying(SimulatorClock):
        def host(self):
            self._fast += step
            return super().host()

    return Hurrying


@pytest.mark.parametrize("milliseconds", range(20, 400, 20))
def test_the_running_day_is_read_though_the_time_is_corrected(
    simulator, run_tap, monkeypatch, caplog, milliseconds
):
    monkeypatch.setattr(conftest, "SimulatorClock", hurrying(timedelta(milliseconds=milliseconds)))
    said = run_tap(simulator, site_ids=[HOME])
    days = [record["reading_date"] for record in said.records["energy_readings"]]
    assert max(days) == "2026-11-20"
    assert len(days) == len(set(days))
    assert "in the future" not in caplog.text
