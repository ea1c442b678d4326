#!/bin/sh
# Meltano keeps the log of each run, and a copy of the state after it, for ever: this deletes those of runs that are more
# than 30 days old, in the project folder that it is started in. The state from which the next run goes on is another one.
set -eu
logs="${XDG_STATE_HOME:-$HOME/.local/state}/meltano/log/elt"
if [ -d "$logs" ]; then
    find "$logs" -mindepth 2 -maxdepth 2 -path '*tap-solaredge*' -type d -mtime +30 -exec rm -r {} +
fi
if [ -f .meltano/meltano.db ]; then
    .venv/bin/python -c 'import sqlite3
with sqlite3.connect(".meltano/meltano.db", timeout=60) as database:
    database.execute("DELETE FROM runs WHERE started_at < datetime(\"now\", \"-30 days\")")'
fi
