"""A first run says what it will cost, how far it has come, and how long it still takes; by a moved clock.

`make proofs` adds 80 sites.
"""

import logging
import os
import re

import pytest

from solaredge_simulator.fleet import HOME

from .collected import Collected

FLEETS = [(1, 10), (5, 10)] + ([(80, 60)] if os.environ.get("PROOF") == "whole" else [])
LINE = re.compile(
    r"([\d,]+) of about ([\d,]+) calls made, about ([\d.]+) (seconds?|minutes?|hours) left; "
    r"(\d+) of (\d+) sites? up to date(, history back to (\S+))?"
)
SECONDS = {"s": 1, "m": 60, "h": 3600}


@pytest.fixture(params=FLEETS, ids=lambda fleet: f"{fleet[0]} sites, {fleet[1]} a minute")
def first_run(request, start_simulator, tmp_path, caplog):
    """Return what a first run said, each line with the moment, and what it took."""
    sites, per_minute = request.param
    caplog.set_level(logging.INFO)
    simulator = start_simulator(extra=max(sites - 5, 0), calls_per_minute=per_minute)
    said, clock = [], simulator.clock
    handler = logging.Handler()
    handler.emit = lambda record: said.append((clock.now(), record.getMessage()))
    logging.getLogger("tap-solaredge").addHandler(handler)
    only = {"site_ids": [HOME]} if sites == 1 else {}
    harvest = Collected(simulator, tmp_path, calls_per_minute=per_minute, monthly_credits=0, **only)
    calls = harvest.run()
    logging.getLogger("tap-solaredge").removeHandler(handler)
    assert harvest.error is None
    print(f"\n{sites} sites, {per_minute} calls a minute")  # noqa: T201 (the proof)
    for at, line in said:
        if not line.startswith(("site ", "The minute's")):
            print(f"{at:%H:%M:%S} {line}")  # noqa: T201
    return sites, said, len(calls), clock.now()


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
    if sites == 1:
        assert all(number(found[2]) == calls for _, found in lines)
        plan = next(line for _, line in said if line.startswith("Plan: ") and "calls" in line)
        assert (
            number(re.match(r"Plan: ([\d,]+) calls", plan)[1]) == calls - 4
        )  # the lists and the first ones are made


def number(text):
    return int(text.replace(",", ""))
