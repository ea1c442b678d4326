"""Settings as people write them: forms that mean the same, empty variables, names that are nearly right."""

from __future__ import annotations

import json
import logging
import os
import re
from contextlib import suppress
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from dotenv import find_dotenv, load_dotenv
from jsonschema import Draft7Validator  # type: ignore[import-untyped]

from target_seh_sql.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

logger = logging.getLogger("target-seh-sql")

SETTINGS: Final[dict[str, dict[str, Any]]] = {
    "sqlalchemy_url": {
        "type": ["string", "null"],
        "title": "Database URL",
        "default": "sqlite:///seh.db",
        "description": "Where to write: `sqlite:///seh.db`, `postgresql://user:password@host/database` or "
        "`mariadb://...`",
        "secret": True,
        "writeOnly": True,
    },
    "unknown_streams": {
        "type": ["string", "null"],
        "title": "Unknown streams",
        "default": "fail",
        "description": "What to do with a stream that has no table: `fail` before anything of it is read, "
        "or `ignore` it with one warning",
        "enum": ["fail", "ignore"],
    },
    "table_prefix": {
        "type": ["string", "null"],
        "title": "Table prefix",
        "default": "",
        "description": "Put before the name of every table, e.g. `seh_`",
        "pattern": "^[A-Za-z0-9_]*$",
    },
    "default_target_schema": {
        "type": ["string", "null"],
        "title": "Schema",
        "description": "Schema of the tables on PostgreSQL, made when missing; the session's when empty",
    },
    "batch_size_rows": {
        "type": ["integer", "null"],
        "title": "Rows per batch",
        "default": 20_000,
        "description": "Rows that are written in one transaction when the tap is faster than the database; "
        "more need more memory and gain little",
        "minimum": 1,
    },
}
"""JSON Schema of each setting of ours."""
STREAM_MAPS: Final[dict[str, dict[str, Any]]] = {
    name: {"type": ["object", "null"]} for name in ("stream_maps", "stream_map_config", "faker_config")
}
"""The SDK's settings, of which a load knows more: that needs the SDK, which commands need not wait for."""
PREFIX: Final = "TARGET_SEH_SQL_"
"""Of the variables of the environment that are settings."""
NOT_SETTINGS: Final = frozenset({"LOGLEVEL"})
"""Variables with the prefix that the SDK reads by itself."""
_WHOLE: Final = re.compile(r"[+-]?\d+(\.0*)?")
_FLAGS: Final = {
    **dict.fromkeys(("true", "yes", "on", "1"), True),
    **dict.fromkeys(("false", "no", "off", "0"), False),
}


def settings_of(files: Sequence[str]) -> dict[str, Any]:
    """Return the settings that a command is given with `--config`: by later files first, or by `ENV`.

    Raises:
        ConfigError: a file cannot be read, or a value cannot be.
    """
    defaults = {name: schema["default"] for name, schema in SETTINGS.items() if "default" in schema}
    variables = environment() if "ENV" in files else None
    return defaults | accepted(from_files(files), SETTINGS | STREAM_MAPS, variables)


def environment() -> Mapping[str, str]:
    """Return the environment's variables, with those of a file `.env` here or above."""
    load_dotenv(find_dotenv(usecwd=True) or find_dotenv())
    return os.environ


def from_files(files: Sequence[str]) -> dict[str, Any]:
    """Return the settings in the JSON files that `--config` names beside `ENV`; later ones go first.

    Raises:
        ConfigError: one cannot be read, or holds no JSON object.
    """
    given: dict[str, Any] = {}
    for path in files:
        given.update(_from_file(path) if path != "ENV" else {})
    return given


def _from_file(path: str) -> dict[str, Any]:
    try:
        found = json.loads(Path(path).read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise ConfigError(f"--config {path}: {error.strerror}") from None
    except ValueError as error:
        where = (
            f"line {error.lineno}, column {error.colno}"
            if isinstance(error, json.JSONDecodeError)
            else "text"
        )
        raise ConfigError(f"--config {path} is not JSON ({where})") from None
    if not isinstance(found, dict):
        raise ConfigError(
            f'--config {path} holds no JSON object: write {{"sqlalchemy_url": "sqlite:///seh.db"}}'
        )
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
    _name_unknown(given.keys(), properties, str)
    settings = {name: value for name, value in given.items() if value is not None}
    if variables is not None:
        names = (name.removeprefix(PREFIX) for name in variables if name.startswith(PREFIX))
        unknown = (name.lower() for name in names if name[:1] != "_" and name not in NOT_SETTINGS)
        _name_unknown(unknown, properties, lambda name: PREFIX + name.upper())
        for name in properties:
            if value := variables.get(PREFIX + name.upper(), "").strip():
                settings[name] = value
    return {
        name: _checked(name, value, properties[name]) if name in properties else value
        for name, value in settings.items()
    }


def _name_unknown(names: Iterable[str], known: Mapping[str, Any], shown: Callable[[str], str]) -> None:
    for name in names:
        if name not in known:
            near = get_close_matches(name.lower(), known, 1)
            hint = f"did you mean {shown(near[0])}?" if near else "it is ignored"
            logger.warning("there is no setting %s: %s", shown(name), hint)


def _checked(name: str, value: object, schema: Mapping[str, Any]) -> object:
    """Convert a value to the type of its setting, and check it."""
    types = schema.get("type", [])
    value = _converted(value, {types} if isinstance(types, str) else set(types), schema)
    problem = next(iter(Draft7Validator(schema).iter_errors(value)), None)
    if problem is not None:
        wanted = " or ".join({types} if isinstance(types, str) else types)
        what = f"it is not of type {wanted}" if schema.get("secret") else problem.message
        raise ConfigError(f"the setting {name} cannot be used: {what}")
    return value


def _converted(value: object, types: set[str], schema: Mapping[str, Any]) -> object:
    """Return what a text or number stands for; the value itself where that is not clear."""
    if isinstance(value, float) and value.is_integer() and "integer" in types:
        return int(value)
    if isinstance(value, int) and not isinstance(value, bool) and "boolean" in types:
        return _FLAGS.get(str(value), value)
    return _from_text(value, types, schema) if isinstance(value, str) else value


def _from_text(value: str, types: set[str], schema: Mapping[str, Any]) -> object:
    text = value.strip()
    if "integer" in types and _WHOLE.fullmatch(text.replace("_", "")):
        return int(text.replace("_", "").partition(".")[0])
    if "boolean" in types:
        return _FLAGS.get(text.lower(), value)
    if "object" in types:
        with suppress(ValueError):
            return json.loads(text)
    return text.lower() if text.lower() in schema.get("enum", ()) else value
