"""The kinds of sites: a home, a bare roof, an office, an island lodge, and one that never reported."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from solaredge_simulator.demand import Demand
from solaredge_simulator.devices import Battery, Gateway, Inverter, Meter, MeterType
from solaredge_simulator.plants import Plant
from solaredge_simulator.sites import Place

ACCOUNT = 40123
REPLACED_AT = datetime(2026, 3, 17, 18, 0, tzinfo=UTC)
"""When the office's second inverter was replaced."""

_UTRECHT = Place("Kerkstraat 12", "Utrecht", "3511 AB", "Netherlands", "NL", 52.0907, 5.1214)
_ZEIST = Place("Dorfstraße 5", "Zeist", "3701 CD", "Netherlands", "NL", 52.0907, 5.2333)
_FORLI = Place("Via dell'Università 3", "Forlì", "47121", "Italy", "IT", 44.2227, 12.0407, "Forlì-Cesena")
_MANHATTAN = Place("341 East 9th Street", "New York", "10003", "United States", "US", 40.7289, -73.9871, "NY")
_LORD_HOWE = Place("7 Lagoon Road", "Lord Howe Island", "2898", "Australia", "AU", -31.5553, 159.0821, "NSW")


def home(site_id: int) -> Plant:
    """Return a home in Utrecht with a grid meter and a battery; its inverter sleeps at night."""
    leader = serial_of("7F", site_id, 1)
    battery = serial_of("7E", site_id, 9)
    return Plant(
        site_id=site_id,
        account_id=ACCOUNT,
        name="Maple House “De Esdoorn” ",
        place=_UTRECHT,
        zone=ZoneInfo("Europe/Amsterdam"),
        peak_power=9720.0,
        installed=date(2021, 9, 14),
        first_day=date(2021, 9, 15),
        inverters=(Inverter(leader, "Inverter 1", "SE8K-RW00TBNN4", 8000.0, 1.0, 24),),
        meters=(
            *grid_meter(f"606{site_id}", "WattNode", "WND-3Y-400-MB"),
            Meter(None, "Self Consumption Meter", None, MeterType.SELF_CONSUMPTION),
        ),
        batteries=(
            Battery(battery, "Battery 1", "SolarEdge", "BAT-10K1P", 9700.0, 9700.0, 5000.0, "3.0.16", leader),
        ),
        demand=Demand(180.0, 1900.0, at_home=True),
        note="gate code at the neighbours’",
    )


def roof(site_id: int) -> Plant:
    """Return a roof in Forlì without any meter, some 200 days old in November 2026."""
    serial = serial_of("73", site_id, 1)
    return Plant(
        site_id=site_id,
        account_id=ACCOUNT,
        name="Tetto «Città d'Arte»",
        place=_FORLI,
        zone=ZoneInfo("Europe/Rome"),
        peak_power=5940.0,
        installed=date(2026, 5, 4),
        first_day=date(2026, 5, 5),
        inverters=(
            Inverter(serial, "Inverter 1", "SE5000H-RW000BNN4", 5000.0, 1.0, 14, communication="WIFI"),
        ),
    )


def office(site_id: int) -> Plant:
    """Return a commercial site in New York: four inverters in service, one replaced; grid and load meter."""
    first, second, third, fourth, new = (serial_of("74", site_id, number) for number in (1, 2, 3, 4, 6))
    model = ("SE33.3K-USR48NNF4", 33300.0)
    beside = (first, "RS485")
    return Plant(
        site_id=site_id,
        account_id=ACCOUNT,
        name='Café Noir & Søns "Bakery", East 9th St.',
        place=_MANHATTAN,
        zone=ZoneInfo("America/New_York"),
        peak_power=105600.0,
        installed=date(2021, 3, 22),
        first_day=date(2021, 3, 23),
        inverters=(
            Inverter(first, "Inverter 1", *model, 0.25, 96),
            Inverter(second, "Inverter 2", *model, 0.27, 96, *beside, until=REPLACED_AT),
            Inverter(new, "Inverter 2", *model, 0.27, 96, *beside, since=REPLACED_AT),
            Inverter(third, "Inverter 3", *model, 0.26, 96, *beside),
            Inverter(fourth, "Inverter 4", *model, 0.22, 80, *beside),
        ),
        meters=(
            *grid_meter(f"607{site_id}", "SolarEdge", "SE-MTR-3Y-240V-A"),
            _meter(f"608{site_id}", "Consumption Meter", MeterType.CONSUMPTION),
        ),
        gateways=(Gateway(serial_of("75", site_id, 1), "Gateway 1", "2.956.0"),),
        demand=Demand(6000.0, 42000.0, at_home=False),
        sleeps=False,
        hertz=60.0,
    )


def island(site_id: int) -> Plant:
    """Return a lodge on Lord Howe Island (half-hour DST) with a grid and a production meter."""
    first, second = serial_of("76", site_id, 1), serial_of("76", site_id, 2)
    model = ("SE10K-RWB48BFN4", 10000.0)
    return Plant(
        site_id=site_id,
        account_id=ACCOUNT,
        name="Lagoon Lodge 太陽",
        place=_LORD_HOWE,
        zone=ZoneInfo("Australia/Lord_Howe"),
        peak_power=20700.0,
        installed=date(2024, 2, 1),
        first_day=date(2024, 2, 2),
        inverters=(
            Inverter(first, "Inverter 1", *model, 0.5, 26, communication="CELLULAR"),
            Inverter(second, "Inverter 2", *model, 0.5, 26, first, "RS485"),
        ),
        meters=(
            *grid_meter(f"609{site_id}", "SolarEdge", "SE-MTR-3Y-240V-A"),
            _meter(f"610{site_id}", "Production Meter", MeterType.PRODUCTION),
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
        place=_ZEIST,
        zone=ZoneInfo("Europe/Amsterdam"),
        peak_power=42500.0,
        installed=date(2026, 10, 2),
        first_day=None,
        note="waiting for grid approval",
    )


def grid_meter(serial: str, maker: str, model: str) -> tuple[Meter, Meter]:
    """Return the two listings of one meter at the grid."""
    return (
        Meter(serial, "Export Meter", model, MeterType.FEED_IN, maker),
        Meter(serial, "Import Meter", model, MeterType.PURCHASED, maker),
    )


def _meter(serial: str, name: str, meter_type: MeterType) -> Meter:
    return Meter(serial, name, "SE-MTR-3Y-240V-A", meter_type, "SolarEdge")


def serial_of(family: str, site_id: int, number: int) -> str:
    """Return a serial as SolarEdge writes them: hexadecimal digits, a dash and the sum of the bytes."""
    digits = f"{family}{site_id % 0x1000000:06X}{number:X}0"
    return f"{digits}-{sum(bytes.fromhex(digits)) % 256:02X}"
