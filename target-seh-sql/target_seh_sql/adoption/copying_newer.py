"""Copies the tables of newer versions that have no table of ours of the same name."""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select

from target_seh_sql.adoption.copying import PAGE, Copying, as_written, pages
from target_seh_sql.adoption.newer import flow, quarter_of, quarters
from target_seh_sql.adoption.oddities import ODD, odd, read
from target_seh_sql.adoption.wall_time import wall_of
from target_seh_sql.clocks import in_utc

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from sqlalchemy import Table

    from target_seh_sql.adoption.copying import TableReport


class CopyingNewer(Copying):
    """One copy of power details and of inverters' telemetry."""

    def run(self) -> list[TableReport]:
        """Copy what is there; return what happened."""
        copies = {"power_details": self._details, "inverter_telemetry": self._telemetry}
        return [copy(self.old[name]) for name, copy in copies.items() if name in self.old]

    def _details(self, old: Table) -> TableReport:
        """Let quarter hours become flows, beside the snapshots of the moment."""
        report, convert = self.begin("power_details", "power_flows", flow)
        taken, ids = self._on_quarters(), count(self._highest_id() + 1)
        moved: list[dict[str, Any]] = []
        for page in pages(self.connection, old):
            rows: list[dict[str, Any]] = []
            for each in page:
                found = convert(each, each["site_id"])
                found.row["id"] = next(ids)
                if (each["site_id"], found.row["timestamp"]) in taken:
                    report.counts["in the place of a snapshot, left out"] += 1
                else:
                    (moved if found.moved else rows).append(found.row)
            report.rows += len(page)
            self.insert("power_flows", rows)
        self.add_moved("power_flows", moved, report)
        return report

    def _telemetry(self, old: Table) -> TableReport:
        """Let whole quarter hours become readings of inverters."""
        report, convert = self.begin("inverter_telemetry", "inverter_readings")
        inverters = select(old.c.site_id, old.c.serial_number).distinct()
        moved: list[dict[str, Any]] = []
        for site_id, serial in self.connection.execute(inverters).all():
            rows: list[dict[str, Any]] = []
            try:
                for quarter in quarters(self._samples(old, site_id, serial, report)):
                    found = convert(quarter, site_id)
                    (moved if found.moved else rows).append(found.row)
            except ODD as error:
                raise odd(report.name, f"rows of {serial}", "a value") from error
            report.counts["whole quarter hours copied"] += len(rows)
            for start in range(0, len(rows), PAGE):
                self.insert("inverter_readings", rows[start : start + PAGE])
        self.add_moved("inverter_readings", moved, report)
        return report

    def _samples(
        self, old: Table, site_id: int, serial: str, report: TableReport
    ) -> Iterator[dict[str, Any]]:
        """Yield the samples of an inverter in order, times by the wall clock."""
        query = select(*as_written(self.connection, old)).order_by(old.c.timestamp).limit(PAGE)
        query = query.where(old.c.site_id == site_id, old.c.serial_number == serial)
        last: datetime | None = None
        while True:
            page = query if last is None else query.where(old.c.timestamp > last)
            rows = read(self.connection, old, page)
            if not rows:
                return
            report.rows += len(rows)
            for row in rows:
                yield {**row, "timestamp": wall_of(row["timestamp"], self.clocks.session)}
            last = rows[-1]["timestamp"]

    def _on_quarters(self) -> set[tuple[int, datetime]]:
        """Return site and time of the snapshots that were taken in the first second of a quarter hour."""
        if self.new is None:
            return set()
        flows = self.new["power_flows"].c
        found = self.connection.execute(select(flows.site_id, flows.timestamp))
        return {(site, in_utc(at)) for site, at in found if at == quarter_of(at)}

    def _highest_id(self) -> int:
        if self.new is None:
            return 0
        return self.connection.execute(select(func.max(self.new["power_flows"].c.id))).scalar() or 0
