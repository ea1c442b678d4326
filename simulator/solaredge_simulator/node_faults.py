"""The ways to go wrong at one node of good JSON, named by its path or drawn at random."""

from __future__ import annotations

from fnmatch import fnmatchcase
from random import Random
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from solaredge_simulator.faults import Fault
    from solaredge_simulator.messages import Answer


class Node(NamedTuple):
    """A node of JSON data: where it hangs and how it is reached, such as `/storage/7E3E/chargePower`."""

    parent: Any
    key: Any
    path: str

    @property
    def value(self) -> object:
        """What stands there."""
        return self.parent[self.key]

    def set(self, value: object) -> None:
        """Put something else there."""
        self.parent[self.key] = value


def nodes(body: object, path: str = "") -> Iterator[Node]:
    """Yield every node below the root, parents first."""
    keys = list(body) if isinstance(body, dict) else range(len(body)) if isinstance(body, list) else ()
    for key in keys:
        found = Node(body, key, f"{path}/{key}")
        yield found
        yield from nodes(found.value, found.path)


def named(body: object, path: str) -> list[Node]:
    """Return the nodes of a path, in which each step can be a glob: `/storage/*/chargePower`."""
    wanted = path.split("/")
    return [
        node
        for node in nodes(body)
        if len(steps := node.path.split("/")) == len(wanted) and all(map(fnmatchcase, steps, wanted))
    ]


def node(answer: Answer, fault: Fault) -> None:
    """Every node of the path `name` is `value`."""
    for found in named(answer.body, fault.name or ""):
        found.set(fault.value)


def node_gone(answer: Answer, fault: Fault) -> None:
    """Every node of the path `name` is missing."""
    for found in reversed(named(answer.body, fault.name or "")):
        del found.parent[found.key]


def node_twice(answer: Answer, fault: Fault) -> None:
    """Every node of the path `name` is there twice: beside itself in a list, else as a list of two."""
    for found in reversed(named(answer.body, fault.name or "")):
        _twice(found)


def node_random(answer: Answer, fault: Fault) -> None:
    """One node is null, missing, of another type, doubled, huge or shuffled; `seed` and call decide."""
    random = Random(f"{fault.seed}/{fault.seen}/{answer.template}")
    every = list(nodes(answer.body))
    if every:
        random.choice(_CHANGES)(random.choice(every), random)


def _twice(found: Node) -> None:
    if isinstance(found.parent, list):
        found.parent.insert(found.key, found.value)
    else:
        found.set([found.value, found.value])


def _gone(found: Node) -> None:
    del found.parent[found.key]


def _shuffled(found: Node, random: Random) -> None:
    if isinstance(found.value, list):
        random.shuffle(found.value)
    else:
        found.set([found.value])


_STRANGE: tuple[object, ...] = (
    0,
    -1,
    1e300,
    "",
    "10 kW",
    "abc",
    True,
    [],
    {},
    [None],
    {"value": 1},
    "x" * 5000,
)
_CHANGES: tuple[Callable[[Node, Random], None], ...] = (
    lambda found, _: found.set(None),
    lambda found, _: _gone(found),
    lambda found, random: found.set(random.choice(_STRANGE)),
    lambda found, _: _twice(found),
    lambda found, _: found.set([[found.value]] * 50),
    _shuffled,
)

KINDS: dict[str, Callable[[Answer, Fault], None]] = {
    "node": node,
    "node_gone": node_gone,
    "node_twice": node_twice,
    "node_random": node_random,
}
