"""The command `solaredge-simulator`."""

from __future__ import annotations

import argparse
import signal
import sys
import threading
from contextlib import ExitStack
from datetime import UTC, date, datetime
from errno import EADDRINUSE
from typing import TYPE_CHECKING

from solaredge_simulator.accounts import Account
from solaredge_simulator.fleet import fleet
from solaredge_simulator.grants import Application
from solaredge_simulator.limits import Plan
from solaredge_simulator.simulator import Simulator

if TYPE_CHECKING:
    from collections.abc import Sequence


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    found = argparse.ArgumentParser(
        prog="solaredge-simulator",
        description="A SolarEdge monitoring service on loopback with made-up plants.",
        epilog="Tests steer it below /_simulator/ (calls, metrics, clock, faults). Stop it with Ctrl-C.",
    )
    found.add_argument("--port", type=int, default=8044, help="port on 127.0.0.1; 0 takes a free one (8044)")
    found.add_argument("--key", default="demo-fleet-key", help="the API key that it accepts (demo-fleet-key)")
    _add_application(found.add_argument_group("login of site owners, at /authorize"))
    _add_plants(found.add_argument_group("plants"))
    _add_limits(found.add_argument_group("limits"))
    _add_switches(found.add_argument_group("where documents and observations differ"))
    return found


def _add_application(group: argparse._ArgumentGroup) -> None:
    add, usual = group.add_argument, Application()
    add("--client-id", default=usual.client_id, help=f"({usual.client_id})")
    add("--client-secret", default=usual.client_secret, help=f"({usual.client_secret})")
    urls = ", ".join(usual.redirect_urls)
    add("--redirect-url", metavar="URL", action="append", help=f"on loopback any port ({urls})")


def _add_plants(group: argparse._ArgumentGroup) -> None:
    add = group.add_argument
    add("--sites", metavar="ID,ID", type=_ids, help="only these sites of the fleet (all)")
    add("--variety", action="store_true", help="six sites of further kinds, troublesome ones among them")
    add("--extra-sites", metavar="N", type=int, default=0, help="so many sites beyond the five (0)")
    add(
        "--first-day", metavar="DATE", type=date.fromisoformat, help="no plant has data before this local day"
    )
    add("--now", metavar="TIME", type=_instant, help="what the clock shows, 2026-06-21T12:05:00Z (real time)")
    add("--speed", metavar="X", type=float, help="simulated seconds per real second (0 with --now, else 1)")
    add("--seed", type=int, default=1, help="other weather, other people (1)")
    add("--calm", action="store_true", help="no hours offline, no late uploads")


def _add_limits(group: argparse._ArgumentGroup) -> None:
    add = group.add_argument
    add("--calls-per-minute", metavar="N", type=int, default=10, help="0 is unlimited (10)")
    add("--real-minutes", action="store_true", help="minutes by the real clock, not the simulator's")
    add("--monthly-credits", metavar="N", type=int, default=2000, help="0 is unlimited (2000)")
    add("--billing-day", metavar="DAY", type=int, default=1, help="day of the month of new credits (1)")
    add("--plan", choices=("free", "pro"), default="free", help="free: /power-flow is forbidden (free)")
    add("--v1", action="store_true", help="V1 answers too, 300 calls a day and 3 at once (else 410)")
    add("--latency", metavar="SECONDS", type=float, default=0.0, help="time that every answer takes (0)")


def _add_switches(group: argparse._ArgumentGroup) -> None:
    add = group.add_argument
    limits = ("observed", "documented")
    add("--quarter-hour-limit", choices=limits, default=limits[0], help="7 days or 12 hours (observed)")
    add("--percent", choices=("fraction", "hundred"), default="fraction", help="stateOfEnergy (fraction)")
    add("--extra-day-bucket", action="store_true", help="one bucket more for a DAY window up to midnight")
    add("--end-stamps", action="store_true", help="voltage and frequency carry the end of their bucket")
    add("--no-glitches", action="store_true", help="no single negative values in charged energy")
    add("--no-gzip", action="store_true", help="never compress")


def main(arguments: Sequence[str] | None = None) -> None:
    """Serve until SIGTERM or SIGINT."""
    asked = parser().parse_args(arguments)
    simulator = build(asked)
    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    with ExitStack() as running:
        try:
            running.enter_context(simulator)
        except OSError as error:
            if error.errno != EADDRINUSE:
                raise
            sys.exit(f"port {asked.port} is taken: name another, with --port or in SOLAREDGE_SIMULATOR_PORT")
        print(f"solaredge-simulator is ready at {simulator.url} with X-API-Key {simulator.key}", flush=True)  # noqa: T201
        ended.wait()


def build(asked: argparse.Namespace) -> Simulator:
    """Return the simulator for the parsed arguments."""
    plants = fleet(
        asked.seed,
        extra=asked.extra_sites,
        first_day=asked.first_day,
        trouble=not asked.calm,
        sites="variety" if asked.variety else "five",
    )
    if unknown := set(asked.sites or ()) - plants.keys():
        parser().error(
            f"no such site: {', '.join(map(str, sorted(unknown)))}; there are {', '.join(map(str, plants))}"
        )
    plan = Plan(
        calls_per_minute=asked.calls_per_minute or None,
        monthly_credits=asked.monthly_credits or None,
        billing_day=asked.billing_day,
        real_minutes=asked.real_minutes,
    )
    return Simulator(
        now=asked.now,
        speed=asked.speed,
        port=asked.port,
        plants={
            number: plant for number, plant in plants.items() if not asked.sites or number in asked.sites
        },
        accounts=[Account(keys=(asked.key,), applications=(_application(asked),), plan=plan)],
        quarter_hour_limit=asked.quarter_hour_limit,
        plan=asked.plan,
        percent=asked.percent,
        extra_day_bucket=asked.extra_day_bucket,
        end_stamps=asked.end_stamps,
        glitches=not asked.no_glitches,
        gzip=not asked.no_gzip,
        latency=asked.latency,
        v1="active" if asked.v1 else "retired",
    )


def _application(asked: argparse.Namespace) -> Application:
    urls = asked.redirect_url or Application().redirect_urls
    return Application(client_id=asked.client_id, client_secret=asked.client_secret, redirect_urls=urls)


def _ids(text: str) -> list[int]:
    return [int(number) for number in text.split(",")]


def _instant(text: str) -> datetime:
    found = datetime.fromisoformat(text)
    return found if found.tzinfo else found.replace(tzinfo=UTC)


if __name__ == "__main__":
    main()
