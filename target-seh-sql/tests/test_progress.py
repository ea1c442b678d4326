"""Progress of a load is told where the database is what one waits for, by a clock that the test moves."""

import logging

import pytest

from target_seh_sql.load import progress


@pytest.fixture
def clock(monkeypatch):
    """Return a function that moves the clock on by seconds."""
    now = [1000.0]
    monkeypatch.setattr(progress.time, "monotonic", lambda: now[0])

    def move(seconds):
        now[0] += seconds

    return move


@pytest.mark.parametrize(
    ("writing", "said"), [(0.2, []), (4.0, ["4,000 rows written, now 250 a second"])], ids=["tap", "database"]
)
def test_a_slow_database_is_told_and_a_slow_tap_is_not(clock, caplog, writing, said):
    caplog.set_level(logging.INFO, "target-seh-sql")
    told = progress.Progress()
    for _ in range(4):
        clock(4.0)
        told.waited(writing)
        told.add(1000)
    assert caplog.messages == said
