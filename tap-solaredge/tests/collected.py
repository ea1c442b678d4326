"""A tap in this process and the rows that a target would hold; nothing is written or waited for."""

import copy
from collections import defaultdict
from datetime import timedelta

from singer_sdk.contrib.msgspec import MsgSpecWriter
from singer_sdk.singerlib import RecordMessage, StateMessage

from tap_solaredge.errors import TapSolarEdgeError
from tap_solaredge.tap import TapSolarEdge

from .conftest import SimulatorClock

KEYS = {
    "energy_readings": ("site_id", "reading_date", "time_unit"),
    "power_readings": ("site_id", "timestamp"),
    "power_flows": ("site_id", "timestamp"),
    "meter_readings": ("site_id", "meter_name", "timestamp"),
    "battery_readings": ("site_id", "serial_number", "timestamp"),
}


class Collected:
    """Rows by table and key, kept as the target keeps them: a value replaces one, NULL never does."""

    def __init__(self, simulator, folder, *, only=None, **settings):
        self.simulator = simulator
        self.catalog = None if only is None else selected(only)
        self.settings = {
            "api_url": simulator.url,
            "api_key": simulator.key,
            "ledger_path": str(folder / "ledger.db"),
            "request_retries": 3,
        } | settings
        self.rows = defaultdict(dict)
        self.state = {}
        self.error = None
        self.fast = timedelta(0)
        """How far the host's clock is ahead of the service's in the next runs."""

    def tap(self):
        """Return the tap as the next run finds it."""
        return CollectingTap(
            config=self.settings,
            state=copy.deepcopy(self.state),
            catalog=self.catalog,
            clock=SimulatorClock(self.simulator, self.fast),
            message_writer=Writer(self),
        )

    def run(self):
        """Run once and return the calls that the service saw."""
        before = len(self.simulator.calls)
        self.error = None
        try:
            self.tap().sync_all()
        except TapSolarEdgeError as error:
            self.error = error
        return self.simulator.calls[before:]

    def keep(self, stream, record):
        """Upsert a record."""
        names = KEYS.get(stream)
        if names is not None:
            row = self.rows[stream].setdefault(tuple(record[name] for name in names), {})
            row.update({name: value for name, value in record.items() if value is not None})

    def table(self, name, columns, keys):
        """Return rows as `truth` computes them: key to values, in the order of its columns."""
        return {key: tuple(map(row.get, columns[keys:])) for key, row in self.rows[name].items()}


def selected(streams):
    """Return a catalog in which only some streams are selected."""
    catalog, streams = TapSolarEdge(config={}).catalog_dict, set(streams)
    for entry in catalog["streams"]:
        chosen = entry["tap_stream_id"] in streams
        entry["metadata"] = [{"breadcrumb": [], "metadata": {"selected": chosen}}]
    return catalog


class Writer(MsgSpecWriter):
    """Hands messages on instead of writing them."""

    def __init__(self, collected):
        super().__init__()
        self._collected = collected

    def write_message(self, message):
        if isinstance(message, RecordMessage):
            self._collected.keep(message.stream, message.record)
        elif isinstance(message, StateMessage):
            self._collected.state = copy.deepcopy(message.value)


class CollectingTap(TapSolarEdge):
    """The tap with a writer of its own, which hears only how the state is in the end."""

    message_writer_class = Writer

    def write_state(self, *, last=False):
        if last:
            super().write_state(last=True)
