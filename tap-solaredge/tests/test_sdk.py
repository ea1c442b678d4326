"""The SDK's standard tests of a tap, against the simulator."""

from datetime import UTC, datetime

import pytest
from singer_sdk.testing import SuiteConfig, TapTestRunner, get_tap_test_class

from solaredge_simulator.simulator import Simulator
from tap_solaredge.tap import TapSolarEdge

SUITE = SuiteConfig(max_records_limit=None)
KEY = {"api_key": "demo-fleet-key"}


def everything():
    """Return a catalog that selects the streams that are off by default too."""
    catalog = TapSolarEdge(config=KEY).catalog
    for entry in catalog.streams:
        entry.metadata.root.selected = True
    return catalog.to_dict()


EVERYTHING = everything()
Standard = get_tap_test_class(TapSolarEdge, config=KEY, suite_config=SUITE, catalog=EVERYTHING)


@pytest.mark.filterwarnings("ignore:No records were available to test")  # V2 has no value for some columns
class TestTapSolarEdge(Standard):
    @pytest.fixture(scope="class")
    @classmethod
    def runner(cls, tmp_path_factory):
        now = datetime(2026, 11, 20, 12, 5, tzinfo=UTC)
        with Simulator(now=now, calls_per_minute=None, monthly_credits=None) as simulator:
            config = {
                "api_url": simulator.url,
                "api_key": simulator.key,
                "calls_per_minute": 0,
                "monthly_credits": 0,
                "ledger_path": str(tmp_path_factory.mktemp("sdk") / "ledger.db"),
            }
            runner = TapTestRunner(TapSolarEdge, config=config, suite_config=SUITE, catalog=EVERYTHING)
            runner.sync_all()
            yield runner
