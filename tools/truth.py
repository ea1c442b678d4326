"""What the tables must hold, computed from the simulator's plants."""

from datetime import UTC, date, datetime, timedelta

QUARTER = timedelta(minutes=15)


def utc(moment):
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def offset(plant, moment):
    return round(plant.local(moment).utcoffset().total_seconds() / 60)


def quarters(plant, start, now):
    """Yield the quarter hours that a run at `now` has to show, as the service shows them at `now`."""
    first = max(start, plant.local_midnight(plant.installed))
    at = first.astimezone(UTC)
    while at < now:
        yield plant.seen(at, now)
        at += QUARTER


def direction(power, positive, negative):
    if power is None:
        return None
    if power == 0:
        return "Idle"
    return positive if power > 0 else negative


def power_readings(plant, start, now):
    for quarter in quarters(plant, start, now):
        yield (plant.site_id, utc(quarter.start)), (offset(plant, quarter.start), quarter.production_w)


def power_flows(plant, start, now):
    for quarter in quarters(plant, start, now):
        grid = None if quarter.feed_in_w is None else quarter.feed_in_w - quarter.purchased_w
        batteries = list(quarter.batteries.values())
        charges = [battery.charge_w for battery in batteries]
        stored = None
        if batteries and charges[0] is not None:
            stored = sum(charges) - sum(battery.discharge_w for battery in batteries)
        yield (
            (plant.site_id, utc(quarter.start)),
            (
                offset(plant, quarter.start),
                "W",
                direction(grid, "Exporting", "Importing"),
                grid,
                direction(quarter.production_w, "Active", "Idle"),
                quarter.production_w,
                direction(quarter.consumption_w, "Active", "Idle"),
                quarter.consumption_w,
                direction(stored, "Charging", "Discharging"),
                stored,
                charge_level(plant, quarter),
            ),
        )


def charge_level(plant, quarter):
    """Return the state of charge of all batteries together."""
    known = [
        (battery.capacity, quarter.batteries[battery.serial].state_of_charge)
        for battery in plant.batteries
        if battery.serial in quarter.batteries
    ]
    if not known or any(level is None for _, level in known):
        return None
    return sum(capacity * level for capacity, level in known) / sum(capacity for capacity, _ in known)


def meter_readings(plant, start, now):
    names = {(meter.serial, meter.meter_type): meter.name for meter in plant.meters if meter.serial}
    for quarter in quarters(plant, start, now):
        for key, name in names.items():
            reading = quarter.meters.get(key)
            values = (reading.power_w, reading.energy_wh) if reading else (None, None)
            yield (plant.site_id, name, utc(quarter.start)), (offset(plant, quarter.start), *values)


def battery_readings(plant, start, now):
    for quarter in quarters(plant, start, now):
        for serial, battery in quarter.batteries.items():
            yield (
                (plant.site_id, serial, utc(quarter.start)),
                (
                    *(
                        offset(plant, quarter.start),
                        battery.state_of_charge,
                        battery.charge_w,
                        battery.discharge_w,
                    ),
                    *(battery.charge_wh, battery.discharge_wh, battery.remaining_wh),
                ),
            )


def inverter_readings(plant, start, now):
    for quarter in quarters(plant, start, now):
        for serial, inverter in quarter.inverters.items():
            yield (
                (plant.site_id, serial, utc(quarter.start)),
                (
                    *(offset(plant, quarter.start), inverter.power_w, inverter.energy_wh, inverter.voltage),
                    *(inverter.current, inverter.frequency),
                ),
            )


def energy_readings(plant, start, now):
    day = max(plant.local(start).date(), plant.installed)
    while day <= plant.local(now).date():
        begin, end = plant.local_midnight(day), plant.local_midnight(day + timedelta(days=1))

        def total(name, begin=begin, end=end):
            return plant.total(name, begin, end, now)

        produced, fed_in = total("production_wh"), total("feed_in_wh")
        own = None if produced is None or fed_in is None else produced - fed_in
        if own is not None and plant.batteries:
            own += sum(map(sold, seen_in(plant, begin, end, now)))
        yield (
            (plant.site_id, day.isoformat(), "DAY"),
            (offset(plant, begin), produced, total("consumption_wh"), own, fed_in, total("purchased_wh")),
        )
        day += timedelta(days=1)


def seen_in(plant, begin, end, now):
    """Yield the quarter hours from `begin` to `end` as the service shows them at `now`."""
    for quarter in plant.quarters(begin, end):
        yield plant.seen(quarter.start, now)


def sold(quarter):
    """Return the energy that batteries sold in a quarter hour: what was fed in beyond production."""
    return max((quarter.feed_in_wh or 0.0) - (quarter.production_w or 0.0) / 4, 0.0)


def of_plants(table, plants, start, now):
    """Return what a table must hold of several plants, values by key; a pending plant has none."""
    rows = globals()[table]
    return {key: values for p in plants if p.first_day for key, values in rows(p, start, now)}


def differences(expected, found, tolerance=1e-6):
    """Return up to ten differences between two mappings of key to values, and the number of equal rows."""
    wrong = [f"missing {key}" for key in expected.keys() - found.keys()]
    wrong += [f"not expected {key}" for key in found.keys() - expected.keys()]
    equal = 0
    for key in expected.keys() & found.keys():
        if all(same(e, f, tolerance) for e, f in zip(expected[key], found[key], strict=True)):
            equal += 1
        else:
            wrong.append(f"{key}: expected {expected[key]}, found {found[key]}")
    return sorted(wrong)[:10], equal


def same(expected, found, tolerance):
    if expected is None or found is None or isinstance(expected, str):
        return expected == found
    return abs(expected - found) <= tolerance * max(1.0, abs(expected))


COLUMNS = {
    "energy_readings": (
        *("site_id", "reading_date", "time_unit"),
        *("utc_offset_minutes", "energy_wh", "consumption_wh", "self_consumption_wh", "feed_in_wh"),
        "purchased_wh",
    ),
    "power_readings": ("site_id", "timestamp", "utc_offset_minutes", "power_watts"),
    "power_flows": (
        *("site_id", "timestamp", "utc_offset_minutes", "unit", "grid_status", "grid_power", "pv_status"),
        *("pv_power", "load_status", "load_power", "storage_status", "storage_power"),
        "storage_charge_level",
    ),
    "meter_readings": ("site_id", "name", "timestamp", "utc_offset_minutes", "power", "energy_wh"),
}
EXTENSION_COLUMNS = {
    "battery_readings": (
        *("site_id", "serial_number", "timestamp", "utc_offset_minutes", "state_of_charge", "charge_power"),
        *("discharge_power", "charge_energy_wh", "discharge_energy_wh", "remaining_energy_wh"),
    ),
    "inverter_readings": (
        *("site_id", "serial_number", "timestamp", "utc_offset_minutes", "power", "energy_wh", "voltage"),
        *("current", "frequency"),
    ),
}
KEY_COLUMNS = {
    "energy_readings": 3,
    "power_readings": 2,
    "power_flows": 2,
    "meter_readings": 3,
    "battery_readings": 3,
    "inverter_readings": 3,
}
"""How many of them are the key."""


def stored(connection, table):
    """Return what a table of any database holds, as the functions above give it."""
    joined = " JOIN meters ON meters.id = meter_id" if table == "meter_readings" else ""
    columns = (COLUMNS | EXTENSION_COLUMNS)[table]
    query = f"SELECT {', '.join(columns)} FROM {table}{joined}"
    keys = KEY_COLUMNS[table]
    rows = (tuple(map(plain, row)) for row in connection.exec_driver_sql(query))
    return {row[:keys]: row[keys:] for row in rows}


def problems(connection, plants, start, now):
    """Return what a database lacks, has too much or has wrong of all tables; an empty table is wrong too."""
    found = []
    for table in COLUMNS:
        expected = of_plants(table, plants, start, now)
        wrong, equal = differences(expected, stored(connection, table))
        found += (f"{table}: {difference}" for difference in wrong or ([] if equal else ["empty"]))
    return found


def plain(value):
    """Return an instant or date as text, however a database gives it."""
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%dT%H:%M:%SZ}"
    if isinstance(value, str) and value[10:11] == " " and value[4:5] == "-":
        return f"{value[:10]}T{value[11:19]}Z"
    return value.isoformat() if isinstance(value, date) else value
