"""Troubles of the field: redirects, bodies without end, odd lists and tokens, any node of an answer."""

import gzip
from datetime import UTC, datetime

import pytest
import requests

from solaredge_simulator.fleet import HOME, ROOF
from solaredge_simulator.node_faults import nodes

ENERGY = f"/v2/sites/{HOME}/energy"
STORAGE = f"/v2/sites/{HOME}/storage/telemetry"
DEVICES = f"/v2/sites/{HOME}/devices"


def timestamps(points):
    return [point["timestamp"] for point in points]


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_names_the_same_path_at_another_host(client, simulator, status):
    simulator.fault(str(status), to="https://other.invalid")
    query = {"X-API-Key": simulator.key}
    answer = requests.get(
        f"{simulator.url}{ENERGY}?resolution=DAY", headers=query, timeout=10, allow_redirects=False
    )
    assert (answer.status_code, answer.headers["Location"]) == (
        status,
        f"https://other.invalid{ENERGY}?resolution=DAY",
    )


@pytest.mark.parametrize(
    ("kind", "status"), [("html_403", 403), ("html_405", 405), ("408", 408), ("425", 425)]
)
def test_a_firewall_answers_with_a_page(client, simulator, kind, status):
    simulator.fault(kind)
    answer = client.get(ENERGY)
    assert (answer.status_code, answer.headers["Content-Type"]) == (status, "text/html; charset=UTF-8")
    assert "<title>" in answer.text


def test_unavailable_for_hours(client, simulator):
    simulator.fault("503_seconds", seconds=86_400)
    answer = client.get(ENERGY)
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "86400")


def test_a_body_drips_byte_by_byte(simulator):
    simulator.fault("drip", seconds=0.01)
    headers = {"X-API-Key": simulator.key, "Accept-Encoding": "gzip"}
    with requests.get(simulator.url + ENERGY, headers=headers, timeout=5, stream=True) as answer:
        assert answer.raw.read(3) == b'{"p'
        assert int(answer.headers["Content-Length"]) > 1000


def test_a_body_has_no_end(simulator):
    simulator.fault("endless")
    with requests.get(
        simulator.url + ENERGY, headers={"X-API-Key": simulator.key}, timeout=5, stream=True
    ) as answer:
        assert "Content-Length" not in answer.headers
        assert len(answer.raw.read(3_000_000)) == 3_000_000


def test_a_small_body_unpacks_to_a_large_one(client, simulator):
    simulator.fault("gzip_bomb", size=8)
    with requests.get(
        simulator.url + ENERGY, headers={"X-API-Key": simulator.key}, timeout=5, stream=True
    ) as answer:
        packed = answer.raw.read(decode_content=False)
    assert len(packed) < 20_000
    assert len(gzip.decompress(packed)) > 8 * 2**20
    assert client.json(ENERGY)["unit"] == "WH"


def test_the_date_header_is_odd_or_missing(client, simulator):
    simulator.fault("odd_date", value="yesterday", times=1)
    assert client.get(ENERGY).headers["Date"] == "yesterday"
    simulator.lift_faults()
    simulator.fault("odd_date", times=1)
    assert "Date" not in client.get(ENERGY).headers
    assert "Date" in client.get(ENERGY).headers


def test_a_point_comes_twice_once_with_null_before_it_or_after_it(client, simulator):
    points = client.json(f"/v2/sites/{ROOF}/energy")["values"]
    simulator.fault("twice_with_null")
    doubled = client.json(f"/v2/sites/{ROOF}/energy")["values"]
    assert timestamps(doubled) == [at for at in timestamps(points) for _ in range(2)]
    assert [point for place, point in enumerate(doubled) if place % 4 in {1, 2}] == points
    assert {point["value"] for place, point in enumerate(doubled) if place % 4 in {0, 3}} == {None}
    simulator.lift_faults()
    simulator.fault("twice_with_null", newest=2)
    assert len(client.json(f"/v2/sites/{ROOF}/energy")["values"]) == len(points) + 2


def test_series_are_cut(client, simulator):
    points = client.json(f"/v2/sites/{HOME}/energy")["values"]
    simulator.fault("cut", size=3)
    assert client.json(f"/v2/sites/{HOME}/energy")["values"] == points[:3]


def test_times_are_in_utc(client, simulator):
    points = client.json(f"/v2/sites/{HOME}/energy")["values"]
    simulator.fault("in_utc")
    in_utc = timestamps(client.json(f"/v2/sites/{HOME}/energy")["values"])
    assert in_utc[0] == "2026-11-19T23:00:00Z"
    assert list(map(datetime.fromisoformat, in_utc)) == list(map(datetime.fromisoformat, timestamps(points)))


def test_a_serial_number_is_written_differently(client, simulator):
    serial = simulator.plants[HOME].inverters[0].serial
    known = [device["serialNumber"] for device in client.json(DEVICES)]
    simulator.fault("rewritten", path=DEVICES, serial=serial, value=serial.lower())
    assert [device["serialNumber"] for device in client.json(DEVICES)] == [
        serial.lower() if device == serial else device for device in known
    ]


def test_lists_are_empty_short_or_miscounted(client, simulator):
    simulator.fault("empty_list", times=1, path="/v2/sites")
    simulator.fault("short_page", calls=[2], path="/v2/sites")
    simulator.fault("node", calls=[3], path="/v2/sites", name="/sites/count", value=99)
    empty, short, odd = (client.json("/v2/sites")["sites"] for _ in range(3))
    assert (empty["count"], empty["site"]) == (0, [])
    assert (short["count"], len(short["site"])) == (5, 3)
    assert (odd["count"], len(odd["site"])) == (99, 5)
    simulator.fault("empty_list", path=DEVICES)
    assert client.json(DEVICES) == []


def test_a_node_is_null_of_another_type_missing_or_doubled(client, simulator):
    battery = simulator.plants[HOME].batteries[0].serial
    simulator.fault("node", path=STORAGE, name="/storage/*", calls=[1])
    simulator.fault(
        "node", path=STORAGE, name="/storage/*/chargePower/values/0/value", value="10 kW", calls=[2]
    )
    simulator.fault("node_gone", path=STORAGE, name="/storage/*/*/unit", calls=[3])
    simulator.fault("node_twice", path=STORAGE, name="/resolution", calls=[4])
    null, text, gone, twice = (client.json(STORAGE) for _ in range(4))
    assert null["storage"] == {battery: None}
    assert text["storage"][battery]["chargePower"]["values"][0]["value"] == "10 kW"
    assert {tuple(block) for block in gone["storage"][battery].values()} == {("values",)}
    assert twice["resolution"] == ["QUARTER_HOUR", "QUARTER_HOUR"]
    simulator.fault("node_twice", path=DEVICES, name="/0")
    simulator.fault("node", path=DEVICES, name="/1")
    devices = client.json(DEVICES)
    assert (devices[0]["type"], devices[1]) == ("INVERTER", None)


def test_any_node_can_be_struck_at_random_and_the_same_way_again(client, simulator):
    healthy, seen = client.json(STORAGE), []
    for seed in (*range(30), 0):
        simulator.fault("node_random", seed=seed)
        seen.append(client.json(STORAGE))
        simulator.lift_faults()
    assert seen[0] == seen[-1]
    assert sum(answer != healthy for answer in seen) >= 28
    assert len({repr(answer) for answer in seen}) >= 25


def test_nodes_are_named_by_their_path():
    body = {"a": [{"b": 1}, None]}
    assert [node.path for node in nodes(body)] == ["/a", "/a/0", "/a/0/b", "/a/1"]


def test_tokens_without_a_life_with_scopes_in_another_form_or_without_a_successor(start_simulator):
    for scopes, scope in (("text", "SITE_DATA DEVICE_DATA"), ("list", ["SITE_DATA", "DEVICE_DATA"])):
        simulator = start_simulator(rotation=False, scopes=scopes)
        first = simulator.grant(HOME)
        application = simulator.application
        asked = {
            "grant_type": "refresh_token",
            "refresh_token": first["refresh_token"],
            "client_id": application.client_id,
            "client_secret": application.client_secret,
        }
        simulator.fault("node", path="/v2/oauth2/token", name="/expires_in", calls=[1])
        answers = [
            requests.post(f"{simulator.url}/v2/oauth2/token", json=asked, timeout=10).json() for _ in range(2)
        ]
        assert [answer["expires_in"] for answer in answers] == [None, 7200]
        assert all("refresh_token" not in answer for answer in answers)
        assert [answer["scope"] for answer in (first, *answers)] == [scope] * 3
        for answer in answers:
            bearer = {"Authorization": f"Bearer {answer['access_token']}"}
            assert requests.get(simulator.url + ENERGY, headers=bearer, timeout=10).status_code == 200


def test_a_full_battery_reads_more_than_one(start_simulator, make_client):
    now = datetime(2026, 6, 20, 16, tzinfo=UTC)
    window = {"from-": "2026-06-20T00:00:00Z", "to": "2026-06-20T14:00:00Z"}
    levels = []
    for overfull in (0.0, 0.04):
        simulator = start_simulator(now=now, overfull=overfull, trouble=False)
        (battery,) = make_client(simulator).json(STORAGE, **window)["storage"].values()
        levels.append([point["value"] for point in battery["stateOfEnergy"]["values"]])
    plain, over = levels
    assert max(plain) <= 1 < max(over)
    assert [round(b - a, 6) for a, b in zip(plain, over, strict=True)] == [
        0.04 if a >= 0.95 else 0 for a in plain
    ]


def test_devices_report_in_other_units(start_simulator, make_client):
    window = {"from-": "2026-11-20T10:00:00Z", "to": "2026-11-20T10:15:00Z"}
    found = []
    for units in ("small", "kilo"):
        client = make_client(start_simulator(device_units=units, trouble=False))
        (battery,) = client.json(STORAGE, **window)["storage"].values()
        names = ("chargePower", "chargeEnergy", "remainingEnergy", "stateOfEnergy")
        found.append([(battery[n]["unit"], battery[n]["values"][0]["value"]) for n in names])
    small, kilo = found
    assert [unit for unit, _ in small] == ["W", "WH", "KWH", "PERCENTAGE"]
    assert [unit for unit, _ in kilo] == ["KW", "KWH", "WH", "PERCENTAGE"]
    ratios = [b / a if a else 1 for (_, a), (_, b) in zip(small, kilo, strict=True)]
    assert ratios[2:] == [pytest.approx(1000), 1]
