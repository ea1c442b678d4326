"""The token file: what site owners have granted, changed by one process at a time and never half written."""

from __future__ import annotations

import os
import shlex
import stat
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import filelock
import msgspec
import platformdirs

from tap_solaredge.advice import command
from tap_solaredge.errors import Busy, ConfigError
from tap_solaredge.local_time import is_of_this_age

if TYPE_CHECKING:
    from collections.abc import Iterator

DEVICE_DATA = "DEVICE_DATA"
SCOPES = ("SITE_DATA", DEVICE_DATA)
UNUSED_LIFE = timedelta(days=30)
"""How long a refresh token lives when no run uses it (reference: API V2, section 2.4)."""
OTHERS_MAY = stat.S_IRWXG | stat.S_IRWXO
WAIT_FOR_LOCK = 120.0
"""Seconds; longer than another process takes to renew."""
RESERVE = 4096
"""Bytes that a change may add; they are taken on the disk before the first request."""


class Grant(msgspec.Struct, kw_only=True):
    """One owner's permission to read one site, and the tokens that prove it."""

    client_id: str
    site_id: int
    refresh_token: str
    previous_refresh_token: str | None = None
    """Kept until its successor has worked; tried when the successor is refused."""
    access_token: str | None = None
    renew_at: datetime | None = None
    """When the access token is renewed: a little before its end."""
    refreshed_at: datetime | None = None
    until: datetime | None = None
    """The end of the owner's permission, where it is known."""
    scopes: list[str] | None = None
    """None where they are not known: a 403 will tell."""

    def __post_init__(self) -> None:
        for moment in (self.renew_at, self.refreshed_at, self.until):
            if moment is not None and not (moment.tzinfo and is_of_this_age(moment)):
                raise ValueError("a time without zone, or of another age")

    def is_fresh(self, now: datetime) -> bool:
        """Whether the access token can be used as it is."""
        return bool(self.access_token) and self.renew_at is not None and now < self.renew_at

    def secrets(self) -> list[str | None]:
        """Return what must never be printed."""
        return [self.refresh_token, self.previous_refresh_token, self.access_token]

    def __repr__(self) -> str:
        return f"Grant(site_id={self.site_id})"


class Grants(msgspec.Struct):
    """The content of the file."""

    grants: list[Grant]
    version: int = 1

    def of(self, client_id: str, site_id: int) -> Grant | None:
        """Return the grant of a site to an application."""
        found = (g for g in self.grants if (g.client_id, g.site_id) == (client_id, site_id))
        return next(found, None)

    def put(self, grant: Grant) -> None:
        """Add a grant in place of an older one of the same site and application."""
        self.remove(grant)
        self.grants.append(grant)

    def remove(self, grant: Grant) -> None:
        """Forget the grant of a site to an application."""
        key = grant.client_id, grant.site_id
        self.grants = [g for g in self.grants if (g.client_id, g.site_id) != key]


class Change:
    """A change of the token file under way: room on the disk is taken already."""

    def __init__(self, path: Path, grants: Grants) -> None:
        self.grants = grants
        self._path = path
        self._draft = path.with_name(f"{path.name}.new")
        self._draft.unlink(missing_ok=True)
        self._descriptor = os.open(self._draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
        self._write(msgspec.json.encode(grants) + b" " * RESERVE)

    def save(self) -> None:
        """Put the grants on the disk, whole: file, name and directory, before anyone uses them."""
        os.lseek(self._descriptor, 0, os.SEEK_SET)
        content = msgspec.json.format(msgspec.json.encode(self.grants))
        self._write(content)
        os.ftruncate(self._descriptor, len(content))
        os.fsync(self._descriptor)
        self._draft.replace(self._path)
        if os.name == "posix":
            folder = os.open(self._path.parent, os.O_RDONLY)
            os.fsync(folder)
            os.close(folder)

    def close(self) -> None:
        """Let go of what was not saved."""
        os.close(self._descriptor)
        self._draft.unlink(missing_ok=True)

    def _write(self, content: bytes) -> None:
        while content:
            content = content[os.write(self._descriptor, content) :]
        os.fsync(self._descriptor)


class TokenFile:
    """Reads and changes the grants on disk."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def read(self) -> Grants:
        """Return all grants; none where there is no file.

        Raises:
            ConfigError: If it cannot be read, others can read it, or it is no token file.
        """
        try:
            kind = self.path.stat().st_mode
            mode = stat.S_IMODE(kind)
            if os.name == "posix" and mode & OTHERS_MAY and not stat.S_ISDIR(kind):
                raise ConfigError(
                    f"Others can read the token file {self.path} (mode {mode:04o}); run "
                    f"`chmod 600 {shlex.quote(str(self.path))}`"
                )
            return msgspec.json.decode(self.path.read_bytes(), type=Grants)
        except FileNotFoundError:
            return Grants([])
        except (msgspec.DecodeError, UnicodeDecodeError):
            raise ConfigError(
                f"{self.path} is not a token file; remove it or change `token_file`, "
                f"then run `{command('login')}`"
            ) from None
        except OSError as error:
            raise ConfigError(f"The token file {self.path} cannot be read ({error.strerror})") from None

    @contextmanager
    def change(self) -> Iterator[Change]:
        """Hold the file's lock and give a change to fill in and save.

        Raises:
            Busy: If another process holds the lock for too long.
            ConfigError: If the file cannot be read or written: told before any token is spent.
        """
        try:
            path = self.path.resolve()  # a link stays one, and whoever follows it takes the same lock
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with filelock.FileLock(f"{path}.lock", timeout=WAIT_FOR_LOCK, mode=0o600):
                change = Change(path, self.read())
                try:
                    yield change
                finally:
                    change.close()
        except filelock.Timeout:
            raise Busy(f"Another process holds {self.path}.lock") from None
        except (
            OSError,
            RuntimeError,
        ) as error:  # RuntimeError: links that lead to each other, up to Python 3.12
            raise ConfigError(
                f"The token file {self.path} cannot be written ({getattr(error, 'strerror', error)}); "
                "set `token_file` to a file that can"
            ) from None


def can_be_sent(credential: str) -> bool:
    """Whether a credential holds what SolarEdge's hold: letters of ASCII, and none that ends a header."""
    return credential.isprintable() and credential.isascii()


def default_path() -> Path:
    """Return where tokens are kept unless a setting says otherwise."""
    return Path(platformdirs.user_state_dir("tap-solaredge")) / "tokens.json"
