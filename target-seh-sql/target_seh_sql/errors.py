"""What can go wrong, by what to do about it.

TargetSehSqlError
  ConfigError            wrong setting
  BadMessage             a line that is not a Singer message, or comes at the wrong time
    RecordBeforeSchema   a record of a stream that has no SCHEMA yet (load/refusals.py)
    BadRecord            a record with a wrong or missing value
      MissingKey         ... in its key (load/refusals.py)
  UnknownStream          no table for this stream
  UnsupportedDatabase    URL, driver or server that cannot be used
  SchemaMismatch         the tables are not the ones that this version writes
  NothingToExport        what is asked for is not in the database, or cannot be written in that form
  WriteFailed            the database refused: disk full, missing right, connection lost for good
"""

from __future__ import annotations


class TargetSehSqlError(Exception):
    """Base of every error that this target raises on purpose; its text is meant for people."""


class ConfigError(TargetSehSqlError):
    """A setting cannot be used."""


class BadMessage(TargetSehSqlError):
    """A line of input is not a Singer message."""


class BadRecord(BadMessage):
    """A record holds a value that its column cannot hold."""


class UnknownStream(TargetSehSqlError):
    """There is no table for this stream."""


class UnsupportedDatabase(TargetSehSqlError):
    """The database behind the URL cannot be used."""


class SchemaMismatch(TargetSehSqlError):
    """The tables found are not those that this version writes."""


class NothingToExport(TargetSehSqlError):
    """What is asked for is not in the database, or cannot be written in that form."""


class WriteFailed(TargetSehSqlError):
    """The database refused a write for good; nothing of the batch was kept."""
