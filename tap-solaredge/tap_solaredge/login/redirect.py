"""The end of a login in the browser: the redirect, received on loopback or pasted by the owner."""

from __future__ import annotations

from html import escape
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import NamedTuple
from urllib.parse import parse_qs, urlsplit

from tap_solaredge.errors import ConfigError, NotAuthorized, TapSolarEdgeError

LOOPBACK = frozenset({"127.0.0.1", "localhost"})
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
        NotThisLogin: If it carries another `external_id` or `state`, or no code.
        NotAuthorized: If the owner or the service refused.
    """
    found = {name: values[0] for name, values in parse_qs(urlsplit(url.strip()).query).items()}
    refused = found.get("error")
    echoed = found.get("external_id", expected if refused else None)
    if echoed != expected or found.get("state", expected) != expected:
        raise NotThisLogin("This address does not belong to this login; use the newest link")
    if refused:
        told = found.get("error_description") or refused
        raise NotAuthorized(f"Access was not given: {told}{_advice(refused)}")
    if not found.get("code"):
        raise NotThisLogin("This address holds no code: copy it whole, from http to the end")
    site = found.get("site_id", "")
    return Redirect(found["code"], int(site) if site.isdecimal() else None)


def _advice(refused: str) -> str:
    if refused == "invalid_scope":
        return ". Allow the scope in the application's settings, or ask for less with --scope"
    return ""


class Listener:
    """Waits on loopback for the browser to come back."""

    def __init__(self, redirect_url: str, expected: str) -> None:
        self._target = urlsplit(redirect_url)
        self._expected = expected
        self._outcome: Redirect | NotAuthorized | None = None
        listener = self

        class Connection(BaseHTTPRequestHandler):
            """One request of the browser."""

            def do_GET(self) -> None:
                """Answer with a page that says how the login ended."""
                listener.answer(self)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002
                """Say nothing: the address holds the code."""

        try:
            self._server = HTTPServer((str(self._target.hostname), self._target.port or 80), Connection)
        except OSError as error:
            raise ConfigError(
                f"Nothing can listen at {redirect_url} ({error.strerror}): set `redirect_url` to a free port "
                "that the application allows too, or use --paste"
            ) from None

    def wait(self) -> Redirect:
        """Return what the redirect of this login says; others are turned away."""
        try:
            while self._outcome is None:
                self._server.handle_request()
        finally:
            self._server.server_close()
        if isinstance(self._outcome, NotAuthorized):
            raise self._outcome
        return self._outcome

    def answer(self, connection: BaseHTTPRequestHandler) -> None:
        """Read one request and send a page."""
        if urlsplit(connection.path).path != (self._target.path or "/"):
            _send(connection, HTTPStatus.NOT_FOUND, "Nothing is here", "The login ends at another address.")
            return
        try:
            self._outcome = read(connection.path, self._expected)
        except NotThisLogin as error:
            _send(connection, HTTPStatus.BAD_REQUEST, "Not this login", str(error))
        except NotAuthorized as error:
            self._outcome = error
            _send(connection, HTTPStatus.OK, "No access", f"{error}. You can close this page.")
        else:
            _send(connection, HTTPStatus.OK, "Logged in", _DONE)


def _send(connection: BaseHTTPRequestHandler, status: HTTPStatus, title: str, text: str) -> None:
    page = _PAGE.format(title=escape(title), text=escape(text)).encode()
    connection.send_response(status)
    connection.send_header("Content-Type", "text/html; charset=utf-8")
    connection.send_header("Content-Length", str(len(page)))
    connection.send_header("Referrer-Policy", "no-referrer")
    connection.end_headers()
    connection.wfile.write(page)
