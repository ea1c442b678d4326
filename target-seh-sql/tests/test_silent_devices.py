"""`status` names a device that says nothing while others of its site do, and what is empty because of it."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from target_seh_sql.commands.status import Asked, show_streams
from target_seh_sql.status.freshness import StreamStatus
from target_seh_sql.status.notify import told_as
from target_seh_sql.status.silent import Silent

from .conftest import record, schema
from .test_status import DAY, NEWEST, NOW, QUARTER, READ, SITE, quarters, states, utc

DEAD = NEWEST - 3 * DAY
"""Start of the last quarter hour that the silent device told."""
PORTAL = "Look at it in SolarEdge's portal; if it was removed, it must be inactive there"
SINCE = "has told nothing since 2026-11-17 12:00 UTC"
BATTERY = f"late     1 Dak: battery_readings: Battery 1 (B1) {SINCE}"
STORED = "storage_power, storage_charge_level, load_power of power_flows"
SQLITE = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
WELL = (0, ["Nothing is late, failed or missing."])


@pytest.fixture
def told(capsys):
    """Return a function that gives exit code and lines of the command, but the first and the last."""

    def run(database, now=NOW, **options):
        config, code = {"sqlalchemy_url": database.url, "table_prefix": ""}, 0
        capsys.readouterr()
        try:
            show_streams(config, Asked(**{"problems": True} | options), now)
        except SystemExit as ended:
            code = ended.code
        first, *lines = capsys.readouterr().out.splitlines()
        return (code, lines[:-1]) if code else (code, [first])

    return run


def flows(last=DEAD, newest=NEWEST):
    """Return flows of five days: what needs the silent battery is told up to its last quarter hour."""
    rows = quarters("power_flows", count=480, newest=newest, pv_power=5.0, grid_power=1.0)
    for row in rows:
        if row["record"]["timestamp"] <= utc(last):
            row["record"] |= {"storage_power": 2.0, "storage_charge_level": 50.0, "load_power": 3.0}
    return rows


def readings(stream, *serials, newest=NEWEST, count=8, **values):
    """Return quarter hours of devices up to the newest one."""
    rows = quarters(stream, count=count, newest=newest, **values)
    return [record(stream, serial_number=serial, **row["record"]) for serial in serials for row in rows]


def batteries(*serials, newest=NEWEST, count=8):
    """Return quarter hours of batteries up to the newest one."""
    return readings("battery_readings", *serials, newest=newest, count=count, charge_power=1.0)


def filled(database, *partitions, last=DEAD, newest=NEWEST):
    """Fill a database: battery B1 is silent since `last`, B2 goes on."""
    read = READ | {"replication_key_value": utc(newest)}
    database.load(
        *SITE,
        schema("batteries"),
        *(
            record("batteries", serial_number=f"B{n}", site_id=1, name=f"Battery {n}", active=True)
            for n in (1, 2)
        ),
        schema("power_flows"),
        *flows(last, newest),
        schema("battery_readings"),
        *batteries("B1", newest=last),
        *batteries("B2", newest=newest),
        schema("energy_readings"),
        *(
            record(
                "energy_readings", site_id=1, reading_date=f"2026-11-{day}", time_unit="DAY", energy_wh=9.0,
                **({"charged_wh": 4.0, "consumption_wh": 8.0} if day <= last.day else {}),
            )
            for day in range(15, 21)
        ),
        states(
            ("sites", 1, {}), ("batteries", 1, {}), ("power_flows", 1, read), ("battery_readings", 1, read),
            ("energy_readings", 1, READ | {"replication_key_value": "2026-11-19"}), *partitions,
        ),
    )  # fmt: skip


def test_a_silent_battery_is_named_with_what_is_empty_because_of_it(database, told):
    filled(database)
    sums = f"{STORED} and charged_wh, consumption_wh of energy_readings"
    line = f"{BATTERY}; empty since then: {sums}. {PORTAL}"
    assert told(database) == told(database, site_ids=(1,)) == (1, [line])
    found = json.loads("\n".join(["[", *told(database, form="json")[1], "]"]))
    problems = [problem for stream in found for problem in stream["problems"]]
    assert problems == [{"kind": "late", "text": line.split(": ", 2)[2]}]
    nothing = readings("battery_readings", "B1", count=288, charge_power=None)
    database.load(schema("battery_readings"), *nothing)
    assert told(database) == (1, [line])
    database.load(schema("battery_readings"), *batteries("B1", count=288))
    assert told(database) == WELL


@SQLITE
def test_a_device_is_named_once_it_is_late_by_as_much_as_a_stream(database, told):
    filled(database, last=NEWEST - timedelta(hours=26))
    assert told(database) == told(database, NOW + timedelta(minutes=35)) == WELL
    later = NOW + timedelta(minutes=45)
    (line,) = told(database, later)[1]
    assert BATTERY.startswith(line.partition(" has ")[0])
    assert told(database, later, max_age=4) == WELL


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE batteries SET active = false WHERE serial_number = 'B1'",
        "UPDATE batteries SET active = NULL",
        "UPDATE sync_metadata SET records_synced = 1 WHERE data_type = 'batteries'",
        "UPDATE sync_metadata SET records_synced = NULL WHERE data_type = 'batteries'",
        "DELETE FROM battery_readings WHERE serial_number = 'B1'",
        "UPDATE sync_metadata SET status = 'skipped' WHERE data_type = 'battery_readings'",
        "UPDATE batteries SET site_id = 2 WHERE serial_number = 'B1'",
    ],
    ids=["inactive", "unknown", "left the list", "no list", "never told", "not allowed", "elsewhere"],
)
@SQLITE
def test_what_need_not_speak_is_not_named(database, told, change):
    filled(database)
    database.load(schema("sites"), record("sites", id=2, name="Schuur"))
    database.execute(change)
    assert told(database) == WELL


@SQLITE
def test_a_device_is_named_for_as_long_as_the_tap_waits_for_it(database, told):
    filled(database)
    database.execute("DELETE FROM battery_readings WHERE serial_number = 'B1'")
    database.load(schema("battery_readings"), *batteries("B1", newest=NEWEST - 92 * DAY + QUARTER))
    assert told(database) == (1, [f"{BATTERY.replace('11-17 12:00', '08-20 12:15')}. {PORTAL}"])
    database.execute("DELETE FROM battery_readings WHERE serial_number = 'B1'")
    database.load(schema("battery_readings"), *batteries("B1", newest=NEWEST - 92 * DAY - QUARTER))
    assert told(database) == WELL


@SQLITE
def test_of_a_site_that_is_offline_as_a_whole_no_device_is_named(database, told):
    filled(database, last=DEAD - QUARTER, newest=DEAD)
    database.execute("DELETE FROM energy_readings")
    database.execute("DELETE FROM sync_metadata WHERE data_type = 'energy_readings'")
    assert told(database) == (1, ["late     1 Dak: power_flows, battery_readings: no value for 3 days"])


@SQLITE
def test_a_stream_that_failed_or_was_not_read_says_that_alone(database, told):
    filled(database)
    state = "UPDATE sync_metadata SET {} WHERE data_type = 'battery_readings'"
    database.execute(state.format("status = 'error', error_message = 'HTTP 503'"))
    assert told(database) == (1, ["failed   1 Dak: battery_readings: the last run failed: HTTP 503"])
    database.execute(state.format("status = 'success', last_sync_time = '2026-11-18 12:00:00'"))
    assert told(database) == (1, ["late     1 Dak: battery_readings: not read for 2 days"])


@SQLITE
def test_a_bookmark_of_the_future_makes_nothing_silent(database, told):
    ahead = READ | {"replication_key_value": utc(NEWEST + 9 * DAY)}
    filled(database, ("power_readings", 1, ahead), last=NEWEST - QUARTER)
    assert [line for line in told(database)[1] if "told nothing" in line] == []


def test_without_readings_of_batteries_their_own_rows_tell(database, told):
    filled(database)
    database.execute(
        "DELETE FROM battery_readings",
        "DELETE FROM sync_metadata WHERE data_type = 'battery_readings'",
        "UPDATE batteries SET last_telemetry_time = '2026-11-17 12:00:00' WHERE serial_number = 'B1'",
        "UPDATE batteries SET last_telemetry_time = '2026-11-20 12:00:00' WHERE serial_number = 'B2'",
    )
    code, lines = told(database)
    named = BATTERY.replace("battery_readings", "batteries")
    assert (code, [line.split(" and ")[0] for line in lines]) == (1, [f"{named}; empty since then: {STORED}"])


def test_a_meter_is_named_with_both_its_listings_in_place_of_its_stream(database, told):
    names = ("Export Meter", "Import Meter")
    meters = [
        record("meters", site_id=1, name=name, serial_number=serial, active=True)
        for name, serial in [*zip(names, ("M1", "M1"), strict=True), ("Virtual", None)]
    ]
    rows = [quarters("meter_readings", meter_name=name, newest=DEAD, power=0.0) for name in names]
    database.load(
        *(*SITE, schema("meters"), *meters),
        *(schema("power_readings"), *quarters("power_readings", power_watts=1.0)),
        *(schema("meter_readings"), *rows[0], *rows[1]),
        states(
            *(("sites", 1, {}), ("meters", 1, {}), ("power_readings", 1, READ)),
            ("meter_readings", 1, READ | {"replication_key_value": utc(DEAD)}),
        ),
    )
    meter = "late     1 Dak: meter_readings: Export Meter, Import Meter (M1)"
    assert told(database) == (1, [f"{meter} {SINCE}. {PORTAL}"])


def test_an_inverter_is_named_and_an_optimizer_is_not_waited_for(database, told):
    kinds = [("I1", "INVERTER"), ("I2", "INVERTER"), ("P1", "OPTIMIZER")]
    database.load(
        *(*SITE, schema("equipment")),
        *(
            record("equipment", serial_number=serial, site_id=1, equipment_type=kind, active=True)
            for serial, kind in kinds
        ),
        schema("inverter_readings"),
        *readings("inverter_readings", "I1", "P1", newest=DEAD, power=1.0),
        *readings("inverter_readings", "I2", power=1.0),
        states(("sites", 1, {}), ("equipment", 1, {}), ("inverter_readings", 1, READ)),
    )
    assert told(database) == (1, [f"late     1 Dak: inverter_readings: I1 {SINCE}. {PORTAL}"])


def test_a_message_names_all_devices_of_a_stream():
    silent = [Silent(f"Battery {n} (B{n})", DEAD, {}) for n in (1, 2)]
    stream = StreamStatus(1, "Dak", "battery_readings", silent=silent, read_at=NOW)
    wrong = [(stream, problem) for problem in stream.problems(NOW, timedelta(hours=3))]
    both = "; ".join(f"Battery {n} (B{n}) {SINCE}. {PORTAL}" for n in (1, 2))
    assert told_as(wrong) == {"1 battery_readings late": f"Dak: battery_readings: late: {both}"}
