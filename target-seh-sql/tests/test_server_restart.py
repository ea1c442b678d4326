"""The server is stopped and started in the middle of a load: the load waits, goes on and loses nothing."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from .conftest import Database, lines, record, schema, state
from .own_servers import OWN_SERVERS, NoServer

WINDOWS, SIZE = 60, 500
START = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture(scope="module", params=OWN_SERVERS)
def own_server(request):
    folder = Path(tempfile.mkdtemp(prefix="seh-server-"))
    try:
        server = OWN_SERVERS[request.param](folder)
    except NoServer as error:
        shutil.rmtree(folder)
        if os.environ.get("CI") == "true":
            pytest.fail(str(error))
        pytest.skip(str(error))
    server.start()
    yield server
    server.stop(crash=True)
    server.log.close()
    shutil.rmtree(folder)


def instant(quarter: int) -> str:
    return f"{START + timedelta(minutes=15 * quarter):%Y-%m-%dT%H:%M:%SZ}"


def messages(site: int) -> str:
    """Return windows of one site, each closed by a STATE."""
    sent = [schema("sites"), record("sites", id=site, name="Dak"), schema("power_readings")]
    for window in range(WINDOWS):
        quarters = range(window * SIZE, (window + 1) * SIZE)
        sent += (
            record("power_readings", site_id=site, timestamp=instant(q), power_watts=q) for q in quarters
        )
        sent.append(state("power_readings", site, replication_key_value=instant(quarters[-1])))
    return lines(*sent)


@pytest.mark.parametrize(("site", "crash"), [(1, True), (2, False)], ids=["crash", "orderly"])
def test_a_load_outlives_a_restart_of_the_server(own_server, tmp_path, site, crash):
    database = Database(own_server.url)
    given = tmp_path / "in.jsonl"
    given.write_text(messages(site))
    environment = {**database.environment, "TARGET_SEH_SQL_BATCH_SIZE_ROWS": str(SIZE)}
    with given.open() as source, subprocess.Popen(
        database.command, env=environment, stdin=source, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as target:  # fmt: skip
        first = json.loads(target.stdout.readline())
        own_server.stop(crash=crash)
        warning = next(line.decode() for line in target.stderr if b"trying again" in line or b"ERROR" in line)
        own_server.start()
        printed, said = (text.decode() for text in target.communicate(timeout=60))
    assert "the database said: " in warning
    assert (target.returncode, "ERROR" in said) == (0, False), said
    assert first["bookmarks"] != json.loads(printed.splitlines()[-1])["bookmarks"]
    found = database.execute("SELECT site_id, count(*), sum(power_watts) FROM power_readings GROUP BY 1")
    assert (site, WINDOWS * SIZE, sum(range(WINDOWS * SIZE))) in found
    last = START + timedelta(minutes=15 * (WINDOWS * SIZE - 1))
    bookmarks = database.rows("sync_metadata", "site_id", "last_data_timestamp")
    assert (site, f"{last:%Y-%m-%d %H:%M:%S}") in bookmarks
