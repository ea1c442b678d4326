"""Tests that take a minute or more: `make proof-pages` runs them, `make test` says that it does not."""

import os

import pytest

WHOLE = os.environ.get("PROOF") == "whole"
LONG = pytest.mark.skipif(not WHOLE, reason="takes long; `make proof-pages` runs it")
