"""The state of energy is percent, whether the service sends fractions or not; one point decides nothing."""

import logging

import pytest

from tap_solaredge import resources
from tap_solaredge.measured.site import SiteRef
from tap_solaredge.service import place
from tap_solaredge.service.v2 import charge
from tap_solaredge.service.v2 import readers as v2

SITE = SiteRef(7)


@pytest.fixture(autouse=True)
def _new_run():
    place.new_run()
    charge.forget()


def block(unit, values):
    return {
        "unit": unit,
        "values": [
            {"timestamp": f"2026-11-{20 + n // 96}T{n // 4 % 24:02d}:{n % 4 * 15:02d}:00Z", "value": value}
            for n, value in enumerate(values)
        ],
    }


def read(levels, remaining=None, unit="PERCENTAGE"):
    metrics = {"stateOfEnergy": block(unit, levels)}
    if remaining is not None:
        metrics["remainingEnergy"] = block("WH", remaining)
    (battery,) = v2.parse(resources.STORAGE, [{"storage": {"B1": metrics}}], SITE)
    return list(battery.state_of_charge.values())


def learn(capacity):
    sent = {"type": "BATTERY", "serialNumber": "B1", "nameplate": capacity}
    v2.parse(resources.DEVICES, [[sent]], SITE)


def test_the_unit_of_fractions_and_the_unit_of_percents():
    assert read([0.5, None]) == [50.0, None]
    assert read([65.2, None]) == [65.2, None]
    assert read([0.5, None], unit="PERCENTAGE_100") == [0.5, None]


@pytest.mark.parametrize("full", [1.0004, 1.05])
def test_one_value_above_one_does_not_make_a_week_a_hundred_times_too_small(full):
    levels = [0.5] * 671
    assert read([*levels, full]) == [50.0] * 671 + [full * 100]


def test_one_glitch_among_fractions_is_none_and_named(caplog):
    assert read([0.5, 0.5, 65.2, 0.5]) == [50.0, 50.0, None, 50.0]
    assert "B1 stateOfEnergy at 2026-11-20T00:30:00Z: a state of charge of 6520 % cannot be" in caplog.text


def test_an_almost_empty_battery_that_sends_percents_is_known_by_the_energy_that_remains():
    assert read([0.5, 0.8], [48.5, 77.6]) == [0.5, 0.8]


def test_the_nameplate_decides_for_large_batteries():
    learn(500.0)
    assert read([0.4, 0.8], [200_000.0, 400_000.0]) == [40.0, 80.0]
    charge.forget()
    learn(500.0)
    assert read([0.4, 0.8], [2_000.0, 4_000.0]) == [0.4, 0.8]


def test_what_was_learned_of_a_battery_holds_for_windows_that_do_not_tell():
    assert read([65.2, 30.0, 4.0]) == [65.2, 30.0, 4.0]
    assert read([0.5, 0.9]) == [0.5, 0.9]


def test_a_decision_that_is_not_the_usual_one_is_said_once(caplog):
    caplog.set_level(logging.INFO)
    for _ in range(3):
        read([65.2, 30.0])
    (said,) = [record.getMessage() for record in caplog.records]
    assert said == (
        "site 7, storage: B1 stateOfEnergy: the state of energy is read as percent: "
        "2 of 2 values are far above 1"
    )


def test_nothing_is_clamped_and_what_cannot_be_is_none():
    assert read([1.0, 1.08, 1.5, -0.5, 0.2]) == [100.0, 108.0, None, None, 20.0]


def test_an_empty_battery_proves_nothing():
    """Without the energy that remains, percents below 1 look like fractions, until it is charged."""
    assert read([0.5, 0.8]) == [50.0, 80.0]
    assert read([65.2, 30.0]) == [65.2, 30.0]
    assert read([0.5, 0.8]) == [0.5, 0.8]


def test_an_answer_without_a_state_of_energy_says_nothing_of_it(caplog):
    caplog.set_level(logging.INFO)
    sent = {"storage": {"B1": {"chargeEnergy": block("WH", [1.0])}}}
    (battery,) = v2.parse(resources.LIFETIME_STORAGE, [sent], SITE)
    assert (battery.state_of_charge, caplog.records) == ({}, [])
