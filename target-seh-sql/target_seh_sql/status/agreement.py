"""Whether our data agree with SolarEdge's own figures of each month and since installation.

The view `reconciliation` has them side by side. A month of which days are missing only because history is
still being loaded is not compared yet; neither is what we have no value of at all, nor a figure since
installation while a day is missing or nobody knows how many are.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from sqlalchemy import column, exists, func, select, text

from target_seh_sql.advice import command, counted
from target_seh_sql.tables.views import names_of_views

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

    from sqlalchemy import Connection, Row, Table

TOTALS: Final = "energy_totals"
VIEW: Final = "reconciliation"
TOLERANCE: Final = 0.5
"""Percent."""
NEGLIGIBLE: Final = 10.0
"""Watt-hours: so much is rounding, however many percent it is."""
NAMED: Final = 5
"""So many differences are named, the largest first."""
COLUMNS: Final = (
    "site_id",
    "site_name",
    "period",
    "month",
    "quantity",
    "ours_wh",
    "theirs_wh",
    "difference_wh",
    "difference_percent",
    "days_missing",
)
"""What is read of the view: `quarters_missing` would cost a look at every quarter hour."""


class Compared(NamedTuple):
    """One quantity of one site and period: ours beside SolarEdge's, Wh; the names are the view's."""

    site_id: int
    site: str
    period: str
    month: date | None
    """First day of the month; None: since installation."""
    quantity: str
    ours_wh: float | None
    theirs_wh: float
    difference_wh: float | None
    percent: float | None
    """Of theirs; None where that is 0, or where ours is None."""
    days_missing: int | None

    @property
    def counts(self) -> bool:
        """Whether the difference is more than rounding."""
        return self.difference_wh is None or abs(self.difference_wh) > NEGLIGIBLE

    @property
    def size(self) -> float:
        """The difference in percent without its sign; of nothing it is infinite, and rounding is 0."""
        if not self.counts:
            return 0.0
        return float("inf") if self.percent is None else abs(self.percent)

    def __str__(self) -> str:
        """Say it as people do, without the site."""
        period = self.period if self.month else "since installation"
        parts = [f"ours {_kwh(self.ours_wh)}", f"SolarEdge {_kwh(self.theirs_wh)}"]
        parts += [] if self.percent is None else [f"{self.percent:+.2f} %"]
        parts += [f"{counted(self.days_missing, 'day')} missing"] if self.days_missing else []
        return f"{period} {self.quantity}: {', '.join(parts)}"


@dataclass
class Agreement:
    """How the data of one site, or of all, agree with SolarEdge's."""

    compared: list[Compared] = field(default_factory=list)
    waiting: set[tuple[int, date]] = field(default_factory=set)
    """Sites and months of which our history is not complete yet."""
    obstacle: str = f"{TOTALS} is empty"
    """Why nothing could be compared."""

    def differing(self, tolerance: float) -> list[Compared]:
        """Return what differs by more than so many percent, the largest difference first."""
        found = [each for each in self.compared if each.size > tolerance]
        return sorted(found, key=lambda each: (-each.size, each.site_id, each.period, each.quantity))

    @property
    def worst(self) -> float | None:
        """The largest difference of a month in percent; None without a month."""
        return max((each.size for each in self.compared if each.month), default=None)

    @property
    def months(self) -> int:
        """How many months were compared, each site's by itself."""
        return len(_months(self.compared))

    def agreeing(self, tolerance: float) -> int:
        """Return how many months have no difference of more than so many percent."""
        return self.months - len(_months(self.differing(tolerance)))


def _months(rows: Iterable[Compared]) -> set[tuple[int, date]]:
    return {(each.site_id, each.month) for each in rows if each.month}


def agreement_of(
    connection: Connection, tables: Mapping[str, Table], site_ids: Collection[int] = ()
) -> Agreement:
    """Return how the data of some sites, or of all, agree; only days of energy are read."""
    totals = tables.get(TOTALS)
    if totals is None or not connection.scalar(select(exists(select(1).select_from(totals)))):
        return Agreement()
    name = names_of_views(connection, tables).get(VIEW)
    if name is None:
        return Agreement(obstacle=f"there is no view {VIEW!r}: `{command('init-db')}` makes it")
    query = select(*map(column, COLUMNS)).select_from(text(name))
    energy = tables["energy_readings"].c
    firsts = select(energy.site_id, func.min(energy.reading_date)).where(energy.time_unit == "DAY")
    if site_ids:
        query = query.where(column("site_id").in_(site_ids))
        firsts = firsts.where(energy.site_id.in_(site_ids))
    rows = [_compared(row) for row in connection.execute(query)]
    first_days = dict(connection.execute(firsts.group_by(energy.site_id)).tuples().all())
    return judged(rows, first_days)


def _compared(row: Row[Any]) -> Compared:
    """Return a row of the view in one form, whichever driver gave it."""
    each = Compared(*row)
    month: date | str | None = each.month
    return each._replace(
        month=date.fromisoformat(month) if isinstance(month, str) else month,
        percent=None if each.percent is None else float(each.percent),
        days_missing=None if each.days_missing is None else int(each.days_missing),
    )


def judged(rows: Iterable[Compared], first_days: Mapping[int, date]) -> Agreement:
    """Return what can be compared of the rows of the view.

    Args:
        rows: of the view.
        first_days: our first day of each site.
    """
    rows = list(rows)
    measured = {(each.site_id, each.quantity) for each in rows if each.ours_wh is not None}
    waiting = {
        (each.site_id, each.month)
        for each in rows
        if each.month and _is_to_come(each.month, each.days_missing or 0, first_days[each.site_id])
    }
    compared = [
        each
        for each in rows
        if (each.site_id, each.quantity) in measured
        and (each.days_missing == 0 if each.month is None else (each.site_id, each.month) not in waiting)
    ]
    return Agreement(compared, waiting, _to_come(waiting) or "no month is over yet")


def _is_to_come(month: date, missing: int, first_day: date) -> bool:
    """Whether what is missing of a month is all before our first day."""
    return 0 < missing <= (first_day - month).days


def of_site(found: Agreement, site_id: int) -> Agreement:
    """Return the same for one site."""
    compared = [each for each in found.compared if each.site_id == site_id]
    return Agreement(compared, {each for each in found.waiting if each[0] == site_id}, found.obstacle)


def agreement_lines(found: Agreement, tolerance: float) -> Iterator[str]:
    """Yield one sentence where all agree, else a line for each of the largest differences."""
    if differing := found.differing(tolerance):
        for each in differing[:NAMED]:
            yield f"differs  {each.site_id} {each.site}: {each}"
        if len(differing) > NAMED:
            yield f"and {len(differing) - NAMED:,} more"
    elif found.worst is None:
        yield f"Not compared with SolarEdge yet: {found.obstacle}."
    else:
        months = f"{found.months:,} of {counted(found.months, 'month')}"
        history = f"; {_to_come(found.waiting)}" if found.waiting else ""
        yield f"Your data agree with SolarEdge: worst month {found.worst:.2f} %, {months}{history}."


def _to_come(waiting: Collection[tuple[int, date]]) -> str:
    return f"history of {counted(len(waiting), 'month')} is still to come" if waiting else ""


def _kwh(energy: float | None) -> str:
    return "nothing" if energy is None else f"{energy / 1000:,.1f} kWh"
