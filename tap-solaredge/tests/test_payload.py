"""Answers are read tolerantly: what cannot be read costs itself, and a warning names it."""

import pytest

from tap_solaredge import resources
from tap_solaredge.errors import UnexpectedPayload
from tap_solaredge.local_time import Instant
from tap_solaredge.measured.site import SiteRef
from tap_solaredge.service import payload, place
from tap_solaredge.service.place import Place
from tap_solaredge.service.series import series
from tap_solaredge.service.units import ENERGY, PEAK_POWER, POWER
from tap_solaredge.service.v2 import readers as v2

NOON = Instant("2026-11-20T11:00:00Z", 60)
LATER = Instant("2026-11-20T11:15:00Z", 60)
SITE = SiteRef(7)


@pytest.fixture(autouse=True)
def _new_run():
    place.new_run()


def block(unit, *values):
    stamps = (f"2026-11-20T12:{minute:02d}:00+01:00" for minute in range(0, 60, 15))
    return {
        "unit": unit,
        "values": [{"timestamp": t, "value": v} for t, v in zip(stamps, values, strict=False)],
    }


def power(sent):
    return v2.parse(resources.POWER, [sent], SITE)


def warnings(caplog):
    return [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]


def test_values_are_converted_to_base_units_and_null_stays_null():
    assert series(block("KWH", 6.1, None), Place("x"), ENERGY, None) == {NOON: 6100.0, LATER: None}


@pytest.mark.parametrize(
    ("sent", "watts"),
    [
        ("1.57938E7", 15793800.0), (5, 5.0), ("0", 0.0), ("10 kW", 10000.0), ("2.5kw", 2500.0),
        (" -3 W ", -3.0), ("", None), (None, None),
    ],
)  # fmt: skip
def test_numbers_as_text_with_or_without_a_unit_are_numbers(sent, watts, caplog):
    assert power(block("W", sent)) == {NOON: watts}
    assert warnings(caplog) == []


@pytest.mark.parametrize(
    "sent",
    ["much", True, [], {}, [1.0], "nan", "inf", "-Infinity", 1e300, -1e300, 10**400, "1e999", "5 HP", "1,5",
     "1_0", "١٢", "5 kWh"],
)  # fmt: skip
def test_a_value_that_is_no_number_is_none_and_named_once(sent, caplog):
    assert power(block("W", 1.5, sent)) == {NOON: 1.5, LATER: None}
    (warning,) = warnings(caplog)
    assert warning.startswith(
        "site 7, power: the answer is not as promised in 1 place; the first: at 2026-11-20T11:15:00Z: "
        "expected a number, got "
    )


def test_one_warning_for_each_resource_and_site_of_a_run(caplog):
    for _ in range(3):
        power(block("W", 1.5, "much", "more"))
        v2.parse(resources.ENERGY, [block("WH", 1.5, "much")], SITE)
        v2.parse(resources.POWER, [block("W", 1.5, True)], SiteRef(8))
    assert [warning.split(";")[0] for warning in warnings(caplog)] == [
        "site 7, power: the answer is not as promised in 2 places",
        "site 7, energy: the answer is not as promised in 1 place",
        "site 8, power: the answer is not as promised in 1 place",
    ]
    assert (place.unread("site 7, power"), place.unread("site 7, power")) == (6, 0)
    place.new_run()
    power(block("W", 1.5, "much"))
    assert len(warnings(caplog)) == 4


def test_what_was_sent_forges_no_line_of_the_log(caplog):
    v2.parse(resources.METERS, [{"meters": {"6\n06": {"importPower": block("W", 1.5, "\nERROR")}}}], SITE)
    (warning,) = warnings(caplog)
    assert "\n" not in warning


@pytest.mark.parametrize("unit", ["HP", "WH", "PERCENTAGE", "", 5, None, []])
def test_values_in_an_unknown_unit_are_none_rather_than_wrong(unit, caplog):
    assert power(block(unit, 1.5, None)) == {NOON: None, LATER: None}
    assert len(warnings(caplog)) == 1


@pytest.mark.parametrize("unit", ["W", "w", " kW"])
def test_units_are_read_in_any_spelling(unit):
    assert power(block(unit, 1.0)) == {NOON: 1000.0 if "k" in unit else 1.0}


@pytest.mark.parametrize(
    "stamp", [None, 5, "noon", "2026-11-20T12:00:00", "2026-13-41", [], {}, "0001-01-01T00:00Z"]
)
def test_an_entry_without_a_readable_time_is_left_out(stamp, caplog):
    sent = block("W", 1.5, 2.5)
    sent["values"].append({"timestamp": stamp, "value": 9.0})
    assert power(sent) == {NOON: 1.5, LATER: 2.5}
    assert len(warnings(caplog)) == 1


@pytest.mark.parametrize("entry", [None, 5, "text", [], {}, [5], True])
def test_an_entry_that_is_no_object_is_left_out(entry):
    sent = block("W", 1.5, 2.5)
    sent["values"].insert(1, entry)
    assert power(sent) == {NOON: 1.5, LATER: 2.5}


@pytest.mark.parametrize("empty", [None, [], {}, ""])
def test_an_empty_list_of_values_is_empty_in_any_form(empty, caplog):
    assert power({"unit": "W", "values": empty}) == {}
    assert warnings(caplog) == []


@pytest.mark.parametrize(
    "sent", [{"unit": "W"}, {"unit": "W", "values": 5}, {"unit": "W", "values": "x"}, None, [], 5, "x"]
)
def test_a_series_of_the_site_without_its_list_of_values_is_refused(sent):
    with pytest.raises(UnexpectedPayload, match="site 7, power: field `values` is "):
        power(sent)


def test_an_answer_of_which_nothing_can_be_read_is_refused():
    with pytest.raises(
        UnexpectedPayload, match=r"site 7, power: nothing in it can be read; the first: at 2026-11-20T1"
    ):
        power(block("W", "a", "b", "c", "d"))


@pytest.mark.parametrize(
    ("first", "second", "kept", "warned"),
    [(1.5, None, 1.5, 0), (None, 1.5, 1.5, 0), (1.5, 1.5, 1.5, 0), (1.5, 2.5, 2.5, 1), (1.5, "much", 1.5, 1),
     (0.0, None, 0.0, 0)],
)  # fmt: skip
def test_of_a_time_that_comes_twice_a_value_beats_null_and_a_later_value_another(
    first, second, kept, warned, caplog
):
    sent = block("W", first, 7.0)
    sent["values"].append({"timestamp": "2026-11-20T11:00:00Z", "value": second})
    found = power(sent)
    assert found == {NOON: kept, LATER: 7.0}
    assert len(warnings(caplog)) == warned


@pytest.mark.parametrize(
    ("sent", "read"),
    [(" Maple\u0000 House ", "Maple House"), ("a\nb\x1b[31m", "a b [31m"), ("", None), (5, "5"),
     (606512345.0, "606512345"), (None, None), ("Süd 🌞", "Süd 🌞")],
)  # fmt: skip
def test_texts_have_no_control_characters(sent, read):
    assert payload.text(sent, Place("x")) == read


@pytest.mark.parametrize("sent", [True, [], {}, 10**5000], ids=lambda sent: type(sent).__name__)
def test_what_is_no_text_is_none_with_a_note(sent):
    where = Place("x")
    assert (payload.text(sent, where), where.notes.lost) == (None, 1)


def test_whole_numbers_fit_their_columns():
    where = Place("x")
    assert [payload.whole(sent, where) for sent in (24, 24.0, "24", None, "")] == [24, 24, 24, None, None]
    assert where.notes.lost == 0
    odd = (24.5, True, -1, 2**31, 10**400, 10**5000, "many", "9" * 5000, [])
    assert [payload.whole(sent, where) for sent in odd] == [None] * len(odd)
    assert where.notes.lost == len(odd)


@pytest.mark.parametrize(
    ("sent", "read"), [(True, True), ("false", False), (None, None), ("yes", None), (1, None)]
)
def test_truth_values_are_read(sent, read):
    assert payload.flag(sent, Place("x")) is read


def test_installation_dates_are_read_as_date_and_as_time():
    where = Place("x")
    assert payload.day("2022-11-10", where) == "2022-11-10"
    assert payload.day("2022-11-10T00:00:00+01:00", where) == "2022-11-10"
    assert payload.day(None, where) is None
    assert where.notes.lost == 0
    assert [payload.day(odd, where) for odd in ("0001-01-01", "soon", 5, [], "9999-12-31")] == [None] * 5
    assert where.notes.lost == 5


def test_peak_power_is_kilowatts_whatever_unit_is_written_behind_it():
    assert [
        payload.number(sent, Place("x"), PEAK_POWER) for sent in (9.72, "9.72", "9.72 kWp", "9720 W")
    ] == [9.72] * 4
    assert payload.number(9.72, Place("x"), POWER) == 9.72
