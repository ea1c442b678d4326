"""Devices are read one by one: one that cannot be read is left out, one that is listed twice counts once."""

import re
from zoneinfo import ZoneInfo

import pytest

from tap_solaredge.errors import UnexpectedPayload
from tap_solaredge.local_time import Instant
from tap_solaredge.measured.readings import MeterSeries, MeterType
from tap_solaredge.measured.site import Site, SiteRef
from tap_solaredge.resources import DETAILS, DEVICES, INVERTERS, METERS, POWER, STORAGE, TOTALS
from tap_solaredge.service import place
from tap_solaredge.service.v1 import V1
from tap_solaredge.service.v2 import V2

SITE = SiteRef(7)
NOON = Instant("2026-11-20T11:00:00Z", 60)


@pytest.fixture(autouse=True)
def _new_run():
    place.new_run()


def block(unit, value):
    return {"unit": unit, "values": [{"timestamp": "2026-11-20T12:00:00+01:00", "value": value}]}


def devices(*listed):
    return V2.parse(DEVICES, [list(listed)], SITE)


def inventory(**lists):
    return V1.parse(DEVICES, [{"Inventory": lists}], SITE)


def inverter(serial, **more):
    return {"type": "INVERTER", "serialNumber": serial, "name": "Inverter 1", "active": True} | more


def warning(caplog):
    (said,) = [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]
    return said


@pytest.mark.parametrize("kind", [None, 5, [], "", {}])
def test_a_device_without_a_type_is_left_out_and_costs_no_other(kind, caplog):
    found = devices(inverter("A", type=kind), inverter("B"))
    assert [row["serial_number"] for row in found.equipment] == ["B"]
    assert "site 7, devices: " in warning(caplog)


@pytest.mark.parametrize("device", [None, 5, "text", [], {}])
def test_an_entry_that_is_no_device_is_left_out(device):
    assert [row["serial_number"] for row in devices(inverter("A"), device).equipment] == ["A"]


@pytest.mark.parametrize("serial", [None, {}, [], True, ""])
def test_an_inverter_without_a_readable_serial_number_is_left_out(serial, caplog):
    assert devices(inverter(serial), inverter("B")).inverters == ["B"]
    assert re.search("entry 1.* serial ?[nN]umber", warning(caplog))


def test_a_list_of_devices_of_which_none_can_be_read_is_refused():
    with pytest.raises(
        UnexpectedPayload, match="site 7, devices: nothing in it can be read; the first: entry 1: "
    ):
        devices(None, 5)
    with pytest.raises(UnexpectedPayload, match="site 7, devices: no device has the field `serialNumber`"):
        devices({"type": "INVERTER"})


@pytest.mark.parametrize("active_first", [True, False])
def test_of_a_device_that_is_listed_twice_the_active_entry_counts(active_first):
    listed = [inverter("A", name="old", active=False), inverter("A", name="new")]
    found = devices(*(listed[::-1] if active_first else listed))
    assert [(row["name"], row["active"]) for row in found.equipment] == [("new", True)]
    assert found.inverters == ["A"]


@pytest.mark.parametrize("name", ["inverters", "meters", "batteries", "gateways", "thirdPartyInverters"])
@pytest.mark.parametrize("odd", [None, 5, "text", [None], [5], [[]], [{}], {}])
def test_a_list_of_v1_that_cannot_be_read_costs_itself(name, odd):
    lists = {
        "inverters": [{"SN": "A"}],
        "meters": [{"SN": "M", "type": "FeedIn"}],
        "batteries": [{"SN": "B"}],
    }
    found = inventory(**(lists | {name: odd}))
    assert [row["serial_number"] for row in found.equipment] == ([] if name == "inverters" else ["A"])
    assert len(found.meters) == int(name != "meters")
    assert len(found.batteries) == int(name != "batteries")
    none_is_told = odd is None or odd == {}
    assert found.unreadable_batteries == int(name == "batteries" and not none_is_told)


@pytest.mark.parametrize(
    ("resource", "root"),
    [(STORAGE, "storage"), (METERS, "meters"), (INVERTERS, "inverters")],
)
@pytest.mark.parametrize("odd", [None, 5, [], "text"])
def test_the_block_of_one_device_that_cannot_be_read_costs_that_device(resource, root, odd, caplog):
    good = {"power": block("W", 1.5), "importPower": block("W", 1.5), "chargePower": block("W", 1.5)}
    found = V2.parse(resource, [{root: {"A": odd, "B": good}}], SITE)
    assert [series.serial_number for series in found] == ["B"]
    assert f"site 7, {resource}: the answer is not as promised in 1 place; the first: A: " in warning(caplog)


@pytest.mark.parametrize("empty", [None, [], {}, ""])
def test_telemetry_of_no_device_is_empty_in_any_form(empty, caplog):
    for resource in (STORAGE, METERS, INVERTERS):
        assert V2.parse(resource, [{resource.name: empty}], SITE) == []
    assert caplog.records == []


def test_telemetry_without_its_devices_is_refused():
    for sent in ({}, {"storage": 5}, {"storage": "x"}, None, []):
        with pytest.raises(UnexpectedPayload, match="site 7, storage: field `storage` is "):
            V2.parse(STORAGE, [sent], SITE)


def test_an_error_with_status_200_is_told():
    with pytest.raises(UnexpectedPayload, match=r"is missing: the answer says 'Down for maintenance'"):
        V2.parse(POWER, [{"error": "Down for maintenance"}], SITE)


def test_a_metric_that_cannot_be_read_costs_itself(caplog):
    sent = {"storage": {"A": {"chargePower": None, "dischargePower": block("W", 4.0)}}}
    (battery,) = V2.parse(STORAGE, [sent], SITE)
    assert (battery.charge_power, battery.discharge_power) == ({}, {NOON: 4.0})
    assert "A chargePower: " in warning(caplog)


def test_single_negative_glitches_of_a_battery_count_as_zero():
    sent = {"storage": {"A": {"chargeEnergy": block("WH", -1576.0), "dischargePower": block("W", -1.0)}}}
    (battery,) = V2.parse(STORAGE, [sent], SITE)
    assert (battery.charge_energy, battery.discharge_power) == ({NOON: 0.0}, {NOON: 0.0})


def test_each_direction_of_a_meter_is_a_series_of_its_own():
    answer = {"meters": {"606": {"importPower": block("W", 48.0), "exportPower": block("W", 752.0)}}}
    found = {series.meter_type: series.power for series in V2.parse(METERS, [answer], SITE)}
    assert found == {MeterType.PURCHASED: {NOON: 48.0}, MeterType.FEED_IN: {NOON: 752.0}}


@pytest.mark.parametrize("resource", [DETAILS, TOTALS], ids=str)
def test_an_answer_about_another_site_is_refused(resource):
    with pytest.raises(UnexpectedPayload, match=f"site 7, {resource}: field `siteId` is 8, another site"):
        V2.parse(resource, [{"siteId": 8, "production": {}}], SITE)


def test_the_placeholders_of_the_official_sample_are_no_reason_to_refuse_a_site():
    sent = {"siteId": 7, "peakPower": "9.72 kW", "location": {"latitude": -1.7976931348623157e308}}
    row = V2.parse(DETAILS, [sent], SITE)
    assert (row["id"], row["peak_power"], row["latitude"]) == (7, 9.72, None)


def test_sites_of_a_list_that_cannot_be_read_are_left_out_and_one_listed_twice_counts_once():
    listed = [
        {"siteId": 7, "name": " Maple ", "activationStatus": "PENDING"},
        None,
        {"name": "x"},
        {"siteId": "8"},
    ]
    found = [
        {"id": 7, "name": "Maple", "status": "Pending"},
        {"id": 8, "name": None, "status": None},
    ]
    assert V2.listed_sites([*listed, listed[0]]) == found
    assert V2.listed_sites({"sites": {"count": 2, "site": listed}}) == found
    assert V2.listed_sites({"sites": {"count": 1, "site": listed[0]}}) == found[:1]
    for empty in ([], {"sites": []}, {"sites": None}, {"sites": {"site": None}}, {"sites": {"site": ""}}):
        assert V2.listed_sites(empty) == []
    for odd in (
        None,
        {},
        5,
        {"sites": 5},
        {"sites": {"site": 5}},
        {"sites": {"count": 1}},
        [None],
        [{"name": "x"}],
    ):
        with pytest.raises(UnexpectedPayload, match="site list"):
            V2.listed_sites(odd)


def test_the_site_list_of_v1_is_read_by_either_name():
    listed = [{"id": 7}, {"id": None}]
    for sent in ({"site": listed}, {"list": listed}, {"site": {"id": 7}}):
        assert [row["id"] for row in V1.listed_sites({"sites": sent})] == [7]


def test_a_meter_that_is_not_listed_any_more_does_not_have_the_name_of_the_one_in_its_place():
    listed = {"type": "METER", "serialNumber": "M2", "name": "Meter", "meterType": "Production"}
    site = Site(7, "Home", ZoneInfo("UTC"), None, pending=False, devices=devices(listed))
    site.meter_names = {"Production M1": "Meter", "Consumption M2": "Meter", "Production M3": "Barn"}
    names = [site.meter_name(MeterSeries(serial, kind)) for serial, kind in (
        ("M2", MeterType.PRODUCTION), ("M1", MeterType.PRODUCTION), ("M2", MeterType.CONSUMPTION),
        ("M3", MeterType.PRODUCTION),
    )]  # fmt: skip
    assert names == ["Meter", "Meter (M1)", "Meter (M2)", "Barn"]
