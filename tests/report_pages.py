"""Databases for the report, and the pages that the command makes of them."""

import json
import subprocess
from datetime import UTC, datetime

from filled_databases import all_selected

from solaredge_simulator.simulator import Simulator
from tools.pipeline import BIN, Pipeline

NOW = datetime(2026, 11, 20, 12, 5, tzinfo=UTC)
STREAMS = {
    "sites", "batteries", "meters", "energy_readings", "power_flows", "battery_readings", "alerts",
}  # fmt: skip


def messages_of(folder, now, days, site_ids, **options):
    """Return the file with what the tap writes of some sites and so many days."""
    folder.mkdir(parents=True, exist_ok=True)
    with Simulator(now=now, calls_per_minute=None, monthly_credits=None, **options) as simulator:
        pipeline = Pipeline(folder, simulator)
        pipeline.settings["site_ids"] = site_ids
        found = subprocess.run([*pipeline.tap(), "--discover"], capture_output=True, check=True)
        pipeline.catalog = all_selected(json.loads(found.stdout))
        for stream in pipeline.catalog["streams"]:
            if stream["tap_stream_id"] not in STREAMS:
                stream["metadata"][-1]["metadata"]["selected"] = stream["metadata"][0]["metadata"][
                    "selected"
                ] = False
        command = pipeline.tap(energy_lookback_days=days, power_lookback_days=days)
        with (folder / "messages").open("wb") as out:
            subprocess.run(command, stdout=out, stderr=subprocess.PIPE, check=True)
    return folder / "messages"


def load(url, folder, lines):
    """Fill a database from a file of messages."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "target.json").write_text(json.dumps({"sqlalchemy_url": url}))
    command = [BIN / "target-seh-sql", "--config", folder / "target.json"]
    with lines.open("rb") as file:
        subprocess.run(command, stdin=file, capture_output=True, check=True)


def report(folder, *options, output="report.html"):
    """Run the command; return what it did."""
    command = [BIN / "target-seh-sql", "report", "--config", folder / "target.json", "--output", output]
    return subprocess.run([*command, *options], cwd=folder, capture_output=True, text=True, check=False)


def page_of(folder, *options, output="report.html"):
    """Return the page that the command makes."""
    done = report(folder, *options, output=output)
    assert done.returncode == 0, done.stderr
    return folder / output


def go(browser, address):
    """Go to a site or a period, as a link does."""
    browser.run(f"location.hash = {address!r}")
    browser.wait_for(f'body[data-drawn="{address}"]')


def opened(browser, page, address):
    """Open a page at a site or a period."""
    browser.open("about:blank")
    browser.open(f"{page.as_uri()}#{address}")
    browser.wait_for(f'body[data-drawn="{address or "start"}"]')
