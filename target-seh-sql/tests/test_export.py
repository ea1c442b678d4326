"""`target-seh-sql export`: each format of each table and view, read back, holds what the database holds."""

from __future__ import annotations

import csv
import io
import json
import sys
import zipfile
from datetime import date, datetime, timedelta
from xml.etree import ElementTree as ET

import pytest
from pyarrow import parquet

from target_seh_sql.tables.streams import NINE
from target_seh_sql.tables.views import views

from .conftest import record, schema, state
from .test_status import NEWEST, quarters

NAMES = [
    *(stream.name for stream in NINE),
    "battery_readings",
    "energy_totals",
    *(view.name for view in views()),
]
NAMES = [name for name in NAMES if not name.startswith("inverter")]  # no inverter here has readings
CELL = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
LOADED = (
    schema("sites"),
    record("sites", id=1, name='Dak "Zuid", 太陽', timezone="Europe/Amsterdam"),
    record("sites", id=2, name="Schuur", timezone=None),
    schema("equipment"),
    record("equipment", serial_number="I1", site_id=1, name="Inverter", active=True),
    schema("batteries"),
    record("batteries", serial_number="B1", site_id=1, capacity=9700.0, active=False),
    schema("energy_readings"),
    *(
        record(
            "energy_readings",
            site_id=1,
            reading_date=day,
            time_unit="DAY",
            energy_wh=1234.5,
            purchased_wh=None,
        )
        for day in ("2026-11-17", "2026-11-19")
    ),
    schema("power_readings"),
    *quarters("power_readings", count=70, utc_offset_minutes=60, power_watts=0.1),
    *quarters("power_readings", 2, power_watts=None),
    schema("power_flows"),
    *quarters(
        "power_flows", utc_offset_minutes=60, pv_power=12.5, storage_critical=False, resolution="QUARTER_HOUR"
    ),
    schema("meter_readings"),
    *quarters("meter_readings", meter_name="Feed-in", utc_offset_minutes=60, power=7.0, energy_wh=1.75),
    schema("battery_readings"),
    *quarters("battery_readings", serial_number="B1", charge_energy_wh=3.0, discharge_energy_wh=2.0),
    schema("energy_totals"),
    *(
        record(
            "energy_totals",
            site_id=1,
            period=period,
            first_day=first,
            last_day="2026-11-30",
            production_wh=3e3,
        )
        for period, first in (("2026-11", "2026-11-01"), ("TOTAL", None))
    ),
    state("power_readings", 1, replication_key_value="2026-11-20T12:00:00Z", status="success"),
)


@pytest.fixture
def exported(database, command, tmp_path):
    """Return a function that exports to a file and gives its rows as dictionaries of plain values."""

    def run(name, form, *options):
        path = tmp_path / f"{name}.{form}"
        code, said, errors = command(database, "export", name, f"--output={path}", *options)
        assert (code, errors) == (0, "")
        rows = READERS[form](path)
        many = "1 row" if len(rows) == 1 else f"{len(rows):,} rows"
        assert said == f"Wrote {path}: {many} of {name}.\n"
        return rows

    return run


def of_csv(path):
    return list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8"))))


def of_jsonl(path):
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def of_parquet(path):
    return parquet.read_table(path).to_pylist()


def of_xlsx(path):
    """Return the rows of the first sheet as Excel holds them: texts, and numbers, days since 1899-12-30."""
    with zipfile.ZipFile(path) as book:
        sheet = ET.fromstring(book.read("xl/worksheets/sheet1.xml"))  # noqa: S314 -- our own
    rows = []
    for row in sheet.iter(f"{CELL}row"):
        values = {}
        for cell in row:
            column = "".join(filter(str.isalpha, cell.get("r")))
            values[column] = "".join(cell.itertext())
        rows.append(values)
    titles, *below = rows
    return [{title: row.get(column, "") for column, title in titles.items()} for row in below]


READERS = {"csv": of_csv, "jsonl": of_jsonl, "parquet": of_parquet, "xlsx": of_xlsx}


def in_csv(value):
    if value is None:
        return ""
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M:%S}"
    return str(value).lower() if isinstance(value, bool) else str(value)


def in_jsonl(value):
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%dT%H:%M:%S}" + ("Z" if value.tzinfo else "")
    return value.isoformat() if isinstance(value, date) else value


def in_xlsx(value):
    if isinstance(value, date):
        days = (datetime(value.year, value.month, value.day) - datetime(1899, 12, 30)).days  # noqa: DTZ001
        seconds = (value.hour * 60 + value.minute) * 60 + value.second if isinstance(value, datetime) else 0
        return f"{days + seconds / 86400:.9g}"
    if isinstance(value, bool):
        return str(int(value))
    return "" if value is None else str(value)


def rounded(text):
    """Return a number as Excel shows it."""
    try:
        return f"{float(text):.9g}"
    except ValueError:
        return text


@pytest.mark.parametrize("name", NAMES)
def test_each_format_holds_the_same_rows_as_the_database(database, exported, name):
    database.load(*LOADED)
    rows = exported(name, "parquet")
    assert len(rows) == database.execute(f"SELECT count(*) FROM {name}")[0][0]  # noqa: S608
    assert exported(name, "csv") == [{key: in_csv(value) for key, value in row.items()} for row in rows]
    assert exported(name, "jsonl") == [{key: in_jsonl(value) for key, value in row.items()} for row in rows]
    found = [{key: rounded(text) for key, text in row.items()} for row in exported(name, "xlsx")]
    assert found == [{key: rounded(in_xlsx(value)) for key, value in row.items()} for row in rows]


def test_excel_keeps_all_digits_of_a_long_number(database, exported):
    database.load(*LOADED, schema("alerts"), record("alerts", site_id=1, alert_id=9007199254740993))
    assert "9007199254740993" in [row["alert_id"] for row in exported("alerts", "xlsx")]


def test_the_rows_are_whole_and_in_order(database, exported):
    database.load(*LOADED)
    rows = exported("power_readings", "jsonl")
    first = NEWEST - 69 * timedelta(minutes=15)
    wanted = [(1, f"{first + i * timedelta(minutes=15):%Y-%m-%dT%H:%M:%SZ}", 60, 0.1) for i in range(70)]
    columns = ("site_id", "timestamp", "utc_offset_minutes", "power_watts")
    assert [tuple(row[key] for key in columns) for row in rows[:70]] == wanted
    assert [row["power_watts"] for row in rows[70:]] == [None] * 8


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_sites_and_days_are_chosen_by_the_clock_that_is_asked_for(database, exported):
    database.load(*LOADED)
    assert len(exported("power_readings", "csv", "--site-id=2")) == 8
    assert len(exported("meter_readings", "csv", "--site-id=2")) == 0
    utc = exported("power_readings", "csv", "--site-id=1", "--to=2026-11-19")
    assert (utc[0]["timestamp"], utc[-1]["timestamp"]) == ("2026-11-19 18:45:00", "2026-11-19 23:45:00")
    local = exported("power_readings", "csv", "--site-id=1", "--from=2026-11-20", "--local")
    assert (local[0]["timestamp"], local[-1]["timestamp"]) == ("2026-11-20 00:00:00", "2026-11-20 13:00:00")
    (moment, *_) = exported("power_readings", "jsonl", "--site-id=1", "--from=2026-11-20", "--local")
    assert moment["timestamp"] == "2026-11-20T00:00:00+01:00"
    days = exported("energy_by_day", "parquet", "--from=2026-11-18", "--to=2026-11-19")
    assert [row["day"] for row in days] == [date(2026, 11, 19)]


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("zone", "time"),
    [
        ("Europe/Amsterdam", "14:00"), ("GMT-05:00", "08:00"), ("UTC+05:45", "18:45"),
        ("Nowhere/Land", "13:00"), (None, "13:00"), ("Europe", "13:00"),
    ],
)  # fmt: skip
def test_a_clock_that_nobody_knows_is_told(database, command, caplog, zone, time):
    about = {"name": "Dak", "timezone": zone, "last_update_time": "2026-11-20T13:00:00Z"}
    database.load(schema("sites"), *(record("sites", id=number, **about) for number in (1, 2)))
    _, said, _ = command(database, "export", "sites", "--site-id=1", "--local")
    assert f",2026-11-20 {time}:00," in said
    warnings = [entry.getMessage() for entry in caplog.records if entry.levelname == "WARNING"]
    expected = "site 1: no time zone is known; times without their own offset are in UTC"
    assert warnings == ([expected] if time == "13:00" else [])


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_standard_output_takes_what_goes_into_a_pipe(database, command):
    database.load(*LOADED)
    code, said, errors = command(database, "export", "energy_by_day", "--site-id=1", "--from=2026-11-19")
    assert (code, errors) == (0, "")
    assert said.splitlines()[0].startswith("site_id,site_name,day,production_wh,")
    assert said.splitlines()[1].startswith('1,"Dak ""Zuid"", 太陽",2026-11-19,1234.5,')


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (["nothing"], "there is no table or view 'nothing' in the database; there are sites, equipment, "),
        (["sites", "--from=2026-01-01"], "sites has no dates to choose by: leave out --from and --to"),
        (["sites", "--site-id=7"], "no such site is in the database: 7"),
    ],
)
def test_what_cannot_be_exported_is_one_line(database, command, asked, said):
    database.load(*LOADED)
    code, out, errors = command(database, "export", *asked)
    assert (code, out) == (1, "")
    assert errors.startswith(said)


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_last_day_before_the_first_is_refused(database, command):
    database.load(*LOADED)
    days = ("--from=2026-11-20", "--to=2026-11-19")
    code, out, errors = command(database, "export", "power_readings", *days)
    assert (code, out) == (2, "")
    assert "--to is before --from" in errors


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("package", "said"),
    [
        ("xlsxwriter", (1, "", "Excel files need XlsxWriter: pip install 'target-seh-sql[excel]'")),
        ("pyarrow", (1, "", "Parquet files need PyArrow: pip install 'target-seh-sql[parquet]'")),
    ],
)
def test_a_format_whose_package_is_missing_says_how_to_get_it(database, command, monkeypatch, package, said):
    monkeypatch.setitem(sys.modules, package, None)
    database.load(*LOADED)
    form = {"xlsxwriter": "xlsx", "pyarrow": "parquet"}[package]
    assert command(database, "export", "sites", f"--format={form}") == said


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_an_ending_that_is_no_format_is_refused(database, command, tmp_path):
    database.load(*LOADED)
    code, out, errors = command(database, "export", "sites", f"--output={tmp_path / 'sites.ods'}")
    assert (code, out) == (2, "")
    assert "--format is needed: " in errors
    assert "sites.ods ends in none of csv, jsonl, xlsx, parquet" in errors


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
@pytest.mark.parametrize(("days", "count"), [((), 1), (("--from=0001-01-01",), 0), (("--to=9999-12-31",), 0)])
def test_a_row_without_a_time_is_in_no_span_of_days(database, command, days, count):
    database.load(schema("sites"), record("sites", id=1, name="Dak"), state("sites", 1))
    code, said, errors = command(database, "export", "sync_metadata", *days)
    assert (code, errors) == (0, "")
    assert len(said.splitlines()) == 1 + count
