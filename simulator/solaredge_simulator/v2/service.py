"""The V2 dialect: who calls, may they, what does it cost, which operation answers."""

from __future__ import annotations

import re
from http import HTTPStatus
from typing import TYPE_CHECKING

from solaredge_simulator.accounts import Credential
from solaredge_simulator.limits import Quota, rate_headers
from solaredge_simulator.messages import Answer, RefusalError, problem
from solaredge_simulator.v2.asks import Ask, SiteAsk
from solaredge_simulator.v2.operations import OPERATIONS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from solaredge_simulator.accounts import Account
    from solaredge_simulator.messages import Request
    from solaredge_simulator.oauth import OAuth
    from solaredge_simulator.options import Options
    from solaredge_simulator.plants import Plant
    from solaredge_simulator.v2.operations import Operation

PREFIX = "/v2"
_UNKNOWN = "/v2/unknown"


class V2:
    """Answers everything below `/v2`."""

    def __init__(
        self, plants: Mapping[int, Plant], options: Options, accounts: Iterable[Account], oauth: OAuth
    ) -> None:
        self._plants, self._options, self._oauth = plants, options, oauth
        self._credentials: dict[str, Credential] = {}
        self._quotas: dict[str, Quota] = {}
        """By client id."""
        self._limit: int | None = None
        for account in accounts:
            quota = Quota(account.plan)
            self._limit = account.plan.calls_per_minute
            self._quotas |= {application.client_id: quota for application in account.applications}
            self._credentials |= dict.fromkeys(account.keys, Credential(account.label, account.sites, quota))

    def answer(self, request: Request) -> Answer:
        """Return the answer to one request."""
        operation, parts = find(request.path)
        template = operation.template if operation else _UNKNOWN
        site = int(parts["site"]) if "site" in parts else None
        try:
            credential = self._credential(request)
        except RefusalError as refusal:
            answer = refusal.answer
            answer.headers |= rate_headers(self._limit)
            answer.template, answer.site = template, site
            return answer
        answer = self._charged(request, credential, operation, parts)
        answer.template, answer.site, answer.credential = template, site, credential.label
        return answer

    def _charged(
        self, request: Request, credential: Credential, operation: Operation | None, parts: Mapping[str, str]
    ) -> Answer:
        try:
            headers = credential.quota.charge(request.now)
        except RefusalError as refusal:
            return refusal.answer
        try:
            answer = Answer(body=self._operate(request, credential, operation, parts))
        except RefusalError as refusal:
            answer = refusal.answer
        answer.headers |= headers
        return answer

    def _credential(self, request: Request) -> Credential:
        """Return who calls; `X-Account-Key` is accepted and ignored."""
        key = request.headers.get("x-api-key")
        bearer = request.headers.get("authorization", "").removeprefix("Bearer ")
        if key is None and not bearer:
            raise gateway_refusal("invalid_request", "The access token is missing")
        if key is None:
            return self._granted(bearer, request)
        if key not in self._credentials:
            title = "Unauthorized - Authentication Failed"
            raise problem(HTTPStatus.UNAUTHORIZED, "Invalid API key", title)
        return self._credentials[key]

    def _granted(self, bearer: str, request: Request) -> Credential:
        """Return what an access token opens: one site, with the scopes of its grant."""
        grant = self._oauth.grants.of_bearer(bearer, request.now)
        if grant is None:
            raise gateway_refusal("invalid_token", "The access token is invalid or has expired")
        client = grant.application.client_id
        label = f"{client}:{grant.site}"
        return Credential(label, {grant.site}, self._quotas[client], fleet=False, scopes=grant.scopes)

    def _operate(
        self, request: Request, credential: Credential, operation: Operation | None, parts: Mapping[str, str]
    ) -> object:
        if operation is None:
            raise problem(HTTPStatus.NOT_FOUND, "Unknown endpoint")
        if request.method not in {"GET", "HEAD"}:
            raise problem(HTTPStatus.METHOD_NOT_ALLOWED, "Only GET is supported")
        plants = credential.reach(self._plants)
        if operation.of_fleet is not None:
            if not credential.fleet:
                raise problem(HTTPStatus.FORBIDDEN, "The operation needs an API key")
            return operation.of_fleet(Ask(request, self._options, plants))
        site = int(parts["site"])
        if site not in plants:
            raise problem(HTTPStatus.FORBIDDEN, f"Access to site {site} is denied")
        if operation.scope not in credential.scopes:
            raise problem(HTTPStatus.FORBIDDEN, f"The scope {operation.scope} was not granted")
        assert operation.of_site is not None  # noqa: S101
        return operation.of_site(SiteAsk(request, self._options, plants, plants[site], parts))


def find(path: str) -> tuple[Operation | None, Mapping[str, str]]:
    """Return the operation of a path and the parts that the path names."""
    for operation, pattern in _PATTERNS:
        if found := pattern.fullmatch(path):
            return operation, found.groupdict()
    return None, {}


def gateway_refusal(error: str, description: str) -> RefusalError:
    """Return a 401 in the style of the gateway in front of the service (section 9)."""
    body = {"error": error, "error_description": description}
    return RefusalError(Answer(HTTPStatus.UNAUTHORIZED, body))


def _pattern(template: str) -> re.Pattern[str]:
    sites = template.replace("{site}", r"(?P<site>\d+)")
    return re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", sites))


_PATTERNS = [(operation, _pattern(operation.template)) for operation in OPERATIONS]
