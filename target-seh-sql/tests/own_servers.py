"""PostgreSQL and MariaDB servers of a test's own, on free ports, that may be stopped and started."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path
from typing import Final

from sqlalchemy.exc import SQLAlchemyError

from target_seh_sql.database import open_engine

PLACES: Final = (*sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True), Path("/usr/sbin"))
"""Where Debian keeps what is not in the PATH."""
SECONDS_TO_START: Final = 60
"""A server that still refuses by then will not do otherwise."""


class NoServer(Exception):
    """The server's programs are not on this machine."""


def program(name: str) -> str:
    """Return the path of a server's program."""
    found = shutil.which(name, path=os.pathsep.join([os.environ["PATH"], *map(str, PLACES)]))
    if found is None:
        raise NoServer(f"{name} is not on this machine (install the server's package)")
    return found


def free_port() -> int:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return listening.getsockname()[1]


class OwnServer:
    """A server with its data in a folder; it runs as a user who is not root."""

    user: str

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self.account = self.user if os.getuid() == 0 else pwd.getpwuid(os.getuid()).pw_name
        shutil.chown(folder, self.account)
        self.log = (folder / "server.log").open("ab")

    @property
    def url(self) -> str:
        raise NotImplementedError

    def command(self) -> list[str]:
        raise NotImplementedError

    def start(self) -> None:
        """Start and wait for connections."""
        self.process = subprocess.Popen(
            self.command(), user=self.account, stdout=self.log, stderr=self.log, cwd=self.folder, umask=0o077
        )
        engine = open_engine(self.url)
        until = time.monotonic() + SECONDS_TO_START
        while True:
            try:
                engine.connect().close()
                break
            except SQLAlchemyError:
                self._alive()
                if time.monotonic() > until:
                    raise
        engine.dispose()

    def _alive(self) -> None:
        try:
            code = self.process.wait(0.05)
        except subprocess.TimeoutExpired:
            return
        raise AssertionError(f"the server ended with {code}: {(self.folder / 'server.log').read_text()}")

    def stop(self, *, crash: bool) -> None:
        """Stop: sessions are cut off; after a crash the server has to recover."""
        self.process.send_signal(self.crash if crash else self.shut_down)
        self.process.wait(30)

    def run(self, *command: str) -> None:
        subprocess.run(
            command, user=self.account, cwd=self.folder, stdout=self.log, stderr=self.log, check=True
        )


class OwnPostgresql(OwnServer):
    user = "postgres"
    shut_down = signal.SIGINT  # "fast": sessions are ended
    crash = signal.SIGQUIT  # "immediate"

    def __init__(self, folder: Path) -> None:
        initdb = program("initdb")
        super().__init__(folder)
        self.run(initdb, "--auth=trust", "--username=root", "--no-sync", "--pgdata", str(folder / "data"))

    @property
    def url(self) -> str:
        return f"postgresql://root@127.0.0.1:{self.port}/postgres"

    def command(self) -> list[str]:
        place = ["-D", str(self.folder / "data"), "-k", str(self.folder), "-p", str(self.port)]
        return [program("postgres"), *place, "-h", "127.0.0.1"]


class OwnMariadb(OwnServer):
    user = "mysql"
    shut_down = signal.SIGTERM
    crash = signal.SIGKILL

    def __init__(self, folder: Path) -> None:
        install = program("mariadb-install-db")
        super().__init__(folder)
        # a server that starts removes the temporary tables of others from a folder that they share
        self.data = ["--no-defaults", f"--datadir={folder / 'data'}", f"--tmpdir={folder}"]
        options = ["--auth-root-authentication-method=normal", "--skip-name-resolve"]
        self.run(install, *self.data, *options)

    @property
    def url(self) -> str:
        return f"mariadb://root@127.0.0.1:{self.port}/test"

    def command(self) -> list[str]:
        place = [f"--port={self.port}", f"--socket={self.folder / 'socket'}", "--bind-address=127.0.0.1"]
        return [program("mariadbd"), *self.data, *place, f"--pid-file={self.folder / 'pid'}"]


OWN_SERVERS: Final = {"postgresql": OwnPostgresql, "mariadb": OwnMariadb}
