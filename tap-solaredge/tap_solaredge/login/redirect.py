"""The end of a login in the browser: the redirect, received on loopback or pasted by the owner."""

from __future__ import annotations

import re
import threading
from html import escape
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from queue import Queue
from typing import NamedTuple
from urllib.parse import parse_qs, urlsplit

from tap_solaredge.errors import ConfigError, NotAuthorized, TapSolarEdgeError
from tap_solaredge.redaction import one_line

LOOPBACK = frozenset({"127.0.0.1", "localhost"})
IDLE = 30.0
"""Seconds after which a connection that says nothing is closed; browsers open some in advance."""
_PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>{title}</title>
<style>
body {{ font-family: sans-serif; max-width: 34rem; margin: 3rem auto; padding: 0 1rem; line-height: 1.5 }}
</style>
</head>
<body>
<h1>{title}</h1>
<p>{text}</p>
</body>
</html>
"""
_SITE = re.compile(r"\d{1,18}", re.ASCII)
_ADVICE = {"invalid_scope": ". Allow the scope in the application's settings, or request less with --scope"}
"""What helps, by the service's word for a refusal."""
_DONE = "tap-solaredge has received the permission and goes on in the terminal. You can close this page."


class Redirect(NamedTuple):
    """What the service sends back with the browser (reference: API V2, section 2.3)."""

    code: str
    site_id: int | None


class NotThisLogin(TapSolarEdgeError):
    """A redirect that does not belong to the login that is under way."""


def read(url: str, expected: str) -> Redirect:
    """Return what a redirect URL says.

    Args:
        url: The address, whole or from the path on.
        expected: What was sent along as `external_id` and `state`.

    Raises:
        NotThisLogin: If it does not carry this very `external_id` or `state`, or carries another, or no code.
        NotAuthorized: If the owner or the service refused.
    """
    try:
        given = parse_qs(urlsplit(url.strip()).query)
    except ValueError:
        raise NotThisLogin("This is no address: copy it whole, from http to the end") from None
    found = {name: values[0] for name, values in given.items()}
    refused = found.get("error", "")
    advice = _ADVICE.get(refused, "")
    told = one_line(f"Access was not given: {found.get('error_description') or refused}{advice}")
    if {found[name] for name in ("external_id", "state") if name in found} != {expected}:
        why = f" ({told})" if refused else ""
        raise NotThisLogin(f"This address does not belong to this login; use the newest link{why}")
    if refused:
        raise NotAuthorized(told)
    if not found.get("code"):
        raise NotThisLogin("This address holds no code: copy it whole, from http to the end")
    site = found.get("site_id", "")
    return Redirect(found["code"], int(site) if _SITE.fullmatch(site) else None)


class Listener:
    """Waits on loopback for the browser to come back; an idle connection does not block the others."""

    def __init__(self, redirect_url: str, expected: str) -> None:
        self._target = urlsplit(redirect_url)
        self._expected = expected
        self._outcome: Queue[Redirect | NotAuthorized] = Queue()
        listener = self

        class Connection(BaseHTTPRequestHandler):
            """One request of the browser."""

            timeout = IDLE

            def do_GET(self) -> None:
                """Answer with a page that says how the login ended."""
                listener.answer(self)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002
                """Say nothing: the address holds the code."""

        try:
            self._server = _Server((str(self._target.hostname), self._target.port or 80), Connection)
        except OSError as error:
            raise ConfigError(
                f"Nothing can listen at {redirect_url} ({error.strerror}): set `redirect_url` to a free port "
                "that the application allows too, or use --paste"
            ) from None

    def wait(self) -> Redirect:
        """Return what the redirect of this login says; others are turned away."""
        threading.Thread(target=self._server.serve_forever, args=(0.1,), daemon=True).start()
        try:
            outcome = self._outcome.get()
        finally:
            self._server.shutdown()
            self._server.server_close()
        if isinstance(outcome, NotAuthorized):
            raise outcome
        return outcome

    def answer(self, connection: BaseHTTPRequestHandler) -> None:
        """Read one request and send a page."""
        if urlsplit(connection.path).path != (self._target.path or "/"):
            _send(connection, HTTPStatus.NOT_FOUND, "Nothing is here", "The login ends at another address.")
            return
        try:
            outcome: Redirect | NotAuthorized = read(connection.path, self._expected)
        except NotThisLogin as error:
            _send(connection, HTTPStatus.BAD_REQUEST, "Not this login", str(error))
            return
        except NotAuthorized as error:
            outcome = error
        try:
            if isinstance(outcome, NotAuthorized):
                _send(connection, HTTPStatus.OK, "No access", f"{outcome}. You can close this page.")
            else:
                _send(connection, HTTPStatus.OK, "Logged in", _DONE)
        finally:
            self._outcome.put(outcome)  # the browser may be gone; what it brought counts


class _Server(ThreadingHTTPServer):
    block_on_close = False

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing: browsers drop connections, and a traceback would show the code."""


def _send(connection: BaseHTTPRequestHandler, status: HTTPStatus, title: str, text: str) -> None:
    page = _PAGE.format(title=escape(title), text=escape(text)).encode()
    connection.send_response(status)
    connection.send_header("Content-Type", "text/html; charset=utf-8")
    connection.send_header("Content-Length", str(len(page)))
    connection.send_header("Referrer-Policy", "no-referrer")
    connection.end_headers()
    connection.wfile.write(page)
