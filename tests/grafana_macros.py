"""What Grafana's data sources for PostgreSQL and MySQL make of a query before the database gets it.

The macros are those of Grafana's documentation, in the words of its version 12; `$__interval` and variables
are put in first, times are UTC.
"""

import re
from datetime import UTC, timedelta

SECONDS = {"m": 60, "h": 3600, "d": 86400}


class PostgreSQL:
    """Times are texts with a zone."""

    @staticmethod
    def moment(at):
        return f"'{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}'"

    @staticmethod
    def group(column, seconds):
        return f"floor(extract(epoch from {column})/{seconds})*{seconds}"


class MariaDB:
    """Times are seconds, which the session's zone turns into a DATETIME."""

    @staticmethod
    def moment(at):
        return f"FROM_UNIXTIME({int(at.timestamp())})"

    @staticmethod
    def group(column, seconds):
        return f"UNIX_TIMESTAMP({column}) DIV {seconds} * {seconds}"


WORDS = {"postgresql": PostgreSQL, "mariadb": MariaDB}


def expanded(sql, kind, begin, end, interval, **variables):
    """Return a panel's query as the database gets it; an unknown macro is a KeyError."""
    words = WORDS[kind]
    macros = {
        "timeFrom": lambda _: words.moment(begin),
        "timeTo": lambda _: words.moment(end),
        "timeFilter": lambda column: f"{column} BETWEEN {words.moment(begin)} AND {words.moment(end)}",
        "timeGroupAlias": lambda column, by: f'{words.group(column, in_seconds(by))} AS "time"',
    }
    for name, value in variables.items():
        sql = sql.replace(f"${{{name}:sqlstring}}", "'{}'".format(str(value).replace("'", "''")))
    sql = sql.replace("$__interval", interval)
    called = re.compile(r"\$__(\w+)\(([^)]*)\)")
    return called.sub(lambda call: macros[call[1]](*re.split(r",\s*", call[2])), sql)


def in_seconds(interval):
    return int(interval[:-1]) * SECONDS[interval[-1]]


def time_range(now, since):
    """Return the times that Grafana's `since` to `now` means: `now-7d`, or `now/d` for today so far."""
    if since == "now/d":
        return now.replace(hour=0, minute=0), now
    number, unit = re.fullmatch(r"now-(\d+)([mhd])", since).groups()
    return now - timedelta(seconds=int(number) * SECONDS[unit]), now
