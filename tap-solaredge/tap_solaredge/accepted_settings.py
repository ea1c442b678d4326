"""Settings as people write them: forms that mean the same, empty variables, names that are nearly right."""

from __future__ import annotations

import json
import logging
import re
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from jsonschema import Draft7Validator  # type: ignore[import-untyped]

from tap_solaredge.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

logger = logging.getLogger("tap-solaredge")

PREFIX: Final = "TAP_SOLAREDGE_"
"""Of the variables that are settings."""
NOT_SETTINGS: Final = frozenset({"LOGLEVEL"})
"""Variables with the prefix that the SDK reads by itself."""
_WHOLE: Final = re.compile(r"[+-]?\d+(\.0*)?")
_FLAGS: Final = {
    **dict.fromkeys(("true", "yes", "on", "1"), True),
    **dict.fromkeys(("false", "no", "off", "0"), False),
}


def from_file(path: str) -> dict[str, Any]:
    """Return the settings in a JSON file.

    Raises:
        ConfigError: it cannot be read, or holds no JSON object.
    """
    try:
        found = json.loads(Path(path).read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise ConfigError(f"--config {path}: {error.strerror}") from None
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise ConfigError(f"--config {path} is not JSON ({where})") from None
    except ValueError:  # no UTF-8, or a number of thousands of digits
        raise ConfigError(f"--config {path} is not JSON (text)") from None
    if not isinstance(found, dict):
        raise ConfigError(f'--config {path} holds no JSON object: write {{"api_key": "..."}}')
    return found


def accepted(
    given: Mapping[str, Any],
    properties: Mapping[str, Mapping[str, Any]],
    variables: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """Return the settings to use, by name; one that does not exist is named with the nearest one.

    Args:
        given: from files; null is not set.
        properties: JSON Schema of each setting.
        variables: of the environment, where it counts; they go before files, and an empty one is not set.

    Raises:
        ConfigError: a value that cannot be; the text names the setting, and shows no secret.
    """
    name_unknown(given.keys(), properties)
    settings = {name: value for name, value in given.items() if value is not None}
    if variables is not None:
        ours = {name: value for name, value in variables.items() if name.startswith(PREFIX)}
        names = (name.removeprefix(PREFIX) for name in ours)
        unknown = (name.lower() for name in names if name[:1] != "_" and name not in NOT_SETTINGS)
        name_unknown(unknown, properties, shown=lambda name: PREFIX + name.upper())
        for name in properties:
            if (value := ours.get(PREFIX + name.upper(), "").strip()) != "":
                settings[name] = value
    return {
        name: _checked(name, value, properties[name]) if name in properties else value
        for name, value in settings.items()
    }


def name_unknown(
    names: Iterable[str],
    known: Iterable[str],
    said: str = "there is no setting",
    shown: Callable[[str], str] = str,
) -> None:
    """Warn of each name that does not exist, and say which one may be meant."""
    known = set(known)
    for name in names:
        if name not in known:
            near = get_close_matches(name.lower(), known, 1)
            hint = f"did you mean {shown(near[0])}?" if near else "it is ignored"
            logger.warning("%s %s: %s", said, shown(name), hint)


def _checked(name: str, value: object, schema: Mapping[str, Any]) -> object:
    """Convert a value to the type of its setting, and check it."""
    value = _converted(value, schema)
    problem = next(iter(Draft7Validator(schema).iter_errors(value)), None)
    if problem is not None:
        what = f"it is not of type {' or '.join(_types(schema))}" if schema.get("secret") else problem.message
        what = f"wanted is: {schema['description']}" if problem.validator == "pattern" else what
        raise ConfigError(f"the setting {name} cannot be used: {what}")
    if "\0" in str(value):
        raise ConfigError(f"the setting {name} cannot be used: it holds the character U+0000")
    return value


def _types(schema: Mapping[str, Any]) -> list[str]:
    """Return the types that a schema allows; it may name one of them alone."""
    types = schema.get("type", [])
    return [types] if isinstance(types, str) else types


def _converted(value: object, schema: Mapping[str, Any]) -> object:
    """Return what a text or number stands for; the value itself where that is not clear."""
    types = _types(schema)
    if isinstance(value, float) and value.is_integer() and "integer" in types:
        return int(value)
    if "array" in types:
        return _list(value, schema.get("items", {}))
    if isinstance(value, int) and not isinstance(value, bool) and "boolean" in types:
        return _FLAGS.get(str(value), value)
    return _from_text(value, schema) if isinstance(value, str) else value


def _from_text(value: str, schema: Mapping[str, Any]) -> object:
    text, types = value.strip(), _types(schema)
    if "integer" in types and _WHOLE.fullmatch(text.replace("_", "")):
        return int(text.replace("_", "").partition(".")[0])
    if "boolean" in types:
        return _FLAGS.get(text.lower(), value)
    if "object" in types:
        return _from_json(text, value)
    return text.lower() if text.lower() in schema.get("enum", ()) else value


def _list(value: object, items: Mapping[str, Any]) -> object:
    """Return a list that may be written as `[1,2]`, `1,2`, `1` or 1; its items are converted too."""
    if isinstance(value, str):
        value = _from_json(value, [part.strip() for part in value.split(",") if part.strip()])
    return [_converted(each, items) for each in (value if isinstance(value, list) else [value])]


def _from_json(text: str, otherwise: object) -> object:
    try:
        return json.loads(text)
    except ValueError:
        return otherwise
