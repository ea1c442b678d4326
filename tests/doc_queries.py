"""The queries of the Markdown pages, and what they give, as a table of text."""

from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import text


def answered(connection, query):
    """Return what a query gives: a line of names, a rule, and a line for each row."""
    result = connection.execute(text(query))
    table = [tuple(result.keys()), *(tuple(map(shown, row)) for row in result)]
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    table.insert(1, tuple("-" * width for width in widths))
    lines = ("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in table)
    return "".join(f"{line.rstrip()}\n" for line in lines)


def shown(value):
    """Return a value as the pages have it, whichever database gave it: numbers to two digits."""
    if value is None:
        return "NULL"
    if isinstance(value, float | Decimal):
        return f"{value:.2f}".rstrip("0").rstrip(".")
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M:%S}"
    return value.isoformat() if isinstance(value, date) else str(value)
