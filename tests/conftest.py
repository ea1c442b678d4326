"""A pipeline of both plugins in a folder of the test's own."""

import pytest
from pipeline import Pipeline


@pytest.fixture
def pipeline(tmp_path):
    """Return a function that makes a pipeline for a simulator."""
    return lambda simulator: Pipeline(tmp_path, simulator)
