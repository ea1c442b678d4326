"""A plain client of V1."""

import pytest
import requests

from solaredge_simulator.v1.rules import V1Rules

DAY = {"startTime": "2026-06-03 00:00:00", "endTime": "2026-06-04 00:00:00"}
JSON = {"Accept": "application/json"}


class V1Client:
    """Sends the key in the query, as V1 wants it."""

    def __init__(self, simulator, key=None):
        self.simulator, self.key = simulator, key or simulator.v1_key

    def get(self, path, headers=JSON, **query):
        query = {"api_key": self.key} | query
        return requests.get(self.simulator.url + path, params=query, headers=headers, timeout=60)

    def json(self, path, **query):
        answer = self.get(path, **query)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def details(self, site, call="powerDetails", window=DAY, **query):
        meters = self.json(f"/site/{site}/{call}", **window, **query)[call]["meters"]
        return {meter["type"]: [v.get("value") for v in meter["values"]] for meter in meters}


@pytest.fixture
def start_v1(start_simulator):
    """Start a simulator with V1 rules and with other options, return a client."""

    def start(rules=None, **options):
        return V1Client(start_simulator(v1=V1Rules(**(rules or {})), **options))

    return start


@pytest.fixture
def v1(start_v1):
    return start_v1()
