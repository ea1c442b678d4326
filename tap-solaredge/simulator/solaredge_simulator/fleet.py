"""The five made-up sites of the demo and the tests, and as many more of their kinds as wanted."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from solaredge_simulator.demand import Demand
from solaredge_simulator.devices import Battery, Gateway, Inverter, Meter, MeterType
from solaredge_simulator.plants import Plant
from solaredge_simulator.sites import Place

if TYPE_CHECKING:
    from collections.abc import Callable

HOME, ROOF, OFFICE, ISLAND, PENDING = 4100001, 4100002, 4100003, 4100004, 4100005
"""Site ids of the fleet."""

FIRST_EXTRA = 4200001
ACCOUNT = 40123
REPLACED_AT = datetime(2026, 3, 17, 18, 0, tzinfo=UTC)
"""When the office's second inverter was replaced."""

_AMSTERDAM, _ROME = ZoneInfo("Europe/Amsterdam"), ZoneInfo("Europe/Rome")
_NEW_YORK, _LORD_HOWE = ZoneInfo("America/New_York"), ZoneInfo("Australia/Lord_Howe")


@lru_cache(maxsize=16)
def _fleet(seed: int, extra: int, first_day: date | None, trouble: bool) -> tuple[Plant, ...]:
    sites = [home(HOME), roof(ROOF), office(OFFICE), island(ISLAND), pending(PENDING)]
    kinds: tuple[Callable[[int], Plant], ...] = (home, roof, office, island)
    for number in range(extra):
        plant = kinds[number % len(kinds)](FIRST_EXTRA + number)
        sites.append(replace(plant, name=f"{plant.name.strip()} {number + 1}"))
    return tuple(
        replace(plant, seed=seed, trouble=trouble, first_day=_later(plant.first_day, first_day))
        for plant in sites
    )


def fleet(
    seed: int = 1, *, extra: int = 0, first_day: date | None = None, trouble: bool = True
) -> dict[int, Plant]:
    """Return the plants by site id; the same arguments give the very same plants.

    Args:
        seed: another seed is other weather and other people.
        extra: so many more sites, homes, roofs, offices and islands in turn, ids from `FIRST_EXTRA` on.
        first_day: no plant has data before this local day.
        trouble: whether there are hours offline and late uploads.
    """
    return {plant.site_id: plant for plant in _fleet(seed, extra, first_day, trouble)}


def home(site_id: int) -> Plant:
    """Return a home in Utrecht with a grid meter and a battery; its inverter sleeps at night."""
    leader, meter = _serial("7F", site_id, 1), f"606{site_id}"
    return Plant(
        site_id=site_id,
        account_id=ACCOUNT,
        name="Maple House “De Esdoorn” ",
        place=Place("Kerkstraat 12", "Utrecht", "3511 AB", "Netherlands", "NL", 52.0907, 5.1214),
        zone=_AMSTERDAM,
        peak_power=9720.0,
        installed=date(2021, 9, 14),
        first_day=date(2021, 9, 15),
        inverters=(Inverter(leader, "Inverter 1", "SE8K-RW00TBNN4", 8000.0, 1.0, 24),),
        meters=(
            Meter(meter, "Export Meter", "WND-3Y-400-MB", MeterType.FEED_IN, "WattNode"),
            Meter(meter, "Import Meter", "WND-3Y-400-MB", MeterType.PURCHASED, "WattNode"),
            Meter(None, "Self Consumption Meter", None, MeterType.SELF_CONSUMPTION),
        ),
        batteries=(
            Battery(
                _serial("7E", site_id, 9),
                "Battery 1",
                "SolarEdge",
                "BAT-10K1P",
                9700.0,
                9700.0,
                5000.0,
                "3.0.16",
                leader,
            ),
        ),
        demand=Demand(180.0, 1900.0, at_home=True),
        note="gate code at the neighbours’",
    )


def roof(site_id: int) -> Plant:
    """Return a roof in Forlì without any meter, some 200 days old in November 2026."""
    return Plant(
        site_id=site_id,
        account_id=ACCOUNT,
        name="Tetto «Città d'Arte»",
        place=Place(
            "Via dell'Università 3", "Forlì", "47121", "Italy", "IT", 44.2227, 12.0407, "Forlì-Cesena"
        ),
        zone=_ROME,
        peak_power=5940.0,
        installed=date(2026, 5, 4),
        first_day=date(2026, 5, 5),
        inverters=(
            Inverter(
                _serial("73", site_id, 1),
                "Inverter 1",
                "SE5000H-RW000BNN4",
                5000.0,
                1.0,
                14,
                communication="WIFI",
            ),
        ),
    )


def office(site_id: int) -> Plant:
    """Return a commercial site in New York: four inverters in service, one replaced; grid and load meter."""
    leader = _serial("74", site_id, 1)
    names = ("SE33.3K-USR48NNF4", 33300.0)
    grid, load = f"607{site_id}", f"608{site_id}"
    return Plant(
        site_id=site_id,
        account_id=ACCOUNT,
        name='Café Noir & Søns "Bakery", East 9th St.',
        place=Place(
            "341 East 9th Street", "New York", "10003", "United States", "US", 40.7289, -73.9871, "New York"
        ),
        zone=_NEW_YORK,
        peak_power=105600.0,
        installed=date(2021, 3, 22),
        first_day=date(2021, 3, 23),
        inverters=(
            Inverter(leader, "Inverter 1", *names, 0.25, 96),
            Inverter(
                _serial("74", site_id, 2), "Inverter 2", *names, 0.27, 96, leader, "RS485", until=REPLACED_AT
            ),
            Inverter(
                _serial("74", site_id, 6), "Inverter 2", *names, 0.27, 96, leader, "RS485", since=REPLACED_AT
            ),
            Inverter(_serial("74", site_id, 3), "Inverter 3", *names, 0.26, 96, leader, "RS485"),
            Inverter(_serial("74", site_id, 4), "Inverter 4", *names, 0.22, 80, leader, "RS485"),
        ),
        meters=(
            Meter(grid, "Export Meter", "SE-MTR-3Y-240V-A", MeterType.FEED_IN, "SolarEdge"),
            Meter(grid, "Import Meter", "SE-MTR-3Y-240V-A", MeterType.PURCHASED, "SolarEdge"),
            Meter(load, "Consumption Meter", "SE-MTR-3Y-240V-A", MeterType.CONSUMPTION, "SolarEdge"),
        ),
        gateways=(Gateway(_serial("75", site_id, 1), "Gateway 1", "2.956.0"),),
        demand=Demand(6000.0, 42000.0, at_home=False),
        sleeps=False,
        hertz=60.0,
    )


def island(site_id: int) -> Plant:
    """Return a lodge on Lord Howe Island (half-hour DST) with a grid and a production meter."""
    grid, production = f"609{site_id}", f"610{site_id}"
    return Plant(
        site_id=site_id,
        account_id=ACCOUNT,
        name="Lagoon Lodge 太陽",
        place=Place(
            "7 Lagoon Road",
            "Lord Howe Island",
            "2898",
            "Australia",
            "AU",
            -31.5553,
            159.0821,
            "New South Wales",
        ),
        zone=_LORD_HOWE,
        peak_power=20700.0,
        installed=date(2024, 2, 1),
        first_day=date(2024, 2, 2),
        inverters=(
            Inverter(
                _serial("76", site_id, 1),
                "Inverter 1",
                "SE10K-RWB48BFN4",
                10000.0,
                0.5,
                26,
                communication="CELLULAR",
            ),
            Inverter(
                _serial("76", site_id, 2),
                "Inverter 2",
                "SE10K-RWB48BFN4",
                10000.0,
                0.5,
                26,
                _serial("76", site_id, 1),
            ),
        ),
        meters=(
            Meter(grid, "Export Meter", "WND-3Y-400-MB", MeterType.FEED_IN, "WattNode"),
            Meter(grid, "Import Meter", "WND-3Y-400-MB", MeterType.PURCHASED, "WattNode"),
            Meter(production, "Production Meter", "WND-3Y-400-MB", MeterType.PRODUCTION, "WattNode"),
        ),
        demand=Demand(900.0, 7500.0, at_home=True),
        sleeps=False,
    )


def pending(site_id: int) -> Plant:
    """Return a site that was created and never reported."""
    return Plant(
        site_id=site_id,
        account_id=ACCOUNT,
        name="Scheune Süd – Straße 5",
        place=Place("Dorfstraße 5", "Zeist", "3701 CD", "Netherlands", "NL", 52.0907, 5.2333),
        zone=_AMSTERDAM,
        peak_power=42500.0,
        installed=date(2026, 10, 2),
        first_day=None,
        note="waiting for grid approval",
    )


def _serial(family: str, site_id: int, number: int) -> str:
    """Return a serial as SolarEdge writes them: hexadecimal digits, a dash and the sum of the bytes."""
    digits = f"{family}{site_id % 0x1000000:06X}{number:X}0"
    return f"{digits}-{sum(bytes.fromhex(digits)) % 256:02X}"


def _later(own: date | None, limit: date | None) -> date | None:
    return max(own, limit) if own and limit else own
