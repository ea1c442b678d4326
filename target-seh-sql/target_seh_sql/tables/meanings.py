"""What each column means, with its unit: the database's comments and docs/schema.md say the same.

`meanings.json` has what the tap's streams say; `make schema` writes it. What this target adds stands here.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final

STREAMS: Final[dict[str, dict[str, str]]] = json.loads(
    Path(__file__).with_name("meanings.json").read_text(encoding="utf-8")
)
"""Stream to column to meaning."""
SYNC_METADATA: Final = {
    "data_type": "Name of the stream",
    "last_sync_time": "When the stream was last read for the site [UTC]",
    "last_data_timestamp": "Newest complete data: the next run goes on from there [UTC]",
    "records_synced": "Number of records that the last run brought",
    "status": "How the last run ended: success or error",
    "error_message": "What went wrong in the last run; null after a success",
}
IN_ANY_TABLE: Final = {
    "id": "Number of the row, given by the database",
    "site_id": STREAMS["sites"]["id"],
    "meter_id": "Number of the meter's row in meters",
    "created_at": "When the row was added [UTC]",
    "updated_at": "When a value of the row changed last [UTC]",
}


def meaning(stream: str, column: str) -> str:
    """Return what a column of a stream's table means, with its unit, such as `Mean power [W]`.

    Raises:
        KeyError: the tap does not say it, or did not when `make schema` took it over.
    """
    told = SYNC_METADATA if stream == "sync_metadata" else STREAMS[stream]
    return told.get(column) or IN_ANY_TABLE[column]
