"""Tells people once when something becomes late, failed or missing, and once when it is well again.

What was told is kept in a file, one for each database and set of addresses. Apprise knows how to reach them:
mail, ntfy, Telegram and some hundred more.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import sys
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, NamedTuple

import msgspec

from target_seh_sql.errors import TargetSehSqlError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from target_seh_sql.status.freshness import Problem, StreamStatus

logger = logging.getLogger("target-seh-sql")

_Key = Annotated[str, msgspec.Meta(pattern=r"^-?\d+ ")]
LISTED: Final = 30
"""Lines of a message; a fleet that is late would fill pages."""


class NotNotified(TargetSehSqlError):
    """A message could not be sent; the next run tries again."""


class News(NamedTuple):
    """What changed since the last message, each a line for people by its key."""

    wrong: Mapping[str, str]
    well: Sequence[str]
    """What was told as wrong and is so no longer."""


def told_as(wrong: Sequence[tuple[StreamStatus, Problem]]) -> dict[str, str]:
    """Return a line for each site, stream and kind; its key stays the same while the numbers in it grow."""
    return {
        f"{status.site_id} {status.stream} {problem.kind}": (
            f"{status.site}: {status.stream}: {problem.kind}: {problem.text}"
        )
        for status, problem in wrong
    }


def news(told: Mapping[str, str], wrong: Mapping[str, str]) -> News:
    """Return what is to be told: what was not told yet, and what is well again."""
    return News(
        {key: line for key, line in wrong.items() if key not in told},
        [line for key, line in told.items() if key not in wrong],
    )


def message(found: News, still: int) -> tuple[str, str]:
    """Return title and text.

    Args:
        found: what changed.
        still: how many things are wrong now.
    """
    title = "SolarEdge data: " + (f"{still} wrong" if still else "all is well again")
    parts = (("Wrong", list(found.wrong.values())), ("Well again", found.well))
    return title, "\n".join(line for name, lines in parts if lines for line in _part(name, lines))


def _part(name: str, lines: Sequence[str]) -> Iterator[str]:
    yield f"{name}:"
    yield from lines[:LISTED]
    if len(lines) > LISTED:
        yield f"and {len(lines) - LISTED} more"


def notify(
    urls: Sequence[str],
    database: str,
    wrong: Sequence[tuple[StreamStatus, Problem]],
    kept: Path | None,
    site_ids: Collection[int] = (),
) -> bool:
    """Send one message where something has changed since the last one; return whether one was sent.

    Args:
        urls: Apprise's addresses.
        database: names the database, without secrets.
        wrong: what is wrong now.
        kept: the file of what was told; None: in the platform's state directory.
        site_ids: the sites that were looked at, all when empty: of others nothing is known now.

    Raises:
        NotNotified: an address is wrong or did not take the message.
    """
    path = kept or state_folder() / f"told-{_mark(database, *urls)}.json"
    told = _told(path)
    others = {key: line for key, line in told.items() if site_ids and int(key.split()[0]) not in site_ids}
    now = {**others, **told_as(wrong)}
    found = news(told, now)
    if found.wrong or found.well:
        _send(urls, *message(found, len(now)))
    if now != told:
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_suffix(".new")
        draft.write_text(json.dumps(now, indent=1, ensure_ascii=False), encoding="utf-8")
        draft.replace(path)
    return bool(found.wrong or found.well)


def _told(path: Path) -> dict[str, str]:
    """Return what was told; nothing of a file that cannot be understood: everything is told anew."""
    try:
        found = msgspec.json.decode(path.read_bytes(), type=dict[_Key, str])
    except FileNotFoundError:
        return {}
    except msgspec.DecodeError:
        logger.warning("%s is damaged: what --notify has told before is told again", path)
        path.unlink()
        return {}
    return found


def _send(urls: Sequence[str], title: str, text: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of what Apprise imports
        _send_all(urls, title, text)


def _send_all(urls: Sequence[str], title: str, text: str) -> None:
    try:
        from apprise import Apprise  # noqa: PLC0415 -- an extra
    except ModuleNotFoundError:
        raise NotNotified("--notify needs Apprise: pip install 'target-seh-sql[notify]'") from None
    for number, url in enumerate(urls, 1):
        reached = Apprise()
        if not reached.add(url):
            raise NotNotified(f"the {_nth(number, urls)}address of --notify is none that Apprise knows")
        if not reached.notify(title=title, body=text):
            raise NotNotified(f"the {_nth(number, urls)}address of --notify did not take the message")


def _nth(number: int, urls: Sequence[str]) -> str:
    return f"{number}. " if len(urls) > 1 else ""


def state_folder() -> Path:
    """Return where the platform wants the state of this program."""
    if sys.platform == "win32":
        base = Path(os.environ.get("LOCALAPPDATA", "~/AppData/Local"))
    elif sys.platform == "darwin":
        base = Path("~/Library/Application Support")
    else:
        base = Path(os.environ.get("XDG_STATE_HOME") or "~/.local/state")
    return base.expanduser() / "target-seh-sql"


def _mark(*words: str) -> str:
    return hashlib.sha256("\n".join(words).encode()).hexdigest()[:12]
