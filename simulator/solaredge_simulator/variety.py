"""Plants of the kinds that users have and the five are not: what makes a collector stumble."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

from solaredge_simulator.demand import Demand
from solaredge_simulator.devices import Battery, Charger, Inverter
from solaredge_simulator.kinds import grid_meter, home, roof, serial_of
from solaredge_simulator.sites import Listed, OpenAlert

if TYPE_CHECKING:
    from solaredge_simulator.plants import Plant

TWO_BATTERIES, BATTERY_ALONE, SELLER, CHARGER, MOVED, MISLISTED = range(4300001, 4300007)
"""Site ids of the variety."""

_SINCE = date(2025, 11, 3)


def variety() -> tuple[Plant, ...]:
    """Return one plant of each kind."""
    charger = _charger(CHARGER)
    return (
        _two_batteries(TWO_BATTERIES),
        _battery_alone(BATTERY_ALONE),
        _seller(SELLER),
        charger,
        _moved(MOVED, charger.inverters[0]),
        _mislisted(MISLISTED),
    )


def _young(site_id: int, name: str) -> Plant:
    """Return a home that is a year old."""
    return replace(home(site_id), name=name, note="", installed=_SINCE, first_day=_SINCE)


def _two_batteries(site_id: int) -> Plant:
    """Two batteries of different makers behind two inverters."""
    plant = _young(site_id, "Two Batteries")
    leader, second = plant.inverters[0].serial, serial_of("7F", site_id, 2)
    other = Battery("LG-7E-0042", "Battery 2", "LG", "RESU10H", 9300.0, 9800.0, 3300.0, "DCDC 8.3", second)
    return replace(
        plant,
        inverters=(
            replace(plant.inverters[0], share=0.6),
            Inverter(second, "Inverter 2", "SE5K-RW00TBNN4", 5000.0, 0.4, 12, leader, "RS485"),
        ),
        batteries=(replace(plant.batteries[0], power=1500.0), other),
    )


def _battery_alone(site_id: int) -> Plant:
    """A battery, and no meter: nobody knows the consumption."""
    return replace(
        _young(site_id, "Battery Alone"),
        meters=(),
        demand=None,
        unmeasured=Demand(180.0, 1900.0, at_home=True),
    )


def _seller(site_id: int) -> Plant:
    """A battery that buys at night and sells in the evening, more on some days than the roof makes."""
    plant = _young(site_id, "Market Trader")
    battery = replace(plant.batteries[0], buys=(1, 5), sells=(18, 20))
    return replace(plant, batteries=(battery,))


def _charger(site_id: int) -> Plant:
    """A charger for cars, and alerts with codes: one open, one over."""
    plant = roof(site_id)
    return replace(
        plant,
        name="Carport",
        meters=grid_meter(f"611{site_id}", "SolarEdge", "SE-MTR-3Y-400V-A"),
        demand=Demand(250.0, 7400.0, at_home=True),
        chargers=(Charger(serial_of("7C", site_id, 1), "EV Charger 1", "SE-EV-KIT", 7400.0),),
        alerts=(
            OpenAlert("DC Isolation", datetime(2026, 10, 2, 6, 40, tzinfo=UTC), 7, ("8x25", "3x6A")),
            OpenAlert(
                "SNOW_ON_SITE",
                datetime(2026, 11, 14, 8, tzinfo=UTC),
                2,
                ("18xB5",),
                datetime(2026, 11, 16, 9, tzinfo=UTC),
            ),
        ),
    )


def _moved(site_id: int, inverter: Inverter) -> Plant:
    """A roof that still lists, inactive, an inverter which stands on another site now."""
    return replace(roof(site_id), name="Old Barn", former=(replace(inverter, name="Inverter 2"),))


def _mislisted(site_id: int) -> Plant:
    """A home that reports, though master data call it pending, not installed yet, and in another zone."""
    wrong = Listed(zone="GMT-05:00", status="PENDING", installed=date(2026, 9, 1))
    return replace(_young(site_id, "Wrong Papers"), listed=wrong)
