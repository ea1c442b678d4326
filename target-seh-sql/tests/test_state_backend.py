"""Meltano's state in the target's database: kept, merged, listed, and never written by two at once."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from contextlib import contextmanager

import pytest
from meltano.core.error import MeltanoError
from meltano.core.state_store import MeltanoState, StateBackend
from sqlalchemy import make_url

from target_seh_sql.state_backend import SehStateStoreManager

RUN = "prod:tap-solaredge-to-target-seh-sql"


@pytest.fixture
def states(database):
    """Return the state backend as Meltano makes it."""
    made = StateBackend.get_manager_factory(scheme="seh")(uri=f"seh:{database.url}", lock_retry_seconds=1)
    assert isinstance(made, SehStateStoreManager)
    with made:
        yield made


def completed(state_id, **bookmarks):
    return MeltanoState(state_id, {}, {"singer_state": {"bookmarks": bookmarks}})


def partial(state_id, **bookmarks):
    return MeltanoState(state_id, {"singer_state": {"bookmarks": bookmarks}}, {})


def test_a_state_is_kept_as_it_is_until_the_next_one(states):
    assert states.get(RUN) is None
    states.set(completed(RUN, a=1))
    states.set(completed(RUN, a=2, name="Žluťoučký kůň 🌞", long="x" * 300_000))
    assert states.get(RUN) == completed(RUN, a=2, name="Žluťoučký kůň 🌞", long="x" * 300_000)
    assert states.get(RUN.upper()) is None


def test_a_partial_state_is_merged_and_a_complete_one_replaces_it(states):
    states.update(completed(RUN, a=1, b=1))
    states.update(partial(RUN, b=2))
    states.update(partial(RUN, c=3))
    assert states.get(RUN) == MeltanoState(
        RUN,
        {"singer_state": {"bookmarks": {"b": 2, "c": 3}}},
        {"singer_state": {"bookmarks": {"a": 1, "b": 1}}},
    )
    states.update(completed(RUN, d=4))
    assert states.get(RUN) == completed(RUN, d=4)


@pytest.mark.parametrize("lacking", ["partial", "completed"])
def test_a_state_that_was_imported_without_one_of_its_parts_is_whole(states, lacking):
    whole = partial(RUN, a=1) if lacking == "completed" else completed(RUN, a=1)
    parts = {name: part for name, part in whole.to_dict().items() if name != lacking}
    states.set(MeltanoState(RUN, parts.get("partial"), parts.get("completed")))
    assert states.get(RUN) == whole
    assert '"a": 1' in states.get(RUN).json_merged()
    states.update(partial(RUN, b=2))
    assert '"b": 2' in states.get(RUN).json_merged()


def test_states_are_listed_by_pattern_and_cleared(states):
    ids = [
        "dev:tap-to-target",
        "prod:tap-to-target",
        "prod:tap-to-target:shardX1",
        "prod:tap-to-target:shard_1",
    ]
    assert states.set_all(completed(state_id, a=1) for state_id in ids) == 4
    assert states.get_state_ids() == ids
    assert states.get_state_ids("prod:*") == ids[1:]
    assert states.get_state_ids("*:shard_?") == ids[3:]
    assert [state.state_id for state in states.get_all("dev:*")] == ids[:1]
    states.clear(ids[0])
    states.clear("never:was")
    assert states.get_state_ids() == ids[1:]
    assert states.clear_all() == 3
    assert states.get_state_ids() == []


def test_other_tables_are_left_alone(states, database, command):
    command(database, "init-db")
    states.set(completed(RUN, a=1))
    assert (
        command(database, "init-db")[1]
        == "The tables are there, of revision 0004; the views were made again.\n"
    )
    assert command(database, "adopt")[1] == "The tables are target-seh-sql's already: nothing to do.\n"
    assert states.get(RUN) == completed(RUN, a=1)


def process(database, code, *, lock_timeout=10):
    """Start a process that has `states`; lines that it prints can be read."""
    begin = (
        "import sys\n"
        "from meltano.core.state_store import MeltanoState\n"
        "from target_seh_sql.state_backend import SehStateStoreManager\n"
        f"states = SehStateStoreManager(uri='seh:{database.url}', lock_timeout_seconds={lock_timeout})\n"
    )
    return subprocess.Popen(
        [sys.executable, "-c", begin + code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )


def test_processes_wait_for_each_other_so_that_no_update_is_lost(states, database):
    """The first one also finds no table."""
    code = (
        "print('ready', flush=True)\n"
        "name = sys.stdin.readline().strip()\n"
        "for number in range(20):\n"
        f"    states.update(MeltanoState('{RUN}', {{f'{{name}}{{number}}': 1}}, {{}}))\n"
    )
    writers = [process(database, code) for _ in "ab"]
    for writer in writers:
        assert writer.stdout.readline() == "ready\n"
    for name, writer in zip("ab", writers, strict=True):
        writer.stdin.write(f"{name}\n")
        writer.stdin.flush()
    for writer in writers:
        writer.communicate()
        assert writer.returncode == 0
    assert set(states.get(RUN).partial_state) == {f"{name}{number}" for name in "ab" for number in range(20)}


@contextmanager
def holder(database, **options):
    """Give a process that holds the lock of a state and does nothing."""
    code = f"with states.acquire_lock('{RUN}'):\n    print('held', flush=True)\n    sys.stdin.read()\n"
    held = process(database, code, **options)
    try:
        assert held.stdout.readline() == "held\n"
        yield held
    finally:
        held.kill()
        held.communicate()


def test_a_process_that_was_killed_does_not_hold_its_lock(states, database):
    with holder(database) as held:
        held.kill()
        held.wait()
        states.update(completed(RUN, a=1))
    assert states.get(RUN) == completed(RUN, a=1)


@pytest.mark.parametrize("database", ["postgresql", "mariadb"], indirect=True)
def test_the_server_ends_the_lock_of_a_machine_that_is_silent(states, database):
    with holder(database, lock_timeout=1) as held:
        os.kill(held.pid, signal.SIGSTOP)
        states.update(completed(RUN, a=1))
    assert states.get(RUN) == completed(RUN, a=1)


@pytest.mark.parametrize("database", ["postgresql", "mariadb"], indirect=True)
def test_an_error_is_one_for_people_and_holds_no_password(database):
    url = make_url(database.url).set(port=1, username="seh", password="Tr0ub4dor")
    states = SehStateStoreManager(uri=f"seh:{url.render_as_string(hide_password=False)}")
    with pytest.raises(MeltanoError, match="the database refused: ") as raised:
        states.get(RUN)
    assert "Tr0ub4dor" not in str(raised.value)
    assert raised.value.__suppress_context__


def test_a_url_that_is_none_is_refused():
    with pytest.raises(MeltanoError, match="this target writes mariadb, mysql, postgres"):
        SehStateStoreManager(uri="seh:oracle://user:secret@host/db")


def test_the_target_does_not_need_meltano():
    code = "import sys, target_seh_sql.target; print('meltano' in sys.modules)"
    assert subprocess.check_output([sys.executable, "-c", code], text=True) == "False\n"
