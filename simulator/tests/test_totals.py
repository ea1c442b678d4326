"""The service's own totals of a month and since installation, whole and partly null."""

from datetime import date, timedelta

import pytest

from solaredge_simulator.fleet import HOME, ROOF
from solaredge_simulator.v1.rules import V1Rules
from solaredge_simulator.variety import SELLER

MONTH = {"from-": "2026-10-01T00:00:00+02:00", "to": "2026-11-01T00:00:00+01:00"}
"""October 2026 in the Netherlands, with the night of the clock change."""


def of_month(plant, *names):
    """Return the truth of October, with the digits that the service gives."""
    start, end = (plant.local_midnight(date(2026, month, 1)) for month in (10, 11))
    found = [plant.total(f"{name}_wh", start, end) for name in names]
    return [value if value is None else float(f"{value:.8g}") for value in found]


def v1_sums(simulator, client, unit="MONTH"):
    """Return the V1 sums of October by type of meter."""
    span = {"startTime": "2026-10-01 00:00:00", "endTime": "2026-10-31 23:59:59", "timeUnit": unit}
    answer = client.json(f"/site/{HOME}/energyDetails.json?api_key={simulator.v1_key}", **span)
    return {meter["type"]: meter["values"][0].get("value") for meter in answer["energyDetails"]["meters"]}


def test_an_overview_of_a_month_is_the_sum_of_its_quarters(simulator, client):
    plant = simulator.plants[HOME]
    overview = client.json(f"/v2/sites/{HOME}/overview", **MONTH)
    made, charged, fed, used, bought = of_month(
        plant, "production", "charge", "feed_in", "consumption", "purchased"
    )
    production, consumption = overview["production"], overview["consumption"]
    assert (production["total"], production["toStorage"], production["toGrid"]) == (made, charged, fed)
    assert (consumption["total"], consumption["fromGrid"]) == (used, bought)
    assert production["toSelfConsumption"] == consumption["fromPv"]
    assert sum(production[name] for name in ("toSelfConsumption", "toStorage", "toGrid")) == pytest.approx(
        made
    )
    assert sum(consumption[name] for name in ("fromPv", "fromStorage", "fromGrid")) == pytest.approx(used)


def test_an_overview_without_a_meter_knows_the_production_alone(simulator, client):
    overview = client.json(f"/v2/sites/{ROOF}/overview", **MONTH)
    assert overview["production"] == {
        "total": of_month(simulator.plants[ROOF], "production")[0], "unit": "WH",
        "toSelfConsumption": None, "toStorage": None, "toGrid": None,
    }  # fmt: skip
    assert set(overview["consumption"].values()) == {None, "WH"}


def test_an_overview_can_be_partly_null(start_simulator, make_client):
    simulator = start_simulator(overview="partial")
    overview = make_client(simulator).json(f"/v2/sites/{HOME}/overview", **MONTH)
    known = [
        name
        for block in ("production", "consumption")
        for name, v in overview[block].items()
        if v is not None
    ]
    assert known == ["total", "unit", "toStorage", "total", "unit"]


def test_a_seller_uses_of_its_own_no_less_than_nothing(start_simulator, make_client):
    client = make_client(start_simulator(sites="variety"))
    day = {"from-": "2026-01-07T00:00:00+01:00", "to": "2026-01-08T00:00:00+01:00"}
    overview = client.json(f"/v2/sites/{SELLER}/overview", **day)
    assert overview["production"]["toSelfConsumption"] >= 0
    parts = overview["consumption"]
    assert parts["fromPv"] + parts["fromStorage"] + parts["fromGrid"] == pytest.approx(parts["total"])


@pytest.mark.parametrize("meaning", ["pv", "ac"])
def test_energy_and_power_have_either_meaning_on_a_site_with_a_battery(start_simulator, make_client, meaning):
    simulator = start_simulator(production=meaning)
    client, plant = make_client(simulator), simulator.plants[HOME]
    made, charged, given = of_month(plant, "production", "charge", "discharge")
    expected = made if meaning == "pv" else made + given - charged
    total = client.json(f"/v2/sites/{HOME}/energy", resolution="TOTAL", **MONTH)["values"]
    assert total == [{"timestamp": "2026-10-01T00:00:00+02:00", "value": pytest.approx(expected, abs=1)}]
    inverter = client.json(f"/v2/sites/{HOME}/inverters/telemetry", resolution="DAY", **MONTH)["inverters"]
    days = inverter[plant.inverters[0].serial]["energy"]["values"]
    energies = client.json(f"/v2/sites/{HOME}/energy", resolution="DAY", **MONTH)["values"]
    assert (days == energies) == (meaning == "ac")
    overview = client.json(f"/v2/sites/{HOME}/overview", **MONTH)
    assert overview["production"]["total"] == made


def test_the_total_since_installation_begins_with_the_first_data(simulator, client):
    window = {"from-": "2020-01-01T00:00:00+01:00", "to": "2026-11-01T00:00:00+01:00"}
    total = client.json(f"/v2/sites/{HOME}/energy", resolution="TOTAL", **window)
    assert total["period"]["from"] == "2021-09-15T00:00:00+02:00"
    plant = simulator.plants[HOME]
    end = plant.local_midnight(date(2026, 11, 1))
    quarter = plant.total("production_wh", end - timedelta(days=90), end)
    assert total["values"][0]["value"] > 10 * quarter > 0
    overview = client.json(f"/v2/sites/{HOME}/overview", **window)
    assert overview["production"]["total"] == total["values"][0]["value"]


@pytest.mark.parametrize("meaning", ["pv", "ac"])
def test_sums_of_v1_are_those_of_the_quarters(start_simulator, make_client, meaning):
    simulator = start_simulator(v1=V1Rules(production=meaning))
    made, charged, given, used, fed, bought = of_month(
        simulator.plants[HOME],
        *("production", "charge", "discharge", "consumption", "feed_in", "purchased"),
    )
    produced = made if meaning == "pv" else made + given - charged
    assert v1_sums(simulator, make_client(simulator)) == {
        "Production": pytest.approx(produced, abs=1), "Consumption": used, "FeedIn": fed, "Purchased": bought,
        "SelfConsumption": pytest.approx(produced - fed, abs=1),
    }  # fmt: skip


def test_sums_of_v1_can_be_partly_missing(start_simulator, make_client):
    simulator = start_simulator(v1=V1Rules(sums="partial"))
    client = make_client(simulator)
    months, days = v1_sums(simulator, client), v1_sums(simulator, client, "DAY")
    assert [name for name, value in months.items() if value is not None] == ["Production", "Consumption"]
    assert None not in days.values()


def test_the_overview_of_v1_has_the_lifetime_and_the_running_month(start_simulator, make_client):
    simulator = start_simulator(v1="active")
    client, plant = make_client(simulator), simulator.plants[ROOF]
    overview = client.json(f"/site/{ROOF}/overview.json?api_key={simulator.v1_key}")["overview"]
    now = simulator.clock.now()
    for name, day in (("lifeTimeData", plant.first_day), ("lastMonthData", date(2026, 11, 1))):
        truth = plant.total("production_wh", plant.local_midnight(day), now, now)
        assert overview[name]["energy"] == float(f"{truth:.8g}")
