"""What the tables must hold, computed from the simulator's plants."""

from datetime import UTC, timedelta

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
                batteries[0].state_of_charge if batteries else None,
            ),
        )


def meter_readings(plant, start, now):
    names = {(meter.serial, meter.meter_type): meter.name for meter in plant.meters if meter.serial}
    for quarter in quarters(plant, start, now):
        for key, name in names.items():
            reading = quarter.meters.get(key)
            values = (reading.power_w, reading.energy_wh) if reading else (None, None)
            yield (plant.site_id, name, utc(quarter.start)), (offset(plant, quarter.start), *values)


def energy_readings(plant, start, now):
    day = max(plant.local(start).date(), plant.installed)
    while day <= plant.local(now).date():
        begin, end = plant.local_midnight(day), plant.local_midnight(day + timedelta(days=1))

        def total(name, begin=begin, end=end):
            return plant.total(name, begin, end, now)

        produced, fed_in = total("production_wh"), total("feed_in_wh")
        own = None if produced is None or fed_in is None else produced - fed_in
        yield (
            (plant.site_id, day.isoformat(), "DAY"),
            (offset(plant, begin), produced, total("consumption_wh"), own, fed_in, total("purchased_wh")),
        )
        day += timedelta(days=1)


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
