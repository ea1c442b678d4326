"""What an error of a database means: try again, or what to tell the user."""

from __future__ import annotations

import re
from typing import Final

from sqlalchemy.exc import DBAPIError

from target_seh_sql.advice import command
from target_seh_sql.errors import WriteFailed

TRANSIENT: Final[frozenset[str | int]] = frozenset(
    {
        *("40001", "40P01", "55P03"),  # PostgreSQL: serialisation, deadlock, lock not available
        *("57P01", "57P02", "57P03", "53300"),  # shutting down, crashed, starting up, too many connections
        *("25P03", "57P05"),  # ended by the server after a pause: the tap waited, or the computer slept
        *("08000", "08001", "08003", "08004", "08006", "08007"),  # connection lost or refused
        *(1205, 1213, 1020),  # MariaDB: lock wait, deadlock, row changed since it was read
        1684,  # MariaDB: another session is just making or changing the table that is looked at
        1467,  # MariaDB: a deadlock that is met while the next id is taken (MDEV-33593)
        *(1047, 1050),  # Galera: a node that is just joining; a table that another node has just made
        *(0, 2002, 2003, 2006, 2013, 2055),  # connection lost or refused
        *(1040, 1053, 1152, 1927),  # too many connections, shutting down, aborted, killed
        *("SQLITE_BUSY", "SQLITE_LOCKED"),
    }
)
_LOCK: Final = "another session holds a lock: let it finish, or end it"
_FULL: Final = "its disk is full: make room"
_RIGHT: Final = "the database user lacks a right: docs/databases.md has the lines that grant all"
_LOGIN: Final = "it does not accept user and password: check sqlalchemy_url"
_REFUSED: Final = "it lets nobody in this way: check user, password and database in sqlalchemy_url"
_NO_DATABASE: Final = "there is no such database: create it"
_READ_ONLY: Final = (
    "it is read-only: name the primary server, let the user's transactions write, or make the file writable"
)
_ENCODING: Final = "its encoding lacks this character: create the database anew with encoding UTF8"
_CHANGED: Final = f"see what `{command('check')}` says of the tables"
_TLS: Final = "check sslmode and the certificates that sqlalchemy_url names"
FOR_GOOD: Final = (
    (re.compile(r'database ".*" does not exist'), _NO_DATABASE),
    (re.compile(r"password|authentication|pg_hba|role \".*\" does not exist|permitted to log in"), _LOGIN),
    (re.compile(r"certificate|support SSL|SSL is required|sslmode|private key", re.IGNORECASE), _TLS),
    (re.compile(r"permission denied|session is read-only|not currently accepting|invalid "), ""),
)
"""What a server or libpq says, without a code, when it is in vain to connect again; and what to do."""
ADVICE: Final[dict[str | int, str]] = {
    **dict.fromkeys(("53100", 1021, 1114, "SQLITE_FULL"), _FULL),
    **dict.fromkeys(("42501", 1044, 1142, 1143, 1227, 1370), _RIGHT),
    **dict.fromkeys(("28P01", "28000", 1045, 1698), _LOGIN),
    **dict.fromkeys(("3D000", 1049), _NO_DATABASE),
    **dict.fromkeys(("25006", 1290, 1792, 1836, "SQLITE_READONLY"), _READ_ONLY),
    **dict.fromkeys(("22P05", "22021", 1366), _ENCODING),
    **dict.fromkeys(("55P03", 1205), _LOCK),
    **dict.fromkeys(("22001", "42703", "42P01", "42804", 1054, 1146, 1364, 1406), _CHANGED),
    "3F000": "the role's search_path names no schema that is there: set default_target_schema",
    "57014": "it takes longer than the server allows: raise statement_timeout for the user",
    "23505": f"if the key is an id, its sequence is behind: see what `{command('check')}` says of the tables",
    **dict.fromkeys((1449, 1356), f"`{command('init-db')}` makes the views again"),
    1047: "wait for the node of the cluster, or name another node",
    4165: "take REQUIRED_PRIMARY_KEY out of the server's wsrep_mode",
    1665: "set binlog_format of the server to MIXED or ROW",
    1153: "max_allowed_packet is too small: set it to 1 MiB or more",
    1969: "it takes longer than the server allows: raise max_statement_time for the user",
    "SQLITE_BUSY": "another program holds the file: let it finish, or close it",
    "SQLITE_CANTOPEN": "the file cannot be opened: its folder must exist and be writable",
    "SQLITE_NOTADB": "the file is no SQLite database",
    "SQLITE_CORRUPT": "the file is damaged: restore a backup",
    "SQLITE_IOERR": "the disk failed: see the system's log",
}


def error_code(error: Exception) -> str | int | None:
    """Return the error number of MariaDB, the name of SQLite's error, or the SQLSTATE of PostgreSQL."""
    original = _original(error)
    if original.args and isinstance(original.args[0], int):
        return original.args[0]
    name = getattr(original, "sqlite_errorname", None)
    # SQLITE_IOERR_WRITE is one of SQLITE_IOERR
    return "_".join(name.split("_")[:2]) if name else getattr(original, "sqlstate", None)


def is_transient(error: Exception) -> bool:
    """Tell whether the same batch may go through on a new connection."""
    code = error_code(error)
    if code in {None, 2003, 2013} and (_advice_for_text(said(error)) is not None or _is_refused(error)):
        return False
    if code is None:  # libpq has no SQLSTATE for a connection that it lost or could not make
        return type(_original(error)).__name__ in {"OperationalError", "InterfaceError"}
    return code in TRANSIENT


def _is_refused(error: Exception) -> bool:
    """Tell whether PostgreSQL, in any language, refuses a user or database, which it names then.

    libpq gives no SQLSTATE for what ends a login; that it is starting, or full, names nobody.
    """
    original = _original(error)
    _, _, reason = str(original).rpartition(":  ")  # two blanks: of the server, not of libpq
    tried = getattr(original, "pgconn", None)
    if tried is None or not reason or not str(original).startswith("connection failed"):
        return False
    names = "|".join(re.escape(name.decode()) for name in (tried.user, tried.db) if name)
    return re.search(rf"[^\w\s]\s?({names})\s?[^\w\s]", reason) is not None and "too many" not in reason


def _advice_for_text(text: str) -> str | None:
    """Return what to do about an error that has no code; None where nothing speaks against trying again."""
    return next((advice for pattern, advice in FOR_GOOD if pattern.search(text)), None)


def said(error: Exception) -> str:
    """Return what the database said, on one line."""
    original = _original(error)
    return " ".join(str(original.args[-1] if original.args else original).split())


def explained(error: Exception) -> WriteFailed:
    """Return an error for people: what the database said, and what to do."""
    text = said(error)
    unnamed = _REFUSED if _is_refused(error) else "correct the cause"
    advice = ADVICE.get(error_code(error) or "") or _advice_for_text(text) or unnamed
    return WriteFailed(f"the database refused: {text}; {advice}, then run again")


def _original(error: Exception) -> BaseException:
    """Return the driver's error."""
    return error.orig if isinstance(error, DBAPIError) and error.orig else error
