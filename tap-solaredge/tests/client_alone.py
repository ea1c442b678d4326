"""A client of a strange service, without a tap around it."""

import pytest

from tap_solaredge.budget.ledger import Ledger
from tap_solaredge.budget.limits import Limits
from tap_solaredge.clock import Clock
from tap_solaredge.errors import TapSolarEdgeError
from tap_solaredge.login.credentials import FleetKey
from tap_solaredge.service.client import Client
from tap_solaredge.service.request import Request

KEY = "fleet-key-of-this-test"
DETAILS = Request("/v2/sites/1", site_id=1)


class StillClock(Clock):
    """A clock that writes down how long it was to wait."""

    def __init__(self):
        super().__init__()
        self.slept = []

    def sleep(self, seconds):
        self.slept.append(seconds)


@pytest.fixture
def client(tmp_path):
    """Return a function that makes a client of a service."""
    made = []

    def make(url, credential=None, limits=None, **options):
        clock = StillClock()
        ledger = Ledger(tmp_path / "ledger.db", KEY, limits or Limits(None, None), clock)
        options = {"timeout": 10.0, "retries": 0} | options
        made.append((Client(url, credential or FleetKey(KEY), ledger, clock, **options), ledger))
        return made[-1][0]

    yield make
    for each, ledger in made:
        each.close()
        ledger.close()


def problem(client, request=DETAILS):
    """Return the error that a call ends with."""
    with pytest.raises(TapSolarEdgeError) as caught:
        client.get(request)
    return caught.value
