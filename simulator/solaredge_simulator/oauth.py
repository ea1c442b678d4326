"""The authorisation server: consent in the browser, tokens for the application (API V2 reference, 2)."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlencode, urlsplit

import orjson

from solaredge_simulator import consent_page
from solaredge_simulator.grants import DEVICE_DATA, MOST_MONTHS, SITE_DATA, GrantError, Grants
from solaredge_simulator.messages import Answer
from solaredge_simulator.options import Options

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping
    from datetime import datetime

    from solaredge_simulator.accounts import Account
    from solaredge_simulator.grants import Application
    from solaredge_simulator.messages import Request
    from solaredge_simulator.plants import Plant

AUTHORIZE, TOKEN, REVOKE = "/authorize", "/v2/oauth2/token", "/v2/oauth2/revoke-token"

_HTML = "text/html; charset=utf-8"
_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
_KEPT = ("client_id", "redirect_uri", "scope", "access_duration", "external_id", "state", "response_type")
_ECHOED = ("external_id", "state")


class OAuth:
    """Answers `/authorize` and the two token endpoints."""

    def __init__(
        self, plants: Mapping[int, Plant], accounts: Iterable[Account], options: Options | None = None
    ) -> None:
        options = options or Options()
        self.grants = Grants(rotation=options.rotation, scope=options.scopes)
        self._plants = plants
        self._applications = {
            application.client_id: (application, account)
            for account in accounts
            for application in account.applications
        }
        self._answers: dict[tuple[str, str], Callable[[Request], Answer]] = {
            ("GET", AUTHORIZE): self._ask_owner,
            ("POST", AUTHORIZE): self._decide,
            ("POST", TOKEN): self._token,
            ("POST", REVOKE): self._revoke,
        }

    def answers(self, path: str) -> bool:
        """Tell whether a path belongs to the authorisation server."""
        return path in {AUTHORIZE, TOKEN, REVOKE}

    def answer(self, request: Request) -> Answer:
        """Return the answer to one request."""
        answers = self._answers.get((request.method, request.path))
        answer = answers(request) if answers else Answer(HTTPStatus.METHOD_NOT_ALLOWED, {})
        answer.template = request.path
        return answer

    def application(self, client_id: str) -> tuple[Application, Account] | tuple[None, None]:
        """Return a registered application and the account that it belongs to."""
        return self._applications.get(client_id, (None, None))

    def grant(
        self,
        site: int,
        now: datetime,
        client_id: str | None = None,
        scopes: Collection[str] | None = None,
        months: int = MOST_MONTHS,
    ) -> dict[str, object]:
        """Return the tokens of a new grant, by default to the first application, without any consent."""
        application, _ = self.application(client_id or next(iter(self._applications)))
        if application is None:
            raise ValueError(f"no such application: {client_id}")
        code = self.grants.authorise(application, site, scopes or application.scopes, months, now)
        return self.grants.exchange(code, application, now)

    def _ask_owner(self, request: Request) -> Answer:
        """Show the consent page, or say what is wrong with the link."""
        asked = {name: values[0] for name, values in request.query.items() if name in _KEPT}
        application, target, refusal = self._check(asked)
        if application is None or target is None:
            return Answer(HTTPStatus.BAD_REQUEST, consent_page.failure(refusal), content_type=_HTML)
        if refusal:
            return _back(target, {"error": refusal}, asked)
        owners = [plant for plant in self._plants.values() if plant.first_day]
        page = consent_page.consent(application, _scopes(asked, application), _months(asked), owners, asked)
        return Answer(body=page, content_type=_HTML)

    def _decide(self, request: Request) -> Answer:
        """Send the browser back with a code, or with the owner's refusal."""
        sent = dict(parse_qsl(request.body.decode()))
        application, target, refusal = self._check(sent)
        if application is None or target is None or refusal:
            return Answer(HTTPStatus.BAD_REQUEST, consent_page.failure(refusal), content_type=_HTML)
        site = int(sent.get("site_id", "0"))
        if sent.get("decision") != "approve" or site not in self._plants:
            refused = {"error": "access_denied", "error_description": "The owner refused access"}
            return _back(target, refused, sent)
        code = self.grants.authorise(
            application, site, _scopes(sent, application), _months(sent), request.now
        )
        return _back(target, {"code": code, "site_id": str(site)}, sent)

    def _check(self, asked: Mapping[str, str]) -> tuple[Application | None, str | None, str]:
        """Return the application, where to send the browser, and what is wrong; "" where nothing is."""
        application, _ = self.application(asked.get("client_id", ""))
        if application is None:
            return None, None, "Unknown client_id"
        target = asked.get("redirect_uri") or next(iter(application.redirect_urls))
        if not any(allows(registered, target) for registered in application.redirect_urls):
            return application, None, "The redirect_uri is not registered for this application"
        if asked.get("response_type", "code") != "code":
            return application, target, "unsupported_response_type"
        if not set(_scopes(asked, application)) <= set(application.scopes):
            return application, target, "invalid_scope"
        months = asked.get("access_duration", str(MOST_MONTHS))
        if not months.isdecimal() or not 1 <= int(months) <= MOST_MONTHS:
            return application, target, "invalid_request"
        return application, target, ""

    def _token(self, request: Request) -> Answer:
        """Take JSON; refuse with 400 and the errors of RFC 6749."""
        try:
            sent = _json(request.body)
            application, account = self._authenticate(sent)
            undo = self.grants.undo(str(sent.get("refresh_token", "")))
            answer = Answer(body=self._tokens(sent, application, request.now), undo=undo)
        except GrantError as error:
            return _refused(error)
        answer.credential = account.label
        return answer

    def _authenticate(self, sent: Mapping[str, object]) -> tuple[Application, Account]:
        application, account = self.application(str(sent.get("client_id")))
        if application is None or account is None or sent.get("client_secret") != application.client_secret:
            raise GrantError("invalid_client", "Client authentication failed")
        return application, account

    def _tokens(self, sent: Mapping[str, object], application: Application, now: datetime) -> object:
        match sent.get("grant_type"):
            case "authorization_code":
                return self.grants.exchange(str(sent.get("code")), application, now)
            case "refresh_token":
                return self.grants.refresh(str(sent.get("refresh_token")), application, now)
            case other:
                raise GrantError("unsupported_grant_type", f"Unsupported grant_type: {other}")

    def _revoke(self, request: Request) -> Answer:
        try:
            self.grants.revoke(str(_json(request.body).get("token")))
        except GrantError as error:
            return _refused(error)
        return Answer(body={})


def allows(registered: str, asked: str) -> bool:
    """Tell whether a registered redirect URL allows one; on loopback the port is free (RFC 8252)."""
    ours, theirs = urlsplit(registered), urlsplit(asked)
    if ours.hostname in _LOOPBACK:
        return (ours.scheme, ours.hostname, ours.path) == (theirs.scheme, theirs.hostname, theirs.path)
    return registered == asked


def _scopes(asked: Mapping[str, str], application: Application) -> list[str]:
    """Return the scopes asked for in their usual order; unknown ones at the end."""
    named = asked.get("scope", "").split() or list(application.scopes)
    return sorted(named, key=lambda scope: (SITE_DATA, DEVICE_DATA, scope).index(scope))


def _months(asked: Mapping[str, str]) -> int:
    return int(asked.get("access_duration", MOST_MONTHS))


def _back(target: str, found: dict[str, str], asked: Mapping[str, str]) -> Answer:
    """Return the redirect to the application, with what it sent along."""
    echoed = {name: asked[name] for name in _ECHOED if name in asked}
    joint = "&" if urlsplit(target).query else "?"
    location = f"{target}{joint}{urlencode(found | echoed)}"
    return Answer(HTTPStatus.FOUND, b"", {"Location": location}, content_type="text/plain")


def _refused(error: GrantError) -> Answer:
    body = {"error": error.error, "error_description": error.description}
    return Answer(HTTPStatus.BAD_REQUEST, body)


def _json(body: bytes) -> Mapping[str, object]:
    try:
        sent = orjson.loads(body)
    except orjson.JSONDecodeError:
        sent = None
    if not isinstance(sent, dict):
        raise GrantError("invalid_request", "The body must be a JSON object")
    return sent
