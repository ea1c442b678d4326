"""Writes what Meltano knows of the plugins: plugin.yml of each, as Meltano Hub has them, and meltano.yml.

Settings and capabilities are what a plugin's `--about` says, streams what the tap selects by default;
commands, label and groups of settings are what meltano.yml says; what only the Hub asks stands here. `make
definitions` writes the files.

A definition has its variant as a list of one: of one that lies flat, as in the Hub's own files, `meltano add
--from-ref` leaves out `select`, and Meltano selects every stream.
"""

from __future__ import annotations

import json
import subprocess
import sys
from io import StringIO
from pathlib import Path
from typing import Any, Final

from meltano.core.meltano_file import MeltanoFile
from meltano.core.yaml import yaml as meltano_yaml
from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq

ROOT: Final = Path(__file__).parents[2]
PROJECT: Final = "meltano.yml"
VARIANT: Final = "solaredge-to-sql"

HUB: Final[dict[str, dict[str, Any]]] = {
    "tap-solaredge": {
        "pip_url": "tap-solaredge",
        "domain_url": "https://www.solaredge.com",
        "keywords": ["api", "energy", "meltano_sdk", "photovoltaics", "solar"],
        "maintenance_status": "beta",
    },
    "target-seh-sql": {
        "pip_url": "target-seh-sql[postgresql,mariadb]",
        "keywords": ["database", "mariadb", "meltano_sdk", "postgresql", "solar", "sqlite"],
        "maintenance_status": "beta",
    },
}
"""What only the Hub asks; `repo` and `docs` are to be added when the repository has an address."""

SHARED: Final = ("name", "namespace", "label", "description")
"""What all variants of a plugin have in common."""

WITHOUT_USE: Final = ("faker_config", "flattening")
"""Beginnings of settings that the SDK adds to every plugin: no Faker here, and streams are flat."""

NAMES_OF_SEH: Final = {
    "api_key": "SEH_API_KEY",
    "site_ids": "SEH_SITE_IDS",
    "energy_lookback_days": "SEH_ENERGY_LOOKBACK_DAYS",
    "power_lookback_days": "SEH_POWER_LOOKBACK_DAYS",
    "energy_time_unit": "SEH_ENERGY_TIME_UNIT",
    "sync_overlap_minutes": "SEH_SYNC_OVERLAP_MINUTES",
    "request_timeout": "SEH_API_TIMEOUT",
    "sqlalchemy_url": "SEH_DATABASE_URL",
}
"""Environment variables of SolarEdge Harvest, for our project: the Hub's schema has no place for them."""

yaml: Final = YAML()
yaml.width = 1000
yaml.preserve_quotes = True


def written(project: str) -> dict[str, str]:
    """Return the text of each file, by its path; `project` is the present text of meltano.yml."""
    content = yaml.load(project)
    files = {}
    for kind in ("extractors", "loaders"):
        for plugin in content["plugins"][kind]:
            about = _about(plugin["name"])
            plugin["capabilities"] = _in_one_line(CommentedSeq(about["capabilities"]))
            if kind == "extractors":
                plugin["select"] = _in_one_line(CommentedSeq(_selected(plugin["name"])))
            settings = [
                _setting(*item) for item in about["settings"]["properties"].items() if _is_used(item[0])
            ]
            files[f"{plugin['name']}/plugin.yml"] = _text(_definition(plugin, about, settings))
            plugin["settings"] = [_of_our_project(setting) for setting in settings]
    return files | {PROJECT: _as_meltano_writes_it(_text(content))}


def _as_meltano_writes_it(project: str) -> str:
    """Return meltano.yml in Meltano's own order, so that `meltano config set` changes no other line."""
    content = meltano_yaml.load(project)
    ordered: Any = MeltanoFile.parse(meltano_yaml.load(project)).canonical()
    content["plugins"] = ordered["plugins"]
    out = StringIO()
    meltano_yaml.dump(content, out)
    return out.getvalue()


def _about(name: str) -> dict[str, Any]:
    """Return what a plugin of this environment says of itself."""
    return _said(name, "--about", "--format=json")


def _selected(name: str) -> list[str]:
    """Return the selection rules for the streams that a tap of this environment selects by default."""
    streams = _said(name, "--discover")["streams"]
    whole = {
        stream["tap_stream_id"]: entry["metadata"]
        for stream in streams
        for entry in stream["metadata"]
        if not entry["breadcrumb"]
    }
    return [f"{stream}.*" for stream, metadata in whole.items() if metadata["selected-by-default"]]


def _said(name: str, *arguments: str) -> dict[str, Any]:
    program = Path(sys.executable).with_name(name)
    done = subprocess.run([program, *arguments], capture_output=True, check=True)  # noqa: S603
    said: dict[str, Any] = json.loads(done.stdout)
    return said


def _definition(
    plugin: dict[str, Any], about: dict[str, Any], settings: list[dict[str, Any]]
) -> dict[str, Any]:
    shared = {name: plugin[name] for name in SHARED}
    hub = HUB[plugin["name"]]
    own = {name: plugin[name] for name in plugin if name not in {*SHARED, "settings"}}
    variant = {
        "name": VARIANT,
        "pip_url": hub["pip_url"],
        **own,
        "executable": plugin["name"],
        "supported_python_versions": about["supported_python_versions"],
        "settings": settings,
    }
    only_the_hubs = {name: value for name, value in hub.items() if name != "pip_url"}
    return {**shared, **only_the_hubs, "variant": VARIANT, "variants": [variant]}


def _setting(name: str, known: dict[str, Any]) -> dict[str, Any]:
    """Return a setting as Meltano describes it, from its JSON schema."""
    setting = {
        "name": name,
        "label": known["title"],
        "description": known["description"],
        "kind": _kind(known),
    }
    if "default" in known:
        setting["value"] = known["default"]
    if known.get("secret"):
        setting["sensitive"] = True
    if "enum" in known:
        options = ({"label": value.capitalize(), "value": value} for value in known["enum"])
        setting["options"] = [_in_one_line(CommentedMap(option)) for option in options]
    return setting


def _kind(known: dict[str, Any]) -> str:
    if "enum" in known:
        return "options"
    if known.get("format") == "date-time":
        return "date_iso8601"
    kind: str = known["type"][0]
    return "string" if kind == "array" else kind  # Meltano takes neither `1` nor `1,2` for an array


def _is_used(setting: str) -> bool:
    return not setting.startswith(WITHOUT_USE)


def _of_our_project(setting: dict[str, Any]) -> dict[str, Any]:
    old = NAMES_OF_SEH.get(setting["name"])
    return setting | ({"env_aliases": _in_one_line(CommentedSeq([old]))} if old else {})


def _in_one_line(value: Any) -> Any:  # noqa: ANN401 (a list or a mapping)
    value.fa.set_flow_style()
    return value


def _text(content: Any) -> str:  # noqa: ANN401 (whatever YAML holds)
    out = StringIO()
    yaml.dump(content, out)
    return out.getvalue()


if __name__ == "__main__":
    for path, text in written((ROOT / PROJECT).read_text()).items():
        (ROOT / path).write_text(text)
