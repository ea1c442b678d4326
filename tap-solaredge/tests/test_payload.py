"""Answers are read tolerantly, and what cannot be read is named."""

import pytest

from tap_solaredge.errors import UnexpectedPayload
from tap_solaredge.local_time import Instant
from tap_solaredge.measured.readings import MeterType
from tap_solaredge.service import payload
from tap_solaredge.service.v2.devices import devices
from tap_solaredge.service.v2.readers import listed_sites, meters, storage

NOON = Instant("2026-11-20T11:00:00Z", 60)
LATER = Instant("2026-11-20T11:15:00Z", 60)


def block(unit, *values):
    stamps = ("2026-11-20T12:00:00+01:00", "2026-11-20T12:15:00+01:00")
    return {
        "unit": unit,
        "values": [{"timestamp": t, "value": v} for t, v in zip(stamps, values, strict=False)],
    }


def test_values_are_converted_to_base_units_and_null_stays_null():
    assert payload.series(block("KWH", 6.1, None), "x") == {NOON: 6100.0, LATER: None}


def test_numbers_as_text_are_numbers():
    assert payload.series(block("W", "1.57938E7", 0), "x") == {NOON: 15793800.0, LATER: 0.0}


@pytest.mark.parametrize("value", ["much", True, [], {}, "nan", "inf"])
def test_what_is_no_number_is_named(value):
    with pytest.raises(UnexpectedPayload, match=r"site 1, power at 2026-11-20T11:00:00Z: expected a number"):
        payload.series(block("W", value), "site 1, power")


def test_an_unknown_unit_is_named():
    with pytest.raises(UnexpectedPayload, match="site 1, power: unknown unit 'HP'"):
        payload.series(block("HP", 1.0), "site 1, power")


def test_a_missing_list_of_values_is_named():
    with pytest.raises(UnexpectedPayload, match="site 1, power: field `values` is missing"):
        payload.series({"unit": "W"}, "site 1, power")


def test_an_entry_without_time_is_named():
    with pytest.raises(UnexpectedPayload, match="no readable `timestamp`"):
        payload.series({"unit": "W", "values": [{"value": 1.0}]}, "x")


def test_the_state_of_energy_is_percent_whether_the_service_sends_fractions_or_not():
    def answer(unit, level):
        return {"storage": {"B1": {"stateOfEnergy": block(unit, level, None)}}}

    assert storage(answer("PERCENTAGE", 0.5), "x")[0].state_of_charge == {NOON: 50.0, LATER: None}
    assert storage(answer("PERCENTAGE", 65.2), "x")[0].state_of_charge == {NOON: 65.2, LATER: None}
    assert storage(answer("PERCENTAGE_100", 0.5), "x")[0].state_of_charge == {NOON: 0.5, LATER: None}


def test_each_direction_of_a_meter_is_a_series_of_its_own():
    answer = {"meters": {"606": {"importPower": block("W", 48.0), "exportPower": block("W", 752.0)}}}
    found = {series.meter_type: series.power for series in meters(answer, "x")}
    assert found == {MeterType.PURCHASED: {NOON: 48.0}, MeterType.FEED_IN: {NOON: 752.0}}


def test_the_site_list_of_the_beta_is_read_too():
    assert listed_sites([{"siteId": 7, "name": " Maple ", "activationStatus": "PENDING"}]) == [
        {"id": 7, "name": "Maple", "status": "Pending"}
    ]


def test_meters_that_share_a_name_are_told_apart():
    def meter(serial):
        return {"type": "METER", "serialNumber": serial, "name": "Export Meter", "meterType": "FEED_IN"}

    inventory = devices([meter("1"), meter("2")], "x", 5)
    assert [m["name"] for m in inventory.meters] == ["Export Meter 1", "Export Meter 2"]
    assert {m["meter_type"] for m in inventory.meters} == {"FeedIn"}


def test_installation_dates_are_read_as_date_and_as_time():
    assert payload.day("2022-11-10", "x") == "2022-11-10"
    assert payload.day("2022-11-10T00:00:00+01:00", "x") == "2022-11-10"
    assert payload.day(None, "x") is None
