"""A copy of the project in which the commands of the documentation run, against a simulator."""

import os
import shutil
import socket
import subprocess
import sys
from contextlib import ExitStack, contextmanager
from pathlib import Path

from solaredge_simulator.fleet import HOME
from solaredge_simulator.pytest_plugin import NOW
from solaredge_simulator.simulator import Simulator
from solaredge_simulator.v1.rules import V1Rules
from tools.pipeline import BIN

ROOT = Path(__file__).parents[1]
COPIED = (
    "meltano.yml", "pyproject.toml", "constraints.txt", "Makefile", ".env.example", "docs", "deploy",
    "simulator", "tap-solaredge", "target-seh-sql",
)  # fmt: skip
PACKAGES = COPIED[-3:]
"""Linked, not copied."""
LEFT_OUT = ("TAP_SOLAREDGE_", "TARGET_SEH_SQL_", "SEH_", "MELTANO_", "PYTHONDONTWRITEBYTECODE")
"""Variables that people do not have; without byte-code each command takes seconds longer."""


class Project:
    """One folder, new for each page; its .venv is that of the tests."""

    def __init__(self, folder):
        self.folder, self.home = folder / "project", folder / "home"
        self._renew()

    def _renew(self, copied=COPIED):
        for gone in (self.folder, self.home):
            shutil.rmtree(gone, ignore_errors=True)
        self.home.mkdir(parents=True)
        self.folder.mkdir(parents=True)
        for name in copied:
            source = ROOT / name
            if name in PACKAGES:
                (self.folder / name).symlink_to(source)
                continue
            (self.folder / name).parent.mkdir(parents=True, exist_ok=True)
            copy = shutil.copytree if source.is_dir() else shutil.copy
            copy(source, self.folder / name)
        (self.folder / ".venv").mkdir()
        for part in ("bin", "lib", "pyvenv.cfg"):
            (self.folder / ".venv" / part).symlink_to(BIN.parent / part)
        for stamp in ("ready", "tools"):
            (self.folder / ".venv" / stamp).touch()  # `make` finds everything set up

    def _environment(self, **more):
        kept = {name: value for name, value in os.environ.items() if not name.startswith(LEFT_OUT)}
        cache = subprocess.run([BIN / "uv", "cache", "dir"], capture_output=True, text=True, check=True)
        return kept | {
            "HOME": str(self.home),
            "PYTHONPYCACHEPREFIX": str(self.folder.parent / "pycache"),
            "XDG_STATE_HOME": str(self.home / "state"),
            "UV_CACHE_DIR": cache.stdout.strip(),
            "UV_CONSTRAINT": str(ROOT / "constraints.txt"),
            "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}",
            **more,
        }

    @contextmanager
    def page(self, *, owner=False, v1=False, old_rows=None, in_file=False, only=COPIED):
        """Give a function that runs commands in order, in a new folder, against a simulator of its own.

        Args:
            owner: the credential is a home owner's login, not a key.
            v1: the service still has Monitoring API V1.
            old_rows: called with the path of seh.db, to put there what an old program left.
            in_file: the settings stand in .env, and not in the environment.
            only: the files of the project that are there.
        """
        self._renew(only)
        if old_rows:
            old_rows(self.folder / "seh.db")
        with ExitStack() as stack:
            unlimited = {"calls_per_minute": None, "monthly_credits": None}
            rules = V1Rules(account_keys={"demo-fleet-key": None}) if v1 else "retired"
            simulator = stack.enter_context(Simulator(now=NOW, v1=rules, **unlimited))
            settings = self._owner(simulator) if owner else {"TAP_SOLAREDGE_API_KEY": simulator.key}
            settings |= {
                "TAP_SOLAREDGE_API_URL": simulator.url,
                "TAP_SOLAREDGE_CALLS_PER_MINUTE": "0",
                "TAP_SOLAREDGE_MONTHLY_CREDITS": "0",
                "SOLAREDGE_SIMULATOR_PORT": str(free_port()),
            }
            if in_file:
                (self.folder / ".env").write_text("".join(f"{name}={settings[name]}\n" for name in settings))
                settings = {}
            environment = self._environment(**settings)
            yield lambda commands: self._run(commands, environment)

    def _owner(self, simulator):
        return {
            "TAP_SOLAREDGE_CLIENT_ID": simulator.application.client_id,
            "TAP_SOLAREDGE_CLIENT_SECRET": simulator.application.client_secret,
            "TAP_SOLAREDGE_AUTHORIZE_URL": f"{simulator.url}/authorize",
            "TAP_SOLAREDGE_REDIRECT_URL": f"http://127.0.0.1:{free_port()}/callback",
            "BROWSER": f"{sys.executable} {Path(__file__).with_name('approving_owner.py')} %s {HOME} &",
        }

    def _run(self, commands, environment):
        """Run commands in one shell; return what each printed, and the exit code of the last that ran."""
        said = self.folder.parent / "said"
        shutil.rmtree(said, ignore_errors=True)
        said.mkdir()
        lines = [f"{{ {command}\n}} >{said}/{i:03} 2>&1" for i, command in enumerate(commands)]
        done = subprocess.run(
            ["bash", "-c", "\n".join(["set -e", *lines])],
            cwd=self.folder, env=environment, stdin=subprocess.DEVNULL, check=False, timeout=600,
        )  # fmt: skip
        return [path.read_text() for path in sorted(said.iterdir())], done.returncode


def free_port():
    """Return a loopback port that nobody uses."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
