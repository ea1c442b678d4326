"""In whatever world: what the service has is in the tables in the end, and no run lost something in silence.

`make worlds` plays others each day; `make worlds SEED=17 WORLDS=1` plays one of them again.
"""

import os

import pytest

from .worlds import Played, world

FIRST, WORLDS = int(os.environ.get("SEED", "6")), int(os.environ.get("WORLDS", "5"))
MOST = 30
"""Hourly runs until all is right: what came late within the last days is found once a day."""


@pytest.mark.parametrize("seed", range(FIRST, FIRST + WORLDS))
def test_what_the_service_has_is_in_the_tables_in_the_end(start_simulator, tmp_path, seed):
    played = Played(world(seed), start_simulator, tmp_path)
    played.play()
    took = played.heal(MOST)
    print(f"\n{played.world}\n{len(played.simulator.calls)} calls; right after {took} runs")  # noqa: T201
    assert played.schedule.wrong() == {}
    assert played.unsaid == []
