"""deploy/dbt: its sources are those of the tables, and dbt itself builds all models and runs all tests."""

import json
import os
import shutil
import subprocess

import pytest
import yaml
from doc_pages import ROOT, Page
from long import LONG
from other_targets import installed
from sqlalchemy import text

from target_seh_sql.tables.metadata import all_tables
from tools.dbt.sources import FILE, written
from tools.pipeline import BIN

MODELS = ["daily_energy", "monthly_agreement", "monthly_energy", "monthly_self_sufficiency"]
SCHEMAS = {"postgresql": "solaredge_dbt", "sqlite": "main"}
"""Where profiles.yml puts the models."""
ALL = {
    "more_streams": [
        "battery_readings",
        "inverter_readings",
        "alerts",
        "environmental_benefits",
        "energy_totals",
    ]
}


def test_the_sources_are_what_make_dbt_writes():
    assert FILE.read_text() == written(), "run `make dbt`"


def test_every_table_and_column_has_its_meaning_and_its_key_a_test():
    (source,) = yaml.safe_load(FILE.read_text())["sources"]
    sources = {table["name"]: table for table in source["tables"]}
    for name, table in all_tables().items():
        columns = {column["name"]: column for column in sources[name]["columns"]}
        assert {column: known["description"] for column, known in columns.items()} == {
            column.name: column.comment for column in table.c
        }
        required = {column for column, known in columns.items() if "not_null" in known.get("data_tests", ())}
        assert required == {column.name for column in table.c if not column.nullable}
        unique = [column for column, known in columns.items() if "unique" in known.get("data_tests", ())]
        assert unique or sources[name]["data_tests"]


class Dbt:
    """dbt of docs/dbt.md, with a copy of deploy/dbt, on one database."""

    def __init__(self, folder, url):
        (install,) = (c.text for c in Page(ROOT / "docs/dbt.md").commands if "pip install" in c.text)
        self.program = installed("dbt", install.split("--quiet ")[1].split()) / "dbt"
        self.folder, self.kind = folder / "dbt", url.get_backend_name()
        shutil.copytree(ROOT / "deploy/dbt", self.folder)
        self.environment = os.environ | {
            "DATABASE_HOST": str(url.host),
            "DATABASE_PORT": str(url.port),
            "DATABASE_USER": str(url.username),
            "DATABASE_PASSWORD": str(url.password or ""),
            "DATABASE_NAME": str(url.database),
            "DATABASE_FILE": str(url.database),
            "DO_NOT_TRACK": "1",
        }

    def run(self, command, *arguments, **variables):
        """Run a command on all sources; return its exit code, and what became of each model and test."""
        given = ["--target", self.kind, "--vars", json.dumps(ALL | variables)]
        done = subprocess.run(
            [self.program, command, *given, *arguments],
            cwd=self.folder, env=self.environment, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode in {0, 1}, done.stdout + done.stderr
        results = json.loads((self.folder / "target/run_results.json").read_text())["results"]
        return done.returncode, {result["unique_id"]: result["status"] for result in results}


@pytest.fixture(scope="module", params=SCHEMAS)
def built(request, filled, tmp_path_factory):
    """Return dbt after it has built everything on a filled database, the engine, and what became of it."""
    engine = filled(request.param)
    dbt = Dbt(tmp_path_factory.mktemp("dbt"), engine.url)
    return dbt, engine, dbt.run("build")


@LONG
def test_dbt_builds_all_models_and_all_tests_pass(built):
    _, _, (code, became) = built
    assert {name: status for name, status in became.items() if status not in {"success", "pass"}} == {}
    assert code == 0
    assert sorted(name.split(".")[-1] for name, status in became.items() if status == "success") == MODELS
    assert sum(status == "pass" for status in became.values()) > 100


@LONG
def test_the_models_have_what_the_views_have(built):
    dbt, engine, _ = built
    models = SCHEMAS[dbt.kind]
    pairs = {
        f"SELECT site_id, day, production_kwh * 1000, purchased_kwh * 1000 FROM {models}.daily_energy":
        "SELECT site_id, day, production_wh, purchased_wh FROM energy_by_day",
        f"SELECT site_id, month, consumption_kwh * 1000, yield_kwh_per_kwp FROM {models}.monthly_energy":
        "SELECT site_id, month, d.consumption_wh, y.specific_yield FROM energy_by_month AS d "
        "JOIN specific_yield_by_month AS y USING (site_id, month)",
        f"SELECT site_id, month, self_sufficiency_percent FROM {models}.monthly_self_sufficiency":
        "SELECT site_id, month, self_sufficiency FROM energy_by_month",
        f"SELECT site_id, month, quantity, ours_kwh * 1000 FROM {models}.monthly_agreement":
        "SELECT site_id, month, quantity, ours_wh FROM reconciliation WHERE month IS NOT NULL",
    }  # fmt: skip
    with engine.connect() as connection:
        for model, view in pairs.items():
            assert rows(connection, model) == rows(connection, view)
            assert len(rows(connection, view)) > 10


def rows(connection, query):
    """Return the rows of a query in order, their numbers to ten digits."""
    found = connection.execute(text(query))
    return sorted(
        tuple(f"{value:.10g}" if isinstance(value, float) else str(value) for value in row) for row in found
    )


@LONG
def test_a_doubled_row_is_found(filled, tmp_path):
    engine = filled("postgresql")
    with engine.begin() as connection:
        connection.execute(text("ALTER TABLE meters DROP CONSTRAINT uq_meter_site_name"))
        connection.execute(
            text("INSERT INTO meters (site_id, name) SELECT site_id, name FROM meters LIMIT 1")
        )
    code, became = Dbt(tmp_path, engine.url).run("test", "--select", "source:solaredge.meters")
    (failed,) = [name for name, status in became.items() if status == "fail"]
    assert (code, "unique_together" in failed) == (1, True)


@LONG
def test_a_prefix_a_schema_and_streams_that_are_not_loaded_are_taken_into_account(filled, tmp_path):
    url = filled("postgresql").url
    settings = {
        "sqlalchemy_url": url.render_as_string(hide_password=False),
        "table_prefix": "seh_",
        "default_target_schema": "solar",
    }
    (tmp_path / "target.json").write_text(json.dumps(settings))
    subprocess.run([BIN / "target-seh-sql", "init-db", "--config", tmp_path / "target.json"], check=True)
    variables = {"table_prefix": "seh_", "tables_in": "solar", "more_streams": []}
    code, became = Dbt(tmp_path, url).run("build", **variables)
    assert (code, {*became.values()}) == (0, {"success", "pass"})
    assert [name for name in became if "alerts" in name or "agreement" in name] == []
