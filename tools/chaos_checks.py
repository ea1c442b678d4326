"""What must hold whenever `tap | tee | target` was killed: nothing is ahead of the data, no batch is half."""

import json
from datetime import datetime

from target_seh_sql.load.records import RECORD_TYPES


def plain(value):
    """Return instants of records and of all databases alike, as text."""
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M:%S}"
    if isinstance(value, str) and value[10:11] == "T":
        return value[:19].replace("T", " ")
    return value if isinstance(value, int) else str(value)


def messages(sent):
    """Return the messages that the tap sent; its last line may be half a line."""
    data = sent.read_bytes()
    return [json.loads(line) for line in data[: data.rfind(b"\n") + 1].splitlines()]


def _partitions(state):
    """Yield stream, site and bookmark of each partition."""
    for stream, bookmark in (state or {}).get("bookmarks", {}).items():
        for partition in bookmark.get("partitions", []):
            value = partition.get("replication_key_value")
            if value is not None:
                yield (
                    stream,
                    partition["context"]["site_id"],
                    plain(f"{value}T00:00:00"[:19] if len(value) == 10 else value),
                )


def state_ahead_of(told, state):
    """A printed STATE must not tell of more than sync_metadata does."""
    for stream, site, newest in _partitions(state):
        if (told.get((stream, site)) or "") < newest:
            known = told.get((stream, site))
            yield f"STATE tells of {stream} of {site} to {newest}, sync_metadata to {known}"


def ahead_of_data(messages, stored, printed, told, told_before):
    """Every record that went before what STATE or sync_metadata tells of must be stored.

    Only of this run: a STATE that it did not print, or a bookmark that sync_metadata had before, was checked
    then, and the tap sends lists and history without moving either.
    """
    end = _position(messages, printed) if printed else 0
    yield from _missing(messages[:end], stored, "the printed STATE")
    first = {}
    for index, message in enumerate(messages):
        if message["type"] == "STATE":
            for partition in _partitions(message["value"]):
                first.setdefault(partition, index)
    for (stream, site), newest in told.items() - told_before.items():
        end = first.get((stream, site, newest), 0)
        of_partition = (
            message
            for message in messages[:end]
            if message.get("stream") == stream and message.get("record", {}).get("site_id") == site
        )
        yield from _missing(of_partition, stored, f"sync_metadata of {stream} of {site}")


def _position(messages, state):
    """Return the index of the first STATE of that value; one that was never sent counts as the last."""
    places = (i for i, m in enumerate(messages) if m["type"] == "STATE" and m["value"] == state)
    return next(places, len(messages))


def _missing(messages, stored, who):
    missing = [key for stream, key in _keys(messages) if key not in stored[stream]]
    if missing:
        yield f"{who} is ahead of the data: {len(missing)} records are missing, the first is {missing[0]}"


def _keys(messages):
    for message in messages:
        if message["type"] == "RECORD":
            stream, record = message["stream"], message["record"]
            yield stream, tuple(plain(record[name]) for name in RECORD_TYPES[stream].stream.key)


def half_batch(messages, stored, before):
    """Of the new records, a beginning is stored, and nothing after the first that is not."""
    gap = None
    for stream, key in _keys(messages):
        if before and key in before[stream]:
            continue
        if key not in stored[stream]:
            gap = gap or (stream, key)
        elif gap:
            yield f"half a batch: {stream} {key} is stored, {gap} before it is not"
            return
