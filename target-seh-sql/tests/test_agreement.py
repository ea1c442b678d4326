"""`target-seh-sql status` says whether the data agree with SolarEdge's own figures."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from target_seh_sql.commands.status import Asked, show_streams

from .conftest import record, schema
from .test_reconciliation import ENERGY, OCTOBER, TOTALS, days, total
from .test_status import READ, SITE, states

NOW = datetime(2026, 11, 20, 12, 35, tzinfo=UTC)
SEPTEMBER = "2026-09", "2026-09-01", "2026-09-30", "2026-08-31T22:00:00Z", "2026-09-30T22:00:00Z"
AUGUST = "2026-08", "2026-08-01", "2026-08-31", "2026-07-31T22:00:00Z", "2026-08-31T22:00:00Z"
SINCE = "TOTAL", "2026-08-01", "2026-10-31"
NEWEST = {"replication_key_value": "2026-10-31"}
GOOD = states(("sites", 1, READ), ("energy_readings", 1, READ | NEWEST), ("energy_totals", 1, READ))
AUTUMN = (*TOTALS, *ENERGY, *days("2026-08-01", 92, 1000.0, 2000.0, offset=60), schema("energy_totals"), GOOD)
"""Three months of which each day has 1 kWh produced and 2 kWh used."""


@pytest.fixture
def ending(capsys):
    """Return a function that gives exit code and what the command says of the agreement."""

    def run(database, **options):
        config = {"sqlalchemy_url": database.url, "table_prefix": ""}
        code = 0
        capsys.readouterr()
        try:
            show_streams(config, Asked(**{"problems": True, "max_age": 1e5} | options), NOW)
        except SystemExit as ended:
            code = ended.code
        out = capsys.readouterr().out
        if options.get("form") == "json":
            return code, json.loads(out)
        first, *lines = out.splitlines()
        assert first == "Nothing is late, failed or missing."
        return code, lines

    return run


def test_months_that_agree_are_one_sentence(database, ending):
    database.load(
        *AUTUMN,
        total(*OCTOBER, production=31025.0, consumption=62000.0),
        total(*SEPTEMBER, production=30000.0, consumption=60000.0),
        total(*AUGUST, production=31000.0, consumption=62005.0),
        total(*SINCE, production=92000.0, consumption=184000.0),
    )
    said = ["Your data agree with SolarEdge: worst month 0.08 %, 3 of 3 months."]
    assert ending(database) == (0, said)
    assert ending(database, site_ids=(1,)) == (0, said)
    code, lines = ending(database, problems=False)
    assert (code, lines[-1:]) == (0, said)


def test_what_differs_is_named_with_exit_code_1(database, ending):
    database.load(
        *AUTUMN,
        total(*OCTOBER, production=30000.0, consumption=62000.0),
        total(*SEPTEMBER, production=30200.0, consumption=60000.0),
        total(*AUGUST, production=31000.0),
        total(*SINCE, production=93000.0),
    )
    assert ending(database) == (
        1,
        [
            "differs  1 Dak: 2026-10 production: ours 31.0 kWh, SolarEdge 30.0 kWh, +3.33 %",
            "differs  1 Dak: since installation production: ours 92.0 kWh, SolarEdge 93.0 kWh, -1.08 %",
            "differs  1 Dak: 2026-09 production: ours 30.0 kWh, SolarEdge 30.2 kWh, -0.66 %",
        ],
    )
    assert ending(database, tolerance=1.1)[1] == [
        "differs  1 Dak: 2026-10 production: ours 31.0 kWh, SolarEdge 30.0 kWh, +3.33 %"
    ]
    assert ending(database, tolerance=3.4) == (
        0,
        ["Your data agree with SolarEdge: worst month 3.33 %, 3 of 3 months."],
    )


def test_five_differences_are_named_and_the_others_counted(database, ending):
    sites = range(1, 8)
    database.load(
        schema("sites"), *(record("sites", id=number, name=f"Dak {number}") for number in sites),
        *ENERGY, *(each for number in sites for each in days("2026-10-01", 31, 1000.0, site_id=number)),
        schema("energy_totals"),
        *(total(*OCTOBER, site_id=number, production=31000.0 + 1000 * number) for number in sites),
        states(*((stream, number, READ) for number in sites for stream in ("sites", "energy_totals"))),
    )  # fmt: skip
    code, lines = ending(database)
    assert (code, len(lines), lines[0], lines[-1]) == (
        1,
        6,
        "differs  7 Dak 7: 2026-10 production: ours 31.0 kWh, SolarEdge 38.0 kWh, -18.42 %",
        "and 2 more",
    )
    assert ending(database, site_ids=(1,), tolerance=4)[0] == 0


def test_days_that_are_missing_are_told_and_then_nothing_is_said_since_installation(database, ending):
    database.load(
        *TOTALS, *ENERGY, *days("2026-08-01", 92, 1000.0, leave_out={"2026-09-10", "2026-09-11"}),
        schema("energy_totals"), GOOD,
        total(*OCTOBER, production=31000.0), total(*SEPTEMBER, production=30000.0),
        total(*AUGUST, production=31000.0), total(*SINCE, production=92000.0),
    )  # fmt: skip
    assert ending(database) == (
        1,
        ["differs  1 Dak: 2026-09 production: ours 28.0 kWh, SolarEdge 30.0 kWh, -6.67 %, 2 days missing"],
    )


def test_history_that_is_still_to_come_is_no_difference(database, ending):
    """Our first day is the 11th of September: of this month and of August days are missing before it only."""
    database.load(
        *TOTALS, *ENERGY, *days("2026-09-11", 51, 1000.0), schema("energy_totals"), GOOD,
        total(*OCTOBER, production=31000.0), total(*SEPTEMBER, production=30000.0),
        total(*AUGUST, production=31000.0), total(*SINCE, production=92000.0),
    )  # fmt: skip
    assert ending(database) == (
        0,
        [
            (
                "Your data agree with SolarEdge: worst month 0.00 %, 1 of 1 month; "
                "history of 2 months is still to come."
            )
        ],
    )
    database.execute("DELETE FROM energy_totals WHERE period = '2026-10'")
    said = ["Not compared with SolarEdge yet: history of 2 months is still to come."]
    assert ending(database) == (0, said)
    database.execute("DELETE FROM energy_readings WHERE reading_date = '2026-09-20'")
    database.load(schema("energy_totals"), total(*OCTOBER, production=31000.0))
    code, lines = ending(database)
    assert (code, lines[-1].rpartition(", ")[2]) == (1, "11 days missing")


def test_a_total_since_an_unknown_day_is_not_compared(database, ending):
    database.load(
        *AUTUMN, total(*OCTOBER, production=31000.0), total("TOTAL", None, "2026-10-31", production=9e6)
    )
    assert ending(database) == (0, ["Your data agree with SolarEdge: worst month 0.00 %, 1 of 1 month."])


def test_what_we_never_have_a_value_of_is_not_compared_and_what_is_null_once_differs(database, ending):
    database.load(
        *AUTUMN,
        total(*OCTOBER, production=31000.0, purchased=5000.0, consumption=62000.0),
        total(*SEPTEMBER, production=30000.0, purchased=5000.0, consumption=60000.0),
    )
    assert ending(database) == (0, ["Your data agree with SolarEdge: worst month 0.00 %, 2 of 2 months."])
    database.execute("UPDATE energy_readings SET consumption_wh = NULL WHERE reading_date >= '2026-10-01'")
    assert ending(database) == (
        1,
        ["differs  1 Dak: 2026-10 consumption: ours nothing, SolarEdge 62.0 kWh, 31 days missing"],
    )


def test_a_few_watt_hours_are_rounding(database, ending):
    database.load(
        *TOTALS, *ENERGY, *days("2026-10-01", 30, 0.0, 0.0, offset=60), *days("2026-10-31", 1, 9.0, 11.0),
        schema("energy_totals"), GOOD, total(*OCTOBER, production=0.0, consumption=0.0),
    )  # fmt: skip
    assert ending(database) == (1, ["differs  1 Dak: 2026-10 consumption: ours 0.0 kWh, SolarEdge 0.0 kWh"])


def test_without_totals_nothing_was_compared(database, ending):
    database.load(*SITE, *ENERGY, *days("2026-10-31", 1, 1000.0), GOOD)
    said = ["Not compared with SolarEdge yet: energy_totals is empty."]
    assert ending(database) == (0, said)
    database.load(schema("energy_totals"))
    assert ending(database) == (0, said)
    database.load(schema("energy_totals"), total(*SINCE, production=1.0))
    assert ending(database) == (0, ["Not compared with SolarEdge yet: no month is over yet."])
    database.execute("DROP VIEW reconciliation")
    said = "there is no view 'reconciliation': `target-seh-sql init-db` makes it."
    assert ending(database) == (0, [f"Not compared with SolarEdge yet: {said}"])


def test_json_has_the_same_facts(database, ending):
    database.load(
        *AUTUMN, total(*OCTOBER, production=30000.0), total(*SEPTEMBER, production=30000.0),
        total("2026-07", "2026-07-01", "2026-07-31", production=1.0),
    )  # fmt: skip
    code, streams = ending(database, form="json")
    (totals,) = (stream for stream in streams if stream["stream"] == "energy_totals")
    assert code == 1
    assert round(totals["agreement"].pop("worst_percent"), 3) == 3.333
    (difference,) = totals["agreement"].pop("differs")
    assert round(difference.pop("percent"), 3) == 3.333
    assert difference == {
        "period": "2026-10", "quantity": "production", "ours_wh": 31000.0, "theirs_wh": 30000.0,
        "difference_wh": 1000.0, "days_missing": 0,
    }  # fmt: skip
    assert totals["agreement"] == {"months": 2, "agreeing": 1, "to_come": 1}
    assert totals["problems"] == [
        {"kind": "differs", "text": "2026-10 production: ours 31.0 kWh, SolarEdge 30.0 kWh, +3.33 %"}
    ]
    assert [stream["agreement"] for stream in streams if stream["stream"] == "sites"] == [None]


def test_the_command_has_the_tolerance(database, command):
    database.load(*AUTUMN, total(*OCTOBER, production=30000.0))
    assert command(database, "status", "--problems", "--max-age=1e6")[0] == 1
    assert command(database, "status", "--problems", "--max-age=1e6", "--tolerance=4")[0] == 0
    assert command(database, "status", "--tables", "--tolerance=4")[0] == 2


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_quarter_hours_are_not_looked_at(database, ending):
    """Without the table that would be read, SQLite and the sentence are the same."""
    database.load(*AUTUMN, total(*OCTOBER, production=31000.0))
    with database.connect() as connection:
        begun = datetime.now(UTC)
        plan = connection.exec_driver_sql(
            "EXPLAIN QUERY PLAN SELECT ours_wh, theirs_wh, days_missing FROM reconciliation"
        ).all()
    assert not any("power_readings" in str(step) for step in plan)
    assert any("uq_energy_reading" in str(step) or "energy_readings" in str(step) for step in plan)
    assert datetime.now(UTC) - begun < timedelta(seconds=5)
