"""`status --notify`: one message when something becomes wrong, one when it is well again."""

from __future__ import annotations

import json
import os
from datetime import timedelta
from email import message_from_string

import pytest

from target_seh_sql.commands.status import Asked, show_streams
from target_seh_sql.errors import TargetSehSqlError
from tools.sinks import Hook, Mailbox, sink

from .conftest import schema
from .test_agreement import AUTUMN
from .test_reconciliation import OCTOBER, days, total
from .test_status import GOOD, NOW, POWER, READ, SITE, states, utc

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


@pytest.fixture
def check(tmp_path):
    """Return a function that runs the command and lets problems pass."""

    def run(database, urls, now, kept=tmp_path / "kept" / "told.json"):
        config = {"sqlalchemy_url": database.url, "table_prefix": ""}
        try:
            show_streams(config, Asked(notify=urls, notified=kept), now)
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
            "Wrong:\nDak: sites, power_readings: late: not read for 4 h",
        )
        again = {"synced_at": utc(late)}
        database.load(states(("sites", 1, again), ("power_readings", 1, READ | again)))
        assert [check(database, urls, late + timedelta(minutes=minute)) for minute in range(2)] == [0, 0]
        assert (len(mails), len(posts)) == (2, 2)
    assert posts[1]["title"] == "SolarEdge data: all is well again"
    assert posts[1]["message"].startswith("Well again:\nDak: sites, power_readings: late")
    mail = message_from_string(mails[0])
    assert mail["Subject"] == "SolarEdge data: 2 wrong"
    assert "Dak: sites, power_readings: late: not read for 4 h" in str(mail)


def test_what_is_still_wrong_is_not_told_again_when_more_becomes_so(database, check):
    failed = {"status": "error", "error_message": "503 from the service"}
    with sink(Hook) as (port, posts):
        urls = (f"json://127.0.0.1:{port}/",)
        database.load(*POWER, states(("sites", 1, {}), ("power_readings", 1, READ | failed)))
        assert [check(database, urls, NOW), check(database, urls, NOW + timedelta(hours=4))] == [1, 1]
    assert [post["message"] for post in posts] == [
        "Wrong:\nDak: power_readings: failed: the last run failed: 503 from the service",
        "Wrong:\nDak: sites, power_readings: late: not read for 4 h",
    ]


def test_one_cause_of_all_streams_of_a_site_is_one_line(database, check):
    over = {"status": "error", "error_message": "The login of site 1 is over"}
    streams = ("sites", "meters", "batteries", "power_readings")
    with sink(Hook) as (port, posts):
        database.load(*POWER, states(*((stream, 1, READ | over) for stream in streams)))
        assert check(database, (f"json://127.0.0.1:{port}/",), NOW) == 1
    assert posts[0]["title"] == "SolarEdge data: 4 wrong"
    assert posts[0]["message"] == (
        "Wrong:\nDak: 4 streams: failed: the last run failed: The login of site 1 is over"
    )


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
    november = days("2026-11-01", 19, 1000.0, 2000.0, offset=60)
    read = states(*((name, 1, READ) for name in ("sites", "energy_totals")),
                  ("energy_readings", 1, READ | {"replication_key_value": "2026-11-19"}))  # fmt: skip
    database.load(*AUTUMN, *november, total(*OCTOBER, production=30000.0, consumption=60000.0), read)
    now = NOW - timedelta(minutes=5)
    with sink(Hook) as (port, posts):
        assert [check(database, (f"json://127.0.0.1:{port}/",), now) for _ in range(2)] == [1, 1]
        (post,) = posts
        worst = "2026-10 consumption: ours 62.0 kWh, SolarEdge 60.0 kWh, +3.33 %"
        assert post["message"] == f"Wrong:\nDak: energy_totals: differs: {worst}; and 1 more"
        database.load(schema("energy_totals"), total(*OCTOBER, production=31000.0, consumption=62000.0))
        assert check(database, (f"json://127.0.0.1:{port}/",), now) == 0
        assert [post["title"] for post in posts][1:] == ["SolarEdge data: all is well again"]


OTHERS = {
    "database": b"SQLite format 3\0 and so on",
    "settings": b'{"sqlalchemy_url": "sqlite:///seh.db"}',
    "list": b"[1]",
    "text": b"told",
}


@pytest.mark.parametrize("content", OTHERS.values(), ids=OTHERS)
def test_a_file_that_is_something_else_stays_as_it_is(database, check, tmp_path, content):
    other = tmp_path / "other"
    other.write_bytes(content)
    database.load(*POWER, GOOD)
    late = NOW + timedelta(hours=4)
    with sink(Hook) as (port, posts), pytest.raises(TargetSehSqlError) as refused:
        check(database, (f"json://127.0.0.1:{port}/",), late, other)
    assert str(refused.value) == f"{other} holds something else: let --notified name another file"
    assert (posts, other.read_bytes()) == ([], content)


def test_what_is_no_file_stays_as_it_is(database, check, tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    database.load(*POWER, GOOD)
    with pytest.raises(TargetSehSqlError) as refused:
        check(database, ("json://127.0.0.1:1/",), NOW, pipe)
    assert str(refused.value) == f"{pipe} is no file: let --notified name another"
    assert pipe.is_fifo()


def test_what_is_kept_leaves_the_files_beside_it_alone_and_follows_a_link(database, check, tmp_path):
    beside, link, file = tmp_path / "told.new", tmp_path / "told.db", tmp_path / "far" / "told.json"
    beside.write_text("mine")
    file.parent.mkdir()
    link.symlink_to(file)
    database.load(*POWER, GOOD)
    with sink(Hook) as (port, posts):
        assert check(database, (f"json://127.0.0.1:{port}/",), NOW + timedelta(hours=4), link) == 1
    assert (len(posts), beside.read_text(), link.is_symlink()) == (1, "mine", True)
    assert len(json.loads(file.read_text())) == 2


@pytest.mark.parametrize(
    "url",
    ["tgram://123:s3cret/1", "no-such-thing://s3cret", "s3cret", "slack://s3cret", "discord://s3cret",
     "pover://s3cret", "jsons://me:s3cret@127.0.0.1:1/s3cret"],
)  # fmt: skip
def test_the_secret_of_an_address_is_in_no_line_of_any_program(database, check, caplog, capfd, url):
    database.load(*POWER, GOOD)
    with (
        caplog.at_level("DEBUG"),
        caplog.at_level("DEBUG", "apprise"),
        pytest.raises(TargetSehSqlError) as refused,
    ):
        check(database, (url,), NOW + timedelta(hours=4))
    assert "s3cret" not in f"{refused.value} {caplog.text} {capfd.readouterr()}"


def test_an_address_that_is_dead_keeps_no_other_from_hearing_each_thing_once(database, check, tmp_path):
    file = tmp_path / "told.json"
    late = NOW + timedelta(hours=4)
    with sink(Hook) as (dead, _):
        pass
    database.load(*POWER, GOOD)
    with sink(Hook) as (first, heard), sink(Hook) as (last, heard_too):
        urls = tuple(f"json://127.0.0.1:{port}/" for port in (first, dead, last))
        for hours in range(3):
            with pytest.raises(TargetSehSqlError) as refused:
                check(database, urls, late + timedelta(hours=hours), file)
            assert str(refused.value) == "the 2. address of --notify did not take the message"
        assert (len(heard), len(heard_too)) == (1, 1)
        healed = tuple(f"json://127.0.0.1:{port}/" for port in (first, last))
        assert check(database, healed, late, file) == 1
        assert (len(heard), len(heard_too)) == (1, 1)
        assert set(json.loads(file.read_text())) == {"1 sites late", "1 power_readings late"}


def test_an_address_that_answers_again_hears_what_it_missed(database, check, tmp_path):
    file = tmp_path / "told.json"
    late = NOW + timedelta(hours=4)
    database.load(*POWER, GOOD)
    with sink(Hook) as (first, heard):
        with sink(Hook) as (port, _):
            urls = f"json://127.0.0.1:{first}/", f"json://127.0.0.1:{port}/"
        with pytest.raises(TargetSehSqlError):
            check(database, urls, late, file)
        assert len(json.loads(file.read_text())) == 2
        with sink(Hook, port) as (_, heard_late):
            assert check(database, urls, late, file) == 1
    assert (len(heard), [post["title"] for post in heard_late]) == (1, ["SolarEdge data: 2 wrong"])
    assert set(json.loads(file.read_text())) == {"1 sites late", "1 power_readings late"}


def test_a_database_that_cannot_be_read_is_told_once_and_once_that_it_can(database, check, tmp_path):
    database.load(*POWER, GOOD)
    file, away = tmp_path / "seh.db", tmp_path / "away.db"
    with sink(Hook) as (port, posts):
        urls = (f"json://127.0.0.1:{port}/",)
        file.rename(away)
        for _ in range(2):
            with pytest.raises(TargetSehSqlError, match="there is no file"):
                check(database, urls, NOW)
        away.rename(file)
        assert [check(database, urls, NOW) for _ in range(2)] == [0, 0]
    said = f"the database cannot be read: there is no file {file}: "
    said += "check sqlalchemy_url, or run the pipeline first"
    assert [post["message"] for post in posts] == [f"Wrong:\n{said}", f"Well again:\n{said}"]


def test_what_cannot_be_read_and_cannot_be_told_is_said_with_both_reasons(database, check):
    database.load(*SITE)
    database.execute("DROP TABLE sites")
    with pytest.raises(TargetSehSqlError) as refused:
        check(database, ("no-such-thing://x",), NOW)
    assert "sites is missing" in str(refused.value)
    assert str(refused.value).endswith("; the address of --notify is none that Apprise knows")
