"""The ways to go wrong on the way to the client: redirects, bodies without end, headers."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlencode

if TYPE_CHECKING:
    from collections.abc import Callable

    from solaredge_simulator.faults import Fault
    from solaredge_simulator.messages import Answer, Request


def redirect(status: int) -> Callable[[Answer, Fault, Request], None]:
    """Return the fault that sends the client to the same path and query of another host (`to`)."""

    def strike(answer: Answer, fault: Fault, request: Request) -> None:
        query = urlencode(request.query, doseq=True)
        answer.headers["Location"] = f"{fault.to}{request.path}{'?' if query else ''}{query}"
        answer.status, answer.body, answer.content_type = status, b"", "text/html"

    return strike


def drip(answer: Answer, fault: Fault, _: Request) -> None:
    """The body comes byte by byte, `seconds` apart."""
    answer.drip = fault.seconds


def endless(answer: Answer, _: Fault, __: Request) -> None:
    """The body never ends."""
    answer.endless = True


def gzip_bomb(answer: Answer, fault: Fault, _: Request) -> None:
    """A small body that unpacks to `size` MiB of blanks and good JSON."""
    answer.bomb = fault.size


def odd_date(answer: Answer, fault: Fault, _: Request) -> None:
    """The Date header says `value`; None: there is none."""
    answer.date = "" if fault.value is None else str(fault.value)


KINDS: dict[str, Callable[[Answer, Fault, Request], None]] = {
    "301": redirect(301),
    "302": redirect(302),
    "307": redirect(307),
    "308": redirect(308),
    "drip": drip,
    "endless": endless,
    "gzip_bomb": gzip_bomb,
    "odd_date": odd_date,
}
