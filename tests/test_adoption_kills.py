"""An adoption that is killed at any instant has changed nothing or is done: 30 kills with `make adoption`."""

import os
import random
import subprocess
import sys
import time

import old_harvest
import old_rows
import pytest
from long import WHOLE
from sqlalchemy import inspect, text
from sqlalchemy.exc import SQLAlchemyError

from solaredge_simulator.simulator import Simulator
from target_seh_sql.database_url import file_of
from tools.databases import KINDS, empty_database, engine_of
from tools.pipeline import BIN

KILLS = 30 if WHOLE else 2
FIRST = 0.3
"""Share of its time after which an adoption has loaded its code and begins to work."""
LONG = 300
"""Seconds after which an adoption hangs."""


@pytest.fixture(scope="module")
def rows():
    with Simulator(now=old_rows.STOPPED) as simulator:
        plants = [simulator.plants[site_id] for site_id in old_rows.SITES[:1]]
        return old_rows.of_plants(plants, newest=True)


def started(url):
    environment = os.environ | {"TARGET_SEH_SQL_SQLALCHEMY_URL": url}
    return subprocess.Popen(
        [BIN / "target-seh-sql", "adopt", "--config=ENV"],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment,
    )  # fmt: skip


def counted(url):
    """Return the rows of each table and of each view of the old program; a view without a table has none."""
    with engine_of(url) as engine, engine.connect() as connection:
        names = inspect(connection).get_table_names()
        wanted = [name for name in names if name.startswith("seh_") and "schema_version" not in name]
        found = {}
        for name in sorted({*wanted, *(f"v_seh_{view}" for view in old_harvest.VIEWS)}):
            try:
                found[name] = connection.execute(text(f"SELECT count(*) FROM {name}")).scalar_one()
            except SQLAlchemyError:
                found[name] = None
            connection.rollback()
        return "seh_schema_version" in names, found


def test_a_killed_adoption_has_changed_nothing_or_is_done(rows, tmp_path, kind):
    chance, outcomes = random.Random(kind), {"nothing": 0, "done": 0}
    with empty_database(kind, tmp_path) as url:
        old_harvest.make(url, rows, newest=True)
        _, before = counted(url)
        seconds = LONG
        for kill in range(KILLS + 1):  # the first is let go on, to know how long it takes
            began = time.monotonic()
            adoption = started(url)
            try:
                adoption.wait(chance.uniform(FIRST, 1.05) * seconds if kill else LONG)
            except subprocess.TimeoutExpired:
                adoption.kill()
                adoption.wait()
            done, found = counted(url)
            if kill:
                outcomes["done" if done else "nothing"] += 1
            else:
                seconds = time.monotonic() - began
            if not done:
                assert found == before
                continue
            assert started(url).wait(LONG) == 0
            assert_adopted(before, counted(url)[1])
            make_old_again(url, rows)
        assert started(url).wait(LONG) == 0
        assert_adopted(before, counted(url)[1])
    sys.stdout.write(f"{kind}: {KILLS} kills: {outcomes}\n")


def assert_adopted(before, found):
    """Every row of every table and view is still there, power details beside the snapshots."""
    moved = before["seh_power_details"]
    expected = before | {"seh_power_flows": before["seh_power_flows"] + moved}
    expected.pop("seh_power_details")
    found = {name: number for name, number in found.items() if name in expected}
    assert found == expected


def make_old_again(url, rows):
    """Bring back what an adoption has taken over."""
    with engine_of(url) as engine, engine.begin() as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(text("DROP SCHEMA IF EXISTS public, before_adoption CASCADE"))
            connection.execute(text("CREATE SCHEMA public"))
        elif engine.dialect.name == "mariadb":
            name = engine.url.database
            connection.execute(text(f"DROP DATABASE {name}"))
            connection.execute(text(f"CREATE DATABASE {name}"))
    if engine.dialect.name == "sqlite":
        file = file_of(engine.url)
        for path in (
            file,
            *file.parent.glob(f"{file.stem}.before-adoption.db"),
            *file.parent.glob(f"{file.name}-*"),
        ):
            path.unlink(missing_ok=True)
    old_harvest.make(url, rows, newest=True)


@pytest.fixture(params=KINDS if WHOLE else KINDS[:1])
def kind(request):
    return request.param
