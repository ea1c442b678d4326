"""`status --notify`: one message when something becomes wrong, one when it is well again."""

from __future__ import annotations

from datetime import timedelta
from email import message_from_string

import pytest

from target_seh_sql.commands.status import Asked, show_streams
from target_seh_sql.errors import TargetSehSqlError
from tools.sinks import Hook, Mailbox, sink

from .conftest import schema
from .test_agreement import AUTUMN
from .test_reconciliation import OCTOBER, total
from .test_status import GOOD, NOW, POWER, READ, states, utc

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


@pytest.fixture
def check(tmp_path):
    """Return a function that runs the command and lets problems pass."""

    def run(database, urls, now):
        config = {"sqlalchemy_url": database.url, "table_prefix": ""}
        try:
            show_streams(config, Asked(notify=urls, notified=tmp_path / "kept" / "told.json"), now)
        except SystemExit as ended:
            return ended.code
        return 0

    return run


def test_each_address_hears_once_that_data_are_late_and_once_that_they_are_well_again(database, check):
    with sink(Mailbox) as (mail_port, mails), sink(Hook) as (hook_port, posts):
        urls = (
            f"mailto://127.0.0.1:{mail_port}/?from=harvest@example.com&to=owner@example.com&mode=insecure",
            f"json://127.0.0.1:{hook_port}/",
        )
        database.load(*POWER, GOOD)
        assert check(database, urls, NOW) == 0
        assert (mails, posts) == ([], [])
        late = NOW + timedelta(hours=4)
        assert [check(database, urls, late + timedelta(hours=hour)) for hour in range(2)] == [1, 1]
        assert (len(mails), len(posts)) == (1, 1)
        assert (posts[0]["title"], posts[0]["message"]) == (
            "SolarEdge data: 2 wrong",
            "Wrong:\nDak: sites: late: not read for 4 h\nDak: power_readings: late: not read for 4 h",
        )
        again = {"synced_at": utc(late)}
        database.load(states(("sites", 1, again), ("power_readings", 1, READ | again)))
        assert [check(database, urls, late + timedelta(minutes=minute)) for minute in range(2)] == [0, 0]
        assert (len(mails), len(posts)) == (2, 2)
    assert posts[1]["title"] == "SolarEdge data: all is well again"
    assert posts[1]["message"].startswith("Well again:\nDak: sites: late")
    mail = message_from_string(mails[0])
    assert mail["Subject"] == "SolarEdge data: 2 wrong"
    assert "Dak: power_readings: late: not read for 4 h" in str(mail)


def test_what_is_still_wrong_is_not_told_again_when_more_becomes_so(database, check):
    failed = {"status": "error", "error_message": "503 from the service"}
    with sink(Hook) as (port, posts):
        urls = (f"json://127.0.0.1:{port}/",)
        database.load(*POWER, states(("sites", 1, {}), ("power_readings", 1, READ | failed)))
        assert [check(database, urls, NOW), check(database, urls, NOW + timedelta(hours=4))] == [1, 1]
    assert [post["message"] for post in posts] == [
        "Wrong:\nDak: power_readings: failed: the last run failed: 503 from the service",
        "Wrong:\nDak: sites: late: not read for 4 h\nDak: power_readings: late: not read for 4 h",
    ]


def test_an_address_that_does_not_answer_is_tried_again_and_its_secret_stays_unsaid(database, check):
    with sink(Hook) as (port, posts):
        urls = (f"json://me:s3cret@127.0.0.1:{port}/",)
    database.load(*POWER, GOOD)
    late = NOW + timedelta(hours=4)
    with pytest.raises(TargetSehSqlError) as refused:
        check(database, urls, late)
    assert str(refused.value) == "the address of --notify did not take the message"
    assert posts == []
    with sink(Hook) as (port, posts), pytest.raises(TargetSehSqlError) as refused:
        check(database, (f"json://127.0.0.1:{port}/", "no-such-thing://x"), late)
    assert str(refused.value) == "the 2. address of --notify is none that Apprise knows"


def test_what_differs_from_solaredge_is_told_once_with_the_largest_difference(database, check):
    database.load(*AUTUMN, total(*OCTOBER, production=30000.0, consumption=60000.0))
    now = NOW - timedelta(minutes=5)
    with sink(Hook) as (port, posts):
        assert [check(database, (f"json://127.0.0.1:{port}/",), now) for _ in range(2)] == [1, 1]
        (post,) = posts
        worst = "2026-10 consumption: ours 62.0 kWh, SolarEdge 60.0 kWh, +3.33 %"
        assert post["message"] == f"Wrong:\nDak: energy_totals: differs: {worst}; and 1 more"
        database.load(schema("energy_totals"), total(*OCTOBER, production=31000.0, consumption=62000.0))
        assert check(database, (f"json://127.0.0.1:{port}/",), now) == 0
        assert [post["title"] for post in posts][1:] == ["SolarEdge data: all is well again"]
