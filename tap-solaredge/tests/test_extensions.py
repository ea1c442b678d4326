"""Streams beyond the nine tables: what they cost, what they say, where they are left out."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from solaredge_simulator.fleet import HOME, OFFICE, ROOF
from solaredge_simulator.v1.rules import V1Rules
from tap_solaredge.local_time import Instant
from tap_solaredge.measured.site import SiteRef
from tap_solaredge.resources import ALERTS, BENEFITS, INVERTERS
from tap_solaredge.service.v1 import V1
from tap_solaredge.service.v2 import V2
from tap_solaredge.spans import Window
from tap_solaredge.streams import STREAMS

from .collected import Collected, selected

EVERY = {stream.name for stream in STREAMS}
OFF_BY_DEFAULT = {"inverter_readings", "alerts", "environmental_benefits"}
SITE = SiteRef(7)
WINDOW = Window(datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 11, 2, tzinfo=UTC))


def calls(simulator, since=0):
    return [call.path for call in simulator.calls[since:]]


def test_only_what_costs_no_call_is_selected_by_default(simulator, run_tap):
    assert EVERY - set(run_tap(simulator, site_ids=[HOME]).schemas) == OFF_BY_DEFAULT


@pytest.mark.parametrize("version", ["v2", "v1"])
def test_battery_readings_cost_no_call(start_simulator, tmp_path, version):
    """A first run with history, hourly runs and a day later: the calls are the same with and without."""
    asked = []
    for streams in (EVERY - OFF_BY_DEFAULT, EVERY - OFF_BY_DEFAULT - {"battery_readings"}):
        simulator = start_simulator(v1=V1Rules(daily_calls=None))
        key = simulator.v1_key if version == "v1" else simulator.key
        folder = tmp_path / str(len(asked))
        folder.mkdir()
        tap = Collected(
            simulator, folder, only=streams, api_version=version, api_key=key, site_ids=[HOME, ROOF],
            start_date=(simulator.clock.now() - timedelta(days=40)).isoformat(), daily_calls_per_site=0,
            monthly_credits=0,
        )  # fmt: skip
        for hours in (1, 1, 24, 72, 0):
            tap.run()
            assert tap.error is None
            simulator.clock.advance(seconds=hours * 3600)
        asked.append(sorted(calls(simulator)))
        assert bool(tap.rows["battery_readings"]) is ("battery_readings" in streams)
    assert asked[0] == asked[1]
    assert len(asked[0]) > 40


def test_battery_readings_come_alone_too(simulator, run_tap):
    catalog = selected({"battery_readings"})
    said = run_tap(simulator, catalog=catalog, site_ids=[HOME])
    assert len(said.records["battery_readings"]) == 672
    assert "/v2/sites/{site}/power" not in {call.path for call in simulator.calls}


def test_inverters_of_a_site_are_one_call_under_v2_and_one_each_under_v1(simulator):
    ref = SiteRef(7, ZoneInfo("UTC"), ("A", "B", "C"))
    assert len(V2.requests(INVERTERS, ref, WINDOW)) == 1
    assert len(V1.requests(INVERTERS, ref, WINDOW)) == 3


def test_alerts_are_read_page_by_page_and_once_a_day(start_simulator, run_tap):
    simulator = start_simulator()
    catalog = selected({"alerts"})
    said = run_tap(simulator, catalog=catalog, site_ids=[OFFICE])
    assert said.error is None
    found = said.records["alerts"]
    assert found
    assert {record["site_id"] for record in found} == {OFFICE}
    before = len(simulator.calls)
    again = run_tap(simulator, said.state, catalog=catalog, site_ids=[OFFICE])
    assert (again.records["alerts"], len(simulator.calls)) == (found, before)


def test_a_full_page_of_alerts_is_followed_by_another():
    (first,) = V2.requests(ALERTS, SITE)
    assert V2.next_page(first, [{}] * 99) is None
    second = V2.next_page(first, [{}] * 100)
    assert second.params == (("page", "2"), ("alerts-in-page", "100"))
    assert V2.next_page(first._replace(path="/v2/sites", params=(("page", "1"),)), [{}] * 100) is None


def test_an_alert_keeps_what_was_sent():
    sent = {
        "alertId": 90211, "siteId": 7, "category": "EQUIPMENT", "type": "DC Isolation", "impact": 6,
        "status": "OPEN", "firstTrigger": "2026-11-19T07:10:00Z", "lastTrigger": "2026-11-23T07:10:00Z",
        "component": {"name": "Inverter 1", "serialNumber": "7F12A0B3-4C"}, "errorCodes": [{"code": 18}],
    }  # fmt: skip
    assert V2.parse(ALERTS, [[sent], [{"alertId": 1, "siteId": 7, "component": None}]], SITE) == [
        {
            "alert_id": 90211, "site_id": 7, "category": "EQUIPMENT", "type": "DC Isolation", "impact": 6,
            "status": "OPEN", "first_trigger": "2026-11-19T07:10:00Z", "last_trigger": "2026-11-23T07:10:00Z",
            "component_name": "Inverter 1", "component_serial_number": "7F12A0B3-4C",
            "error_codes": '[{"code":18}]',
        },
        {
            "alert_id": 1, "site_id": 7, "category": None, "type": None, "impact": None, "status": None,
            "first_trigger": None, "last_trigger": None, "component_name": None,
            "component_serial_number": None, "error_codes": None,
        },
    ]  # fmt: skip


def test_v1_leaves_alerts_out_with_one_line(start_simulator, run_tap, caplog):
    simulator = start_simulator(v1=V1Rules())
    settings = {"api_version": "v1", "api_key": simulator.v1_key, "site_ids": [HOME]}
    said = run_tap(simulator, catalog=selected({"sites", "alerts"}), **settings)
    assert (said.error, said.records["alerts"]) == (None, [])
    assert said.partition("alerts", HOME)["status"] == "skipped"
    (told,) = [r.getMessage() for r in caplog.records if r.levelname == "WARNING"]
    assert told == f"site {HOME}: alerts: API v1 has no alerts: the stream is left out"


@pytest.mark.parametrize(
    ("answer", "co2", "way"),
    [
        ({"co2Emissions": 100.0, "evMiles": 10.0, "unit": "METRIC"}, 100.0, 10.0),
        ({"co2Emissions": 100.0, "evMiles": 10.0, "unit": "IMPERIAL"}, 45.359237, 16.09344),
        ({"co2Emissions": None, "unit": "METRIC"}, None, None),
    ],
)
def test_benefits_are_kilograms_and_kilometres_whatever_the_service_sends(answer, co2, way):
    found = V2.parse(BENEFITS, [answer], SITE)
    assert found == {"co2_saved": pytest.approx(co2), "ev_distance": pytest.approx(way)}


def test_benefits_of_v1_may_be_in_pounds_or_empty():
    gases = {"units": "lb", "co2": 100.0, "so2": 10.0, "nox": 1.0}
    sent = {"envBenefits": {"gasEmissionSaved": gases, "treesPlanted": 2.5, "lightBulbs": 7.5}}
    assert V1.parse(BENEFITS, [sent], SITE) == {
        "co2_saved": pytest.approx(45.359237), "so2_saved": pytest.approx(4.5359237),
        "nox_saved": pytest.approx(0.45359237), "trees_planted": 2.5, "light_bulbs": 7.5,
    }  # fmt: skip
    nothing = V1.parse(BENEFITS, [{"envBenefits": {}}], SITE)
    assert set(nothing.values()) == {None}
    sent = {"envBenefits": {"gasEmissionSaved": {"units": "stone", "co2": 1.0}, "treesPlanted": 2.5}}
    assert V1.parse(BENEFITS, [sent], SITE) == nothing | {"trees_planted": 2.5}


def test_voltage_that_is_stamped_with_the_end_of_its_interval_belongs_to_its_start():
    def block(unit, *stamps):
        return {"unit": unit, "values": [{"timestamp": f"2026-11-20T{t}:00Z", "value": 1.5} for t in stamps]}

    def read(*stamps):
        sent = {"power": block("W", "11:00", "11:15"), "voltage": block("VOLT", *stamps)}
        (inverter,) = V2.parse(INVERTERS, [{"inverters": {"A": sent}}], SITE)
        return list(inverter.voltage)

    starts = [Instant("2026-11-20T11:00:00Z", 0), Instant("2026-11-20T11:15:00Z", 0)]
    assert read("11:15", "11:30") == starts
    assert read("11:00", "11:15") == starts
