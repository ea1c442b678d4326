"""SolarEdge's own totals, and what production means on a site with a battery: what both cost and say."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta

import pytest

from solaredge_simulator.fleet import HOME, ROOF
from solaredge_simulator.simulator import Simulator
from solaredge_simulator.v1.rules import V1Rules
from solaredge_simulator.variety import BATTERY_ALONE, SELLER, TWO_BATTERIES
from tap_solaredge.local_time import Instant
from tap_solaredge.measured.production import Day, Meaning, fits, meaning_of, take_batteries_out
from tap_solaredge.measured.readings import BatterySeries
from tap_solaredge.resources import POWER, QUARTER_ENERGY, STORAGE, Answers
from tap_solaredge.streams import STREAMS

from .collected import Collected

OCTOBER = {"start_date": "2026-10-01T00:00:00Z"}
DEFAULT = {stream.name for stream in STREAMS if stream.selected_by_default}
DROPPED = {
    "energy_readings": {"charged_wh", "discharged_wh"},
    "power_flows": {"feed_in_power", "purchased_power", "self_consumption_power"},
    "equipment": {"commissioned_at", "part_number", "firmware"},
}
"""Columns of streams that are selected by default, whose values were in answers all along."""
PANELS = "production is what the panels made (checked with SolarEdge's own split of "
OUTPUT = "production is what the inverters gave: what batteries gave and took is taken out of it (checked"
UNKNOWN = "what production means beside its battery is not checked yet"
NO_PARTS = dict.fromkeys(
    f"{name}_wh"
    for name in (
        *("self_consumption", "feed_in", "to_storage", "consumption", "from_pv", "from_storage"),
        "purchased",
    )
)


def asked(calls):
    """Count the calls for totals by what they ask."""
    kinds = Counter()
    for call in calls:
        if call.endpoint.endswith("/overview"):
            first, end = (datetime.fromisoformat(call.query[name][0]) for name in ("from", "to"))
            kinds["month" if end - first > timedelta(days=2) else "day"] += 1
        elif call.query.get("resolution") == ["TOTAL"] and call.endpoint.endswith("/energy"):
            kinds["life"] += 1
    return kinds


def lines(caplog, part):
    return [record.getMessage() for record in caplog.records if part in record.getMessage()]


def made(simulator, site, first, end):
    """Return what the roof of a site made from one day to before another, Wh."""
    plant = simulator.plants[site]
    start, stop = (plant.local_midnight(date.fromisoformat(day)) for day in (first, end))
    return pytest.approx(plant.total("production_wh", start, stop, simulator.clock.now()), rel=1e-6)


# What they are


def test_months_without_a_figure_from_before_the_installation_are_no_rows(run_tap):
    with Simulator(now=datetime(2026, 11, 20, 12, 5, tzinfo=UTC), v1=V1Rules()) as simulator:
        said = run_tap(
            simulator, api_version="v1", api_key=simulator.v1_key, site_ids=[ROOF],
            start_date="2026-02-01T00:00:00Z",
        )  # fmt: skip
    periods = [row["period"] for row in said.records["energy_totals"]]
    assert sorted(periods) == [*(f"2026-{month:02d}" for month in range(5, 11)), "TOTAL"]


def test_a_month_and_the_whole_life_are_records(simulator, run_tap):
    said = run_tap(simulator, site_ids=[ROOF], **OCTOBER)
    plant = simulator.plants[ROOF]
    assert said.records["energy_totals"] == [
        {
            "site_id": ROOF, "period": "TOTAL", "first_day": f"{plant.first_day}", "last_day": "2026-11-19",
            "begins": f"{plant.local_midnight(plant.first_day).astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}",
            "ends": "2026-11-19T23:00:00Z", "production_meaning": "PV",
            "production_wh": made(simulator, ROOF, f"{plant.first_day}", "2026-11-20"), **NO_PARTS,
        },
        {
            "site_id": ROOF, "period": "2026-10", "first_day": "2026-10-01", "last_day": "2026-10-31",
            "begins": "2026-09-30T22:00:00Z", "ends": "2026-10-31T23:00:00Z", "production_meaning": "PV",
            "production_wh": made(simulator, ROOF, "2026-10-01", "2026-11-01"), **NO_PARTS,
        },
    ]  # fmt: skip


def test_figures_that_are_not_told_are_null_and_nothing_fails(start_simulator, run_tap):
    said = run_tap(start_simulator(overview="partial"), site_ids=[HOME], **OCTOBER)
    assert said.error is None
    month = said.records["energy_totals"][-1]
    told = {name for name, value in month.items() if name.endswith("_wh") and value is not None}
    assert told == {"production_wh", "to_storage_wh", "consumption_wh"}


def test_v1_tells_months_by_meter_or_production_alone(start_simulator, run_tap):
    simulator = start_simulator(v1=V1Rules(production="pv"))
    key = {"api_version": "v1", "api_key": simulator.v1_key, "daily_calls_per_site": 0}
    said = run_tap(simulator, site_ids=[HOME, ROOF], **OCTOBER, **key)
    totals = {(one["site_id"], one["period"]): one for one in said.records["energy_totals"]}
    assert totals[ROOF, "2026-10"]["production_wh"] == made(simulator, ROOF, "2026-10-01", "2026-11-01")
    assert {name: totals[ROOF, "2026-10"][name] for name in NO_PARTS} == NO_PARTS
    home = totals[HOME, "2026-10"]
    assert home["production_wh"] == made(simulator, HOME, "2026-10-01", "2026-11-01")
    assert home["consumption_wh"] > home["purchased_wh"] > 0
    assert home["self_consumption_wh"] == pytest.approx(home["production_wh"] - home["feed_in_wh"], abs=1)
    assert (totals[HOME, "TOTAL"]["first_day"], totals[HOME, "TOTAL"]["last_day"]) == (None, "2026-11-20")


# What they cost


def test_two_calls_a_site_and_month_at_most(start_simulator, tmp_path):
    simulator = start_simulator(trouble=False)  # late uploads let a month be read again
    tap = Collected(
        simulator, tmp_path, only=["sites", "batteries", "energy_readings", "energy_totals"],
        site_ids=[HOME, ROOF], start_date="2026-01-01T00:00:00Z", monthly_credits=0, calls_per_minute=0,
    )  # fmt: skip
    first = asked(tap.run())
    assert first == {"month": 16, "life": 2, "day": 1}  # ten closed months, and six of the younger site
    simulator.clock.set(datetime(2026, 12, 2, 12, 5, tzinfo=UTC))
    spent = Counter()
    for _ in range(70):
        assert tap.error is None
        spent += asked(tap.run())
        simulator.clock.advance(days=1)
    assert spent == {"month": 6, "life": 6}  # November, December, January of two sites; no day again


@pytest.mark.parametrize("version", ["v2", "v1"])
def test_what_was_dropped_costs_no_call(start_simulator, tmp_path, version):
    asked_for = []
    for without in ({}, DROPPED):
        simulator = start_simulator(v1=V1Rules(daily_calls=None))
        folder = tmp_path / str(len(asked_for))
        folder.mkdir()
        tap = Collected(
            simulator, folder, only=DEFAULT, api_version=version, site_ids=[HOME, ROOF], **OCTOBER,
            api_key=simulator.v1_key if version == "v1" else simulator.key, daily_calls_per_site=0,
            monthly_credits=0, calls_per_minute=0,
        )  # fmt: skip
        for entry in tap.catalog["streams"]:
            for column in without.get(entry["tap_stream_id"], ()):
                entry["metadata"].append(
                    {"breadcrumb": ["properties", column], "metadata": {"selected": False}}
                )
        for _ in range(3):
            tap.run()
            assert tap.error is None
            simulator.clock.advance(hours=25)
        asked_for.append(sorted(call.path for call in simulator.calls))
        row = tap.rows["energy_readings"][HOME, "2026-11-15", "DAY"]
        assert ("charged_wh" in row) is not bool(without)
    assert asked_for[0] == asked_for[1]


def test_a_service_that_refuses_totals_costs_them_alone(start_simulator, run_tap):
    simulator = start_simulator()
    simulator.fault("forbidden", "*/overview")
    said = run_tap(simulator, site_ids=[HOME], **OCTOBER)
    assert said.error is None
    assert said.partition("energy_totals", HOME)["status"] == "skipped"
    simulator.lift_faults()
    for kind in ("500", "truncated", "wrong_types", "html_200"):
        simulator.clock.advance(days=1)
        simulator.fault(kind, "*/overview")
        said = run_tap(simulator, said.state, site_ids=[HOME], **OCTOBER)
        simulator.lift_faults()
        assert said.code == 1
        assert said.partition("energy_totals", HOME)["status"] == "error"
        others = DEFAULT - {"energy_totals"}
        assert {name: said.partition(name, HOME)["status"] for name in others} == dict.fromkeys(
            others, "success"
        )
    simulator.clock.advance(days=1)
    said = run_tap(simulator, said.state, site_ids=[HOME], **OCTOBER)
    assert said.error is None
    assert [one["period"] for one in said.records["energy_totals"]] == ["2026-10"]


def test_totals_that_cannot_be_paid_for_wait(start_simulator, tmp_path):
    simulator = start_simulator()
    tap = Collected(
        simulator, tmp_path, site_ids=[HOME], start_date="2025-01-01T00:00:00Z", max_calls_per_run=40,
        monthly_credits=0, calls_per_minute=0,
    )  # fmt: skip
    months = 0
    for _ in range(14):
        calls = tap.run()
        assert tap.error is None
        months += asked(calls)["month"]
        assert len(calls) <= 40
        simulator.clock.advance(hours=24)
    assert months == 22


def test_months_before_the_first_data_are_not_asked_for(start_simulator, tmp_path):
    simulator = start_simulator()
    first = simulator.plants[HOME].first_day
    tap = Collected(
        simulator, tmp_path, only=["sites", "energy_totals"], site_ids=[HOME], monthly_credits=0,
        start_date=f"{first.year - 3}-01-01T00:00:00Z",
    )  # fmt: skip
    months = (2026 - first.year) * 12 + 11 - first.month  # from that of the first data to October
    assert asked(tap.run()) == {"life": 1, "month": months}
    simulator.clock.advance(days=1)
    assert asked(tap.run()) == {}


# What production means


@pytest.mark.parametrize("meaning", ["pv", "ac"])
@pytest.mark.parametrize("version", ["v2", "v1"])
def test_the_meaning_is_found_and_said_once(start_simulator, run_tap, caplog, version, meaning):
    simulator = start_simulator(production=meaning, v1=V1Rules(production=meaning, daily_calls=None))
    key = simulator.key if version == "v2" else simulator.v1_key
    settings = {"api_version": version, "api_key": key, "site_ids": [HOME], "daily_calls_per_site": 0}
    said = run_tap(simulator, **settings, **OCTOBER)
    day = next(row for row in said.records["energy_readings"] if row["reading_date"] == "2026-11-10")
    truth = made(simulator, HOME, "2026-11-10", "2026-11-11")
    assert day["energy_wh"] == (truth if version == "v2" else pytest.approx(truth.expected, abs=2))
    for _ in range(3):
        simulator.clock.advance(hours=13)
        said = run_tap(simulator, said.state, **settings, **OCTOBER)
        assert said.error is None
    assert len(lines(caplog, PANELS if meaning == "pv" else OUTPUT)) == 1
    assert lines(caplog, UNKNOWN) == []


@pytest.mark.parametrize("meaning", ["pv", "ac"])
@pytest.mark.parametrize("site", [TWO_BATTERIES, BATTERY_ALONE, SELLER])
def test_it_is_found_on_every_kind_of_site_with_a_battery(start_simulator, run_tap, caplog, site, meaning):
    simulator = start_simulator(sites="variety", production=meaning)
    said = run_tap(simulator, site_ids=[site], **OCTOBER)
    assert said.error is None
    assert len(lines(caplog, PANELS if meaning == "pv" else OUTPUT)) == 1
    for row in said.records["energy_readings"][-20:-1]:
        following = date.fromisoformat(row["reading_date"]) + timedelta(days=1)
        assert row["energy_wh"] == made(simulator, site, row["reading_date"], f"{following}")


def test_until_it_is_known_the_line_says_so_once_a_day(start_simulator, run_tap, caplog):
    simulator = start_simulator(production="ac")
    simulator.fault("500", "*/overview")
    said = run_tap(simulator, site_ids=[HOME])
    simulator.clock.advance(hours=1)
    said = run_tap(simulator, said.state, site_ids=[HOME])
    assert len(lines(caplog, UNKNOWN)) == 1
    assert said.records["power_readings"]
    simulator.lift_faults()
    simulator.clock.advance(days=8)
    before = len(simulator.calls)
    said = run_tap(simulator, said.state, site_ids=[HOME])
    assert len(lines(caplog, OUTPUT)) == 1
    assert asked(simulator.calls[before:])["day"] == 1
    again = {row["reading_date"]: row["energy_wh"] for row in said.records["energy_readings"]}
    assert again["2026-10-10"] == made(simulator, HOME, "2026-10-10", "2026-10-11")
    assert len(said.records["power_readings"]) > 672


def test_what_the_service_does_not_tell_is_asked_once_a_week(start_simulator, tmp_path):
    simulator = start_simulator()
    simulator.fault("forbidden", "*/overview")
    tap = Collected(simulator, tmp_path, site_ids=[HOME], only=DEFAULT - {"energy_totals"}, monthly_credits=0)
    days = []
    for _ in range(15):
        days.append(asked(tap.run())["day"])
        assert tap.error is None
        simulator.clock.advance(hours=24)
    assert days == [1, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0]


def test_a_site_of_which_nobody_tells_the_batteries_is_not_corrected(start_simulator, run_tap, caplog):
    simulator = start_simulator(production="pv")
    run_tap(simulator, site_ids=[ROOF])
    assert lines(caplog, UNKNOWN) == lines(caplog, PANELS) == []


def test_a_meaning_that_changes_is_found_by_a_months_total(start_simulator, run_tap, tmp_path, caplog):
    """SolarEdge changes what it means in September: the total of September does not fit, a day tells."""
    now = datetime(2026, 9, 1, 12, 5, tzinfo=UTC)
    state, ledger = None, {"ledger_path": str(tmp_path / "one.db"), "site_ids": [HOME]}
    for meaning, days in (("pv", 1), ("ac", 40)):
        with Simulator(now=now, calls_per_minute=None, monthly_credits=None, production=meaning) as simulator:
            for _ in range(days):
                said = run_tap(simulator, state, **ledger)
                assert said.error is None
                state = said.state
                simulator.clock.advance(days=1)
            now = simulator.clock.now()
    assert len(lines(caplog, PANELS)) == 1
    (found,) = [record for record in caplog.records if OUTPUT in record.getMessage()]
    assert found.levelname == "WARNING"
    assert said.partition("sites", HOME)["v2_production_means"] == "AC"


def test_a_day_tells_the_meaning_only_where_the_two_differ():
    filled = Day("2026-11-10", 10_000.0, charge=4000.0, discharge=500.0)
    assert meaning_of(filled, 10_000.0) is Meaning.PV
    assert meaning_of(filled, 13_500.0) is Meaning.AC
    assert meaning_of(filled, 11_750.0) is None
    assert meaning_of(filled, 40_000.0) is None
    assert meaning_of(filled._replace(discharge=3990.0), 10_000.0) is None


def test_the_days_of_a_month_fit_one_meaning():
    assert fits(Meaning.PV, [1000.0, None, 2000.0], 3000.5)
    assert not fits(Meaning.AC, [1000.0, None, 2000.0], 3000.5)
    assert fits(Meaning.AC, [1000.0, 1900.0], 3000.0)


# Energy by quarter hour


@pytest.mark.parametrize("version", ["v2", "v1"])
@pytest.mark.parametrize("meaning", ["pv", "ac"])
def test_the_energy_of_quarter_hours_sums_to_the_day(start_simulator, run_tap, version, meaning):
    simulator = start_simulator(production=meaning, v1=V1Rules(production=meaning, daily_calls=None))
    key = simulator.key if version == "v2" else simulator.v1_key
    settings = {"api_version": version, "api_key": key, "site_ids": [HOME], "daily_calls_per_site": 0}
    said = run_tap(simulator, quarter_hour_energy=True, **settings)
    assert said.error is None
    day = [r for r in said.records["power_readings"] if "2026-11-17T23" <= r["timestamp"] < "2026-11-18T23"]
    assert len(day) == 96
    truth = made(simulator, HOME, "2026-11-18", "2026-11-19").expected
    assert sum(row["energy_wh"] or 0.0 for row in day) == pytest.approx(
        truth, abs=0.1 if version == "v2" else 3
    )


def test_the_energy_of_quarter_hours_takes_a_call_a_window_where_it_is_set(simulator, run_tap, tmp_path):
    def energy_calls(**settings):
        simulator.calls.clear()
        said = run_tap(simulator, site_ids=[ROOF], power_lookback_days=28, **settings)
        assert said.error is None
        return [c for c in simulator.calls if c.endpoint.endswith("/energy")
                and c.query["resolution"] == ["QUARTER_HOUR"]], said  # fmt: skip

    none, said = energy_calls(ledger_path=str(tmp_path / "a.db"))
    assert none == []
    assert {row["energy_wh"] for row in said.records["power_readings"]} == {None}
    four, said = energy_calls(quarter_hour_energy=True, ledger_path=str(tmp_path / "b.db"))
    assert len(four) == 4
    assert max(row["energy_wh"] or 0 for row in said.records["power_readings"]) > 0


def test_a_quarter_hour_of_which_the_battery_tells_nothing_has_no_production():
    first, second = Instant("2026-11-20T11:00:00Z", 60), Instant("2026-11-20T11:15:00Z", 60)
    battery = BatterySeries(
        "B1",
        charge_power={first: 400.0, second: None}, discharge_power={first: 0.0, second: None},
        charge_energy={first: 100.0, second: None}, discharge_energy={first: 0.0, second: None},
    )  # fmt: skip
    answers = Answers()
    answers.put(POWER, {first: 1000.0, second: 1000.0})
    answers.put(QUARTER_ENERGY, {first: 250.0, second: 250.0})
    answers.put(STORAGE, [battery])
    take_batteries_out(answers)
    assert answers.get(POWER) == {first: 1400.0, second: None}
    assert answers.get(QUARTER_ENERGY) == {first: 350.0, second: None}
