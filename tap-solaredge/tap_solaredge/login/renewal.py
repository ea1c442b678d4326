"""Renew a grant in a short process of its own, so that whatever ends the tap loses no rotated token.

The service kills a refresh token the moment it answers with the next one (reference: API V2, section 2.4).
The exchange and the write to disk therefore belong to a process that neither Ctrl-C nor a signal to the tap
reaches. It gets its orders on stdin: other users can read command lines. It ends by itself: its wait for the
file's lock and each of its calls have a bound.
"""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import datetime  # noqa: TC003 (msgspec reads the annotations)
from pathlib import Path

import msgspec

from tap_solaredge.advice import command
from tap_solaredge.errors import (
    BudgetReached,
    Busy,
    ConfigError,
    GrantEnded,
    TapSolarEdgeError,
    Unreachable,
)
from tap_solaredge.login.grants import UNUSED_LIFE, Grant, TokenFile
from tap_solaredge.login.token_endpoint import TokenEndpoint, renewed
from tap_solaredge.redaction import conceal, one_line
from tap_solaredge.transport import AGAIN

_ERRORS: dict[str, type[TapSolarEdgeError]] = {
    kind.__name__: kind for kind in (Busy, Unreachable, BudgetReached, ConfigError, GrantEnded)
}


class Order(msgspec.Struct):
    """What the tap wants of the process."""

    token_file: str
    api_url: str
    timeout: float
    client_secret: str
    now: datetime
    """The service's time, as far as the tap knows it."""
    grant: Grant
    """The grant as the tap knows it; that on the disk is believed first."""
    seed: str | None = None
    """The refresh token of the settings, tried last."""
    refused: str | None = None
    """An access token that the service does not accept any more."""


class Outcome(msgspec.Struct):
    """How that ended; no error is success, and the tokens are on the disk."""

    error: str = ""
    message: str = ""
    retry_after: float | None = None


def run(order: Order) -> None:
    """Let a process of its own renew a grant, and wait for it.

    Raises:
        GrantEnded: If only the owner can go on, by logging in again.
        Busy: If the service cannot answer now.
        BudgetReached: If the service wants a longer wait than a run is worth.
        ConfigError: If the token file or the application's settings are wrong.
    """
    process = subprocess.Popen(  # without `with`: who is told to end does not wait for it
        [sys.executable, "-P", "-m", "tap_solaredge.login.renewal"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={name: value for name, value in os.environ.items() if conceal(value) == value},
        start_new_session=True,
    )
    told, complaint = process.communicate(msgspec.json.encode(order))
    try:
        outcome = msgspec.json.decode(told, type=Outcome)
    except msgspec.DecodeError:
        last = one_line(complaint.decode(errors="replace").strip().rpartition("\n")[2])
        raise Busy(f"The login of site {order.grant.site_id} could not be renewed: {last}") from None
    kind = _ERRORS.get(outcome.error)
    if kind is not None and issubclass(kind, Busy):
        raise kind(outcome.message, outcome.retry_after)
    if kind is not None:
        raise kind(outcome.message)


def renew(order: Order) -> None:
    """Renew a grant, unless another process has done so already.

    What came is on the disk before it is looked at any further: the old refresh token is dead by now.
    """
    known = order.grant
    endpoint = TokenEndpoint(order.api_url, known.client_id, order.client_secret, order.timeout)
    with TokenFile(Path(order.token_file)).change() as change:
        kept = change.grants.of(known.client_id, known.site_id)
        if kept and kept.is_fresh(order.now) and kept.access_token != order.refused:
            return
        grant = kept or known
        candidates = [grant.refresh_token, grant.previous_refresh_token, order.seed]
        new = _first_accepted(endpoint, grant, candidates)
        change.grants.put(new)
        change.save()
    if not new.access_token:
        raise Busy(f"The login of site {new.site_id} was renewed without an access token; {AGAIN}")


def _first_accepted(endpoint: TokenEndpoint, grant: Grant, candidates: list[str | None]) -> Grant:
    """Return the grant with new tokens for the first refresh token that the service accepts."""
    refusal = ""
    for token in dict.fromkeys(token for token in candidates if token):
        try:
            tokens, now = endpoint.refresh(token)
        except GrantEnded as ended:
            refusal = refusal or str(ended)
            continue
        return renewed(msgspec.structs.replace(grant, refresh_token=token), tokens, now)
    raise GrantEnded(
        f"The login of site {grant.site_id} is over ({refusal}): its owner took it back, its time is up, "
        f"no run used it for {UNUSED_LIFE.days} days, or a copy of the token file was used elsewhere. "
        f"Nothing is lost: log in again with `{command('login')}`, and the next run goes on from where the "
        "last one ended"
    )


def main() -> None:
    """Carry out the order on stdin and say on stdout how that ended."""
    order = msgspec.json.decode(sys.stdin.buffer.read(), type=Order)
    conceal.add([order.client_secret, order.seed, order.refused, *order.grant.secrets()])
    outcome = Outcome()
    try:
        renew(order)
    except TapSolarEdgeError as error:
        outcome = Outcome(type(error).__name__, conceal(str(error)), getattr(error, "retry_after", None))
    sys.stdout.buffer.write(msgspec.json.encode(outcome))


if __name__ == "__main__":
    main()
