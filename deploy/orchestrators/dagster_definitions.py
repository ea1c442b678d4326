"""Dagster: the nine tables as one asset, which Meltano makes; `dagster dev -f dagster_definitions.py`."""

import os
import subprocess
from pathlib import Path

import dagster

PROJECT = Path(os.environ.get("SOLAREDGE_PROJECT", "/opt/solaredge-to-sql"))


@dagster.asset(op_tags={"dagster/concurrency_key": "solaredge"})
def solaredge_tables() -> None:
    """Everything that SolarEdge sites measured, in SQL."""
    command = [PROJECT / ".venv/bin/meltano", "run", "harvest"]
    subprocess.run(command, cwd=PROJECT, check=True)


definitions = dagster.Definitions(
    assets=[solaredge_tables],
    schedules=[
        dagster.ScheduleDefinition(
            name="hourly", cron_schedule="7 * * * *", target=dagster.AssetSelection.assets(solaredge_tables)
        )
    ],
)
