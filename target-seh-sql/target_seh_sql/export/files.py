"""The formats: each writes rows as they come, so that memory stays flat however many there are."""

from __future__ import annotations

import csv
import io
import json
import os
import shutil
import tempfile
from contextlib import contextmanager
from datetime import UTC, date, datetime
from itertools import islice
from typing import IO, TYPE_CHECKING, Any, Final

from target_seh_sql.errors import NothingToExport

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    Rows = Iterable[list[Any]]

BATCH: Final = 1_000
"""Rows of a record batch of PyArrow."""
BATCHES: Final = 10
"""Record batches of a row group in a Parquet file."""
PAGE: Final = 65_536
"""Bytes of a page in a Parquet file, of which each column holds one until it is written."""
SHEET_ROWS: Final = 1_048_575
"""Rows that Excel takes below the titles; the rest goes to further sheets."""
WHOLE: Final = 10**15
"""Excel keeps 15 digits of a number; what has more is written as text."""
NAME_LENGTH: Final = 25
"""Of a sheet's name, which Excel wants to have 31 characters at most, a number included."""


def write_csv(out: IO[bytes], _name: str, kinds: Mapping[str, str], rows: Rows) -> int:
    """Write comma-separated values in UTF-8: times as `2026-11-20 12:15:00`, no value as nothing."""
    written = 0
    with _text_on(out) as text:
        writer = csv.writer(_Lines(text), lineterminator="\r\n")
        writer.writerow(kinds)
        for row in rows:
            writer.writerow(map(_for_csv, row))
            written += 1
    return written


def _for_csv(value: Any) -> Any:  # noqa: ANN401
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M:%S}"
    return str(value).lower() if isinstance(value, bool) else value


def write_jsonl(out: IO[bytes], _name: str, kinds: Mapping[str, str], rows: Rows) -> int:
    """Write a JSON object a line: times as `2026-11-20T12:15:00Z`, or with the offset of a local clock."""
    written = 0
    with _text_on(out) as text:
        for row in rows:
            plain = dict(zip(kinds, map(_for_json, row), strict=True))
            text.write(json.dumps(plain, ensure_ascii=False) + "\n")
            written += 1
    return written


def _for_json(value: Any) -> Any:  # noqa: ANN401
    if isinstance(value, datetime) and value.tzinfo is UTC:
        return f"{value:%Y-%m-%dT%H:%M:%S}Z"
    return value.isoformat() if isinstance(value, date) else value


def write_xlsx(out: IO[bytes], name: str, kinds: Mapping[str, str], rows: Rows) -> int:
    """Write an Excel workbook; what is more than a sheet takes goes to further ones."""
    try:
        from xlsxwriter import Workbook  # noqa: PLC0415 -- an extra
    except ModuleNotFoundError:
        raise NothingToExport("Excel files need XlsxWriter: pip install 'target-seh-sql[excel]'") from None
    with tempfile.TemporaryFile() as file:
        book = Workbook(file, {"constant_memory": True, "default_date_format": "yyyy-mm-dd hh:mm:ss"})
        days, bold = book.add_format({"num_format": "yyyy-mm-dd"}), book.add_format({"bold": True})
        written, source = 0, iter(rows)
        for number in range(1, 1_000):
            sheet = book.add_worksheet(name[:NAME_LENGTH] + (f" {number}" if number > 1 else ""))
            sheet.freeze_panes(1, 0)
            sheet.set_column(0, len(kinds) - 1, 20)
            sheet.write_row(0, 0, kinds, bold)
            count = _fill(sheet, islice(source, SHEET_ROWS), days)
            written += count
            if count < SHEET_ROWS:
                break
        book.close()
        file.seek(0)
        shutil.copyfileobj(file, out)
    return written


def _fill(sheet: Any, rows: Rows, days: Any) -> int:  # noqa: ANN401 -- XlsxWriter has no types
    written = 0
    for written, row in enumerate(rows, 1):
        for index, value in enumerate(row):
            if isinstance(value, datetime):
                sheet.write_datetime(written, index, value.replace(tzinfo=None))
            elif isinstance(value, date):
                sheet.write_datetime(written, index, value, days)
            elif isinstance(value, str):
                sheet.write_string(written, index, value)
            elif isinstance(value, int) and abs(value) > WHOLE:
                sheet.write_string(written, index, str(value))
            elif value is not None:
                sheet.write(written, index, value)
    return written


def write_parquet(out: IO[bytes], _name: str, kinds: Mapping[str, str], rows: Rows) -> int:
    """Write a Parquet file: times are timestamps in UTC, or those of the local clock without a zone."""
    os.environ.setdefault("ARROW_DEFAULT_MEMORY_POOL", "system")  # others keep what a row group took
    try:
        import pyarrow as pa  # noqa: PLC0415 -- an extra
        from pyarrow.parquet import ParquetWriter  # noqa: PLC0415
    except ModuleNotFoundError:
        raise NothingToExport("Parquet files need PyArrow: pip install 'target-seh-sql[parquet]'") from None
    types = {
        "instant": pa.timestamp("us", "UTC"),
        "local": pa.timestamp("us"),
        "date": pa.date32(),
        "flag": pa.bool_(),
        "whole": pa.int64(),
        "real": pa.float64(),
        "text": pa.string(),
    }
    schema = pa.schema([(name, types[kind]) for name, kind in kinds.items()])
    batches, written = _batches(rows, schema), 0
    with ParquetWriter(
        pa.PythonFile(out, "w"), schema, compression="zstd", use_dictionary=False, data_page_size=PAGE
    ) as writer:
        for group in iter(lambda: list(islice(batches, BATCHES)), []):
            table = pa.Table.from_batches(group, schema)
            writer.write_table(table)
            written += len(table)
    return written


def _batches(rows: Rows, schema: Any) -> Iterator[Any]:  # noqa: ANN401 -- PyArrow is an extra
    """Yield rows as record batches, so that few of a row group are in memory as objects of Python."""
    import pyarrow as pa  # noqa: PLC0415

    local = [pa.types.is_timestamp(each.type) and each.type.tz is None for each in schema]
    source = iter(rows)
    for batch in iter(lambda: list(islice(source, BATCH)), []):
        columns: Iterable[Any] = zip(*batch, strict=True)
        arrays = [
            pa.array([value and value.replace(tzinfo=None) for value in column] if without else column, each)
            for column, each, without in zip(columns, schema.types, local, strict=True)
        ]
        yield pa.RecordBatch.from_arrays(arrays, schema=schema)


@contextmanager
def _text_on(out: IO[bytes]) -> Iterator[io.TextIOWrapper]:
    """Give a file to write text; it stays open when the text ends."""
    text = io.TextIOWrapper(out, encoding="utf-8", newline="")
    try:
        yield text
    finally:
        text.detach()


class _Lines:
    """Ends lines with a line feed only; a writer that ended them so would not quote a carriage return."""

    def __init__(self, text: io.TextIOWrapper) -> None:
        self._write = text.write

    def write(self, line: str) -> None:
        self._write(line[:-2] + "\n")


FORMATS: Final = {"csv": write_csv, "jsonl": write_jsonl, "xlsx": write_xlsx, "parquet": write_parquet}
"""How a file is written, by its ending."""
