"""Times of another age, in the state and from the service: told, or not believed, and nothing breaks."""

import pytest

from solaredge_simulator.fleet import HOME
from tap_solaredge.errors import ConfigError
from tap_solaredge.harvest.bookmarks import Bookmarks
from tap_solaredge.transport import http_date

from .strange_service import StrangeService, answer

ODD = ["9999-12-31T23:00:00Z", "0001-01-01T00:00:00Z", "9999-12-31T23:00:00-05:00"]
NOON = "2026-11-20T12:00:00Z"


def state_of(**held):
    partition = {"context": {"site_id": HOME}, **held}
    return {"bookmarks": {"power_readings": {"partitions": [partition]}}}, partition


@pytest.mark.parametrize("time", ODD)
@pytest.mark.parametrize(
    "name", ["start", "woke_at", "reopened_at", "covered", "open", "replication_key_value"]
)
def test_a_coverage_of_another_age_is_named_with_stream_and_site(name, time):
    value = [[NOON, time]] if name in {"covered", "open"} else time
    state, _ = state_of(**{name: value})
    with pytest.raises(ConfigError, match=f"power_readings, site {HOME} is damaged: `{name}` is ") as caught:
        Bookmarks(state).check()
    assert time[:4] in str(caught.value)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(("snapshot_at", time) for time in ODD),
        ("late_read_on", "9999-12-31"),
        ("late_read_on", "0001-01-01"),
        ("v2_production_checked_on", "9999-12-31"),
        ("first_data_on", "0001-01-01"),
        ("days", {"9999-12-31": 5}),
    ],
)
def test_a_note_of_another_age_is_named_and_left_out(caplog, name, value):
    state, partition = state_of(**{name: value})
    Bookmarks(state).check()
    assert f"site {HOME} has no readable `{name}`" in caplog.text
    assert partition == {"context": {"site_id": HOME}}


@pytest.mark.parametrize("name", ["start", "covered"])
def test_a_run_with_a_state_of_another_age_ends_with_one_line_before_the_first_call(simulator, run_tap, name):
    state, _ = state_of(**{name: [[NOON, ODD[0]]] if name == "covered" else ODD[0]})
    said = run_tap(simulator, state=state, site_ids=[HOME])
    assert (said.code, "is damaged" in str(said.error)) == (2, True)
    assert not simulator.calls


@pytest.mark.parametrize("date", ["Fri, 31 Dec 9999 23:59:59 GMT", "Mon, 01 Jan 1900 00:00:00 GMT"])
def test_a_date_of_another_age_is_no_time_of_the_service(simulator, run_tap, date):
    assert http_date(date) is None
    body = b'{"sites": {"site": [], "count": 0}}'
    with StrangeService(answer(body=body, Date=date)) as service:
        said = run_tap(simulator, api_url=service.url, monthly_credits=2000)
    assert (said.error, said.code) == (None, 0)
