"""Any node of any answer may be odd: its reader gives the truth, nothing, or one error that names the answer.

`MUTATIONS=2000 SEED=7` for more of each shape, or others.
"""

import os
import random

import pytest

from tap_solaredge.errors import UnexpectedPayload
from tap_solaredge.service import place
from tap_solaredge.service.v2 import charge

from .mutations import mutated
from .shape_files import SHAPES, read, rows, shape

MUTATIONS = int(os.environ.get("MUTATIONS", "150"))
SEED = int(os.environ.get("SEED", "20261128"))
MEANS = {"voltage", "frequency", "current"}
"""Of what is there: without a phase or a sample they are others."""
FREE = {"inverters", "unreadable_batteries", "computed", "error_codes", "state"}
"""What anything may be, or follows from other fields: an inverter of which `active` is odd may report."""


@pytest.fixture(autouse=True)
def _new_run():
    place.new_run()
    charge.forget()


def is_within(found, truth, *, sampled=False):
    """Whether every value is the truth's or None, and nothing is there that the truth does not have."""
    if found is None:
        return True
    if isinstance(found, dict):
        return isinstance(truth, dict) and all(
            name in FREE or (sampled and name in MEANS) or (name == "name" and "form" in found)
            or (name in truth and is_within(value, truth[name], sampled=sampled))
            for name, value in found.items()
        )  # fmt: skip
    if isinstance(found, list):
        return all(any(is_within(one, other, sampled=sampled) for other in truth) for one in found)
    return found == pytest.approx(truth) if isinstance(truth, float) else found == truth


@pytest.mark.parametrize(("dialect", "name"), SHAPES)
def test_a_mutated_answer_gives_the_truth_or_nothing_or_one_error(dialect, name):
    truth, what = rows(dialect, name), "site list" if name == "listed_sites" else f"site 7, {name}"
    outcomes = set()
    for number in range(MUTATIONS):
        seed = f"{SEED}/{dialect}/{name}/{number}"
        answers, told = mutated(shape(dialect, name), random.Random(seed))
        try:
            found = read(dialect, name, answers)
        except UnexpectedPayload as error:
            assert str(error).startswith(f"{what}: "), (seed, told)  # noqa: PT017
            outcomes.add("error")
        else:
            assert is_within(found, truth, sampled=name == "inverters"), (seed, told, found)
            outcomes.add("truth" if found == truth else "less")
    print(  # noqa: T201 (the seed is told)
        f"{dialect} {name}: {MUTATIONS} mutations, seed {SEED}: {', '.join(sorted(outcomes))}"
    )
    assert "truth" in outcomes
