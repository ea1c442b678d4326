"""pytest fixtures: `simulator` and `start_simulator`. Imports the simulator only when one is used."""

from __future__ import annotations

from contextlib import ExitStack
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from solaredge_simulator.simulator import Simulator

NOW = datetime(2026, 11, 20, 12, 5, tzinfo=UTC)
"""What the clock of a fixture's simulator shows."""


@pytest.fixture
def start_simulator() -> Iterator[Callable[..., Simulator]]:
    """Return a function that starts a simulator: its keywords, but a fixed now and no limits by default."""
    from solaredge_simulator.simulator import Simulator  # noqa: PLC0415

    with ExitStack() as stack:

        def start(**options: Any) -> Simulator:  # noqa: ANN401
            unlimited = {"now": NOW, "calls_per_minute": None, "monthly_credits": None}
            return stack.enter_context(Simulator(**unlimited | options))

        yield start


@pytest.fixture
def simulator(start_simulator: Callable[..., Simulator]) -> Simulator:
    """Return a running simulator with the five sites of the fleet, at 2026-11-20 12:05 UTC, unlimited."""
    return start_simulator()
