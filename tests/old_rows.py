"""What SolarEdge Harvest would have stored of the simulator's plants: by wall clock, without the split."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from solaredge_simulator.fleet import HOME, ISLAND, OFFICE
from tools import truth

START = datetime(2026, 10, 1, tzinfo=UTC)
"""Lord Howe's clock goes forward on October 4th, Amsterdam's back on the 25th, New York's on November 1st."""
STOPPED = datetime(2026, 11, 2, 9, 5, tzinfo=UTC)
"""When the old program ran last, one day before V1 ended."""
SITES = (HOME, OFFICE, ISLAND)
MACHINE = ZoneInfo("Europe/Amsterdam")
"""The zone of the machine that harvested."""
FLOW = {"unit": "kW", "grid_power": 0.5, "pv_power": 1.5, "load_power": 1.0}
STAMPS = {"created_at": STOPPED, "updated_at": STOPPED}
DATA_TYPES = {"site": "sites", "energy": "energy_readings", "power": "power_readings"}


def output(quarter, unit):
    """Return what V1 calls production: with a battery the inverters' output (API V1 reference, section 5)."""
    made = getattr(quarter, f"production_{unit}")
    if made is None or not quarter.batteries:
        return made
    return made + (getattr(quarter, f"discharge_{unit}") or 0) - (getattr(quarter, f"charge_{unit}") or 0)


def by_wall_clock(plant):
    """Return the quarter hours by wall clock: of a repeated hour the second pass is left."""
    return {
        plant.local(quarter.start).replace(tzinfo=None, fold=0): quarter
        for quarter in truth.quarters(plant, START, STOPPED)
    }


def of_plant(plant):
    """Return the rows of one site, by table."""
    quarters = by_wall_clock(plant)
    newest = max(stamp for stamp, quarter in quarters.items() if quarter.production_w is not None)
    machine = STOPPED.astimezone(MACHINE).replace(tzinfo=None)
    site = {"site_id": plant.site_id, **STAMPS}
    return {
        "sites": [{"id": plant.site_id, "name": plant.name, "timezone": plant.zone.key}],
        "batteries": [site | {"serial_number": battery.serial} for battery in plant.batteries],
        "power_readings": [
            site | {"timestamp": at, "power_watts": _partial(output(quarter, "w"), at == newest)}
            for at, quarter in quarters.items()
        ],
        "energy_readings": _days(plant, site),
        "power_flows": [site | FLOW | {"timestamp": machine}],
        "power_details": [
            site | {"timestamp": at} | _details(q) for at, q in quarters.items() if at != newest
        ],
        "alerts": [site | {"alert_id": plant.site_id, "severity": "LOW", "alert_timestamp": newest}],
        "environmental_benefits": [site | {"co2_saved": 12.5, "co2_units": "KG"}],
        "inventory": [site | {"name": "Inverter 1", "serial_number": f"I{plant.site_id}"}],
        "sync_metadata": [
            site | {"data_type": name, "last_sync_time": machine, "status": "success"} for name in DATA_TYPES
        ],
    }


def of_plants(plants, *, newest):
    """Return the rows of several sites, by table; the oldest layout lacks some tables."""
    found = {}
    for plant in plants:
        for table, rows in of_plant(plant).items():
            found.setdefault(table, []).extend(rows)
    later = {"power_details", "alerts", "environmental_benefits", "inventory"}
    return {table: rows for table, rows in found.items() if newest or table not in later}


def _partial(value, is_newest):
    return None if value is None else value / 2 + 1 if is_newest else value


def _details(quarter):
    made, fed_in = output(quarter, "w"), quarter.feed_in_w
    return {
        "production_w": made,
        "consumption_w": quarter.consumption_w,
        "self_consumption_w": None if made is None or fed_in is None else made - fed_in,
        "feed_in_w": fed_in,
        "purchased_w": quarter.purchased_w,
    }


def _days(plant, site):
    """Return the days with their production; the last is not over."""
    found = {}
    for quarter in truth.quarters(plant, plant.local_midnight(plant.local(START).date()), STOPPED):
        day = plant.local(quarter.start).date()
        found[day] = found.get(day, 0.0) + (output(quarter, "wh") or 0.0)
    return [site | {"reading_date": day, "time_unit": "DAY", "energy_wh": wh} for day, wh in found.items()]


def later(days=0, hours=0):
    """Return an instant after the old program stopped."""
    return STOPPED + timedelta(days=days, hours=hours)
