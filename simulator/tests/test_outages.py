"""Outages: nothing is lost, nothing shows before it is uploaded, and uploads keep their order."""

from datetime import UTC, datetime, timedelta

import pytest

from solaredge_simulator.devices import MeterType
from solaredge_simulator.fleet import HOME, ISLAND, ROOF, fleet

HOUR, QUARTER = timedelta(hours=1), timedelta(minutes=15)
START, END = datetime(2026, 6, 8, 6, tzinfo=UTC), datetime(2026, 6, 11, 6, tzinfo=UTC)
OLD, NEW = datetime(2026, 6, 8, 8, tzinfo=UTC), datetime(2026, 6, 11, 4, tzinfo=UTC)
"""Quarters near the begin and near the end of the outage."""
FRESH = END + 2 * HOUR
CALM = fleet(trouble=False)
METER, BATTERY = CALM[HOME].meters[0].serial, CALM[HOME].batteries[0].serial


def lag(plant, start):
    """Return how many hours after the end of the outage a quarter is visible."""
    return (plant.visible_at(start) - END) / HOUR


@pytest.mark.parametrize(
    ("order", "old", "new", "fresh"),
    [("at once", 0, 0, None), ("newest first", 8, 1, None), ("oldest first", 1, 8, 8)],
)
def test_what_was_kept_arrives_in_the_order_asked_for(order, old, new, fresh):
    plant = CALM[HOME].silent(START, END, order)
    assert (lag(plant, OLD), lag(plant, NEW)) == (old, new)
    usual = CALM[HOME].visible_at(FRESH)
    assert plant.visible_at(FRESH) == (usual if fresh is None else END + fresh * HOUR)
    assert plant.visible_at(FRESH + 12 * HOUR) == CALM[HOME].visible_at(FRESH + 12 * HOUR)
    assert plant.visible_at(START - HOUR) == CALM[HOME].visible_at(START - HOUR)


def test_an_outage_loses_nothing_and_shows_nothing_before_its_upload():
    plant = CALM[HOME].silent(START, END, "oldest first", hours=24)
    now = END + 12 * HOUR
    shown = [plant.seen(START + number * QUARTER, now).consumption_wh is not None for number in range(288)]
    assert shown == [True] * shown.index(False) + [False] * (288 - shown.index(False))
    assert 120 < sum(shown) < 160
    assert plant.seen(OLD, END + 24 * HOUR) == CALM[HOME].quarter(OLD)
    assert plant.settled_until(now) == START + shown.index(False) * QUARTER
    assert plant.all_visible_at(END) == END + 24 * HOUR


def test_the_last_upload_stands_still_and_then_moves():
    plant = CALM[ROOF].silent(START, END)
    before = plant.last_upload(END - timedelta(seconds=1))
    assert START - HOUR < before <= START
    assert plant.last_upload(END) == END
    assert plant.newest_quarter_end(END - HOUR) <= START


def test_sums_of_days_and_totals_hold_only_what_was_uploaded(start_simulator, make_client):
    simulator = start_simulator(trouble=False, now=START - HOUR)
    plant = simulator.outage(ROOF, START, END)
    client = make_client(simulator)
    day, until = {"from-": "2026-06-09T00:00:00+02:00", "to": "2026-06-10T00:00:00+02:00"}, END + HOUR
    lifetimes, days, updated = [], [], []
    for now in (START, END - HOUR, until):
        simulator.clock.set(now)
        lifetimes.append(client.json(f"/v2/sites/{ROOF}/lifetime-energy")["energy"])
        values = client.json(f"/v2/sites/{ROOF}/energy", resolution="DAY", **day)["values"]
        days.append([point["value"] for point in values])
        updated.append(client.json(f"/v2/sites/{ROOF}")["lastUpdateTime"][:13])
    truth = plant.total("production_wh", plant.local_midnight(plant.first_day), until, until)
    assert lifetimes[0] == lifetimes[1] < lifetimes[2] == float(f"{truth:.8g}")
    begin = datetime(2026, 6, 8, 22, tzinfo=UTC)
    whole = CALM[ROOF].total("production_wh", begin, begin + 24 * HOUR)
    assert days == [[None], [None], [float(f"{whole:.8g}")]]
    assert updated == ["2026-06-08T07", "2026-06-08T07", "2026-06-11T08"]


def test_a_silent_meter_hides_what_it_counts_and_no_more():
    plant = CALM[HOME].silent(START, END, device=METER)
    during, truth = plant.seen(OLD, OLD + 2 * HOUR), plant.quarter(OLD)
    assert (during.feed_in_wh, during.purchased_w, during.consumption_wh) == (None, None, None)
    assert (during.production_wh, during.batteries) == (truth.production_wh, truth.batteries)
    assert during.meters == {}
    assert truth.meters[METER, MeterType.FEED_IN].energy_wh == truth.feed_in_wh
    assert plant.seen(OLD, END) == truth
    assert plant.visible(OLD, OLD + HOUR)
    assert not plant.visible(OLD, OLD + HOUR, METER)


def test_a_silent_battery_is_missing_from_its_telemetry_alone(start_simulator, make_client):
    simulator = start_simulator(trouble=False, now=OLD + 2 * HOUR)
    simulator.outage(HOME, START, END, device=BATTERY)
    client = make_client(simulator)
    window = {"from-": "2026-06-08T08:00:00Z", "to": "2026-06-08T08:15:00Z"}
    path = f"/v2/sites/{HOME}"
    assert client.json(f"{path}/storage/telemetry", **window)["storage"] == {}
    assert client.json(f"{path}/meters/telemetry", **window)["meters"].keys() == {METER}
    simulator.clock.set(END)
    assert client.json(f"{path}/storage/telemetry", **window)["storage"].keys() == {BATTERY}


def test_a_silent_inverter_hides_the_production_unless_a_meter_counts_it():
    for site, hidden in ((ROOF, True), (ISLAND, False)):
        inverter = CALM[site].inverters[0].serial
        plant = CALM[site].silent(START, END, device=inverter)
        seen = plant.seen(OLD, OLD + HOUR)
        assert (seen.production_wh is None, inverter in seen.inverters) == (hidden, False)


def test_outages_add_up_and_can_be_set_over_http(simulator, client):
    asked = {"site": HOME, "start": "2026-11-18T00:00:00Z", "end": "2026-11-19T00:00:00Z"}
    assert client.post("/_simulator/outages", asked).status_code == 200
    assert client.post("/_simulator/outages", asked | {"device": METER, "hours": 2}).status_code == 200
    simulator.outage(HOME, *(datetime(2026, 11, day, tzinfo=UTC) for day in (10, 12)), order="newest first")
    assert [(o.device, o.order, o.hours) for o in simulator.plants[HOME].outages] == [
        (None, "at once", 8), (METER, "at once", 2), (None, "newest first", 8)
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"end": START}, "ends after it began"),
        ({"order": "some day"}, "at once, newest first, oldest first; not some day"),
        ({"device": "nobody"}, f"site {HOME} has no device nobody"),
    ],
)
def test_an_outage_that_makes_no_sense_is_refused(change, message):
    with pytest.raises(ValueError, match=message):
        CALM[HOME].silent(**{"start": START, "end": END} | change)
