"""The V1 dialect: whose key, how many calls today and at once, which operation answers, in which format."""

from __future__ import annotations

import threading
from collections import Counter
from http import HTTPStatus
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from solaredge_simulator.messages import Answer, RefusalError
from solaredge_simulator.v1.asks import FleetAsk, SiteAsk
from solaredge_simulator.v1.operations import find
from solaredge_simulator.v1.refusals import empty, forbidden, invalid_key

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from solaredge_simulator.messages import Request
    from solaredge_simulator.plants import Plant
    from solaredge_simulator.v1.operations import Operation
    from solaredge_simulator.v1.rules import V1Rules

_MOST_SITES = 100


class V1:
    """Answers the paths of V1 while it is active."""

    def __init__(self, plants: Mapping[int, Plant], rules: V1Rules) -> None:
        self._plants, self.rules = plants, rules
        self._lock = threading.Lock()
        self._day: date | None = None
        self._spent: Counter[str] = Counter()

    def answer(self, request: Request) -> Answer:
        """Return the answer to one request."""
        operation, parts = find(request.path)
        try:
            answer = self._answer(request, operation, parts)
        except RefusalError as refusal:
            answer = refusal.answer
        answer.template = operation.template if operation else "/v1/unknown"
        answer.site = int(parts["site"]) if "site" in parts else None
        answer.credential = self._label(request.first("api_key") or "")
        return answer

    def _answer(self, request: Request, operation: Operation | None, parts: Mapping[str, str]) -> Answer:
        if operation is None:
            raise empty(HTTPStatus.NOT_FOUND)
        if operation.withdrawn:
            raise empty(HTTPStatus.GONE)
        key = request.first("api_key") or ""
        plants = self._reach(key)
        numbers = [
            int(number) for number in (parts.get("sites") or parts.get("site") or "").split(",") if number
        ]
        self._charge(request, key, numbers)
        if not set(numbers) <= plants.keys() or len(numbers) > _MOST_SITES:
            raise forbidden("The site ID is not allowed for this token")
        of_account = key in self.rules.account_keys
        asks = [SiteAsk(request, self.rules, plants, of_account, plants[number], parts) for number in numbers]
        xml = _wants_xml(request, operation, parts)
        if operation.of_fleet:
            found = operation.of_fleet(FleetAsk(request, self.rules, plants, of_account))
        elif operation.of_site:
            found = operation.of_site(asks[0])
        else:
            assert operation.of_sites is not None  # noqa: S101
            found = operation.of_sites(asks)
        return Answer(body=_as_xml(found), content_type="application/xml") if xml else Answer(body=found)

    def _reach(self, key: str) -> dict[int, Plant]:
        """Return the plants that a key opens."""
        if key in self.rules.site_keys:
            return {
                number: self._plants[number]
                for number in (self.rules.site_keys[key],)
                if number in self._plants
            }
        if key not in self.rules.account_keys:
            raise invalid_key()
        sites = self.rules.account_keys[key]
        return {
            number: self._plants[number]
            for number in sorted(self._plants)
            if sites is None or number in sites
        }

    def _charge(self, request: Request, key: str, sites: list[int]) -> None:
        """Count a call for its key and for every site that it names; 429 costs nothing."""
        if self.rules.at_once is not None and request.at_once > self.rules.at_once:
            raise empty(HTTPStatus.TOO_MANY_REQUESTS)
        payers = [key, *map(str, sites)]
        with self._lock:
            if self._day != request.now.date():
                self._day, self._spent = request.now.date(), Counter()
            most = self.rules.daily_calls
            if most is not None and any(self._spent[payer] >= most for payer in payers):
                raise empty(HTTPStatus.TOO_MANY_REQUESTS)
            self._spent.update(payers)

    def _label(self, key: str) -> str | None:
        """Return how the call list names a key."""
        if key in self.rules.account_keys:
            return f"v1-account-{list(self.rules.account_keys).index(key) + 1}"
        return f"v1-site-{self.rules.site_keys[key]}" if key in self.rules.site_keys else None


def _wants_xml(request: Request, operation: Operation, parts: Mapping[str, str]) -> bool:
    """Tell whether the answer is XML; 406 for a format that is not there."""
    accepted = request.headers.get("accept", "")
    asked = parts.get("suffix", "").lstrip(".") or request.first("format") or ""
    if "json" in asked or (not asked and "json" in accepted):
        return False
    if asked in {"xml", "application/xml"} and operation.xml:
        return True
    if asked or (accepted and "*/*" not in accepted and "xml" not in accepted):
        raise empty(HTTPStatus.NOT_ACCEPTABLE)
    return operation.xml


def _as_xml(body: object) -> bytes:
    """Return JSON data as XML: keys are elements, members of a list repeat theirs."""
    assert isinstance(body, dict)  # noqa: S101
    ((name, content),) = body.items()
    root = ET.Element(name)
    _fill(root, content)
    text: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return text


def _fill(element: ET.Element, content: object) -> None:
    if not isinstance(content, dict):
        element.text = "" if content is None else str(content)
        return
    for name, value in content.items():
        for member in value if isinstance(value, list) else [value]:
            _fill(ET.SubElement(element, name), member)
