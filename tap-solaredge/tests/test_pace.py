"""A first run says what it will cost, how far it has come, and how long it still takes; by a moved clock.

`make proofs` adds 80 sites.
"""

import logging
import os
import re
from pathlib import Path

import pytest

from solaredge_simulator.fleet import HOME

from .collected import Collected

WHOLE = os.environ.get("PROOF") == "whole"
FLEETS = [(1, 10, 2_000), (5, 10, 2_000), *([(80, 60, 100_000)] if WHOLE else [])]
LINE = re.compile(
    r"([\d,]+) of about ([\d,]+) calls made, about ([\d.]+) (seconds?|minutes?|hours) left; "
    r"(\d+) of (\d+) sites? up to date(, history now at (\S+))?"
)
PAGE = Path(__file__).parents[2] / "docs/first-run.md"
SECONDS = {"s": 1, "m": 60, "h": 3600}


@pytest.fixture(params=FLEETS, ids="{0[0]} sites, {0[1]} a minute".format)
def first_run(request, start_simulator, tmp_path, caplog):
    """Return what a first run said, each line with the moment, and what it took."""
    sites, per_minute, monthly = request.param
    caplog.set_level(logging.INFO)
    simulator = start_simulator(extra=max(sites - 5, 0), calls_per_minute=per_minute)
    said, clock = [], simulator.clock
    handler = logging.Handler()
    handler.emit = lambda record: said.append((clock.now(), record.getMessage()))
    logging.getLogger("tap-solaredge").addHandler(handler)
    only = {"site_ids": [HOME]} if sites == 1 else {}
    harvest = Collected(simulator, tmp_path, calls_per_minute=per_minute, monthly_credits=monthly, **only)
    calls = harvest.run()
    logging.getLogger("tap-solaredge").removeHandler(handler)
    assert harvest.error is None
    print(f"\n{sites} sites, {per_minute} calls a minute", *printed(said), sep="\n")  # noqa: T201 (the proof)
    return sites, said, len(calls), clock.now()


def printed(said):
    """Return the lines of a run as the page shows them: without those of single sites and of waiting."""
    left_out = ("site ", "The minute's", "Skipping parse")
    return [f"{at:%H:%M:%S} {line}" for at, line in said if not line.startswith(left_out)]


def test_the_forecast_and_the_time_left_come_true(first_run):
    sites, said, calls, end = first_run
    lines = [(at, found) for at, line in said if (found := LINE.match(line))]
    assert len(lines) >= 4
    assert (
        "The sites of this account are not known yet".casefold()
        in "".join(line for _, line in said).casefold()
    )
    later = [(at, found) for at, found in lines if number(found[1]) >= 0.2 * calls]
    for at, found in later[:-2]:
        assert abs(number(found[2]) - calls) <= 0.05 * calls
        left = float(found[3]) * SECONDS[found[4][0]]
        assert left == pytest.approx((end - at).total_seconds(), rel=0.2, abs=61)
    assert missing_on_the_page(sites, said) == []
    if sites == 1:
        assert all(number(found[2]) == calls for _, found in lines)
        plan = next(line for _, line in said if line.startswith("Plan: ") and "calls" in line)
        assert (
            number(re.match(r"Plan: ([\d,]+) calls", plan)[1]) == calls - 4
        )  # the lists and the first ones are made


def missing_on_the_page(sites, said):
    """Return lines of docs/first-run.md that a first run of so many sites does not print, in order."""
    page = PAGE.read_text()
    found = re.search(rf"^## .*\b{sites} sites?, .*\n+```text\n((?:.*\n)+?)```", page, re.MULTILINE)
    lines = iter(printed(said))
    return [line for line in found[1].splitlines() if line != "..." and line not in lines] if found else []


def number(text):
    return int(text.replace(",", ""))
