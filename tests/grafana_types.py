"""Holds a dashboard's JSON against the types that Grafana publishes: names, types and allowed values."""

import types
from enum import Enum
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from grafana_foundation_sdk.cog.plugins import register_default_plugins
from grafana_foundation_sdk.models.dashboard import Dashboard

register_default_plugins()


def parsed(content):
    """Return a dashboard as Grafana's types read it; the options of a panel by the type of the panel."""
    return Dashboard.from_json(content)


def misfits(value, hint=Any, path="dashboard"):
    """Return where a value, or what it holds, is not as its type says."""
    origin, parts = get_origin(hint), get_args(hint)
    if origin in {Union, types.UnionType}:
        found = [misfits(value, part, path) for part in parts]
        return [] if [] in found else min(found, key=len)
    if not _fits(value, origin or hint, parts):
        return [f"{path}: {value!r} is no {hint}"]
    if isinstance(value, list):
        of = parts[0] if origin is list else Any
        return [bad for n, each in enumerate(value) for bad in misfits(each, of, f"{path}[{n}]")]
    if isinstance(value, dict):
        of = parts[1] if origin is dict else Any
        return [bad for name, each in value.items() for bad in misfits(each, of, f"{path}[{name!r}]")]
    hints = get_type_hints(type(value)) if hasattr(value, "to_json") else {}
    fields = {name: each for name, each in hints.items() if hasattr(value, name)}
    return [
        bad for name, each in fields.items() for bad in misfits(getattr(value, name), each, f"{path}.{name}")
    ]


def _fits(value, kind, parts):
    """Whether a value itself, not what it holds, is of a type."""
    if kind in {Any, object}:
        return True
    if kind is Literal:
        return value in parts
    if issubclass(kind, Enum):
        return value in [each.value for each in kind]
    if kind in {int, float}:
        return isinstance(value, int | kind) and not isinstance(value, bool)
    return isinstance(value, kind)
