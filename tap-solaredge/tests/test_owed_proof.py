"""What the service has is in the tables, after whatever pause of the tap and however late it was uploaded.

Default settings. `make proofs` runs every pause and outage on both sites; the short form is some of them.
"""

from datetime import UTC, datetime, timedelta

import pytest

from solaredge_simulator.fleet import HOME, ROOF, fleet

from .schedule import DAY, HOUR, WHOLE, Schedule

BEGAN = datetime(2026, 9, 20, 10, 5, tzinfo=UTC)
HOURLY = 24 if WHOLE else 3
"""Hourly runs before the trouble."""
UPLOAD = 8
"""Hours, unless all comes at once."""
ORDERS = ("at once", "newest first", "oldest first")
KINDS = {HOME: "home", ROOF: "bare roof"}
PLANTS = fleet()
SERIALS = {
    "meter": PLANTS[HOME].meters[0].serial,
    "battery": PLANTS[HOME].batteries[0].serial,
    "inverter": PLANTS[ROOF].inverters[0].serial,
}
DEVICES = {"meter": HOME, "battery": HOME, "inverter": ROOF}
"""The one device that is late, and its site."""

PAUSES = [(site, days) for site in KINDS for days in (8, 12, 30, 400)]
OUTAGES = [(site, days, order, None) for site in KINDS for days in (3, 7, 12, 30, 45) for order in ORDERS]
OUTAGES += [(site, days, "at once", device) for device, site in DEVICES.items() for days in (3, 12, 30)]
SHORT_PAUSES = [(HOME, 12), (ROOF, 30)]
SHORT_OUTAGES = [
    (HOME, 12, "at once", None),
    (ROOF, 7, "oldest first", None),
    (HOME, 3, "oldest first", None),
    (HOME, 12, "at once", "battery"),
]


def named(value):
    """Return a part of a test's name."""
    return KINDS.get(value, f"{value} days" if isinstance(value, int) else value or "site")


@pytest.fixture
def schedule(start_simulator, tmp_path):
    """Return a function that starts the hourly runs of a site without other trouble."""

    def start(site):
        return Schedule(start_simulator(now=BEGAN, trouble=False), tmp_path, site)

    return start


@pytest.mark.parametrize("site", KINDS, ids=named)
def test_hourly_runs_of_a_healthy_site_hold_all_that_the_service_has(schedule, site):
    hourly = schedule(site).run(3 + HOURLY)
    print(f"\nhealthy {KINDS[site]}: {sum(hourly.calls)} calls in {len(hourly.calls)} hourly runs")  # noqa: T201
    assert hourly.wrong() == {}


@pytest.mark.parametrize(("site", "days"), PAUSES if WHOLE else SHORT_PAUSES, ids=named)
def test_a_pause_leaves_no_hole(schedule, site, days):
    hourly = schedule(site).run(HOURLY)
    before = len(hourly.calls)
    hourly.simulator.clock.set(hourly.simulator.clock.now() - HOUR + days * DAY)
    hourly.run(3)
    told(f"pause of {days} days, {KINDS[site]}", hourly.calls[before:])
    assert hourly.wrong() == {}


@pytest.mark.parametrize(("site", "days", "order", "device"), OUTAGES if WHOLE else SHORT_OUTAGES, ids=named)
def test_what_is_uploaded_late_is_read(schedule, site, days, order, device):
    hourly = schedule(site).run(HOURLY)
    start = hourly.simulator.clock.now() - timedelta(minutes=20)
    end = start + days * DAY
    serial = SERIALS[device] if device else None
    hourly.simulator.outage(site, start, end, order=order, hours=UPLOAD, device=serial)
    before = len(hourly.calls)
    hourly.run_until(end - DAY, every=DAY)
    hourly.run_until(end + timedelta(minutes=20))
    during = len(hourly.calls)
    hourly.run_until(end + UPLOAD * HOUR + timedelta(minutes=20))
    hourly.run(3)
    what = f"{device or 'site'} silent for {days} days, uploaded {order}, {KINDS[site]}"
    told(what, hourly.calls[during:], f"; {sum(hourly.calls[before:during])} while it was silent")
    assert hourly.wrong() == {}


def told(what, calls, more=""):
    """Print what it took."""
    print(f"\n{what}: {sum(calls)} calls in {len(calls)} runs afterwards {calls}{more}")  # noqa: T201
