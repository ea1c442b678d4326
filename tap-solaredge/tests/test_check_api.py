"""`check-api` and `--test`: what they tell, what they spend, and that errors are one line."""

import json

import pytest
from click.testing import CliRunner

from solaredge_simulator.fleet import HOME, ROOF
from tap_solaredge.tap import TapSolarEdge

from .owner import config_file, settings


@pytest.fixture
def tell(tmp_path):
    """Return a function that runs the tap as typed, with these settings."""

    def run(command, **config):
        path = tmp_path / "config.json"
        path.write_text(json.dumps({"ledger_path": str(tmp_path / "ledger.db")} | config))
        given = ["--config", str(path)]
        return CliRunner().invoke(
            TapSolarEdge.cli, [*given, command] if command == "--test" else [command, *given]
        )

    return run


FLEET = """\
Credential: a fleet key, API v2 at {url}
Sites: 5
  4100001: Maple House “De Esdoorn” (Active)
  4100002: Tetto «Città d'Arte» (Active)
"""


@pytest.mark.parametrize("command", ["check-api", "--test"])
def test_a_fleet_key_is_told_sites_rights_and_what_is_left(start_simulator, tell, command):
    simulator = start_simulator(calls_per_minute=10, monthly_credits=2000)
    done = tell(command, api_url=simulator.url, api_key=simulator.key)
    assert done.exit_code == 0, done.output
    assert FLEET.format(url=simulator.url) in done.output
    assert f"May be read at site {HOME}:\n  energy: yes\n  meters: yes\n" in done.output
    assert "Left: 7 calls in this minute; 1,997 of 2,000 this month, until " in done.output
    assert done.output.endswith("; 3 calls for this check\n")
    assert len(simulator.calls) == 3
    assert simulator.key not in done.output


def test_an_owner_is_told_without_the_list_of_sites(simulator, tmp_path):
    tokens = simulator.grant(HOME, scopes=["SITE_DATA"])
    config = settings(simulator, tmp_path, refresh_token=tokens["refresh_token"], site_ids=[HOME])
    path = config_file(tmp_path, config)
    done = CliRunner().invoke(TapSolarEdge.cli, ["check-api", "--config", str(path)])
    assert done.exit_code == 0, done.output
    assert f"Sites: 1\n  {HOME}: granted by its owner\n" in done.output
    assert "  details: yes\n  energy: yes\n  meters: no: " in done.output
    data_calls = [call.endpoint for call in simulator.calls if "oauth2" not in call.endpoint]
    assert len(data_calls) == 3
    assert "/v2/sites" not in data_calls


def test_a_key_of_v1_is_told_its_calls_a_day(start_simulator, tell):
    simulator = start_simulator(v1="active")
    done = tell("check-api", api_url=simulator.url, api_key=simulator.v1_key, api_version="v1")
    assert done.exit_code == 0, done.output
    assert "Credential: a key of V1, API v1 at " in done.output
    assert "  energy: yes\n  devices: yes\n" in done.output
    assert "Left: 300 calls a day for each site; 3 calls for this check" in done.output


def test_what_is_refused_is_told_with_the_reason(simulator, tell):
    simulator.fault("forbidden", path="*/meters/telemetry")
    done = tell("check-api", api_url=simulator.url, api_key=simulator.key, site_ids=[ROOF, 12])
    assert done.exit_code == 0, done.output
    assert f"May be read at site {ROOF}:" in done.output
    assert f"meters: no: /v2/sites/{ROOF}/meters/telemetry answered 403: " in done.output
    assert "  12: not found; check `site_ids`" in done.output


@pytest.mark.parametrize("command", ["check-api", "--test"])
@pytest.mark.parametrize(
    ("config", "code", "told"),
    [
        ({"api_key": "wrong-key-123"}, 1, "/v2/sites answered 401: Invalid API key. "),
        ({}, 2, "No credential: set `api_key` (I have a fleet)"),
        (
            {"api_key": "k-12345", "api_url": "http://127.0.0.1:9"},
            1,
            "No answer from /v2/sites: no connection; ",
        ),
        ({"api_key": "k-12345", "energy_time_unit": "HOUR"}, 2, "'HOUR' is not one of"),
        ({"api_key": 123456789, "client_secret": 987654321}, 2, "is not of type"),
    ],
    ids=["wrong key", "no key", "no network", "wrong setting", "key is a number"],
)
def test_an_error_is_one_line_and_an_exit_code(  # noqa: PLR0917
    simulator, tell, caplog, command, config, code, told
):
    done = tell(command, **({"api_url": simulator.url} | config))
    assert done.exit_code == code
    assert isinstance(done.exception, SystemExit)
    (line,) = [record.getMessage() for record in caplog.records if record.levelname == "CRITICAL"]
    assert told in line
    assert "Traceback" not in done.output + caplog.text
    assert not any(
        str(value) in caplog.text + done.output for name, value in config.items() if "_key" in name
    )
