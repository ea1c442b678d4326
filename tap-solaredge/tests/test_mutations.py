"""Whole runs of which one answer is odd: nothing is wrong in silence, and nothing costs more than itself.

`make mutations` changes 5,000 answers; `MUTATIONS=200 SEED=7` for so many of each dialect, or others.
"""

import logging
import os
import random
from collections import Counter
from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from solaredge_simulator.fleet import HOME, ROOF
from tap_solaredge.service.client import Client
from tap_solaredge.service.responses import Answer

from .collected import Collected
from .mutations import mutated

MUTATIONS = int(os.environ.get("MUTATIONS", "6"))
SEED = int(os.environ.get("SEED", "20261128"))
NOW = datetime(2026, 11, 20, 12, 5, tzinfo=UTC)
LATER = timedelta(hours=25)
"""When the lists are read again."""
NOTHING = {"missing", *(f"garbage {nothing!r}" for nothing in (None, "", [], {}))}
"""What is no odd value but none: quarter hours are read again by the next run, days as late data are."""
DERIVED = {
    "power_flows": {"load_power", "load_status", "self_consumption_power"},
    "energy_readings": {
        *("consumption_wh", "self_consumption_wh", "feed_in_wh", "purchased_wh"),
        *("charged_wh", "discharged_wh"),
    },
    "energy_totals": {"self_consumption_wh"},
}
"""What is worked out or summed: where a part of it cannot be read, the rest tells until the next run."""
SAMPLES = ("/storageData", "/data")
"""Answers of V1 that hold samples: of a quarter hour without one of them the others tell."""


class World:
    """A home and a bare roof, read at noon and a day later, once with one odd answer and always without."""

    def __init__(self, simulator, folder, monkeypatch, dialect):
        self.simulator, self.folder = simulator, folder
        key = simulator.v1_key if dialect == "v1" else simulator.key
        self.settings = {
            "api_version": dialect, "api_key": key, "max_concurrent": 1, "site_ids": [HOME, ROOF],
            "start_date": "2026-11-18T00:00:00Z",
            "calls_per_minute": 0, "monthly_credits": 0, "daily_calls_per_site": 0,
        }  # fmt: skip
        self.random, self.odd, self.seen, self.told = None, None, 0, []
        self.asked = []
        ask = Client.get

        def get(client, request):
            answer = ask(client, request)
            self.seen += 1
            self.asked.append(request)
            return self.mutate(answer) if self.seen == self.odd else answer

        monkeypatch.setattr(Client, "get", get)

    def mutate(self, answer):
        (payload,), self.told = mutated([answer.payload], self.random)
        return Answer(msgspec.json.encode(payload), payload)

    def run(self, odd, seed):
        """Run with the answer of this number being odd, then without; return rows and errors of both."""
        self.random, self.told, self.seen, self.asked, self.odd = random.Random(seed), [], 0, [], odd
        self.simulator.clock.set(NOW)
        harvest = Collected(self.simulator, self.folder / seed.replace("/", "-"), **self.settings)
        (self.folder / seed.replace("/", "-")).mkdir()
        first = self.once(harvest)
        self.simulator.clock.set(NOW + LATER)
        self.odd = None
        return harvest, first, self.once(harvest)

    def once(self, harvest):
        harvest.run()
        rows = {stream: {k: dict(row) for k, row in found.items()} for stream, found in harvest.rows.items()}
        rows["meter_readings"] = by_meter(rows.get("meter_readings", {}))
        return rows, harvest.error, len(self.asked)


@pytest.mark.parametrize("dialect", ["v2", "v1"])
def test_one_odd_answer_is_told_and_costs_only_itself(
    start_simulator, tmp_path, monkeypatch, caplog, dialect
):
    caplog.set_level(logging.DEBUG)
    world = World(start_simulator(v1="active"), tmp_path, monkeypatch, dialect)
    _, (healthy, none, calls), (afterwards, nothing, _) = world.run(None, "healthy")
    asked = world.asked[:calls]
    flows = healthy["power_flows"].items()
    live = {("power_flows", key) for key, row in flows if row["resolution"] == "SNAPSHOT"}
    assert none is nothing is None
    outcomes = Counter()
    for number in range(MUTATIONS):
        seed, odd = f"{SEED}/{dialect}/{number}", 1 + number % calls
        caplog.clear()
        _, (rows, error, spent), (later, second, _) = world.run(odd, seed)
        if dialect == "v1" and any(node[-1] == "batteries" and kind in NOTHING for node, kind in world.told):
            outcomes["inventory", "lists no battery: that is believed"] += 1
            continue  # and so its production, which counts what batteries give, is believed too
        what = f"{seed} {asked[odd - 1].path}: {world.told!r:.400}"
        said = [record for record in caplog.records if record.levelno >= logging.WARNING]
        assert not [record for record in caplog.records if record.exc_info], (what, caplog.text[-3000:])
        assert spent <= 2 * calls, what
        lost = less(rows, healthy, what, sampled=str(asked[odd - 1].path).endswith(SAMPLES))
        where = asked[odd - 1].site_id
        assert where is None or not [key for key in lost if key[1][0] != where], what
        none_was_told = any(kind in NOTHING for _, kind in world.told)
        assert said or error or not lost or none_was_told, (what, lost)
        assert second is None, (what, second)
        missing = {row for row in less(later, afterwards, what) if row[:2] not in live}
        believed = {row for row in missing if none_was_told and row[0] == "energy_readings"}
        assert missing - believed == set(), what
        outcomes[asked[odd - 1].path.rsplit("/", 1)[-1], outcome(lost, error, said)] += 1
    print(f"\n{dialect}: {MUTATIONS} of {MUTATIONS} mutations, seed {SEED}")  # noqa: T201 (the proof)
    for (path, how), count in sorted(outcomes.items()):
        print(f"{path:<26} {how:<36} {count:>5}")  # noqa: T201


def by_meter(rows):
    """Return readings by what their meter counts, as the target keeps them: whatever its name is."""
    found = {}
    for (site, name, start), row in rows.items():
        kind = "FeedIn" if name.startswith(("Export", "FeedIn")) else "Purchased"
        found.setdefault((site, kind, start), {}).update(row | {"meter_name": kind})
    return found


def outcome(lost, error, said):
    if error is not None:
        return "a stream fails, exit 1"
    if lost:
        return "some are NULL or less until the next run" if said else "nothing was told, and it is NULL"
    return "a line, nothing is lost" if said else "nothing is lost"


def less(rows, healthy, what, *, sampled=False):
    """Return the values that are not there, or told by fewer samples; one that is there and wrong fails."""
    lost = []
    for stream, expected in healthy.items():
        found = rows.get(stream, {})
        assert not found.keys() - expected.keys(), (what, stream, sorted(found.keys() - expected.keys())[:3])
        for key, row in expected.items():
            other = found.get(key, {})
            wrong = {n: (v, row.get(n)) for n, v in other.items() if v != row.get(n)}
            worked_out = wrong.keys() <= DERIVED.get(stream, set())
            assert sampled or worked_out or not wrong, (what, stream, key, wrong)
            lost += [(stream, key, name) for name in row if name not in other or name in wrong]
    return lost
