"""Every stream lands in its table, value for value."""

from __future__ import annotations

import pytest

from .conftest import record, schema

SITE = schema("sites"), record("sites", id=1, name="Dak Zuid")


def test_a_site_keeps_every_value(database):
    database.load(
        schema("sites"),
        record(
            "sites",
            id=2_345_678,
            name="Zonnedak Čapek 太陽",
            account_id=99,
            status="ACTIVE",
            peak_power=4.5,
            last_update_time="2026-11-20T13:00:00+01:00",
            installation_date="2019-05-02T00:00:00+02:00",
            currency="EUR",
            notes="two\nlines",
            site_type="Optimizers",
            country="Netherlands",
            state="NH",
            city="Amsterdam",
            address="Kade 1",
            address2="boven",
            zip_code="1011 AA",
            timezone="Europe/Amsterdam",
            primary_module_manufacturer="LG",
            primary_module_model="NeON",
            primary_module_power=330.0,
            is_public=False,
            public_name="dak",
            latitude=52.37,
            longitude=4.9,
        ),
    )
    assert database.rows("sites") == [
        (
            2_345_678,
            "Zonnedak Čapek 太陽",
            99,
            "ACTIVE",
            4.5,
            "2026-11-20 12:00:00",
            "2019-05-02",
            "EUR",
            "two\nlines",
            "Optimizers",
            "Netherlands",
            "NH",
            "Amsterdam",
            "Kade 1",
            "boven",
            "1011 AA",
            "Europe/Amsterdam",
            "LG",
            "NeON",
            330.0,
            False,
            "dak",
            52.37,
            4.9,
        )
    ]


def test_equipment_keeps_every_value(database):
    database.load(
        *SITE,
        schema("equipment"),
        record(
            "equipment",
            serial_number="7E1-AB",
            site_id=1,
            name="Inverter 1",
            manufacturer="SolarEdge",
            model="SE5K",
            equipment_type="INVERTER",
            communication_method="ETHERNET",
            cpu_version="4.20",
            connected_optimizers=16,
            dsp1_version="1.1",
            dsp2_version="2.2",
            inverter_serial="7E1-00",
            panel_manufacturer="LG",
            panel_model="NeON",
            last_report_date="2026-11-20T11:45:00Z",
            active=True,
            nameplate_power=5000.0,
            commissioned_at="2019-05-02T10:00:00+02:00",
            part_number="SE5K-RW0TEBNN4",
            firmware="CPU: 4.20.36, DSP1: 1.1, DSP2: 2.2",
        ),
    )
    assert database.rows("equipment") == [
        (
            1,
            "7E1-AB",
            "Inverter 1",
            "SolarEdge",
            "SE5K",
            "INVERTER",
            "ETHERNET",
            "4.20",
            16,
            "1.1",
            "2.2",
            "7E1-00",
            "LG",
            "NeON",
            "2026-11-20 11:45:00",
            True,
            5000.0,
            "2019-05-02 08:00:00",
            "SE5K-RW0TEBNN4",
            "CPU: 4.20.36, DSP1: 1.1, DSP2: 2.2",
        )
    ]


def test_a_battery_keeps_every_value(database):
    database.load(
        *SITE,
        schema("batteries"),
        record(
            "batteries",
            serial_number="B-1",
            site_id=1,
            name="Battery 1.1",
            manufacturer="LG",
            model="RESU10H",
            firmware_version="DCDC 7.3",
            capacity=9300.5,
            nameplate_capacity=9800.0,
            connected_inverter_sn="7E1-AB",
            last_state_of_charge=81.5,
            last_power=-1200.25,
            last_status="DISCHARGING",
            last_telemetry_time="2026-11-20T11:45:00Z",
            lifetime_energy_charged=1_234_567.0,
            lifetime_energy_discharged=1_111_111.5,
            active=True,
        ),
    )
    assert database.rows("batteries") == [
        (
            1,
            "B-1",
            "Battery 1.1",
            "LG",
            "RESU10H",
            "DCDC 7.3",
            9300.5,
            9800.0,
            "7E1-AB",
            81.5,
            -1200.25,
            "DISCHARGING",
            "2026-11-20 11:45:00",
            1_234_567.0,
            1_111_111.5,
            True,
        )
    ]


def test_energy_keeps_every_value_to_the_watt_hour(database):
    database.load(
        *SITE,
        schema("energy_readings"),
        record(
            "energy_readings",
            site_id=1,
            reading_date="2026-11-19",
            time_unit="DAY",
            utc_offset_minutes=60,
            energy_wh=12345678.25,
            consumption_wh=9000.0,
            self_consumption_wh=4000.5,
            feed_in_wh=0.0,
            purchased_wh=4999.5,
            charged_wh=3000.25,
            discharged_wh=2500.0,
        ),
        record("energy_readings", site_id=1, reading_date="2026-11-01", time_unit="MONTH", energy_wh=None),
    )
    assert database.rows("energy_readings") == [
        (1, "2026-11-01", "MONTH", *[None] * 8),
        (1, "2026-11-19", "DAY", 60, 12345678.25, 9000.0, 4000.5, 0.0, 4999.5, 3000.25, 2500.0),
    ]


def test_a_power_flow_keeps_every_value(database):
    database.load(
        *SITE,
        schema("power_flows"),
        record(
            "power_flows",
            site_id=1,
            timestamp="2026-11-20T12:15:00Z",
            utc_offset_minutes=60,
            resolution="QUARTER_HOUR",
            unit="W",
            grid_status="Active",
            grid_power=-310.5,
            pv_status="Active",
            pv_power=900.0,
            load_status="Active",
            load_power=1210.5,
            storage_status="Idle",
            storage_power=0.0,
            storage_charge_level=55.0,
            storage_critical=False,
            feed_in_power=10.0,
            purchased_power=320.5,
            self_consumption_power=890.0,
        ),
    )
    assert database.rows("power_flows") == [
        (
            1,
            "2026-11-20 12:15:00",
            60,
            "QUARTER_HOUR",
            "W",
            "Active",
            -310.5,
            "Active",
            900.0,
            "Active",
            1210.5,
            "Idle",
            0.0,
            55.0,
            False,
            10.0,
            320.5,
            890.0,
        )
    ]


def test_a_meter_reading_finds_its_meter_by_site_and_name(database):
    database.load(
        *SITE,
        record("sites", id=2, name="Dak Noord"),
        schema("meters"),
        record(
            "meters",
            site_id=1,
            name="Feed-in",
            manufacturer="WattNode",
            model="WN",
            meter_type="FeedIn",
            serial_number="M1",
            connection_type="3P",
            form="physical",
            active=True,
        ),
        record("meters", site_id=2, name="Feed-in", meter_type="FeedIn"),
        schema("meter_readings"),
        record(
            "meter_readings", site_id=2, meter_name="Feed-in", timestamp="2026-11-20T12:00:00Z", power=2.0
        ),
        record(
            "meter_readings",
            site_id=1,
            meter_name="Feed-in",
            timestamp="2026-11-20T12:00:00Z",
            utc_offset_minutes=60,
            power=1.0,
            energy_wh=0.25,
            energy_lifetime=100_000_000.75,
            voltage_l1=230.1,
            voltage_l2=230.2,
            voltage_l3=230.3,
            current_l1=1.1,
            current_l2=1.2,
            current_l3=1.3,
            power_factor=0.9,
            power_factor_l1=0.91,
            power_factor_l2=0.92,
            power_factor_l3=0.93,
        ),
    )
    assert database.rows("meters") == [
        (1, "Feed-in", "WattNode", "WN", "FeedIn", "M1", "3P", "physical", True),
        (2, "Feed-in", None, None, "FeedIn", None, None, None, None),
    ]
    meters = dict(database.rows("meters", "site_id", "id"))
    assert database.rows("meter_readings") == [
        (
            meters[1],
            "2026-11-20 12:00:00",
            60,
            1.0,
            0.25,
            100_000_000.75,
            230.1,
            230.2,
            230.3,
            1.1,
            1.2,
            1.3,
            0.9,
            0.91,
            0.92,
            0.93,
        ),
        (meters[2], "2026-11-20 12:00:00", None, 2.0, *(None,) * 12),
    ]


@pytest.mark.parametrize(
    "instant",
    [
        "2026-11-20T12:15:00Z",
        "2026-11-20T12:15:00+00:00",
        "2026-11-20T13:15:00+01:00",
        "2026-11-20T22:45:00+10:30",
        "2026-11-20T12:15:00.987654321Z",
        "2026-11-20 12:15:00Z",
    ],
)
def test_instants_are_stored_in_utc_and_whole_seconds(database, instant):
    database.load(*SITE, schema("power_readings"), record("power_readings", site_id=1, timestamp=instant))
    assert database.rows("power_readings") == [(1, "2026-11-20 12:15:00", None, None, None)]


def test_the_repeated_hour_of_autumn_keeps_all_its_quarters(database):
    wall_times = [
        ("2026-10-25T02:45:00+02:00", 120, 1.0),
        ("2026-10-25T02:00:00+01:00", 60, 2.0),
        ("2026-10-25T02:45:00+01:00", 60, 3.0),
    ]
    database.load(
        *SITE,
        schema("power_readings"),
        *(
            record(
                "power_readings",
                site_id=1,
                timestamp=timestamp,
                utc_offset_minutes=offset,
                power_watts=watts,
                energy_wh=watts / 4,
            )
            for timestamp, offset, watts in wall_times
        ),
    )
    assert database.rows("power_readings") == [
        (1, "2026-10-25 00:45:00", 120, 1.0, 0.25),
        (1, "2026-10-25 01:00:00", 60, 2.0, 0.5),
        (1, "2026-10-25 01:45:00", 60, 3.0, 0.75),
    ]
