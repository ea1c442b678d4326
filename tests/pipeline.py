"""`tap-solaredge | target-seh-sql` as people run it: two processes and a pipe."""

import json
import os
import sqlite3
import subprocess
import sys
from pathlib import Path

BIN = Path(sys.executable).parent


class Pipeline:
    """`tap-solaredge | target-seh-sql` against a simulator and a SQLite file."""

    def __init__(self, folder, simulator):
        self.folder = folder
        self.database = folder / "seh.db"
        self.simulator = simulator
        self.settings = {
            "api_url": simulator.url,
            "api_key": simulator.key,
            "ledger_path": str(folder / "ledger.db"),
            "calls_per_minute": 0,
            "monthly_credits": 0,
        }

    def run(self, state=None, **settings):
        """Run the pipe once and return the target's last line of STATE and what both said."""
        tap_config, target_config = self.folder / "tap.json", self.folder / "target.json"
        tap_config.write_text(json.dumps(self.settings | settings))
        target_config.write_text(json.dumps({"sqlalchemy_url": f"sqlite:///{self.database}"}))
        command = [BIN / "tap-solaredge", "--config", tap_config]
        if state is not None:
            (self.folder / "state.json").write_text(json.dumps(state))
            command += ["--state", self.folder / "state.json"]
        logs = self.folder / "tap.log", self.folder / "target.log"
        with logs[0].open("w+") as tap_log, logs[1].open("w+") as target_log:
            tap = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=tap_log, env=os.environ)
            target = subprocess.run(
                [BIN / "target-seh-sql", "--config", target_config],
                stdin=tap.stdout, stdout=subprocess.PIPE, stderr=target_log, check=False,
            )  # fmt: skip
            tap.stdout.close()
            tap_code = tap.wait()
            for log in (tap_log, target_log):
                log.seek(0)
            said = tap_log.read() + target_log.read()
        assert (tap_code, target.returncode) == (0, 0), said
        return json.loads(target.stdout.splitlines()[-1]), said

    def rows(self, query):
        """Return the rows of a query."""
        with sqlite3.connect(self.database) as connection:
            return connection.execute(query).fetchall()
