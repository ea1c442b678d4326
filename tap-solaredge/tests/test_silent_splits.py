"""Days whose split was empty for once are read again: their own energy does not settle them."""

import pytest

from solaredge_simulator.fleet import HOME

from .conftest import tap_run
from .fault_world import rows

HOURS = 8


@pytest.mark.parametrize("empty", [None, {}], ids=["null", "nothing"])
@pytest.mark.parametrize("path", ["meters", "storage"])
def test_days_that_no_device_told_of_get_their_split_later(start_simulator, tmp_path, path, empty):
    simulator = start_simulator(trouble=False)
    settings = {
        "site_ids": [HOME],
        "energy_lookback_days": 60,
        "ledger_path": str(tmp_path / "ledger.db"),
    }
    simulator.fault("node", path=f"*/{path}/telemetry", name=f"/{path}", value=empty)
    runs = [tap_run(simulator, **settings)]
    simulator.lift_faults()
    for _ in range(3):
        simulator.clock.advance(seconds=HOURS * 3600)
        runs.append(tap_run(simulator, runs[-1].state, **settings))
    truth = tap_run(simulator, **settings | {"ledger_path": str(tmp_path / "fresh.db")})
    found, wanted = (
        {key: row for key, row in rows(of).items() if key[0] == "energy_readings"} for of in (runs, [truth])
    )
    assert len(wanted) > 55
    assert {key: row for key, row in found.items() if key in wanted} == wanted
