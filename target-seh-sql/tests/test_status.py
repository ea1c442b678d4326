"""`target-seh-sql status`: late, failed or missing data are told, with exit code 1."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta

import pytest

from target_seh_sql.commands.status import Asked, show_streams

from .conftest import record, schema, state

NOW = datetime(2026, 11, 20, 12, 35, tzinfo=UTC)
NEWEST = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
"""Start of the newest quarter hour with a value."""
MADE = "the first run, or `target-seh-sql init-db`, makes it"
DAY = timedelta(days=1)
QUARTER = timedelta(minutes=15)


def utc(moment):
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"


def quarters(stream, site_id=1, count=8, newest=NEWEST, **values):
    """Return records of quarter hours up to the newest, oldest first."""
    times = [newest - QUARTER * back for back in reversed(range(count))]
    return [record(stream, site_id=site_id, timestamp=utc(at), **values) for at in times]


def states(*partitions):
    """Return one STATE of several (stream, site, values)."""
    found = {"bookmarks": {}}
    for stream, site_id, values in partitions:
        one = state(stream, site_id, **{"synced_at": utc(NOW - 10 * timedelta(minutes=1))} | values)
        entry = one["value"]["bookmarks"][stream]["partitions"]
        found["bookmarks"].setdefault(stream, {"partitions": []})["partitions"] += entry
    return {"type": "STATE", "value": found}


READ = {"replication_key_value": utc(NEWEST), "status": "success"}
SITE = (schema("sites"), record("sites", id=1, name="Dak"))
POWER = (*SITE, schema("power_readings"), *quarters("power_readings", power_watts=1.0))
GOOD = states(("sites", 1, {"status": "success"}), ("power_readings", 1, READ))


@pytest.fixture
def told(capsys):
    """Return a function that gives exit code and output of the command."""

    def run(database, now=NOW, **options):
        config = {"sqlalchemy_url": database.url, "table_prefix": ""}
        code = 0
        capsys.readouterr()
        try:
            show_streams(config, Asked(**{"problems": True} | options), now)
        except SystemExit as ended:
            code = ended.code
        lines = [line.rstrip() for line in capsys.readouterr().out.splitlines() if line.strip()]
        if options.get("form") != "json":  # what test_agreement.py is about
            assert lines.pop() == "Not compared with SolarEdge yet: energy_totals is empty."
        return code, lines

    return run


def test_what_is_complete_and_new_is_a_table_and_exit_code_0(database, told):
    database.load(*POWER, GOOD)
    code, lines = told(database, problems=False)
    assert (code, [re.split(" {2,}", line.strip()) for line in lines if "─" not in line]) == (
        0,
        [
            ["Nothing is late, failed or missing."],
            ["site", "stream", "rows, 35 days", "newest data", "age", "last run", "status", "gaps"],
            ["1 Dak", "sites", "1", "10 min ago", "success"],
            ["1 Dak", "power_readings", "8", "2026-11-20 12:00", "20 min", "10 min ago", "success"],
        ],
    )


def test_json_tells_the_same(database, told):
    database.load(*POWER, GOOD)
    database.execute("DELETE FROM power_readings WHERE timestamp = '2026-11-20 11:15:00'")
    code, lines = told(database, form="json")
    assert code == 1
    assert json.loads("".join(lines))[1] == {
        "site_id": 1,
        "site": "Dak",
        "stream": "power_readings",
        "rows": 7,
        "newest": "2026-11-20T12:00:00Z",
        "age_seconds": 1200,
        "last_run": "2026-11-20T12:25:00Z",
        "status": "success",
        "error": None,
        "gaps": [
            {
                "series": None,
                "begin": "2026-11-20T11:15:00Z",
                "end": "2026-11-20T11:30:00Z",
                "missing": 1,
            }
        ],
        "agreement": None,
        "problems": [{"kind": "missing", "text": "1 missing in 1 gap"}],
    }


def test_a_stream_that_no_run_reads_is_late(database, told):
    database.load(*POWER, GOOD)
    assert told(database, NOW + timedelta(hours=2, minutes=50))[0] == 0
    code, lines = told(database, NOW + timedelta(hours=3))
    assert code == 1
    assert lines == [
        "2 late: 1 of 1 site",
        "late     1 Dak: sites, power_readings: not read for 3 h",
    ]
    assert told(database, NOW + timedelta(hours=3), max_age=4)[0] == 0


def test_a_site_without_values_is_late_after_a_day(database, told):
    """At night, and where nothing answers, the rows are there and NULL."""
    silent = utc(NEWEST - DAY - timedelta(hours=3))
    database.load(
        *SITE,
        schema("power_readings"),
        *quarters("power_readings", count=200, power_watts=None),
        states(("sites", 1, {}), ("power_readings", 1, READ | {"replication_key_value": silent})),
    )
    code, lines = told(database)
    assert (code, lines[-1]) == (1, "late     1 Dak: power_readings: no value for 27 h")
    assert told(database, NOW - timedelta(minutes=30))[0] == 0


def test_a_failed_run_is_told_with_its_reason_and_a_skipped_stream_is_no_failure(database, told):
    failed = READ | {"status": "error", "error_message": "503 from the service"}
    database.load(*POWER, states(("sites", 1, {}), ("power_readings", 1, failed)))
    code, lines = told(database)
    assert (code, lines[-1]) == (
        1,
        "failed   1 Dak: power_readings: the last run failed: 503 from the service",
    )
    database.load(states(("power_readings", 1, READ | {"status": "skipped", "error_message": "403"})))
    assert told(database)[0] == 0


@pytest.mark.parametrize("word", ["failed", "Error", "partial"])
def test_a_run_that_ended_with_any_other_word_has_failed(database, told, word):
    database.load(*POWER, states(("sites", 1, {}), ("power_readings", 1, READ | {"status": word})))
    code, lines = told(database)
    assert (code, lines[-1]) == (
        1,
        "failed   1 Dak: power_readings: the last run failed: no reason is recorded",
    )


@pytest.mark.parametrize("word", ["Success", "SKIPPED", "", None])
def test_capitals_and_no_word_make_no_failure(database, told, word):
    database.load(*POWER, states(("sites", 1, {}), ("power_readings", 1, READ | {"status": word})))
    assert told(database)[0] == 0


def test_a_site_that_no_run_reads_is_told_where_other_sites_are_read(database, told):
    read = states(("sites", 1, {}), ("sites", 2, {}), ("power_readings", 1, READ))
    database.load(*POWER, record("sites", id=2, name="Schuur"), read)
    assert told(database)[0] == 0  # the site is new: its first run goes on
    database.make_old("sites")
    late = "late     2 Schuur: power_readings: no run is recorded"
    assert told(database) == (1, ["1 late: 1 of 2 sites", late])
    assert told(database, site_ids=(2,)) == (1, ["1 late: 1 of 1 site", late])


def test_old_rows_without_a_run_are_told_also_when_only_the_last_weeks_are_looked_at(database, told):
    power = quarters("power_readings", newest=NEWEST - 60 * DAY, power_watts=1.0)
    database.load(*SITE, schema("power_readings"), *power, states(("sites", 1, {})))
    database.make_old("sites")
    late = ["1 late: 1 of 1 site", "late     1 Dak: power_readings: no run is recorded"]
    assert told(database) == told(database, all_rows=True) == (1, late)


def test_data_without_a_run_are_told(database, told):
    database.load(*POWER)
    assert told(database)[0] == 0  # the site is new: its first run goes on
    database.make_old("sites")
    code, lines = told(database)
    assert code == 1
    assert lines == ["2 late: 1 of 1 site", "late     1 Dak: sites, power_readings: no run is recorded"]


def test_rows_that_were_cut_out_are_gaps(database, told):
    database.load(*POWER, GOOD)
    database.execute(
        "DELETE FROM power_readings WHERE timestamp IN "
        "('2026-11-20 10:30:00', '2026-11-20 11:00:00', '2026-11-20 11:15:00')"
    )
    code, lines = told(database, gaps=True)
    assert code == 1
    assert lines[-3:] == [
        "missing  1 Dak: power_readings: 3 missing in 2 gaps",
        "1 power_readings: 2026-11-20 10:30 to 2026-11-20 10:45, 1 missing",
        "1 power_readings: 2026-11-20 11:00 to 2026-11-20 11:30, 2 missing",
    ]


def test_what_is_before_the_first_row_is_no_gap(database, told):
    database.load(*POWER, GOOD)
    database.execute("DELETE FROM power_readings WHERE timestamp = '2026-11-20 10:15:00'")
    assert told(database)[0] == 0


def test_rows_that_a_restored_backup_has_not_are_missing_though_they_were_read(database, told):
    database.load(
        *POWER,
        schema("energy_readings"),
        *(
            record("energy_readings", site_id=1, reading_date=f"2026-11-{day}", time_unit="DAY")
            for day in (18, 19)
        ),
        schema("meter_readings"),
        *quarters("meter_readings", power=1.0, meter_name="Grid"),
        states(
            ("sites", 1, {}),
            *((stream, 1, READ) for stream in ("power_readings", "meter_readings")),
            ("energy_readings", 1, READ | {"replication_key_value": "2026-11-19"}),
        ),
    )
    assert told(database)[0] == 0
    database.execute(
        "DELETE FROM power_readings WHERE timestamp = '2026-11-20 12:00:00'",
        "DELETE FROM meter_readings WHERE timestamp = '2026-11-20 12:00:00'",
        "DELETE FROM energy_readings WHERE reading_date = '2026-11-19'",
    )
    why = (
        "but no row of it is there: the bookmarks are of another database or newer than this backup of it "
        "(--full-refresh reads anew), or a stream map leaves it out"
    )
    assert told(database) == (
        1,
        [
            "3 missing: 1 of 1 site",
            f"missing  1 Dak: energy_readings: read to 2026-11-19, {why}",
            f"missing  1 Dak: power_readings, meter_readings: read to 2026-11-20, {why}",
        ],
    )


def test_flows_of_a_moment_neither_make_gaps_nor_hide_them(database, told):
    live = {"site_id": 1, "resolution": "SNAPSHOT", "pv_power": 1.0}
    database.load(
        *SITE,
        schema("power_flows"),
        *quarters("power_flows", resolution="QUARTER_HOUR", pv_power=1.0),
        record("power_flows", timestamp="2026-11-20T09:00:00Z", **live),
        record("power_flows", timestamp="2026-11-20T11:07:31Z", **live),
        states(("sites", 1, {}), ("power_flows", 1, READ)),
    )
    assert told(database)[0] == 0
    database.execute("DELETE FROM power_flows WHERE timestamp = '2026-11-20 11:00:00'")
    code, lines = told(database)
    assert (code, lines[-1]) == (1, "missing  1 Dak: power_flows: 1 missing in 1 gap")


def test_only_the_last_weeks_are_looked_at_unless_all_are_asked_for(database, told):
    """A gap over the beginning of the weeks begins there; one before them is found with all rows only."""
    long_ago, border = NEWEST - 90 * DAY, datetime(2026, 10, 16, tzinfo=UTC)
    database.load(
        *SITE,
        schema("power_readings"),
        *quarters("power_readings", newest=long_ago, power_watts=1.0),
        *quarters("power_readings", newest=border - QUARTER, power_watts=1.0),
        *quarters("power_readings", count=4, newest=border + 5 * QUARTER, power_watts=1.0),
        states(("sites", 1, {}), ("power_readings", 1, {"status": "success"})),
    )
    assert told(database, gaps=True) == (
        1,
        [
            "1 missing: 1 of 1 site",
            "missing  1 Dak: power_readings: 2 missing in 1 gap",
            "1 power_readings: 2026-10-16 00:00 to 2026-10-16 00:30, 2 missing",
        ],
    )
    _, lines = told(database, gaps=True, all_rows=True)
    assert lines[1:] == [
        "missing  1 Dak: power_readings: 5,225 missing in 2 gaps",
        "1 power_readings: 2026-08-22 12:15 to 2026-10-15 22:00, 5,223 missing",
        "1 power_readings: 2026-10-16 00:00 to 2026-10-16 00:30, 2 missing",
    ]


def test_the_first_quarter_hour_of_the_weeks_belongs_to_them(database, told):
    border = datetime(2026, 10, 16, tzinfo=UTC)
    read = ("power_readings", 1, {"status": "success"})
    database.load(
        *SITE,
        schema("power_readings"),
        *quarters("power_readings", newest=border + QUARTER, power_watts=1.0),
        states(("sites", 1, {}), read),
    )
    assert told(database) == (0, ["Nothing is late, failed or missing."])
    assert told(database, problems=False)[1][-1].split()[:4] == ["1", "Dak", "power_readings", "2"]


def test_days_of_energy_that_are_missing_at_the_beginning_of_the_weeks_are_found(database, told):
    days = ["2026-10-14", "2026-10-15", "2026-10-18", "2026-10-19"]
    database.load(
        *SITE,
        schema("energy_readings"),
        *(record("energy_readings", site_id=1, reading_date=day, time_unit="DAY") for day in days),
        states(("sites", 1, {}), ("energy_readings", 1, {"status": "success"})),
    )
    assert told(database, gaps=True)[1][-1] == "1 energy_readings (DAY): 2026-10-16 to 2026-10-18, 2 missing"


def test_a_fleet_is_counted_by_stream(database, told):
    sites = range(1, 8)
    database.load(
        schema("sites"), *(record("sites", id=number, name=f"Dak {number}") for number in sites),
        schema("power_readings"),
        *(each for number in sites for each in quarters("power_readings", number, power_watts=1.0)),
        states(
            *(("sites", number, {}) for number in sites),
            *(("power_readings", number, READ) for number in sites),
        ),
    )  # fmt: skip
    database.execute("DELETE FROM power_readings WHERE site_id = 7 AND timestamp = '2026-11-20 11:00:00'")
    code, lines = told(database, problems=False)
    assert (code, [line.split() for line in lines if "─" not in line]) == (
        1,
        [
            ["1", "missing:", "1", "of", "7", "sites"],
            ["missing", "7", "Dak", "7:", "power_readings:", "1", "missing", "in", "1", "gap"],
            [
                "stream",
                "sites",
                "rows,",
                "35",
                "days",
                "oldest",
                "newest",
                "data",
                "age",
                "late",
                "failed",
                "missing",
                "differs",
            ],
            ["sites", "7", "7"],
            ["power_readings", "7", "55", "2026-11-20", "12:00", "20", "min", "1"],
        ],
    )


def test_each_meter_has_its_own_time(database, told):
    """A meter that was replaced ends; the new one begins later."""
    old = quarters("meter_readings", count=4, newest=NEWEST - DAY, meter_name="Old", power=1.0)
    new = quarters("meter_readings", count=4, meter_name="New", power=1.0)
    database.load(
        *SITE, schema("meter_readings"), *old, *new, states(("sites", 1, {}), ("meters", 1, {}),
        ("meter_readings", 1, READ)),
    )  # fmt: skip
    assert told(database)[0] == 0
    database.execute("DELETE FROM meter_readings WHERE timestamp = '2026-11-19 11:30:00'")
    code, lines = told(database, gaps=True)
    assert code == 1
    assert lines[-2:] == [
        "missing  1 Dak: meter_readings: 1 missing in 1 gap",
        "1 meter_readings (Old): 2026-11-19 11:30 to 2026-11-19 11:45, 1 missing",
    ]


@pytest.mark.parametrize(
    ("unit", "dates", "gap"),
    [
        ("DAY", ["2026-11-15", "2026-11-16", "2026-11-19"], "2026-11-17 to 2026-11-19, 2 missing"),
        ("WEEK", ["2026-10-26", "2026-11-02", "2026-11-16"], "2026-11-09 to 2026-11-16, 1 missing"),
        ("MONTH", ["2026-01-01", "2026-02-01", "2026-11-01"], "2026-03-01 to 2026-11-01, 8 missing"),
        ("YEAR", ["2023-01-01", "2024-01-01", "2026-01-01"], "2025-01-01 to 2026-01-01, 1 missing"),
    ],
)
def test_a_missing_day_week_month_or_year_is_a_gap(database, told, unit, dates, gap):
    energy = [record("energy_readings", site_id=1, reading_date=day, time_unit=unit) for day in dates]
    database.load(
        *SITE,
        schema("energy_readings"),
        *energy,
        states(("sites", 1, {}), ("energy_readings", 1, READ | {"replication_key_value": dates[-1]})),
    )
    code, lines = told(database, gaps=True, all_rows=True)
    assert code == 1
    assert lines[-1] == f"1 energy_readings ({unit}): {gap}"


@pytest.mark.parametrize(
    ("batteries", "expected"),
    [
        ([{"site_id": 1, "active": True}], 1),
        ([{"site_id": 1, "active": None}], 1),
        ([{"site_id": 1, "active": False}], 0),
        ([{"site_id": 2, "active": True}], 0),
        ([{"site_id": 1, "active": False}, {"site_id": 1, "active": True}], 1),
        ([], 1),
    ],
)
def test_no_value_is_waited_for_of_a_battery_that_went_away(database, told, batteries, expected):
    newest = utc(NEWEST - 3 * DAY)
    read = READ | {"replication_key_value": newest}
    database.load(
        *SITE, record("sites", id=2, name="Schuur"), schema("batteries"),
        *(record("batteries", serial_number=f"B{n}", **found) for n, found in enumerate(batteries)),
        schema("battery_readings"),
        record("battery_readings", site_id=1, serial_number="B0", timestamp=newest, state_of_charge=9.0),
        states(("battery_readings", 1, read), ("battery_readings", 2, READ)),
    )  # fmt: skip
    _, lines = told(database, site_ids=(1,))
    assert len([line for line in lines if "no value for 3 days" in line]) == expected


def test_no_value_is_waited_for_of_meters_that_were_removed(database, told):
    newest = utc(NEWEST - 3 * DAY)
    meter = {"site_id": 1, "name": "Export Meter", "serial_number": "M1", "meter_type": "FeedIn"}
    messages = (
        *SITE, schema("meters"), record("meters", active=True, **meter), schema("meter_readings"),
        record("meter_readings", site_id=1, meter_name="Export Meter", timestamp=newest, power=1.0),
        states(("meter_readings", 1, READ | {"replication_key_value": newest})),
    )  # fmt: skip
    database.load(*messages)
    assert any("no value for 3 days" in line for line in told(database)[1])
    database.load(schema("meters"), record("meters", active=False, **meter))
    assert not any("no value for" in line for line in told(database)[1])


@pytest.mark.parametrize(
    ("unit", "day", "ends"),
    [
        ("DAY", "2026-11-18", datetime(2026, 11, 18, 22, tzinfo=UTC)),
        ("MONTH", "2026-09-01", datetime(2026, 9, 30, 22, tzinfo=UTC)),
    ],
)
def test_a_period_may_be_missed_until_the_next_one_is_over_for_a_day(database, told, unit, day, ends):
    """The site's clock is two hours before UTC."""
    length = timedelta(days={"DAY": 1, "MONTH": 31}[unit])
    reading = {"site_id": 1, "reading_date": day, "time_unit": unit, "utc_offset_minutes": 120}
    last = ends + length + DAY + timedelta(hours=3)
    read = {"replication_key_value": day, "status": "success", "synced_at": utc(last)}
    database.load(
        *SITE,
        schema("energy_readings"),
        record("energy_readings", energy_wh=1.0, **reading),
        states(("sites", 1, {"synced_at": utc(last)}), ("energy_readings", 1, read)),
    )
    assert told(database, last)[0] == 0
    code, lines = told(database, last + timedelta(minutes=1))
    assert code == 1
    assert lines[-1].startswith("late     1 Dak: energy_readings: no value for ")


def test_one_site_can_be_asked_for(database, told, command):
    other = [schema("sites"), record("sites", id=2, name="Schuur"), schema("power_readings")]
    database.load(*POWER, *other, *quarters("power_readings", 2, power_watts=1.0), GOOD)
    database.make_old("sites")
    assert told(database, site_ids=(1,))[0] == 0
    assert told(database, site_ids=(2,))[0] == 1
    assert command(database, "status", "--max-age=1e6", "--site-id=1")[0] == 0
    assert command(database, "status", "--site-id=3") == (1, "", "no such site is in the database: 3")


def test_without_tables_and_without_data_there_is_nothing_to_tell(database, command):
    if not database.url.startswith("sqlite"):
        code, _, said = command(database, "status")
        assert (code, said) == (1, "there are no tables yet: run the pipeline, or `target-seh-sql init-db`")
    assert command(database, "init-db")[0] == 0
    assert command(database, "status") == (1, "", "the tables are empty: run the pipeline first")


def test_a_file_that_is_not_there_is_not_made(tmp_path, command):
    class Nothing:
        url = f"sqlite:///{tmp_path}/seh.db"

    code, _, said = command(Nothing, "status")
    assert code == 1
    assert said.startswith(f"there is no file {tmp_path}/seh.db")
    assert command(Nothing, "check")[:2] == (
        0,
        f"ok     the file {tmp_path}/seh.db is not there yet: {MADE}\n",
    )
    assert not (tmp_path / "seh.db").exists()


def test_gaps_of_batteries_are_told_by_serial_number(database, told):
    both = [
        record("battery_readings", **message["record"], serial_number=serial)
        for serial in ("B1", "B2")
        for message in quarters("battery_readings", charge_power=1.0)
    ]
    del both[3:5]  # of B1
    read = ("battery_readings", 1, READ)
    database.load(*SITE, schema("battery_readings"), *both, states(read))
    code, lines = told(database, gaps=True)
    assert code == 1
    assert lines[-2:] == [
        "missing  1 Dak: battery_readings: 2 missing in 1 gap",
        "1 battery_readings (B1): 2026-11-20 11:00 to 2026-11-20 11:30, 2 missing",
    ]


def test_the_tables_tell_rows_and_newest_data(database, command):
    database.load(
        schema("sites"), record("sites", id=1, name="Dak", last_update_time="2026-11-20T12:00:00Z"),
        schema("energy_readings"),
        record("energy_readings", site_id=1, reading_date="2026-11-19", time_unit="DAY"),
        schema("meter_readings"),
        record("meter_readings", site_id=1, meter_name="Feed-in", timestamp="2026-11-20T11:45:00Z"),
        state("energy_readings", 1, replication_key_value="2026-11-19"),
    )  # fmt: skip
    changed = str(database.rows("meters", "updated_at")[0][0])
    code, out, said = command(database, "status", "--tables")
    assert (code, said) == (0, "")
    assert out.splitlines() == [
        "table            rows  newest data",
        "---------------  ----  -------------------",
        "sites               1  2026-11-20 12:00:00",
        "equipment           0",
        "batteries           0",
        f"meters              1  {changed}",
        "energy_readings     1  2026-11-19",
        "power_readings      0",
        "power_flows         0",
        "meter_readings      1  2026-11-20 11:45:00",
        "sync_metadata       1  2026-11-19 00:00:00",
    ]


def test_the_tables_tell_what_was_added_and_changed_since(database, command):
    database.load(*POWER, GOOD, table_prefix="pv_")
    database.execute(
        "UPDATE pv_power_readings SET created_at = '2020-01-01 00:00:00', updated_at = '2020-01-01 00:00:00'",
        "UPDATE pv_power_readings SET updated_at = '2026-02-01 00:00:00' "
        "WHERE timestamp = '2026-11-20 12:00:00'",
    )
    database.load(*SITE, schema("power_readings"), *quarters("power_readings", count=9), table_prefix="pv_")
    since = ("status", "--tables", "--since", "2026-01-01T00:00:00+00:00")
    code, out, _ = command(database, *since, table_prefix="pv_")
    assert code == 0
    assert [line.split() for line in out.splitlines() if "power_readings" in line or "table" in line] == [
        ["table", "rows", "newest", "data", "added", "changed"],
        ["pv_power_readings", "9", "2026-11-20", "12:00:00", "1", "1"],
    ]
    later = (*since[:-1], "2099-01-01T00:00:00+00:00")
    _, out, _ = command(database, *later, table_prefix="pv_")
    assert out.splitlines()[-1] == "No row was added: everything was there already."


@pytest.mark.parametrize(
    "options", [("--since=2026-01-01",), ("--tables", "--gaps"), ("--tables", "--format=json")]
)
def test_options_that_say_nothing_together_are_refused(command, options, tmp_path):
    class Unused:
        url = f"sqlite:///{tmp_path / 'unused.db'}"

    assert command(Unused, "status", *options)[0] == 2
