"""The registry of dialects."""

from collections.abc import Mapping

from tap_solaredge.service.dialect import Dialect
from tap_solaredge.service.v1 import V1
from tap_solaredge.service.v2 import V2

DIALECTS: Mapping[str, Dialect] = {dialect.name: dialect for dialect in (V2, V1)}
"""By the setting `api_version`; the first is the default."""
