"""Change nodes of an answer at random, so that each changed node is none that a reader could believe."""

from copy import deepcopy

GARBAGE = (None, True, [], {}, [5], {"odd": 1}, "", 1e300, 10**400)
NUMBERS = ("about 5", "5 HP", "nan", "1,5")
STAMPS = ("noon", "2026-13-41 00:00:00", 5)
UNITS = ("HP", "FURLONG", 5, None, "")
LIKE_A_STAMP = ("timestamp", "date", "timeStamp")


def nodes(found, path=()):
    """Yield the path of every node below an answer."""
    items = found.items() if isinstance(found, dict) else enumerate(found) if isinstance(found, list) else ()
    for key, child in items:
        yield (*path, key)
        yield from nodes(child, (*path, key))


def mutated(answers, random):
    """Return a changed copy of the answers of some calls, and what was changed."""
    calls, told = dict(enumerate(deepcopy(answers))), []
    for _ in range(random.choice((1, 1, 1, 2, 3))):
        seen = {path for path, _ in told}
        fresh = [path for path in nodes(calls) if path not in seen]
        if not fresh:
            break
        path = random.choice(fresh)
        told.append((path, _mutate(calls, path, random)))
        if len(calls) < len(answers):
            break
    return [calls.get(number) for number in range(len(answers))], told


def _mutate(calls, path, random):
    parent = calls
    for key in path[:-1]:
        parent = parent[key]
    key, node = path[-1], parent[path[-1]]
    kinds = ["garbage"] + ["missing"] * ("connections" not in path)  # a shorter list of those is readable
    kinds += ["doubled"] * isinstance(parent, list) + ["shuffled"] * isinstance(node, list)
    kinds += ["as text", "number"] * (isinstance(node, int | float) and not isinstance(node, bool))
    kinds += ["unit"] * (key in {"unit", "units"}) + ["stamp"] * (key in LIKE_A_STAMP)
    kind = random.choice(kinds)
    if kind == "missing":
        del parent[key]
    elif kind == "doubled":
        parent.insert(random.randrange(len(parent) + 1), deepcopy(node))
    elif kind == "shuffled":
        random.shuffle(node)
    else:
        choices = [odd for odd in _choices(kind) if not (odd is True and isinstance(node, bool))]
        parent[key] = str(node) if kind == "as text" else deepcopy(random.choice(choices))
        kind = f"{kind} {parent[key]!r:.30}"
    return kind


def _choices(kind):
    known = {"garbage": GARBAGE, "number": NUMBERS, "unit": UNITS, "stamp": STAMPS}
    return known.get(kind, ())
