"""A SolarEdge Harvest over a clock change: adopted, then harvested on. No interval lost or doubled."""

import json
import os
import subprocess
from datetime import UTC, datetime

import old_harvest
import pytest

from solaredge_simulator.fleet import HOME, ISLAND, OFFICE
from tools import truth
from tools.databases import KINDS, empty_database, engine_of
from tools.pipeline import BIN, Pipeline

START = datetime(2026, 10, 1, tzinfo=UTC)
"""Lord Howe's clock goes forward on October 4th, Amsterdam's back on the 25th, New York's on November 1st."""
STOPPED = datetime(2026, 11, 5, 9, 5, tzinfo=UTC)
"""When the old program ran last."""
SITES = (HOME, OFFICE, ISLAND)


def power_as_stored_then(plant):
    """Return rows by wall clock: of a repeated hour the second pass is left, the newest is partial."""
    rows = {}
    for (_, start), (_, watts) in truth.power_readings(plant, START, STOPPED):
        stamp = plant.local(datetime.fromisoformat(start)).replace(tzinfo=None, fold=0)
        rows[stamp] = watts
    newest = max(stamp for stamp, watts in rows.items() if watts is not None)
    rows[newest] = rows[newest] / 2 + 1
    written = STOPPED.replace(tzinfo=None)
    return [
        {
            "site_id": plant.site_id,
            "timestamp": stamp,
            "power_watts": watts,
            "created_at": written,
            "updated_at": written,
        }
        for stamp, watts in rows.items()
    ]


def old_rows(simulator):
    plants = [simulator.plants[site_id] for site_id in SITES]
    written = STOPPED.replace(tzinfo=None)
    return {
        "sites": [{"id": p.site_id, "name": p.name, "timezone": p.zone.key} for p in plants],
        "power_readings": [row for plant in plants for row in power_as_stored_then(plant)],
        "sync_metadata": [
            {
                "site_id": plant.site_id,
                "data_type": "power",
                "last_sync_time": written,
                "last_data_timestamp": written,
                "status": "success",
            }
            for plant in plants
        ],
    }


def adopt(url, *options):
    command = [BIN / "target-seh-sql", "adopt", "--config=ENV", *options]
    settings = os.environ | {"TARGET_SEH_SQL_SQLALCHEMY_URL": url}
    return subprocess.run(command, capture_output=True, text=True, check=True, env=settings).stdout


class OnlyPower(Pipeline):
    """Reads no stream that the old program did not fill: those have their history still to come."""

    def tap(self, state=None, **settings):
        command = super().tap(state, **settings)
        found = subprocess.run([*command[:3], "--discover"], capture_output=True, text=True, check=True)
        catalog = json.loads(found.stdout)
        catalog["streams"] = [s for s in catalog["streams"] if s["stream"] in {"sites", "power_readings"}]
        path = self.folder / "catalog.json"
        path.write_text(json.dumps(catalog))
        return [*command, "--catalog", path]


@pytest.mark.parametrize("kind", KINDS)
def test_adopted_and_harvested_on_every_interval_is_there_once(simulator, tmp_path, kind):
    with empty_database(kind, tmp_path) as url:
        old_harvest.make(url, old_rows(simulator))
        assert "8 in the repeated hour" in adopt(url)
        state = json.loads(adopt(url, "--print-state"))
        OnlyPower(tmp_path, simulator, url).run(
            state=state, start_date=START.isoformat(), site_ids=list(SITES)
        )
        with engine_of(url) as engine, engine.connect() as connection:
            count = connection.exec_driver_sql("SELECT count(*) FROM power_readings").scalar_one()
            found = truth.stored(connection, "power_readings")
    expected = {}
    for site_id in SITES:
        expected |= dict(truth.power_readings(simulator.plants[site_id], START, simulator.clock.now()))
    wrong, equal = truth.differences(expected, found)
    assert wrong == []
    assert equal == count == len(expected)
    assert equal > 14_000
    asked = [call.query["from"][0] for call in simulator.calls if call.path.endswith("/power")]
    assert len([start for start in asked if start >= "2026-11-05T08:30"]) == 9  # three windows for each site
    assert len([start for start in asked if start < "2026-11-05T08:30"]) == 5  # two nights, three outages
