"""Writes what the columns mean, from the tap's streams to where the target reads it: `make schema`."""

import json
from pathlib import Path

from tap_solaredge.streams import STREAMS

FILE = Path(__file__).parents[1] / "target-seh-sql/target_seh_sql/tables/meanings.json"


def meanings() -> str:
    """Return stream to column to meaning, as JSON with a line for each column."""
    streams = {str(s.name): {column.name: column.description for column in s.columns} for s in STREAMS}
    return json.dumps(streams, indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    FILE.write_text(meanings(), encoding="utf-8")
