"""Energies of quarter hours from V1's samples: counters with few digits, counters that go on in a gap."""

from zoneinfo import ZoneInfo

import pytest

from tap_solaredge.measured.site import SiteRef
from tap_solaredge.resources import INVERTERS, STORAGE
from tap_solaredge.service.v1 import V1

SITE = SiteRef(7, ZoneInfo("Europe/Berlin"), ("INV",))


def stamps(*quarters):
    """Return three samples of each quarter hour after 10:00."""
    return [f"2026-05-14 {10 + q // 4}:{q % 4 * 15 + m:02d}:30" for q in quarters for m in (2, 7, 12)]


def inverter(samples):
    rows = [{"date": at, "totalActivePower": watts, "totalEnergy": count} for at, watts, count in samples]
    (found,) = V1.parse(INVERTERS, [{"data": {"telemetries": rows}}], SITE)
    return list(found.energy.values())


def battery(samples):
    rows = [{"timeStamp": at, "power": watts, "lifeTimeEnergyCharged": count} for at, watts, count in samples]
    sent = {"storageData": {"batteries": [{"serialNumber": "B", "telemetries": rows}]}}
    (found,) = V1.parse(STORAGE, [sent], SITE)
    return list(found.charge_energy.values())


def test_a_counter_of_110_megawatt_hours_moves_by_1000_and_tells_no_quarter_hour():
    """0, 1000 and 0 Wh would be stored where 387.5 Wh are made in each quarter hour."""
    counts = [*[1.10e8] * 6, *[1.10001e8] * 6]
    samples = [(at, 1550.0, count) for at, count in zip(stamps(0, 1, 2, 3), counts, strict=True)]
    assert inverter(samples) == [387.5] * 4


def test_a_counter_that_is_fine_enough_is_believed():
    counts = [float(5000 + 130 * n) for n in range(6)]
    samples = [(at, 1500.0, count) for at, count in zip(stamps(0, 1), counts, strict=True)]
    assert inverter(samples) == [375.0, 390.0]


@pytest.mark.parametrize("read", [inverter, battery])
def test_what_is_counted_while_the_logger_is_offline_is_not_put_into_one_quarter_hour(read):
    """It is offline for an hour and a half, in which 9 kWh are counted."""
    counts = [*[50_000.0, 50_100.0, 50_200.0], *[59_300.0, 59_400.0, 59_500.0]]
    samples = [(at, 1200.0, count) for at, count in zip(stamps(0, 7), counts, strict=True)]
    assert read(samples) == [300.0, 300.0]


def test_a_batterys_counter_that_stands_still_while_it_charges_is_no_proof():
    samples = [(at, 1200.0, 50_000) for at in stamps(0, 1)]
    assert battery(samples) == [300.0, 300.0]


def test_a_counter_that_was_reset_is_not_believed():
    counts = [*[50_000.0, 50_100.0, 50_200.0], *[100.0, 200.0, 300.0]]
    samples = [(at, 1200.0, count) for at, count in zip(stamps(0, 1), counts, strict=True)]
    assert inverter(samples) == [300.0, 300.0]


def test_a_state_of_charge_that_cannot_be_is_left_out():
    levels = dict(zip(stamps(0), (50.0, 5000.0, 52.0), strict=True))
    rows = [{"timeStamp": at, "batteryPercentageState": level} for at, level in levels.items()]
    sent = {"storageData": {"batteries": [{"serialNumber": "B", "telemetries": rows}]}}
    (found,) = V1.parse(STORAGE, [sent], SITE)
    assert list(found.state_of_charge.values()) == [51.0]
