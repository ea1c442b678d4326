"""What consumption, self-consumption, feed-in and purchased mean."""

from tap_solaredge.local_time import Instant
from tap_solaredge.measured.readings import BatterySeries
from tap_solaredge.measured.split import NO_STORAGE, Metered, Split, Storage, split, storage_energies, total

NOON = Instant("2026-11-20T11:00:00Z", 60)


def test_without_a_meter_everything_but_production_is_unknown():
    assert split(8420.0, Metered(), NO_STORAGE) == Split(None, None, None, None)


def test_consumption_follows_from_the_grid_meter_and_the_battery():
    meters = Metered(3000.0, 4600.0)
    assert split(8420.0, meters, Storage(2300.0, 1930.0)) == Split(9650.0, 5420.0, 3000.0, 4600.0)


def test_a_load_meter_is_believed_before_the_balance():
    meters = Metered(3000.0, 4600.0, 10000.0)
    assert split(8420.0, meters, NO_STORAGE) == Split(10000.0, 5420.0, 3000.0, 4600.0)


def test_a_sleeping_inverter_counts_as_no_production_but_is_not_called_zero():
    assert split(None, Metered(0.0, 120.0), NO_STORAGE) == Split(120.0, None, 0.0, 120.0)


def test_a_silent_battery_makes_consumption_unknown():
    assert split(100.0, Metered(0.0, 120.0), Storage(None, None)).consumption is None


def test_a_silent_meter_makes_its_parts_unknown():
    assert split(100.0, Metered(None, None), NO_STORAGE) == Split(None, None, None, None)


def test_true_zeros_are_values():
    assert split(0.0, Metered(0.0, 0.0), NO_STORAGE) == Split(0.0, 0.0, 0.0, 0.0)
    assert total([0.0, None]) == 0.0
    assert total([None, None]) is None


def test_what_a_battery_sold_was_no_production_that_was_fed_in():
    sold = Storage(0.0, 2500.0, 2000.0)
    assert split(1000.0, Metered(2500.0, 0.0), sold).self_consumption == 500.0
    battery = BatterySeries("B1", sold_energy={NOON: 2000.0})
    assert storage_energies([battery], NOON).sold == 2000.0


def test_self_consumption_is_never_negative():
    fed_in = Metered(2500.0, 0.0)
    assert split(1000.0, fed_in, Storage(0.0, 2500.0)).self_consumption is None
    assert split(1000.0, fed_in, NO_STORAGE).self_consumption is None
    assert split(2490.0, fed_in, NO_STORAGE).self_consumption == 0.0
    assert split(1000.0, fed_in, Storage(0.0, 2500.0, 1490.0)).self_consumption == 0.0
