"""A short `make chaos`: five kills on each database; the long one is for `make chaos`."""

import os

import pytest
from long import WHOLE
from sqlalchemy.exc import SQLAlchemyError

from target_seh_sql.database import open_engine
from tools.chaos import SERVERS, unleash


@pytest.mark.parametrize("kind", ["sqlite", "postgresql", "mariadb"] if WHOLE else ["postgresql"])
def test_killed_and_restarted_the_database_equals_the_truth(kind):
    _needs(kind)
    chaos = unleash(kind, seed=2, kills=5, days=2)
    assert chaos.wrong == []
    assert sum(chaos.kills.values()) == 5
    assert chaos.restarts >= 7
    assert chaos.rows > 2_000


def test_the_tap_killed_at_random_instants_loses_neither_records_nor_calls():
    chaos = unleash("sqlite", seed=4, kills=5, days=2, whom=("tap",))
    assert chaos.wrong == []
    assert chaos.kills == {"tap": 5}
    assert chaos.calls > 20


def _needs(kind):
    """Skip without a server, but fail in CI."""
    if kind not in SERVERS:
        return
    engine = open_engine(SERVERS[kind])
    try:
        engine.connect().close()
    except SQLAlchemyError as error:
        reason = f"no {kind} at {SERVERS[kind]} (set TEST_{kind.upper()}_URL): {error}"
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(reason)
    finally:
        engine.dispose()
