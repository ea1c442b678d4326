"""What is owed is read in the end, in whatever order data arrive, however long runs pause."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from tap_solaredge.local_time import QUARTER
from tap_solaredge.plan import owed
from tap_solaredge.plan.owed import Coverage
from tap_solaredge.spans import Window, missing, union, without

BEGAN = datetime(2026, 9, 1, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
INTERVAL = 2 * HOUR
LOOK_BACK = 2 * DAY


class Service:
    """Quarter hours that become visible late: those of outages at their end, in some order."""

    def __init__(self, outages):
        self.outages = outages

    def visible_at(self, start):
        for begin, length, order in self.outages:
            end = begin + length
            if begin <= start < end:
                part = (start - begin) / length
                waits = {"at once": 0.0, "newest first": 1 - part, "oldest first": part}
                return end + 8 * HOUR * waits[order]
        return start + INTERVAL

    def shown(self, window, now):
        """Return the starts of the quarter hours of a window that have a value."""
        return [start for start in quarters(window) if self.visible_at(start) <= now]


def quarters(window):
    """Return the starts of the intervals of a window: of two hours each, so that months are quick."""
    first = -(-(window.start - BEGAN) // INTERVAL)
    return [BEGAN + number * INTERVAL for number in range(first, (window.end - BEGAN) // INTERVAL)]


class Reader:
    """Reads what is owed, what is due, and the newest day, as the harvest does."""

    def __init__(self, service):
        self.service, self.coverage, self.stored, self.spans_read = service, Coverage(), set(), 0

    def run(self, now):
        end = BEGAN + (now - BEGAN) // INTERVAL * INTERVAL
        found = owed.believed(self.coverage, now)
        found = owed.started(found, end - LOOK_BACK, None)
        spans = [Window(max(end - DAY, found.start), end), *owed.owed(found, end), *owed.due(found, now)]
        read = []
        while spans := without(union(spans), read):
            for span in spans:
                found = self.read(found, span, now)
            read = union(read, spans)
            spans = owed.due(found, now)  # late values may have shown that more is worth reading
        found = replace(found, reopened_at=now)
        self.coverage = found

    def read(self, found, span, now):
        shown = self.service.shown(span, now)
        self.stored |= set(shown)
        self.spans_read += 1
        empty = missing(span, union(Window(start, start + INTERVAL) for start in shown))
        newest = max(shown) + INTERVAL - QUARTER if shown else None
        woke = bool(owed.late_values(found, span, empty, newest))
        return owed.after_reading(found, span, empty, newest, now, woke=woke)


hours = st.integers(0, 12 * 20).map(lambda number: BEGAN + number * 2 * HOUR)
outages = st.lists(
    st.tuples(
        hours,
        st.integers(3, 24 * 12).map(lambda n: n * HOUR),
        st.sampled_from(("at once", "newest first", "oldest first")),
    ),
    max_size=2,
).filter(lambda found: len(found) < 2 or abs(found[0][0] - found[1][0]) > 13 * DAY)
pauses = st.dictionaries(st.integers(1, 40), st.integers(2, 24 * 30), max_size=3)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(outages, pauses)
def test_what_the_service_has_is_stored_in_the_end(silences, gaps):
    reader, now = Reader(Service(silences)), BEGAN
    for number in range(41):
        reader.run(now)
        now += gaps.get(number, 12) * HOUR
    last = max([now, *(begin + length + 8 * HOUR for begin, length, _ in silences)])
    for _ in range(8):
        last += DAY
        reader.run(last)
    first = BEGAN - LOOK_BACK
    lacking = [start for start in quarters(Window(first, last - INTERVAL)) if start not in reader.stored]
    assert lacking == []
    assert reader.spans_read <= 6 * 49


@settings(max_examples=20, deadline=None, derandomize=True)
@given(st.integers(1, 24 * 400), st.integers(0, 30))
def test_a_clock_that_was_ahead_costs_nothing(ahead, run_of_it):
    reader, now = Reader(Service([])), BEGAN
    for number in range(31):
        if number == run_of_it:
            fast = now + ahead * HOUR
            span = Window(reader.coverage.until or now - LOOK_BACK, fast)
            start = reader.coverage.start or now - LOOK_BACK
            reader.coverage = replace(
                reader.coverage, start=start, covered=union(reader.coverage.covered, [span])
            )
        reader.run(now)
        now += 6 * HOUR
    begun = BEGAN - LOOK_BACK if run_of_it else BEGAN + run_of_it * 6 * HOUR - LOOK_BACK
    assert [start for start in quarters(Window(begun, now - 6 * HOUR)) if start not in reader.stored] == []


@given(hours, st.lists(st.tuples(hours, st.integers(1, 200)), max_size=6), st.integers(0, 500))
def test_a_start_moves_back_only(first_run, spans, explicit):
    covered = union(Window(start, start + number * HOUR) for start, number in spans)
    found = owed.started(Coverage(covered=covered), first_run, None)
    assert found.start == min([first_run, *(span.start for span in covered)])
    later = owed.started(found, first_run + DAY, None)
    assert later.start == found.start
    asked = first_run - explicit * HOUR
    assert owed.started(found, first_run, asked).start == min(found.start, asked)


@given(hours, st.integers(1, 2000))
def test_open_spans_are_given_up_after_three_months(start, hours_later):
    span = Window(start, start + 2 * HOUR)
    now = start + 2 * HOUR + hours_later * HOUR
    found = owed.after_reading(Coverage(start=start), span, [span], None, now, woke=False)
    assert bool(found.open) == (hours_later * HOUR < owed.GIVEN_UP)


def test_open_spans_are_read_ever_more_rarely():
    span = Window(BEGAN, BEGAN + HOUR)
    coverage, now, reads = Coverage(start=BEGAN, covered=[span], open=[span]), BEGAN + 2 * HOUR, []
    while now < BEGAN + owed.GIVEN_UP:
        if owed.due(coverage, now):
            reads.append(now)
            coverage = replace(coverage, reopened_at=now)
        now += HOUR
    waits = [later - earlier for earlier, later in pairwise(reads)]
    assert len(reads) < 40
    assert waits == sorted(waits)
