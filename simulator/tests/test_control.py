"""What tests ask and set: the call list, metrics, the clock, the command line."""

import re
import signal
import subprocess
import sys
import threading
from datetime import UTC, datetime

import pytest
import requests

from solaredge_simulator.__main__ import build, parser
from solaredge_simulator.clock import Clock
from solaredge_simulator.fleet import HOME, OFFICE
from solaredge_simulator.simulator import Simulator

NOW = datetime(2026, 11, 20, 12, 5, tzinfo=UTC)


def test_every_call_is_recorded_without_secrets(client, simulator):
    client.get(f"/v2/sites/{HOME}/energy?resolution=DAY&api_key=secret")
    requests.get(f"{simulator.url}/v2/sites", headers={"X-API-Key": "wrong"}, timeout=10)
    first, second = client.json("/_simulator/calls")
    assert first == {
        "number": 1,
        "time": "2026-11-20T12:05:00+00:00",
        "method": "GET",
        "path": f"/v2/sites/{HOME}/energy",
        "endpoint": "/v2/sites/{site}/energy",
        "site": HOME,
        "query": {"resolution": ["DAY"]},
        "credential": "demo",
        "status": 200,
        "fault": None,
        "at_once": 1,
    }
    assert (second["endpoint"], second["credential"], second["status"]) == ("/v2/sites", None, 401)
    assert [call.endpoint for call in simulator.calls] == ["/v2/sites/{site}/energy", "/v2/sites"]
    assert [call.number for call in simulator.calls.to("/energy")] == [1]
    requests.delete(f"{simulator.url}/_simulator/calls", timeout=10)
    assert len(simulator.calls) == 0


def test_metrics_count_by_endpoint_credential_site_and_status(client, simulator):
    client.get(f"/v2/sites/{HOME}/energy")
    client.get(f"/v2/sites/{HOME}/energy")
    client.get(f"/v2/sites/{OFFICE}/nothing")
    expected = {
        "calls": 3,
        "by_endpoint": {"/v2/sites/{site}/energy": 2, "/v2/unknown": 1},
        "by_credential": {"demo": 3},
        "by_site": {str(HOME): 2},
        "by_status": {"200": 2, "404": 1},
        "max_concurrency": 1,
    }
    assert client.json("/_simulator/metrics") == expected
    assert simulator.calls.summary() == expected


def test_the_highest_concurrency_is_seen(start_simulator, make_client):
    simulator = start_simulator(latency=0.2)
    clients = [make_client(simulator) for _ in range(3)]
    threads = [threading.Thread(target=each.get, args=("/v2/sites",)) for each in clients]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert simulator.calls.max_concurrency == 3


def test_the_clock_is_moved_over_http(client, simulator):
    assert client.post("/_simulator/clock", {"advance_seconds": 90}).json() == {
        "now": "2026-11-20T12:06:30+00:00"
    }
    client.post("/_simulator/clock", {"now": "2026-06-21T12:05:00Z"})
    assert simulator.clock.now() == datetime(2026, 6, 21, 12, 5, tzinfo=UTC)
    assert client.json("/_simulator/clock") == {"now": "2026-06-21T12:05:00+00:00"}
    assert client.post("/_simulator/clock", {"now": "soon"}).status_code == 400
    assert client.get("/_simulator/nothing").status_code == 404
    assert len(simulator.calls) == 0


def test_a_clock_stands_runs_or_shows_real_time():
    assert Clock(NOW).now() == NOW
    assert Clock(NOW).advance(days=1, hours=1) == datetime(2026, 11, 21, 13, 5, tzinfo=UTC)
    fast = Clock(NOW, speed=1e6)
    assert fast.now() > NOW
    fast.run(0)
    assert fast.now() == fast.now()
    assert abs((Clock().now() - datetime.now(UTC)).total_seconds()) < 5
    with pytest.raises(ValueError, match="zone"):
        Clock(NOW).set(datetime(2026, 1, 1))  # noqa: DTZ001


def test_a_simulator_stops_with_clients_still_connected():
    session = requests.Session()
    with Simulator(now=NOW) as simulator:
        url = simulator.url
        session.get(f"{url}/v2/sites", timeout=10)
    session.close()
    with pytest.raises(requests.ConnectionError):
        requests.get(f"{url}/v2/sites", timeout=10)


def test_the_command_serves_until_it_is_told_to_stop():
    command = [sys.executable, "-m", "solaredge_simulator", "--port", "0", "--now", "2026-06-21T12:05:00Z"]
    with subprocess.Popen([*command, "--key", "K1"], stdout=subprocess.PIPE, text=True) as process:
        line = process.stdout.readline()
        url = re.fullmatch(
            r"solaredge-simulator is ready at (http://127.0.0.1:\d+) with X-API-Key K1\n", line
        )[1]
        answer = requests.get(f"{url}/v2/sites", headers={"X-API-Key": "K1"}, timeout=10)
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=10) == 0
    assert answer.json()["sites"]["count"] == 5
    assert answer.headers["Date"] == "Sun, 21 Jun 2026 12:05:00 GMT"
    assert answer.headers["x-ratelimit-limit-minute"] == "10"


def test_the_command_line_sets_every_switch():
    line = f"--sites {HOME},{OFFICE} --first-day 2026-10-01 --now 2026-11-20T12:05:00 --calls-per-minute 0"
    asked = parser().parse_args([*line.split(), "--quarter-hour-limit", "documented", "--no-gzip", "--calm"])
    simulator = build(asked)
    assert list(simulator.plants) == [HOME, OFFICE]
    assert simulator.clock.now() == NOW
    assert simulator.accounts[0].plan.calls_per_minute is None
    assert simulator.front.options.quarter_hour_limit == "documented"
    assert not simulator.front.options.gzip
    assert str(simulator.plants[HOME].first_day) == "2026-10-01"
    assert not simulator.plants[HOME].trouble


def test_an_unknown_site_is_said_to_be_so(capsys):
    with pytest.raises(SystemExit):
        build(parser().parse_args(["--sites", "7"]))
    assert "no such site: 7; there are 4100001, " in capsys.readouterr().err


def test_a_port_that_is_taken_is_said_in_one_line():
    with Simulator(now=NOW) as other:
        port = other.url.rpartition(":")[2]
        program = ["-W", "error", "-m", "solaredge_simulator.background", "start", "--port", port]
        done = subprocess.run([sys.executable, *program], capture_output=True, text=True, check=False)
    named = f"port {port} is taken: name another, with --port or in SOLAREDGE_SIMULATOR_PORT"
    assert (done.returncode, done.stderr) == (1, f"The simulator did not start: {named}\n")
