"""What the database itself says of its tables and columns."""

import pytest
from sqlalchemy import inspect, make_url
from sqlalchemy.schema import SetColumnComment

from target_seh_sql.tables.meanings import meaning
from target_seh_sql.tables.metadata import all_tables
from target_seh_sql.tables.streams import STREAMS
from target_seh_sql.tables.views import views

from .conftest import record, schema

pytestmark = pytest.mark.parametrize("database", ["postgresql", "mariadb"], indirect=True)
SITE = schema("sites"), record("sites", id=1, name="Dak")
SAID = {
    stream.name: {column.name: meaning(stream.name, column.name) for column in all_tables()[stream.name].c}
    for stream in STREAMS
}


def comments(database, prefix=""):
    """Return the comment of each column by table."""
    with database.connect() as connection:
        found = inspect(connection)
        return {
            stream: {column["name"]: column["comment"] for column in found.get_columns(prefix + stream)}
            for stream in SAID
            if found.has_table(prefix + stream)
        }


def test_each_column_has_its_meaning_as_its_comment(database):
    database.load(*SITE, *(schema(stream) for stream in SAID if stream not in {"sites", "sync_metadata"}))
    assert comments(database) == SAID
    assert comments(database)["meter_readings"] == {
        "id": "Number of the row, given by the database",
        "meter_id": "Number of the meter's row in meters",
        "timestamp": "Start of the interval [UTC]",
        "utc_offset_minutes": "What to add to UTC for the site's wall clock at that instant [min]",
        "power": "Mean power in the direction that the meter counts [W]",
        "energy_wh": "Energy counted in the interval [Wh]",
        "energy_lifetime": "Energy on the register (V1 only) [Wh]",
        **{f"voltage_l{n}": f"Voltage of phase {n} (in neither API) [V]" for n in (1, 2, 3)},
        **{f"current_l{n}": f"Current of phase {n} (in neither API) [A]" for n in (1, 2, 3)},
        "power_factor": "Power factor; 1 is no reactive power (in neither API)",
        **{f"power_factor_l{n}": f"Power factor of phase {n} (in neither API)" for n in (1, 2, 3)},
        "created_at": "When the row was added [UTC]",
        "updated_at": "When a value of the row changed last [UTC]",
    }


def test_init_db_renews_the_comments_of_a_database_of_today(database, command):
    database.load(*SITE)
    execute = {"postgresql": "COMMENT ON TABLE sites IS 'old'", "mariadb": "ALTER TABLE sites COMMENT 'old'"}
    database.execute(execute[make_url(database.url).get_backend_name()])
    assert command(database, "init-db")[0] == 0
    with database.connect() as connection:
        assert inspect(connection).get_table_comment("sites") == {"text": "solar sites"}


@pytest.mark.parametrize("prefix", ["", "seh_"])
def test_an_upgrade_renews_the_comments_and_keeps_the_tables(database, command, prefix):
    database.load(*SITE, schema("alerts"), schema("battery_readings"), table_prefix=prefix)
    made = shapes(database, prefix)
    tables = all_tables(prefix)
    with database.connect() as connection:
        there = inspect(connection).get_view_names()
        for column in (tables["sites"].c.id, tables["sites"].c.name, tables["alerts"].c.impact):
            column.comment = None if column.name == "impact" else "of an older version"
            connection.execute(SetColumnComment(column))
        connection.commit()
    drop = [f"DROP VIEW {prefix}{view.name}" for view in reversed(views()) if prefix + view.name in there]
    database.execute(*drop, f"UPDATE {prefix}schema_version SET version_num = '0001'")  # noqa: S608
    assert comments(database, prefix)["sites"]["name"] == "of an older version"
    assert command(database, "init-db", table_prefix=prefix)[0] == 0
    assert comments(database, prefix) == {stream: SAID[stream] for stream in made}
    assert shapes(database, prefix) == made
    assert database.execute(f"SELECT id, name FROM {prefix}sites")[-1:] == [(1, "Dak")]  # noqa: S608


def shapes(database, prefix):
    """Return type, default and nullability of each column, with the keys, by table."""
    with database.connect() as connection:
        found = inspect(connection)
        return {
            stream: (
                [
                    (c["name"], repr(c["type"]), c["nullable"], c["default"], c.get("autoincrement"))
                    for c in found.get_columns(prefix + stream)
                ],
                found.get_pk_constraint(prefix + stream),
                found.get_foreign_keys(prefix + stream),
                found.get_unique_constraints(prefix + stream),
            )
            for stream in SAID
            if found.has_table(prefix + stream)
        }
