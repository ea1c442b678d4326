"""Tables that are made when their stream arrives, on every database."""

import threading

import pytest
from sqlalchemy import inspect

from target_seh_sql.tables.streams import NINE, STREAMS

from .conftest import record, schema, state

EXTENSIONS = [stream.name for stream in STREAMS if stream.extension]
SITE = schema("sites"), record("sites", id=1, name="Dak Zuid")
AT_NOON = {"site_id": 1, "timestamp": "2026-11-20T11:00:00Z", "utc_offset_minutes": 60}


def tables_of(database):
    """Return the names of the tables."""
    with database.connect() as connection:
        return set(inspect(connection).get_table_names())


def test_a_battery_reading_keeps_every_value(database):
    database.load(
        *SITE,
        schema("battery_readings"),
        record(
            "battery_readings", **AT_NOON, serial_number="7E0412C9", state_of_charge=62.88,
            charge_power=1210.0, discharge_power=14.25, charge_energy_wh=303.0, discharge_energy_wh=4.0,
            remaining_energy_wh=6100.0, temperature=21.5, battery_state="4",
        ),
    )  # fmt: skip
    assert database.rows("battery_readings") == [
        (1, "7E0412C9", "2026-11-20 11:00:00", 60, 62.88, 1210.0, 14.25, 303.0, 4.0, 6100.0, 21.5, "4")
    ]


def test_an_inverter_reading_keeps_every_value(database):
    database.load(
        *SITE,
        schema("inverter_readings"),
        record(
            "inverter_readings", **AT_NOON, serial_number="7F12A0B3-4C", power=64.625, energy_wh=19.0,
            consumed_power=0.0, consumed_energy_wh=0.0, voltage=233.9, current=0.27646, frequency=50.0127,
            dc_voltage=420.938, temperature=27.8494, power_limit=100.0, inverter_mode="MPPT",
            energy_lifetime=37754200.0, apparent_power=65.5, reactive_power=-3.25,
        ),
    )  # fmt: skip
    assert database.rows("inverter_readings") == [
        (
            1, "7F12A0B3-4C", "2026-11-20 11:00:00", 60, 64.625, 19.0, 0.0, 0.0, 233.9, 0.27646, 50.0127,
            420.938, 27.8494, 100.0, "MPPT", 37754200.0, 65.5, -3.25,
        )
    ]  # fmt: skip


def test_an_alert_that_closes_is_the_same_row(database):
    opened = {
        "alert_id": 90211, "site_id": 1, "category": "EQUIPMENT", "type": "INVERTER_COMMUNICATION_FAULT",
        "impact": 6, "status": "OPEN", "first_trigger": "2026-11-19T07:10:00Z",
        "last_trigger": "2026-11-23T07:10:00Z", "component_name": "Inverter 1",
        "component_serial_number": "7F12A0B3-4C", "error_codes": "[]",
    }  # fmt: skip
    database.load(*SITE, schema("alerts"), record("alerts", **opened))
    merged = database.load(
        schema("alerts"), record("alerts", alert_id=90211, site_id=1, status="CLOSED", impact=0)
    )
    assert merged["alerts"] == (0, 1, 0)
    assert database.rows("alerts") == [
        (
            1, 90211, "EQUIPMENT", "INVERTER_COMMUNICATION_FAULT", 0, "CLOSED", "2026-11-19 07:10:00",
            "2026-11-23 07:10:00", "Inverter 1", "7F12A0B3-4C", "[]",
        )
    ]  # fmt: skip


def test_a_site_has_one_row_of_environmental_benefits(database):
    database.load(
        *SITE,
        schema("environmental_benefits"),
        record("environmental_benefits", site_id=1, co2_saved=12493.25, ev_distance=62140.5),
        record("environmental_benefits", site_id=1, co2_saved=12494.5, so2_saved=1.5, nox_saved=2.5,
               trees_planted=260.75, light_bulbs=67534.5),
    )  # fmt: skip
    assert database.rows("environmental_benefits") == [(1, 12494.5, 62140.5, 1.5, 2.5, 260.75, 67534.5)]


def test_a_total_that_is_told_again_is_the_same_row(database):
    month = {
        "site_id": 1, "period": "2026-10", "first_day": "2026-10-01", "last_day": "2026-10-31",
        "begins": "2026-09-30T22:00:00Z", "ends": "2026-10-31T23:00:00Z", "production_meaning": "PV",
        "production_wh": 410562.5, "self_consumption_wh": 350000.0, "feed_in_wh": 60562.5,
        "to_storage_wh": 90000.0, "consumption_wh": 445250.0, "from_pv_wh": 260000.0,
        "from_storage_wh": 85000.0, "purchased_wh": 99430.0,
    }  # fmt: skip
    database.load(*SITE, schema("energy_totals"), record("energy_totals", **month))
    total = {"period": "TOTAL", "last_day": "2026-11-19", "ends": "2026-11-19T23:00:00Z"}
    merged = database.load(
        schema("energy_totals"),
        record("energy_totals", **month | {"production_wh": 410563.5}),
        record("energy_totals", site_id=1, production_wh=1.5e7, **total),
    )
    assert merged["energy_totals"] == (1, 1, 0)
    assert database.rows("energy_totals") == [
        (
            1, "2026-10", "2026-10-01", "2026-10-31", "2026-09-30 22:00:00", "2026-10-31 23:00:00", "PV",
            410563.5, 350000.0, 60562.5, 90000.0, 445250.0, 260000.0, 85000.0, 99430.0,
        ),
        (1, "TOTAL", None, "2026-11-19", None, "2026-11-19 23:00:00", None, 1.5e7, *[None] * 7),
    ]  # fmt: skip


@pytest.mark.parametrize("stream", EXTENSIONS)
def test_a_table_is_there_from_its_streams_schema_on(database, stream):
    database.load(*SITE)
    assert tables_of(database) == {"schema_version", *(each.name for each in NINE)}
    database.load(schema(stream), state(stream, 1))
    assert tables_of(database) == {"schema_version", stream, *(each.name for each in NINE)}
    assert database.rows("sync_metadata", "site_id", "data_type") == [(1, stream)]


def test_a_stream_may_come_after_others_were_committed(database):
    merged = database.load(
        *SITE,
        schema("power_readings"),
        record("power_readings", **AT_NOON, power_watts=1.0),
        state("power_readings", 1, replication_key_value="2026-11-20T11:00:00Z"),
        schema("battery_readings"),
        record("battery_readings", **AT_NOON, serial_number="B", charge_power=2.0),
        batch_size_rows=1,
    )
    assert merged["battery_readings"] == (1, 0, 0)


def test_tables_have_the_prefix_and_go_with_their_site(database):
    database.load(
        *SITE,
        schema("battery_readings"),
        record("battery_readings", **AT_NOON, serial_number="B", charge_power=2.0),
        table_prefix="seh_",
    )
    assert database.execute("SELECT serial_number FROM seh_battery_readings") == [("B",)]
    database.execute("DELETE FROM seh_sites")
    assert database.execute("SELECT serial_number FROM seh_battery_readings") == []


def test_two_targets_may_make_the_same_table(database):
    database.load(*SITE)
    failures = []

    def load(number):
        try:
            database.load(
                schema("battery_readings"),
                record("battery_readings", **AT_NOON, serial_number=f"B{number}", charge_power=2.0),
            )
        except Exception as error:  # noqa: BLE001 -- shown below
            failures.append(error)

    threads = [threading.Thread(target=load, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert [row[0] for row in database.rows("battery_readings", "serial_number")] == ["B0", "B1", "B2", "B3"]
