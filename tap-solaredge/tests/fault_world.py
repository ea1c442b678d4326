"""A service with faults: what a run with one, and the run after it, must leave behind."""

import io
import re
import shutil
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

from solaredge_simulator.fleet import HOME, ROOF
from solaredge_simulator.payload_faults import successor
from solaredge_simulator.simulator import Simulator
from solaredge_simulator.v1.rules import V1Rules
from tap_solaredge.streams import STREAMS

from .collected import selected
from .conftest import Said, tap_run
from .fault_cells import LISTS, LIVE, Cell, table

FIRST = datetime(2026, 11, 20, 12, 5, tzinfo=UTC)
FAULTY, AFTER = FIRST + timedelta(hours=25), FIRST + timedelta(hours=51)
START = "2026-11-19T12:00:00Z"
KEYS = {stream.name: stream.primary_keys for stream in STREAMS}
REMEDY = re.compile(
    r"the next run tries again|is skipped until|does not take this call|changed its form|check `|come back on"
)
SHORT = {"request_timeout": 1, "request_retries": 1}
"""A call that is slow for want of a processor gets a second try."""
PAGE = Path(__file__).parents[2] / "docs/faults.md"


class World:
    """A simulator with two sites, what a tap knew before the fault, and what it must know in the end."""

    def __init__(self, dialect, folder):
        self.dialect, self.folder = dialect, folder
        self.simulator = Simulator(
            now=FIRST, speed=0, calls_per_minute=None, monthly_credits=None, v1=V1Rules(daily_calls=None)
        ).start()
        left_out = {"alerts", "energy_totals"} if dialect == "v1" else {"energy_totals"}
        self.catalog = selected(KEYS.keys() - left_out)  # totals are read once a month: see test_totals.py
        self.key = self.simulator.key if dialect == "v2" else self.simulator.v1_key
        self.said = io.StringIO()
        self.before = self.run(FIRST, "before.db", {})
        shutil.copy(folder / "before.db", folder / "clean.db")
        self.clean = self.run(FAULTY, "clean.db", self.before.state)
        self.truth = rows([self.run(AFTER, "truth.db", {})])

    def run(self, at, ledger, state, **settings):
        """Run the tap once at an instant; what it logs at DEBUG is in `said`."""
        self.simulator.clock.set(at)
        return tap_run(
            self.simulator,
            state,
            self.catalog,
            **{
                "api_key": self.key,
                "api_version": self.dialect,
                "ledger_path": str(self.folder / ledger),
                "daily_calls_per_site": 0,
                "site_ids": [HOME, ROOF],
                "start_date": START,
            }
            | settings,
        )

    def struck(self, cell, **settings):
        """Run with a fault, then once more without; return both runs."""
        for left in self.folder.glob("faulty.db*"):
            left.unlink()
        shutil.copy(self.folder / "before.db", self.folder / "faulty.db")
        self.simulator.fault(cell.kind, path=cell.endpoint, **self.aim(cell))
        calls = len(self.simulator.calls)
        try:
            faulty = self.run(FAULTY, "faulty.db", self.before.state, **settings)
        finally:
            self.simulator.lift_faults()
        self.wait_for_slow_answers()
        assert any(call.fault for call in self.simulator.calls[calls:]), "the fault struck no call"
        state = faulty.state if faulty.states else self.before.state
        return faulty, self.run(AFTER, "faulty.db", state)

    def wait_for_slow_answers(self):
        """Wait until the service has done with calls that nobody waits for any more."""
        at_once = 0
        while at_once != 1:
            with self.simulator.calls.running() as at_once:
                pass

    def aim(self, cell):
        """Return whom a fault strikes, and how."""
        plant = self.simulator.plants[HOME]
        device = plant.batteries[0] if "storage" in cell.endpoint else plant.meters[0]
        more = {"slow": {"seconds": 1.3}, "clock_skew": {"seconds": 3600.0}}.get(cell.kind, {})
        if cell.endpoint not in LISTS or cell.kind == "site_gone":
            more = more | {"site": site_of(cell)}
        return more | ({"serial": device.serial} if cell.kind == "device_replaced" else {})


def site_of(cell):
    """Return the site that a fault strikes: V1 asks for the power of sites without a meter only."""
    return ROOF if cell.endpoint == "/site/{site}/power" else HOME


def rows(runs):
    """Return what a table holds after these runs: a value replaces one, NULL never does."""
    found = {}
    for said in runs:
        for stream, records in said.records.items():
            for record in records:
                if record.get("resolution") == "SNAPSHOT":
                    continue  # of this moment only
                row = found.setdefault((stream, *(record[name] for name in KEYS[stream])), {})
                if record.get("status") == "OPEN":
                    record["last_trigger"] = None  # of this moment only
                row.update({n: value for n, value in record.items() if value is not None or n not in row})
    return found


def check(cell, here, everything_said):
    """Play a fault, then run once more without: what must hold after each run."""
    faulty, after = here.struck(cell, **(SHORT if cell.kind == "slow" else {}))
    assert faulty.code == cell.code, faulty.error
    site, other = site_of(cell), HOME + ROOF - site_of(cell)
    if not cell.ends_the_run:
        assert statuses(faulty, other) == dict.fromkeys(statuses(here.clean, other), "success")
        assert of_site(faulty, other) >= of_site(here.clean, other)
        if not (cell.endpoint in LISTS and cell.kind == "site_gone"):
            expected = dict.fromkeys(statuses(here.clean, site), "success")
            assert statuses(faulty, site) == expected | dict.fromkeys(cell.streams, cell.status)
    for stream in cell.streams:
        assert bookmark(faulty, stream, site) == bookmark(here.before, stream, site)
    told = everything_said.getvalue() + f"{faulty.error}"
    check_message(cell, site, told)
    assert here.key not in told
    assert after.error is None
    check_rows(cell, here, rows([here.before, faulty, after]))


def check_message(cell: Cell, site: int, told: str):
    """One line must name the site, the streams and what to do."""
    if cell.status is None and not cell.ends_the_run:
        return
    lines = [line for line in told.splitlines() if REMEDY.search(line)]
    if cell.endpoint in LISTS:
        assert any("site" in line for line in lines), told
    elif cell.ends_the_run or cell.endpoint == LIVE:
        assert any(str(site) in line for line in lines), told
    for stream in cell.streams:
        assert any(f"site {site}: " in line and stream in line for line in lines), (stream, lines)


def check_rows(cell: Cell, here: World, found: dict):
    """All rows must be those of the truth; a device that was replaced for a while may have left its own."""
    forgotten = {key for key in found if key[0] == "alerts"} - here.truth.keys()  # after 90 days
    found = {key: row for key, row in found.items() if key not in forgotten}
    if cell.kind == "device_replaced":
        serial = here.aim(cell)["serial"]
        strange = {key for key in found if key not in here.truth}
        assert all(serial in str(found[key]) or successor(serial) in str(found[key]) for key in strange)
        found = {key: row for key, row in found.items() if key not in strange}
    left = differing(found, here.truth)
    assert not left, left


def differing(found: dict, truth: dict):
    """Return the rows that differ, as they are and as they should be."""
    keys = found.keys() | truth.keys()
    return {key: (found.get(key), truth.get(key)) for key in keys if found.get(key) != truth.get(key)}


def statuses(said: Said, site: int):
    """Return how each stream of a site ended."""
    return {
        stream: partition["status"]
        for stream, entry in said.state["bookmarks"].items()
        for partition in entry["partitions"]
        if partition["context"]["site_id"] == site
    }


def of_site(said: Said, site: int):
    """Return how many records of a site each stream had."""
    return Counter(
        stream
        for stream, records in said.records.items()
        for record in records
        if record.get("site_id", record.get("id")) == site
    )


def bookmark(said: Said, stream: str, site: int):
    return said.partition(stream, site).get("replication_key_value")


def check_retries(kind, here):
    """Let every other call fail: with retries, a run gets everything."""
    shutil.copy(here.folder / "before.db", here.folder / "faulty.db")
    here.simulator.fault(kind, calls=range(1, 200, 2))
    try:
        said = here.run(FAULTY, "faulty.db", here.before.state, request_retries=12)
    finally:
        here.simulator.lift_faults()
    assert said.error is None, said.error
    assert of_site(said, HOME)["power_readings"] >= of_site(here.clean, HOME)["power_readings"]


def check_page(dialect):
    """The page of faults must show this very matrix."""
    assert table(dialect) in PAGE.read_text(), f"docs/faults.md must hold:\n{table(dialect)}"
