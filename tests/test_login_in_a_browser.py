"""A home owner's way: log in with a real browser, then let Meltano fill the tables.

`make pictures` writes what the browser shows to docs/pictures.
"""

import os
import re
import shutil
import sqlite3
import subprocess
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import pytest
import requests

from solaredge_simulator.fleet import HOME
from tools.browser import Browser
from tools.pipeline import BIN

ROOT = Path(__file__).parents[1]
PICTURES = ROOT / "docs" / "pictures"


@pytest.fixture
def project(tmp_path, simulator):
    """Give a function that starts Meltano in a copy of the project, with an owner's settings in .env."""
    shutil.copy(ROOT / "meltano.yml", tmp_path)
    (tmp_path / ".venv").symlink_to(BIN.parent)
    for folder in ("tap-solaredge", "target-seh-sql"):
        (tmp_path / folder).symlink_to(ROOT / folder)
    (tmp_path / ".env").write_text(
        f"""TAP_SOLAREDGE_CLIENT_ID={simulator.application.client_id}
TAP_SOLAREDGE_CLIENT_SECRET={simulator.application.client_secret}
TAP_SOLAREDGE_TOKEN_FILE={tmp_path}/state/tokens.json
TAP_SOLAREDGE_LEDGER_PATH={tmp_path}/state/ledger.db
TAP_SOLAREDGE_AUTHORIZE_URL={simulator.url}/authorize
TAP_SOLAREDGE_REDIRECT_URL=http://127.0.0.1:8766/callback
TAP_SOLAREDGE_API_URL={simulator.url}
TAP_SOLAREDGE_CALLS_PER_MINUTE=0
TARGET_SEH_SQL_SQLALCHEMY_URL=sqlite:///{tmp_path}/seh.db
"""
    )
    environment = {
        "UV_CONSTRAINT": str(ROOT / "constraints.txt"),
        "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}",
        "BROWSER": "false",  # the test opens the page itself
    }

    with (tmp_path / "meltano.log").open("a") as log, ExitStack() as started:

        def meltano(*arguments):
            process = started.enter_context(
                subprocess.Popen(
                    [BIN / "meltano", "--environment=prod", *arguments],
                    cwd=tmp_path, env=os.environ | environment, text=True,
                    stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log,
                )
            )  # fmt: skip
            started.callback(process.terminate)
            return process

        yield meltano


def test_an_owner_logs_in_and_the_tables_fill(project, simulator, tmp_path):
    with Browser(tmp_path / "profile") as browser:
        login = project("invoke", "tap-solaredge:login")
        link = next(line.strip() for line in login.stdout if re.match(r"\s*http\S+/authorize", line))
        browser.open(link)
        browser.wait_for_heading("SolarEdge Connect (simulated)")
        picture(browser, tmp_path, "consent.png")
        browser.click("#approve")
        browser.wait_for_heading("Logged in")
        picture(browser, tmp_path, "logged-in.png")
        said = login.communicate()[0]
    log = (tmp_path / "meltano.log").read_text()
    assert login.returncode == 0, log[-3000:]
    told = f"Logged in: site {HOME}, scopes SITE_DATA DEVICE_DATA, until 2028-11-20."
    assert told in said
    assert told in (ROOT / "docs" / "home-owner.md").read_text()
    run = project("run", "tap-solaredge", "target-seh-sql")
    said = run.communicate()[0]
    log = (tmp_path / "meltano.log").read_text()
    assert run.returncode == 0, log[-3000:]
    with sqlite3.connect(tmp_path / "seh.db") as database:
        rows = {
            table: database.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
            for table in ("sites", "batteries", "meters", "power_readings", "power_flows", "meter_readings")
        }
    database.close()
    assert rows == {
        "sites": 1, "batteries": 1, "meters": 3,
        "power_readings": 672, "power_flows": 672, "meter_readings": 1344,
    }  # fmt: skip
    whoami = project("invoke", "tap-solaredge:whoami").communicate()[0]
    assert f"site {HOME}: SITE_DATA DEVICE_DATA; permission ends 2028-11-20" in whoami
    for secret in re.findall(r'_token": "([^"]+)"', (tmp_path / "state" / "tokens.json").read_text()):
        assert secret not in said + whoami + log


def test_a_machine_without_a_browser_takes_the_pasted_address(project, simulator, tmp_path):
    login = project("invoke", "tap-solaredge:login-without-browser")
    link = next(line.strip() for line in login.stdout if re.match(r"\s*http\S+/authorize", line))
    sent = dict(parse_qsl(urlsplit(link).query)) | {"site_id": str(HOME), "decision": "approve"}
    page = requests.post(link.partition("?")[0], data=sent, timeout=10, allow_redirects=False)
    said = login.communicate(page.headers["Location"] + "\n")[0]
    assert login.returncode == 0, (tmp_path / "meltano.log").read_text()[-3000:]
    assert f"Logged in: site {HOME}" in said


def picture(browser, folder, name):
    """Take a picture; keep it in docs where that was asked for."""
    browser.picture(folder / name)
    assert (folder / name).stat().st_size > 5_000
    if os.environ.get("PICTURES"):
        PICTURES.mkdir(parents=True, exist_ok=True)
        shutil.copy(folder / name, PICTURES / name)
