"""Tells people once when something becomes late, failed or missing, and once when it is well again.

What was told is kept in a file, one for each database and set of addresses. An address that is dead keeps no
other from being told. Apprise knows how to reach them: mail, ntfy, Telegram and some hundred more.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import sys
import warnings
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, NamedTuple

import msgspec

from target_seh_sql.errors import ConfigError, TargetSehSqlError
from target_seh_sql.status.text import named

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from target_seh_sql.status.freshness import Problem, StreamStatus

logger = logging.getLogger("target-seh-sql")

_Key = Annotated[str, msgspec.Meta(pattern=r"^-?\d+ ")]
LISTED: Final = 30
"""Lines of a message; a fleet that is late would fill pages."""
WORDS: Final = 3
"""Of a key: site, stream and kind."""
UNREAD: Final = "0 database unread"
"""The key of a database that cannot be read."""


class NotNotified(TargetSehSqlError):
    """A message could not be sent; the next run tries again."""


class News(NamedTuple):
    """What changed since the last message, each a line for people by its key."""

    wrong: Mapping[str, str]
    well: Mapping[str, str]
    """What was told as wrong and is so no longer."""


def told_as(wrong: Sequence[tuple[StreamStatus, Problem]]) -> dict[str, str]:
    """Return a line for each site, stream and kind; its key stays the same while the numbers in it grow."""
    lines: dict[str, str] = {}
    for status, (kind, text) in wrong:
        key = f"{status.site_id} {status.stream} {kind}"
        begin = f"{lines[key]}; " if key in lines else f"{status.site}: {status.stream}: {kind}: "
        lines[key] = begin + text
    return lines


def news(told: Mapping[str, str], wrong: Mapping[str, str]) -> News:
    """Return what is to be told: what was not told yet, and what is well again."""
    return News(
        {key: line for key, line in wrong.items() if key not in told},
        {key: line for key, line in told.items() if key not in wrong},
    )


def message(found: News, still: int) -> tuple[str, str]:
    """Return title and text.

    Args:
        found: what changed.
        still: how many things are wrong now.
    """
    title = "SolarEdge data: " + (f"{still} wrong" if still else "all is well again")
    parts = (("Wrong", _by_reason(found.wrong)), ("Well again", _by_reason(found.well)))
    return title, "\n".join(line for name, lines in parts if lines for line in _part(name, lines))


def _by_reason(lines: Mapping[str, str]) -> list[str]:
    """Return a line for each site and reason: one cause often strikes all of its streams."""
    streams = defaultdict(list)
    for key, line in lines.items():
        site_id, stream, *_ = key.split(" ")
        site, told, reason = line.partition(f": {stream}: ")
        streams[site_id, site, told and reason].append(stream)
    return [
        f"{site}: {named(names)}: {reason}" if reason else site
        for (_, site, reason), names in streams.items()
    ]


def _part(name: str, lines: Sequence[str]) -> Iterator[str]:
    yield f"{name}:"
    yield from lines[:LISTED]
    if len(lines) > LISTED:
        yield f"and {len(lines) - LISTED} more"


def notify(
    urls: Sequence[str],
    database: str,
    wrong: Sequence[tuple[StreamStatus, Problem]] | TargetSehSqlError,
    kept: Path | None,
    site_ids: Collection[int] = (),
) -> bool:
    """Send each address one message where something has changed since its last; return whether one was sent.

    Args:
        urls: Apprise's addresses.
        database: its name, without secrets.
        wrong: what is wrong now, or why the database cannot be read.
        kept: the file of what was told; None: in the platform's state directory.
        site_ids: the sites that were looked at, all when empty: of others nothing is known now.

    Raises:
        ConfigError: `kept` is something else.
        NotNotified: an address is wrong or did not take the message; the others have it.
    """
    path = kept or state_folder() / f"told-{_mark(database, *urls)}.json"
    marks = {url: _mark(database, url) for url in urls}
    before = _kept(path)
    told, refused, sent = _by_address(before or {}, marks.values()), [], False
    for number, (url, mark) in enumerate(marks.items(), 1):
        found = news(told[mark], now := _now(told[mark], wrong, site_ids))
        if found.wrong or found.well:
            why = _send(url, *message(found, len(now)))
            refused += [f"the {_nth(number, urls)}address of --notify {why}"] if why else []
            sent, now = sent or not why, told[mark] if why else now
        told[mark] = now
    _keep(path, _together(told), before)
    if refused:
        raise NotNotified("; ".join(refused))
    return sent


def _now(
    told: Mapping[str, str],
    wrong: Sequence[tuple[StreamStatus, Problem]] | TargetSehSqlError,
    site_ids: Collection[int],
) -> dict[str, str]:
    """Return what is wrong now, and what was told of that of which nothing is known now."""
    if isinstance(wrong, TargetSehSqlError):
        return {**told, UNREAD: f"the database cannot be read: {wrong}"}
    others = {
        key: line
        for key, line in told.items()
        if site_ids and key != UNREAD and int(key.split()[0]) not in site_ids
    }
    return {**others, **told_as(wrong)}


def _by_address(kept: Mapping[str, str], marks: Collection[str]) -> dict[str, dict[str, str]]:
    """Return what each address was told: a key that ends in the mark of one is of that address only."""
    told: dict[str, dict[str, str]] = {mark: {} for mark in marks}
    for key, line in kept.items():
        name, _, mark = key.rpartition(" ")
        if name.count(" ") == WORDS - 1:
            told.get(mark, {})[name] = line
        else:
            for each in told.values():
                each.setdefault(key, line)
    return told


def _together(told: Mapping[str, Mapping[str, str]]) -> dict[str, str]:
    """Return the same as it is kept: what all addresses were told has no mark."""
    lines = {key: line for each in told.values() for key, line in each.items()}
    kept: dict[str, str] = {}
    for key, line in lines.items():
        marks = [mark for mark, each in told.items() if key in each]
        kept |= {key: line} if len(marks) == len(told) else {f"{key} {mark}": line for mark in marks}
    return kept


def _kept(path: Path) -> dict[str, str] | None:
    """Return what is kept; None of a file that cannot be understood: everything is told anew.

    Raises:
        ConfigError: it is no file, or one of something else.
    """
    if path.exists() and not path.is_file():
        raise ConfigError(f"{path} is no file: let --notified name another")
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return {}
    try:
        return msgspec.json.decode(content, type=dict[_Key, str])
    except msgspec.DecodeError as error:
        if content and (isinstance(error, msgspec.ValidationError) or not content.startswith(b"{")):
            raise ConfigError(f"{path} holds something else: let --notified name another file") from None
    logger.warning("%s is damaged: what --notify has told before is told again", path)
    return None


def _keep(path: Path, told: Mapping[str, str], before: Mapping[str, str] | None) -> None:
    """Keep what was told, if it is not what was kept before; what a link names is replaced."""
    if told == before:
        return
    path = path.resolve()
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(path.name + ".part")
    draft.write_text(json.dumps(told, indent=1, ensure_ascii=False), encoding="utf-8")
    draft.replace(path)


def _send(url: str, title: str, text: str) -> str:
    """Send a message; return why it was not sent, if so.

    What Apprise and its plugins log of an address may be its secret: nobody hears it.
    """
    logging.disable(logging.CRITICAL)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # of what Apprise imports
            return _sent(url, title, text)
    finally:
        logging.disable(logging.NOTSET)


def _sent(url: str, title: str, text: str) -> str:
    try:
        from apprise import Apprise  # noqa: PLC0415 -- an extra
    except ModuleNotFoundError:
        raise NotNotified("--notify needs Apprise: pip install 'target-seh-sql[notify]'") from None
    reached = Apprise()
    if not reached.add(url):
        return "is none that Apprise knows"
    return "" if reached.notify(title=title, body=text) else "did not take the message"


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
