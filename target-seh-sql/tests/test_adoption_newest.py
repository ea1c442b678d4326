"""The newest layout: its further tables become ours, its views and everybody's foreign keys read ours."""

from __future__ import annotations

import json
from datetime import date, datetime
from pathlib import Path

import old_harvest
import pytest
from sqlalchemy import inspect, make_url

from target_seh_sql.adoption import takeover
from target_seh_sql.adoption.takeover import Wanted
from target_seh_sql.errors import SchemaMismatch

from .conftest import Database, record, schema


def at(text):
    return datetime.fromisoformat(text)


def details(site_id, text, made, used, grid):
    fed_in, purchased = max(grid, 0.0), max(-grid, 0.0)
    return {
        "site_id": site_id, "timestamp": at(text), "production_w": made, "consumption_w": used,
        "self_consumption_w": made - fed_in, "feed_in_w": fed_in, "purchased_w": purchased,
        "created_at": at("2026-02-01T12:00:00"), "updated_at": at("2026-02-01T12:00:00"),
    }  # fmt: skip


PLAIN, WITH_BATTERY = 1, 2
ROWS = {
    "sites": [
        {
            "id": site_id,
            "name": f"Dak {site_id}",
            "timezone": "America/New_York",
            "installation_date": at("2019-05-02T00:00:00"),
            "last_update_time": at("2026-01-15T04:00:00"),
        }
        for site_id in (PLAIN, WITH_BATTERY)
    ],
    "batteries": [{"site_id": WITH_BATTERY, "serial_number": "B-1"}],
    "equipment": [{"site_id": PLAIN, "serial_number": "7E1", "equipment_type": "Inverter"}],
    "energy_readings": [
        {"site_id": PLAIN, "reading_date": date(2026, 1, 14), "time_unit": "DAY", "energy_wh": 1500.0,
         "updated_at": at("2026-02-01T12:00:00")},
    ],
    "power_flows": [
        {
            "id": 9,
            "site_id": PLAIN,
            "timestamp": at(text),
            "unit": "kW",
            "grid_power": 0.5,
            "pv_power": 1.5,
            "load_power": 1.0,
        }
        for text in ("2026-01-15T12:15:00.654321",)
    ],
    "power_details": [
        details(PLAIN, "2026-01-15T06:00:00", 0.0, 300.0, -300.0),
        details(PLAIN, "2026-01-15T06:15:00", 800.0, 300.0, 500.0),
        details(PLAIN, "2026-01-15T12:15:00", 900.0, 300.0, 600.0),  # where a snapshot is
        details(WITH_BATTERY, "2026-01-15T06:15:00", 100.0, 50.0, 50.0),
    ],
    "alerts": [
        {"id": 3, "site_id": PLAIN, "alert_id": 77, "severity": "HIGH", "alert_type": "GRID",
         "alert_code": 18, "name": "Inverter 1", "serial_number": "7E1",
         "alert_timestamp": at("2026-01-15T04:00:00")},
    ],
    "environmental_benefits": [
        {"site_id": PLAIN, "co2_saved": 100.0, "co2_units": "LB", "trees_planted": 3.0},
    ],
    "inventory": [{"site_id": PLAIN, "name": "Inverter 1", "serial_number": "7E1"}],
    "inverter_telemetry": [
        {
            "site_id": PLAIN,
            "serial_number": "7E1",
            "timestamp": at(f"2026-01-15T12:{minute:02}:30"),
            "total_active_power": power,
            "total_energy": counted,
            "ac_voltage": 230.0,
            "inverter_mode": "MPPT",
        }
        for minute, power, counted in [
            (0, 400.0, 1000.0), (5, 400.0, 1040.0), (10, 400.0, 1070.0), (15, 460.0, 1100.0),
            (20, 460.0, 1150.0), (25, 460.0, 1184.0), (30, 460.0, 1200.0),
        ]
    ],
    "sync_metadata": [
        {
            "site_id": PLAIN,
            "data_type": data_type,
            "last_sync_time": at("2026-01-15T09:00:00"),
            "status": "success",
        }
        for data_type in (
            "site", "power_details", "environmental", "alert", "inventory", "inverter_telemetry",
            "optimizer_telemetry",
        )
    ],
}  # fmt: skip
VIEWS = [f"v_seh_{name}" for name in old_harvest.VIEWS]


def kind_of(database: Database) -> str:
    return make_url(database.url).get_backend_name()


@pytest.fixture
def old(database):
    """The newest layout; on PostgreSQL the server's zone is not the site's, nor the machine's."""
    if kind_of(database) == "postgresql":
        name = make_url(database.url).database
        database.execute(f"ALTER DATABASE {name} SET timezone = 'Europe/Amsterdam'")
    old_harvest.make(database.url, ROWS, newest=True)
    yield database
    if kind_of(database) == "postgresql":
        database.execute(f"ALTER DATABASE {name} RESET timezone")


@pytest.fixture
def adopted(old, command):
    code, out, err = command(old, "adopt", "--machine-zone", "Asia/Tokyo")
    assert (code, err) == (0, "")
    return out


def selected(database, query):
    """Return the rows of a query, times as text, numbers to three digits."""

    def plain(value):
        if isinstance(value, datetime):
            return value.strftime("%Y-%m-%d %H:%M:%S")
        if isinstance(value, str) and value[10:11] == " ":
            return value[:19]
        return round(value, 3) if isinstance(value, float) else value

    return [tuple(map(plain, row)) for row in database.execute(query)]


def test_power_details_are_flows_beside_the_snapshots(old, adopted):
    query = (
        "SELECT site_id, timestamp, utc_offset_minutes, resolution, grid_power, pv_power, load_power "
        "FROM seh_power_flows ORDER BY site_id, timestamp"
    )
    assert selected(old, query) == [
        (1, "2026-01-15 03:15:00", -300, "SNAPSHOT", 500.0, 1500.0, 1000.0),  # by the machine's clock
        (1, "2026-01-15 11:00:00", -300, "QUARTER_HOUR", -300.0, 0.0, 300.0),
        (1, "2026-01-15 11:15:00", -300, "QUARTER_HOUR", 500.0, 800.0, 300.0),
        (1, "2026-01-15 17:15:00", -300, "QUARTER_HOUR", 600.0, 900.0, 300.0),
        (2, "2026-01-15 11:15:00", -300, "QUARTER_HOUR", 50.0, 100.0, 50.0),
    ]
    assert "  seh_power_details: 4 rows\n" in adopted


def test_a_dry_run_tells_of_the_newer_tables_and_changes_nothing(old, command):
    before = names_of_tables(old)
    _, out, _ = command(old, "adopt", "--dry-run")
    assert "  seh_power_details: 4 rows\n" in out
    assert "  seh_inverter_telemetry: 7 rows, 2 whole quarter hours copied\n" in out
    assert "  seh_sync_metadata: 7 rows, 2 of data that no stream has, left out\n" in out
    assert names_of_tables(old) == before
    assert selected(old, "SELECT count(*) FROM seh_power_flows") == [(1,)]


def test_a_snapshot_on_a_quarter_hour_keeps_its_place(old, command):
    _, out, _ = command(old, "adopt", "--machine-zone", "America/New_York")
    assert "  seh_power_details: 4 rows, 1 in the place of a snapshot, left out\n" in out
    query = "SELECT resolution, pv_power FROM seh_power_flows WHERE pv_power > 850"
    assert selected(old, query) == [("SNAPSHOT", 1500.0)]


def test_alerts_benefits_and_whole_quarter_hours_of_inverters_are_ours(old, adopted):
    query = (
        "SELECT id, site_id, alert_id, type, first_trigger, component_serial_number, error_codes "
        "FROM seh_alerts"
    )
    assert selected(old, query) == [(3, 1, 77, "GRID", "2026-01-15 09:00:00", "7E1", "[18]")]
    query = "SELECT site_id, co2_saved, trees_planted, light_bulbs FROM seh_environmental_benefits"
    assert selected(old, query) == [(1, 45.359, 3.0, None)]
    query = (
        "SELECT serial_number, timestamp, power, energy_wh, energy_lifetime FROM seh_inverter_readings "
        "ORDER BY timestamp"
    )
    assert selected(old, query) == [
        ("7E1", "2026-01-15 17:00:00", 400.0, 100.0, 1070.0),
        ("7E1", "2026-01-15 17:15:00", 460.0, 114.0, 1184.0),
    ]
    assert "  seh_inverter_telemetry: 7 rows, 2 whole quarter hours copied\n" in adopted


def test_the_wall_clock_of_dates_and_syncs_is_taken_back(old, adopted):
    assert selected(old, "SELECT id, last_update_time, installation_date FROM seh_sites ORDER BY id")[0] in [
        (1, "2026-01-15 09:00:00", "2019-05-02"),
        (1, "2026-01-15 09:00:00", date(2019, 5, 2)),
    ]
    query = "SELECT data_type, last_sync_time FROM seh_sync_metadata ORDER BY data_type"
    assert selected(old, query) == [
        (data_type, "2026-01-15 00:00:00")
        for data_type in ("alerts", "environmental_benefits", "inverter_readings", "power_flows", "sites")
    ]


def test_another_zone_of_the_session_is_believed(old, command):
    command(old, "adopt", "--session-zone", "UTC")
    expected = "2026-01-15 08:00:00" if kind_of(old) == "postgresql" else "2026-01-15 09:00:00"
    assert selected(old, "SELECT last_update_time FROM seh_sites WHERE id = 1") == [(expected,)]


def test_only_what_was_read_in_full_is_covered(old, adopted, command):
    _, out, _ = command(old, "adopt", "--print-state")
    parts = {
        stream: {part["context"]["site_id"]: part for part in entry["partitions"]}
        for stream, entry in json.loads(out)["bookmarks"].items()
    }
    assert parts["energy_readings"][PLAIN]["covered"] == []
    assert parts["energy_readings"][PLAIN]["start"] == "2026-01-14T05:00:00Z"
    assert parts["power_flows"][PLAIN]["covered"] == [
        ["2026-01-15T11:00:00Z", "2026-01-15T11:30:00Z"],
        ["2026-01-15T17:15:00Z", "2026-01-15T17:30:00Z"],
    ]
    assert parts["power_flows"][WITH_BATTERY]["covered"] == []


def test_every_view_of_the_old_program_reads_our_tables(old, adopted):
    counts = {name: selected(old, f"SELECT count(*) FROM {name}")[0][0] for name in VIEWS}  # noqa: S608
    assert counts["v_seh_power_details"] == 4
    old.load(
        schema("sites"),
        record("sites", id=7, name="New"),
        schema("power_flows"),
        record(
            "power_flows", site_id=7, timestamp="2026-02-01T12:00:00Z", resolution="QUARTER_HOUR",
            unit="W", pv_power=500.0, load_power=700.0, grid_power=-200.0,
        ),
        table_prefix="seh_",
    )  # fmt: skip
    assert selected(old, "SELECT site_name FROM v_seh_site_summary WHERE site_id = 7") == [("New",)]
    assert selected(old, "SELECT * FROM v_seh_power_details WHERE site_id = 7")[0][:7] == (
        7, "2026-02-01 12:00:00", 500.0, 700.0, 500.0, 0.0, 200.0,
    )  # fmt: skip
    old.execute("INSERT INTO seh_inventory (site_id, name) VALUES (7, 'Inverter 2')")
    with old.connect() as connection:
        (key,) = inspect(connection).get_foreign_keys("seh_inventory")
    assert (key["referred_schema"], key["referred_table"]) == (None, "seh_sites")
    assert key["options"] == {"ondelete": "CASCADE"}


def test_what_was_kept_is_dropped_and_the_views_go_on(old, adopted, command):
    before = {name: selected(old, f"SELECT * FROM {name} ORDER BY 1, 2") for name in VIEWS}  # noqa: S608
    code, out, err = command(old, "adopt", "--drop-old")
    assert (code, err) == (0, "")
    assert out.startswith("Removed ")
    assert {name: selected(old, f"SELECT * FROM {name} ORDER BY 1, 2") for name in VIEWS} == before  # noqa: S608
    assert command(old, "adopt", "--drop-old")[1] == "Nothing of the old tables is left: nothing to do.\n"
    with old.connect() as connection:
        names = {
            name
            for schema in (None, "before_adoption")
            if schema in {None, *inspect(connection).get_schema_names()}
            for name in inspect(connection).get_table_names(schema=schema)
        }
    assert [name for name in names if name.startswith("before_adoption")] == []
    assert "seh_inventory" in names
    if kind_of(old) == "sqlite":
        assert list(Path(make_url(old.url).database).parent.glob("*before-adoption*")) == []


def test_nothing_is_dropped_before_the_adoption(old, command):
    code, _, err = command(old, "adopt", "--drop-old")
    assert code == 1
    assert "the database is not adopted yet: run `target-seh-sql adopt` without --drop-old" in err


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_views_keep_their_readers_comments_and_order(old, command, caplog):
    old.execute(
        "CREATE VIEW best AS SELECT site_id, max(total_wh) FROM v_seh_energy_monthly GROUP BY site_id",
        "COMMENT ON VIEW best IS 'the best month'",
        "GRANT SELECT ON best TO PUBLIC",
        "CREATE MATERIALIZED VIEW kept AS SELECT * FROM best",
        "CREATE UNIQUE INDEX kept_site ON kept (site_id)",
        "CREATE VIEW severe AS SELECT severity FROM seh_alerts",
        "CREATE VIEW two AS SELECT count(*) AS number FROM severe",
    )
    takeover.adopt(Wanted(old.url))
    assert caplog.messages == [
        "these views go on reading the old tables: severe, two (column seh_alerts.severity does not exist)"
    ]
    assert selected(old, "SELECT * FROM best") == selected(old, "SELECT * FROM kept") == [(1, 1500.0)]
    query = "SELECT obj_description('best'::regclass), has_table_privilege('pg_monitor', 'best', 'SELECT')"
    assert selected(old, query) == [("the best month", True)]
    assert selected(old, "SELECT indexname FROM pg_indexes WHERE tablename = 'kept'") == [("kept_site",)]
    code, _, err = command(old, "adopt", "--drop-old")
    assert code == 1
    assert "views still read the old tables: severe, two. Drop or change them, then run this again" in err
    old.execute("DROP VIEW severe CASCADE")
    assert command(old, "adopt", "--drop-old")[1] == "Removed 12 old tables.\n"


@pytest.mark.parametrize("database", ["mariadb"], indirect=True)
def test_what_a_kill_left_undone_on_mariadb_is_done_by_the_next_run(old, command, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(
            "target_seh_sql.adoption.replacing.settle", lambda *_: (_ for _ in ()).throw(SchemaMismatch)
        )
        with pytest.raises(SchemaMismatch):
            takeover.adopt(Wanted(old.url))
    command(old, "adopt")
    assert selected(old, "SELECT count(*) FROM v_seh_power_details") == [(3,)]
    old.execute("DELETE FROM seh_sites WHERE id = 1")
    assert selected(old, "SELECT count(*) FROM seh_inventory") == [(0,)]


@pytest.mark.parametrize("name", [None, "status", "check"])
def test_a_run_without_the_prefix_of_the_tables_is_refused_with_the_line_to_add(old, adopted, command, name):
    before = names_of_tables(old)
    line = "the tables of this database have the prefix 'seh_': add `table_prefix: seh_` to the settings"
    if name is None:
        with pytest.raises(SchemaMismatch, match=line):
            old.load(schema("sites"), record("sites", id=1, name="Dak"))
    else:
        code, said, errors = command(old, name)
        assert code == 1
        assert line in (said if name == "check" else errors)
    assert names_of_tables(old) == before


def test_a_run_before_the_adoption_names_the_command(old):
    with pytest.raises(SchemaMismatch, match="`target-seh-sql adopt` takes them over"):
        old.load(schema("sites"), record("sites", id=1, name="Dak"))


def names_of_tables(database):
    with database.connect() as connection:
        return sorted(inspect(connection).get_table_names())


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("change", "named"),
    [
        ("seh_power_details SET feed_in_w = 'abc'", "seh_power_details, row with id "),
        ("seh_inverter_telemetry SET temperature = 'abc'", "seh_inverter_telemetry, rows of "),
        ("seh_inverter_telemetry SET timestamp = 'abc' WHERE id = 2", "seh_inverter_telemetry, row with id "),
        ("seh_alerts SET alert_timestamp = 'abc'", "seh_alerts, row with id "),
        ("seh_environmental_benefits SET co2_saved = 'abc'", "seh_environmental_benefits, row with id "),
    ],
)
def test_a_value_of_newer_tables_that_cannot_be_taken_over_is_named(old, command, change, named):
    old.execute(f"UPDATE {change}")
    code, _, err = command(old, "adopt")
    assert code == 1
    assert named in err
    assert err.endswith(" no value that can be taken over: correct or delete the row, then run again")


MADE = {
    "sqlite": [
        "CREATE TRIGGER mine AFTER INSERT ON seh_sites BEGIN SELECT 1; END",
        "CREATE INDEX by_power ON seh_power_readings (power_watts)",
    ],
    "mariadb": [
        "CREATE TRIGGER mine AFTER INSERT ON seh_sites FOR EACH ROW SET @mine = 1",
        "CREATE INDEX by_power ON seh_power_readings (power_watts)",
    ],
    "postgresql": [
        "CREATE FUNCTION nothing() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",
        "CREATE TRIGGER mine AFTER INSERT ON seh_sites FOR EACH ROW EXECUTE FUNCTION nothing()",
        "CREATE INDEX by_power ON seh_power_readings (power_watts)",
        "CREATE POLICY only_mine ON seh_meters USING (site_id = 1)",
        "CREATE PUBLICATION told FOR TABLE seh_sites",
        "GRANT SELECT ON seh_sites, seh_meters TO PUBLIC",
    ],
}
NAMED = {
    "indexes": "by_power of seh_power_readings",
    "policies": "only_mine of seh_meters",
    "publications": "told of seh_sites",
    "rights": "PUBLIC of seh_meters, PUBLIC of seh_sites",
    "triggers": "mine of seh_sites",
}


def test_what_users_made_of_the_old_tables_and_is_not_carried_over_is_named(old, command):
    assert "not carried over" not in command(old, "adopt", "--dry-run")[1]
    old.execute(*MADE[kind_of(old)])
    kinds = NAMED if kind_of(old) == "postgresql" else ("indexes", "triggers")
    wanted = [f"  not carried over, make them again: {kind}: {NAMED[kind]}" for kind in kinds]
    for options in (["--dry-run"], []):
        code, out, _ = command(old, "adopt", *options)
        assert code == 0
        assert [line for line in out.splitlines() if "not carried" in line] == wanted
    out = command(old, "adopt", "--drop-old")[1]
    assert {
        "sqlite": "seh.before-adoption.db.\n",
        "mariadb": "; with them triggers: mine of before_adoption_seh_sites.\n",
        "postgresql": f"; with them policies: {NAMED['policies']}; with them publications: "
        f"{NAMED['publications']}; with them rights: {NAMED['rights']}; with them triggers: "
        f"{NAMED['triggers']}.\n",
    }[kind_of(old)] in out


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_views_keep_their_options(old):
    old.execute("CREATE VIEW fenced WITH (security_barrier=true) AS SELECT id FROM seh_sites")
    takeover.adopt(Wanted(old.url))
    assert selected(old, "SELECT reloptions FROM pg_class WHERE relname = 'fenced'") == [
        (["security_barrier=true"],)
    ]
