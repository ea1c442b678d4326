"""Loads a file of Singer messages with dlt, merging by key: dlt_load.py KIND URL FILE FOLDER.

Without a column to sort by, dlt keeps any one of the records that share a key; `line` makes it the last.
"""

import sys
from collections import defaultdict
from collections.abc import Iterator

import dlt
import orjson

PAGE = 10_000


@dlt.resource(write_disposition="merge")
def messages(path: str) -> Iterator[object]:
    """Yield the records in pages of one table each, as a source of dlt's own would."""
    keys, pages, told = {}, defaultdict(list), set()

    def page(stream: str) -> object:
        rows = pages.pop(stream)
        if stream in told:
            return dlt.mark.with_table_name(rows, stream)
        told.add(stream)
        hints = dlt.mark.make_hints(
            table_name=stream,
            primary_key=keys[stream],
            write_disposition="merge",
            columns={"line": {"dedup_sort": "desc", "data_type": "bigint"}},
        )
        return dlt.mark.with_hints(rows, hints, create_table_variant=True)

    with open(path, "rb") as file:  # noqa: PTH123
        for number, line in enumerate(file):
            message = orjson.loads(line)
            stream = message.get("stream")
            if message["type"] == "SCHEMA":
                keys[stream] = message["key_properties"]
            elif message["type"] == "RECORD":
                pages[stream].append(message["record"] | {"line": number})
                if len(pages[stream]) == PAGE:
                    yield page(stream)
    for stream in list(pages):
        yield page(stream)


if __name__ == "__main__":
    kind, url, path, folder = sys.argv[1:]
    name = "postgres" if kind == "postgresql" else "sqlalchemy"
    destination = getattr(dlt.destinations, name)(url)
    pipeline = dlt.pipeline("bench", pipelines_dir=folder, destination=destination, dataset_name="bench")
    pipeline.run(messages(path))
