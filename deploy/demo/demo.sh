#!/bin/sh
# What `make demo` does: five simulated sites through Meltano into demo.db, what is there then, and a page with charts.
# It neither reads nor writes what .env names.
set -eu
began=$(date -u +%Y-%m-%dT%H:%M:%S+00:00)
export TAP_SOLAREDGE_API_URL="http://127.0.0.1:${SOLAREDGE_SIMULATOR_PORT:-8044}" TAP_SOLAREDGE_API_KEY=demo-fleet-key
export TAP_SOLAREDGE_CLIENT_ID='' TAP_SOLAREDGE_CLIENT_SECRET='' TAP_SOLAREDGE_SITE_IDS='[]'
export TAP_SOLAREDGE_CALLS_PER_MINUTE=0 TAP_SOLAREDGE_MONTHLY_CREDITS=0
export TAP_SOLAREDGE_LEDGER_PATH="$PWD/.meltano/demo-ledger.db"
export TARGET_SEH_SQL_SQLALCHEMY_URL="sqlite:///$PWD/demo.db"
export MELTANO_STATE_BACKEND_URI=systemdb MELTANO_DATABASE_URI="sqlite:///$PWD/.meltano/demo-meltano.db"

echo "Loading five simulated sites through Meltano into demo.db: about 15 seconds"
.venv/bin/meltano --environment=demo --log-config=deploy/demo/logging.yaml run demo
echo '{"sqlalchemy_url": "sqlite:///demo.db"}' >.meltano/demo-target.json # ENV would read .env too
.venv/bin/target-seh-sql status --config=.meltano/demo-target.json --tables --since "$began"
.venv/bin/target-seh-sql status --config=.meltano/demo-target.json --problems
.venv/bin/target-seh-sql report --config=.meltano/demo-target.json --output demo.html
