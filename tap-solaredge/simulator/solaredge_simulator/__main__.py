"""The command `solaredge-simulator`."""

from __future__ import annotations

import argparse
import signal
import threading
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

from solaredge_simulator.accounts import Account
from solaredge_simulator.fleet import fleet
from solaredge_simulator.limits import Plan
from solaredge_simulator.simulator import Simulator

if TYPE_CHECKING:
    from collections.abc import Sequence


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    found = argparse.ArgumentParser(
        prog="solaredge-simulator",
        description="A SolarEdge monitoring service on loopback with made-up plants: Monitoring API V2.",
        epilog="Tests can read and steer it below /_simulator/ (calls, metrics, clock). Stop it with Ctrl-C.",
    )
    add = found.add_argument
    add("--port", type=int, default=8044, help="port on 127.0.0.1; 0 takes a free one (default %(default)s)")
    add("--sites", metavar="ID,ID", type=_ids, help="only these sites of the fleet, by id (default all)")
    add("--extra-sites", metavar="N", type=int, default=0, help="so many sites beyond the five (default 0)")
    add(
        "--first-day", metavar="DATE", type=date.fromisoformat, help="no plant has data before this local day"
    )
    add(
        "--now",
        metavar="TIME",
        type=_instant,
        help="what the clock shows, such as 2026-06-21T12:05:00Z (default real time)",
    )
    add(
        "--speed",
        metavar="X",
        type=float,
        help="simulated seconds per real second (default: 0 with --now, else 1)",
    )
    add("--seed", type=int, default=1, help="other weather, other people (default %(default)s)")
    add("--calm", action="store_true", help="no hours offline, no late uploads")
    add("--key", default="demo-fleet-key", help="the API key that is accepted (default %(default)s)")
    add("--calls-per-minute", metavar="N", type=int, default=10, help="0 is unlimited (default %(default)s)")
    add("--monthly-credits", metavar="N", type=int, default=2000, help="0 is unlimited (default %(default)s)")
    add("--billing-day", metavar="DAY", type=int, default=1, help="day of the month on which credits return")
    add(
        "--quarter-hour-limit",
        choices=("observed", "documented"),
        default="observed",
        help="longest window of quarter hours: 7 days or 12 hours (default %(default)s)",
    )
    add("--plan", choices=("free", "pro"), default="free", help="free: /power-flow is forbidden")
    add("--percent", choices=("fraction", "hundred"), default="fraction", help="the scale of stateOfEnergy")
    add(
        "--extra-day-bucket",
        action="store_true",
        help="a DAY window that ends at midnight gets one more bucket",
    )
    add("--end-stamps", action="store_true", help="voltage and frequency carry the end of their bucket")
    add("--no-glitches", action="store_true", help="no single negative values in charged energy")
    add("--no-gzip", action="store_true", help="never compress")
    add("--latency", metavar="SECONDS", type=float, default=0.0, help="time that every answer takes")
    return found


def main(arguments: Sequence[str] | None = None) -> None:
    """Serve until SIGTERM or SIGINT."""
    simulator = build(parser().parse_args(arguments))
    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    with simulator:
        print(f"solaredge-simulator is ready at {simulator.url} with X-API-Key {simulator.key}", flush=True)  # noqa: T201
        ended.wait()


def build(asked: argparse.Namespace) -> Simulator:
    """Return the simulator for the parsed arguments."""
    plants = fleet(asked.seed, extra=asked.extra_sites, first_day=asked.first_day, trouble=not asked.calm)
    if unknown := set(asked.sites or ()) - plants.keys():
        parser().error(
            f"no such site: {', '.join(map(str, sorted(unknown)))}; there are {', '.join(map(str, plants))}"
        )
    plan = Plan(
        calls_per_minute=asked.calls_per_minute or None,
        monthly_credits=asked.monthly_credits or None,
        billing_day=asked.billing_day,
    )
    return Simulator(
        now=asked.now,
        speed=asked.speed,
        port=asked.port,
        plants={
            number: plant for number, plant in plants.items() if not asked.sites or number in asked.sites
        },
        accounts=[Account(keys=(asked.key,), plan=plan)],
        quarter_hour_limit=asked.quarter_hour_limit,
        plan=asked.plan,
        percent=asked.percent,
        extra_day_bucket=asked.extra_day_bucket,
        end_stamps=asked.end_stamps,
        glitches=not asked.no_glitches,
        gzip=not asked.no_gzip,
        latency=asked.latency,
    )


def _ids(text: str) -> list[int]:
    return [int(number) for number in text.split(",")]


def _instant(text: str) -> datetime:
    found = datetime.fromisoformat(text)
    return found if found.tzinfo else found.replace(tzinfo=UTC)


if __name__ == "__main__":
    main()
