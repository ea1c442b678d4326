"""V2: telemetry of inverters, meters and batteries (reference, 5.10 to 5.13)."""

from datetime import UTC, datetime, timedelta

import pytest

from solaredge_simulator.fleet import HOME, ISLAND, OFFICE, REPLACED_AT, ROOF

DAY = {"from_": "2026-06-03T00:00:00+02:00", "to": "2026-06-04T00:00:00+02:00"}
START = datetime(2026, 6, 2, 22, 0, tzinfo=UTC)
QUARTERS = [START + timedelta(minutes=15) * number for number in range(96)]


def column(series):
    return [point["value"] for point in series["values"]]


def stamps(series):
    return [point["timestamp"] for point in series["values"]]


def test_every_metric_of_an_inverter_has_its_own_period(client, simulator):
    home = simulator.plants[HOME]
    (inverter,) = client.json(f"/v2/sites/{HOME}/inverters/telemetry", **DAY)["inverters"].values()
    assert {name: block["unit"] for name, block in inverter.items()} == {
        "power": "W",
        "energy": "WH",
        "consumedAcPower": "W",
        "consumedAcEnergy": "WH",
        "voltage": "VOLT",
        "current": "AMPERE",
        "frequency": "HERTZ",
    }
    for block in inverter.values():
        assert block["period"]["from"] == "2026-06-03T00:00:00+02:00"
        assert (block["resolution"], len(block["values"])) == ("QUARTER_HOUR", 96)
    truth = [next(iter(home.quarter(start).inverters.values())) for start in QUARTERS]
    assert column(inverter["power"]) == [quarter.power_w for quarter in truth]
    assert column(inverter["voltage"]) == [quarter.voltage for quarter in truth]


def test_voltage_and_frequency_can_carry_the_end_of_their_bucket(start_simulator, make_client):
    client = make_client(start_simulator(end_stamps=True))
    (inverter,) = client.json(f"/v2/sites/{HOME}/inverters/telemetry", **DAY)["inverters"].values()
    assert stamps(inverter["current"])[0] == "2026-06-03T00:00:00+02:00"
    assert stamps(inverter["voltage"])[0] == stamps(inverter["frequency"])[0] == "2026-06-03T00:15:00+02:00"
    assert stamps(inverter["voltage"])[-1] == "2026-06-04T00:00:00+02:00"


def test_a_replaced_inverter_is_in_the_telemetry_of_its_time_only(client, simulator):
    old, new = (i.serial for i in simulator.plants[OFFICE].inverters if i.name == "Inverter 2")

    def serials(start):
        window = {"from_": start.isoformat(), "to": (start + timedelta(hours=1)).isoformat()}
        return client.json(f"/v2/sites/{OFFICE}/inverters/telemetry", **window)["inverters"].keys()

    assert old in serials(REPLACED_AT - timedelta(hours=1))
    assert new not in serials(REPLACED_AT - timedelta(hours=1))
    assert {old, new} <= serials(REPLACED_AT - timedelta(minutes=30))
    assert old not in serials(REPLACED_AT)
    assert new in serials(REPLACED_AT)


def test_inverters_can_be_chosen_by_serial(client, simulator):
    first, _, third, *_ = (inverter.serial for inverter in simulator.plants[OFFICE].inverters)
    chosen = client.json(f"/v2/sites/{OFFICE}/inverters/{first},{third}/telemetry", **DAY)
    assert list(chosen["inverters"]) == [first, third]
    assert client.get(f"/v2/sites/{OFFICE}/inverters/{first},other/telemetry").status_code == 404


def test_meters_have_period_and_resolution_at_the_top(client, simulator):
    answer = client.json(f"/v2/sites/{OFFICE}/meters/telemetry", **DAY)
    assert list(answer) == ["period", "resolution", "meters"]
    grid, load = answer["meters"].values()
    assert set(grid) == {"exportEnergy", "exportPower", "importEnergy", "importPower"}
    assert set(load) == {"consumptionEnergy", "consumptionPower"}
    assert set(grid["exportEnergy"]) == {"unit", "values"}
    truth = [simulator.plants[OFFICE].quarter(start) for start in QUARTERS]
    assert column(grid["importPower"]) == [quarter.purchased_w for quarter in truth]
    assert column(load["consumptionEnergy"]) == [quarter.consumption_wh for quarter in truth]


def test_a_production_meter_counts_production(client):
    answer = client.json(f"/v2/sites/{ISLAND}/meters/telemetry", **DAY)
    _, production = answer["meters"].values()
    assert column(production["productionEnergy"]) == column(client.json(f"/v2/sites/{ISLAND}/energy", **DAY))


def test_a_battery_has_six_metrics_and_a_fraction_for_its_level(client, simulator):
    answer = client.json(f"/v2/sites/{HOME}/storage/telemetry", **DAY)
    ((serial, battery),) = answer["storage"].items()
    assert {name: block["unit"] for name, block in battery.items()} == {
        "chargePower": "W",
        "dischargePower": "W",
        "chargeEnergy": "WH",
        "dischargeEnergy": "WH",
        "remainingEnergy": "KWH",
        "stateOfEnergy": "PERCENTAGE",
    }
    truth = [simulator.plants[HOME].quarter(start).batteries[serial] for start in QUARTERS]
    assert column(battery["stateOfEnergy"]) == pytest.approx([q.state_of_charge / 100 for q in truth])
    assert max(column(battery["stateOfEnergy"])) <= 1
    assert column(battery["remainingEnergy"]) == pytest.approx([q.remaining_wh / 1000 for q in truth])
    assert column(battery["chargePower"]) == [q.charge_w for q in truth]


def test_the_level_can_be_documented_percent(start_simulator, make_client):
    client = make_client(start_simulator(percent="hundred"))
    (battery,) = client.json(f"/v2/sites/{HOME}/storage/telemetry", **DAY)["storage"].values()
    assert max(column(battery["stateOfEnergy"])) > 50


def test_single_negative_values_come_where_nothing_was_charged(
    client, simulator, start_simulator, make_client
):
    window = {"from_": "2026-05-29T00:00:00Z", "to": "2026-06-05T00:00:00Z"}
    glitches = []
    quiet = make_client(start_simulator(glitches=False))
    for weeks in range(4):
        later = {
            name: (datetime.fromisoformat(at) + timedelta(weeks=weeks)).isoformat()
            for name, at in window.items()
        }
        (battery,) = client.json(f"/v2/sites/{HOME}/storage/telemetry", **later)["storage"].values()
        points = battery["chargeEnergy"]["values"]
        glitches += [point for point in points if point["value"] is not None and point["value"] < 0]
        (battery,) = quiet.json(f"/v2/sites/{HOME}/storage/telemetry", **later)["storage"].values()
        assert min(value for value in column(battery["chargeEnergy"]) if value is not None) == 0
    assert 0 < len(glitches) < 10
    for point in glitches:
        start = datetime.fromisoformat(point["timestamp"]).astimezone(UTC)
        assert simulator.plants[HOME].quarter(start).charge_wh == 0


@pytest.mark.parametrize("kind", ["meters", "storage"])
def test_a_site_without_such_devices_gets_an_empty_object(client, kind):
    assert client.json(f"/v2/sites/{ROOF}/{kind}/telemetry", **DAY)[kind] == {}


def test_a_total_of_telemetry_has_energies_only(client):
    total = {"from_": "2026-11-01T00:00:00Z", "resolution": "TOTAL"}
    (battery,) = client.json(f"/v2/sites/{HOME}/storage/telemetry", **total)["storage"].values()
    assert set(battery) == {"chargeEnergy", "dischargeEnergy"}
    (inverter,) = client.json(f"/v2/sites/{HOME}/inverters/telemetry", **total)["inverters"].values()
    assert set(inverter) == {"energy", "consumedAcEnergy"}


@pytest.mark.parametrize(
    ("path", "block"),
    [
        ("inverters/{inverter}/consumed-ac-power", ("inverters", "consumedAcPower")),
        ("meters/{meter}/import-energy", ("meters", "importEnergy")),
        ("storage/{battery}/state-of-energy", ("storage", "stateOfEnergy")),
    ],
)
def test_one_metric_of_one_device_has_a_bare_envelope(client, simulator, path, block):
    home = simulator.plants[HOME]
    serials = {
        "inverter": home.inverters[0].serial,
        "meter": home.meters[0].serial,
        "battery": home.batteries[0].serial,
    }
    kind, metric = block
    (device,) = client.json(f"/v2/sites/{HOME}/{kind}/telemetry", **DAY)[kind].values()
    one = client.json(f"/v2/sites/{HOME}/{path.format(**serials)}", **DAY)
    assert list(one) == ["period", "unit", "resolution", "values"]
    assert (one["unit"], one["values"]) == (device[metric]["unit"], device[metric]["values"])
    assert client.get(f"/v2/sites/{HOME}/{kind}/none/power").status_code == 404
