"""A database of revision 0002 becomes one of today with every row, also after an upgrade that was killed."""

import re

import pytest
from sqlalchemy import inspect, make_url

from target_seh_sql.tables.metadata import all_tables
from target_seh_sql.tables.schema import existing
from target_seh_sql.tables.streams import STREAMS
from target_seh_sql.tables.views import ADDED, in_words_of, views

from .conftest import record, schema

NEW = {
    "equipment": ("commissioned_at", "part_number", "firmware"),
    "energy_readings": ("charged_wh", "discharged_wh"),
    "power_readings": ("energy_wh",),
    "power_flows": ("feed_in_power", "purchased_power", "self_consumption_power"),
    "inverter_readings": ("apparent_power", "reactive_power"),
}
"""The columns that revision 0003 added."""
INDEXED = {
    "meters": "site_id",
    "energy_readings": "site_id",
    "power_readings": "site_id",
    "power_flows": "site_id",
    "meter_readings": "meter_id",
    "inverter_readings": "site_id",
    "sync_metadata": "site_id",
}
"""The columns whose indexes revision 0004 dropped."""
NEW_VIEWS = {
    "reconciliation",
    "reconciliation_by_day",
    *(f"specific_yield_by_{u}" for u in ("day", "month", "year")),
}
AT_NOON = {"site_id": 1, "timestamp": "2026-11-20T11:00:00Z", "utc_offset_minutes": 60}
ROWS = (
    schema("sites"), record("sites", id=1, name="Dak"),
    schema("equipment"), record("equipment", serial_number="I1", site_id=1, model="SE5K"),
    schema("energy_readings"),
    record("energy_readings", site_id=1, reading_date="2026-11-19", time_unit="DAY", energy_wh=4000.0),
    schema("power_readings"), record("power_readings", **AT_NOON, power_watts=400.0),
    schema("power_flows"), record("power_flows", **AT_NOON, pv_power=400.0),
    schema("inverter_readings"), record("inverter_readings", **AT_NOON, serial_number="I1", energy_wh=100.0),
)  # fmt: skip
WHERE = [
    pytest.param("sqlite", {}, id="sqlite"),
    pytest.param("postgresql", {}, id="postgresql"),
    pytest.param("mariadb", {}, id="mariadb"),
    pytest.param("mariadb", {"table_prefix": "pv_"}, id="mariadb-prefix"),
    pytest.param(
        "postgresql", {"table_prefix": "pv_", "default_target_schema": "solar"}, id="postgresql-schema"
    ),
]
everywhere = pytest.mark.parametrize(("database", "config"), WHERE, indirect=["database"])


def names_of(config):
    """Return prefix and schema."""
    return config.get("table_prefix", ""), config.get("default_target_schema")


def make_0002(database, config):
    """Undo what later revisions did, as if today's database were one of revision 0002."""
    prefix, place = names_of(config)
    lead = f"{place}.{prefix}" if place else prefix
    kind = make_url(database.url).get_backend_name()
    with database.connect() as connection:
        tables = existing(connection, all_tables(prefix, place))
        there = inspect(connection).get_view_names(place)
    made = [view for view in views() if prefix + view.name in there]
    names = {name: lead + name for name in (*tables, *(view.name for view in made))}
    index = f"ix_{place}_{prefix}" if place else f"ix_{prefix}"
    database.execute(
        *(f"CREATE INDEX {index}{t}_{c} ON {lead}{t} ({c})" for t, c in INDEXED.items() if t in tables),
        *(f"DROP VIEW {lead}{view.name}" for view in reversed(made)),
        *(f"ALTER TABLE {lead}{t} DROP COLUMN {c}" for t, cs in NEW.items() if t in tables for c in cs),
        *(
            f"CREATE VIEW {lead}{view.name} AS {in_words_of(kind, as_it_was(view, tables), names)}"
            for view in made
            if view.name not in NEW_VIEWS
        ),
        f"UPDATE {lead}schema_version SET version_num = '0002'",  # noqa: S608
    )


def as_it_was(view, tables):
    """Return the query of a view before revision 0003."""
    parts = [part for part in view.parts if not set(re.findall(r"\{(\w+_readings)\}", part)) - set(tables)]
    query = "\nUNION ALL\n".join(parts)
    if not view.name.startswith("energy_by_"):
        return query
    return re.sub(r",\n    [^\n]*\.charged_wh.*?\.discharged_wh[^\n]*", "", query, flags=re.DOTALL)


def shape(database, config):
    """Return what tables and views have: types, keys and comments of tables, columns of views."""
    prefix, place = names_of(config)
    with database.connect() as connection:
        found = inspect(connection)
        tables = {
            stream.name: (
                {
                    c["name"]: (repr(c["type"]), c["nullable"], c["default"], c.get("comment"))
                    for c in found.get_columns(prefix + stream.name, place)
                },
                sorted(
                    c["name"] for c in found.get_unique_constraints(prefix + stream.name, place) if c["name"]
                ),
                sorted(index["name"] for index in found.get_indexes(prefix + stream.name, place)),
            )
            for stream in STREAMS
            if found.has_table(prefix + stream.name, place)
        }
        seen = {
            name: [column["name"] for column in found.get_columns(name, place)]
            for name in found.get_view_names(place)
        }
    return tables, seen


def kept(database, config):
    """Return rows of each table, without the new columns."""
    prefix, place = names_of(config)
    lead = f"{place}.{prefix}" if place else prefix
    query = "SELECT {} FROM {}{}"
    columns = {
        "equipment": "serial_number, model, created_at",
        "energy_readings": "reading_date, energy_wh, created_at",
        "power_readings": "power_watts, created_at",
        "power_flows": "pv_power, created_at",
        "inverter_readings": "energy_wh, created_at",
    }
    return {table: database.execute(query.format(names, lead, table)) for table, names in columns.items()}


@everywhere
def test_a_database_of_0002_becomes_one_of_today_with_every_row(database, config, command):
    database.load(*ROWS, **config)
    today, rows = shape(database, config), kept(database, config)
    make_0002(database, config)
    assert shape(database, config) != today
    said = (0, "Upgraded the tables from revision 0002 to 0004.\n", "")
    assert command(database, "init-db", **config) == said
    assert shape(database, config) == today
    assert kept(database, config) == rows


@everywhere
@pytest.mark.parametrize(
    "place", ["alembic.op.add_column", "alembic.op.drop_index", "target_seh_sql.tables.views._make"]
)
@pytest.mark.parametrize("after", [1, 4])
def test_an_upgrade_that_was_killed_is_done_by_the_next_run(database, config, place, after, monkeypatch):
    database.load(*ROWS, **config)
    today, rows = shape(database, config), kept(database, config)
    make_0002(database, config)
    with monkeypatch.context() as patched:
        patched.setattr(place, dying(place, after))
        with pytest.raises(KeyboardInterrupt):
            database.load(*ROWS, **config)
    database.load(*ROWS, **config)
    assert shape(database, config) == today
    assert kept(database, config) == rows


def dying(place, after):
    """Return the function of that place, which ends the program when it is called once too often."""
    module, _, name = place.rpartition(".")
    whole, calls = getattr(__import__(module, fromlist=[name]), name), []

    def call(*arguments, **options):
        calls.append(1)
        if len(calls) > after:
            raise KeyboardInterrupt
        return whole(*arguments, **options)

    return call


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_what_others_made_of_a_view_stays_with_its_rights(database, command):
    """On PostgreSQL a view is replaced, not dropped: new columns stand after the old ones."""
    database.load(*ROWS)
    make_0002(database, {})
    reader = f"seh_upgrade_{make_url(database.url).database}"
    database.execute(
        f"CREATE ROLE {reader}",
        f"GRANT SELECT ON energy_by_day TO {reader}",
        "CREATE VIEW mine AS SELECT day, production_wh FROM energy_by_day",
    )
    try:
        assert command(database, "init-db")[0] == 0
        assert database.execute("SELECT production_wh FROM mine") == [(4000.0,)]
        right = f"SELECT has_table_privilege('{reader}', 'energy_by_day', 'SELECT')"
        assert database.execute(right) == [(True,)]
    finally:
        database.execute(f"DROP OWNED BY {reader}", f"DROP ROLE {reader}")


@pytest.mark.parametrize("database", ["mariadb"], indirect=True)
def test_tables_that_keep_their_history_are_upgraded(database, command):
    database.load(*ROWS)
    make_0002(database, {})
    database.execute(*(f"ALTER TABLE {table} ADD SYSTEM VERSIONING" for table in ("equipment", "meters")))
    database.execute("UPDATE equipment SET model = 'SE6K'")
    assert command(database, "init-db") == (0, "Upgraded the tables from revision 0002 to 0004.\n", "")
    assert database.execute("SELECT model FROM equipment FOR SYSTEM_TIME ALL ORDER BY model") == [
        ("SE5K",),
        ("SE6K",),
    ]


def test_an_index_of_others_stays(database, command):
    database.load(*ROWS)
    make_0002(database, {})
    database.execute("CREATE INDEX ix_mine ON meters (site_id)")
    assert command(database, "init-db")[0] == 0
    with database.connect() as connection:
        names = [each["name"] for each in inspect(connection).get_indexes("meters")]
    assert "ix_mine" in names
    assert "ix_meters_site_id" not in names


def test_several_revisions_are_named(database, command):
    database.load(*ROWS)
    database.execute("INSERT INTO schema_version VALUES ('0003')")
    for name in ("status", "check", "init-db"):
        code, out, said = command(database, name)
        assert code == 1
        assert "the table schema_version names several revisions (0003, 0004): leave only" in out + said


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_view_of_others_that_only_looks_like_ours_is_left_alone(database, command, caplog):
    database.load(*ROWS)
    make_0002(database, {})
    gone = (f"DROP VIEW {name}" for name in ("gaps", "energy_by_month", "energy_by_year", "energy_by_day"))
    database.execute(*gone, "CREATE VIEW energy_by_day AS SELECT 1 AS site_id, 2 AS site_name")
    assert command(database, "init-db")[0] == 0
    assert database.execute("SELECT * FROM energy_by_day") == [(1, 2)]
    warned = [entry.getMessage() for entry in caplog.records if entry.levelname == "WARNING"]
    assert "'energy_by_day' is not this target's view: it is left alone, and ours is not made" in warned


def test_what_a_view_gained_stands_at_its_end():
    gained = [view.name for view in views() if view.parts[0].split("\nFROM ")[0].endswith("discharged_wh")]
    assert gained == ["energy_by_day", "energy_by_month", "energy_by_year"]
    assert ADDED == ["charged_wh", "discharged_wh"]


@pytest.mark.parametrize(
    "name", [("status",), ("status", "--tables"), ("report",), ("export", "energy_by_day")]
)
def test_what_reads_an_older_database_says_what_to_do(database, command, name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    database.load(*ROWS)
    make_0002(database, {})
    said = (
        "the tables are of revision 0002, and this target-seh-sql reads those of 0004: "
        "the next run of the pipeline, or `target-seh-sql init-db`, upgrades them"
    )
    assert command(database, *name) == (1, "", said)


@everywhere
def test_check_finds_an_older_database_fit_and_leaves_it_as_it_is(database, config, command):
    """The job `harvest` begins with it, and upgrades only then."""
    database.load(*ROWS, **config)
    make_0002(database, config)
    before = shape(database, config)
    code, out, said = command(database, "check", **config)
    assert (code, said) == (0, "")
    assert "ok     tables of revision 0002: the next run upgrades them to 0004" in out.splitlines()
    assert shape(database, config) == before
    assert command(database, "check", "--quiet", **config) == (0, "", "")
