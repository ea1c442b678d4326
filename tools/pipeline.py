"""`tap-solaredge | target-seh-sql` as people run it: two processes and a pipe."""

import json
import os
import sqlite3
import subprocess
import sys
from pathlib import Path

BIN = Path(sys.executable).parent


class Pipeline:
    """`tap-solaredge | target-seh-sql` against a simulator and a SQLite file, or the database of a URL."""

    def __init__(self, folder, simulator, url=None, executables=BIN):
        self.folder = folder
        self.executables = executables
        self.database = folder / "seh.db"
        self.url = url or f"sqlite:///{self.database}"
        self.simulator = simulator
        self.catalog = None
        """What is selected, where that is not the default."""
        self.settings = {
            "api_url": simulator.url,
            "api_key": simulator.key,
            "ledger_path": str(folder / "ledger.db"),
            "calls_per_minute": 0,
            "monthly_credits": 0,
        }

    def tap(self, state=None, **settings):
        """Return the tap's command line."""
        config = self.folder / "tap.json"
        config.write_text(json.dumps(self.settings | settings))
        command = [self.executables / "tap-solaredge", "--config", config]
        if self.catalog is not None:
            (self.folder / "catalog.json").write_text(json.dumps(self.catalog))
            command += ["--catalog", self.folder / "catalog.json"]
        if state is not None:
            (self.folder / "state.json").write_text(json.dumps(state))
            command += ["--state", self.folder / "state.json"]
        return command

    def target(self, **settings):
        """Return the target's command line, without the program."""
        config = self.folder / "target.json"
        config.write_text(json.dumps({"sqlalchemy_url": self.url} | settings))
        return ["--config", config]

    def run(self, state=None, **settings):
        """Run the pipe once and return the target's last line of STATE and what both said."""
        logs = self.folder / "tap.log", self.folder / "target.log"
        with logs[0].open("w+") as tap_log, logs[1].open("w+") as target_log:
            tap = subprocess.Popen(
                self.tap(state, **settings), stdout=subprocess.PIPE, stderr=tap_log, env=os.environ
            )
            target = subprocess.run(
                [self.executables / "target-seh-sql", *self.target()],
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
