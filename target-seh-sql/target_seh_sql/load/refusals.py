"""Errors of ours that are also the SDK's: its standard tests of a target wait for them."""

from __future__ import annotations

from singer_sdk.exceptions import MissingKeyPropertiesError, RecordsWithoutSchemaException

from target_seh_sql.errors import BadMessage, BadRecord


class RecordBeforeSchema(BadMessage, RecordsWithoutSchemaException):
    """A RECORD came before the SCHEMA of its stream."""


class MissingKey(BadRecord, MissingKeyPropertiesError):
    """A record lacks part of its natural key."""
