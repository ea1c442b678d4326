"""Battery and inverter readings of both dialects in all databases are the plants' own values.

400 days with both clock changes in `make proofs`; the short form has the ten days around the autumn's.
"""

import os
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy.exc import SQLAlchemyError

from solaredge_simulator.fleet import HOME, OFFICE
from solaredge_simulator.simulator import Simulator
from solaredge_simulator.v1.rules import V1Rules
from tap_solaredge.tap import TapSolarEdge
from target_seh_sql.database import open_engine
from tools import truth
from tools.chaos import SERVERS, database
from tools.pipeline import Pipeline

WHOLE = os.environ.get("PROOF") == "whole"
NOW = datetime(2026, 11, 20, 12, 5, tzinfo=UTC) if WHOLE else datetime(2026, 10, 30, 12, 5, tzinfo=UTC)
START = NOW.replace(hour=0, minute=0) - timedelta(days=400 if WHOLE else 10)
HALF_HOUR = truth.utc(NOW - timedelta(minutes=35))
WITHIN = {"battery_readings": 3.0, "inverter_readings": 20.0}
"""Wh; what V1's counters leave open."""
OF_A_PART = {"battery_readings": 0.0, "inverter_readings": 0.04}
"""Part of the energy that is open where the count before is not known."""


@pytest.fixture(scope="module", params=["v2", "v1"])
def service(request):
    limits = {"calls_per_minute": None, "monthly_credits": None, "v1": V1Rules(daily_calls=None)}
    with Simulator(now=NOW, **limits) as simulator:
        yield request.param, simulator


@pytest.fixture(scope="module", params=["sqlite", "postgresql", "mariadb"])
def harvested(request, service, tmp_path_factory):
    """Harvest two sites into one kind of database; give its dialect, plants and connection."""
    dialect, simulator = service
    folder = tmp_path_factory.mktemp(f"{dialect}_{request.param}")
    reachable(request.param)
    with database(request.param, folder, f"seh_extensions_{os.getpid()}") as url:
        pipeline = Pipeline(folder, simulator, url)
        pipeline.catalog = selected({"sites", "equipment", "batteries", *truth.EXTENSION_COLUMNS})
        key = simulator.v1_key if dialect == "v1" else simulator.key
        more = {"api_version": dialect, "api_key": key, "site_ids": [HOME, OFFICE]}
        pipeline.run(start_date=START.isoformat(), daily_calls_per_site=0, **more)
        engine = open_engine(url)
        with engine.connect() as connection:
            yield dialect, [simulator.plants[site] for site in (HOME, OFFICE)], connection
        engine.dispose()


def reachable(kind):
    """Skip without a server; fail in CI."""
    if kind == "sqlite":
        return
    try:
        engine = open_engine(SERVERS[kind])
        engine.connect().close()
        engine.dispose()
    except SQLAlchemyError as error:
        reason = f"no {kind} at {SERVERS[kind]}: {error}"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)


def selected(streams):
    """Return a catalog with some streams."""
    catalog = TapSolarEdge(config={}).catalog_dict
    for entry in catalog["streams"]:
        for level in entry["metadata"]:
            if not level["breadcrumb"]:
                level["metadata"]["selected"] = entry["tap_stream_id"] in streams
    return catalog


def measured(rows):
    """Return the rows with a value; the others only say that nothing was measured."""
    return {key: values for key, values in rows.items() if set(values[1:]) != {None}}


def as_v1_tells(table, plants, expected, found):
    """Return what must be there, by the README's table of differences."""
    replaced = {inverter.serial for plant in plants for inverter in plant.inverters if inverter.until}
    expected = {key: values for key, values in expected.items() if key[1] not in replaced}
    early = {key: told for key, told in found.items() if key[2] >= HALF_HOUR}
    asleep = {key: told for key, told in found.items() if key not in expected and set(told[1:3]) == {0.0}}
    near = {key: about(values, found.get(key, values), table) for key, values in expected.items()}
    return near | early | asleep


def about(wanted, told, table):
    """Return what was told where it is near enough."""
    return tuple(
        t if None not in (w, t) and abs(w - t) <= max(WITHIN[table], OF_A_PART[table] * abs(w)) else w
        for w, t in zip(wanted, told, strict=True)
    )


@pytest.mark.parametrize("table", truth.EXTENSION_COLUMNS)
def test_the_database_holds_the_plants_own_values(harvested, table):
    dialect, plants, connection = harvested
    found = measured(truth.stored(connection, table))
    expected = measured(truth.of_plants(table, plants, START, NOW))
    wanted = as_v1_tells(table, plants, expected, found) if dialect == "v1" else expected
    wrong, equal = truth.differences(wanted, found)
    assert wrong == []
    assert equal == len(wanted) > 900
