"""How each stream of a site goes in a run: records, failures, what is left out; said once, kept in STATE."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from tap_solaredge.errors import NotPermitted, TapSolarEdgeError, Unforeseen
from tap_solaredge.streams import Cadence
from tap_solaredge.wording import counted

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from tap_solaredge.harvest.bookmarks import Bookmarks
    from tap_solaredge.measured.readings import Record
    from tap_solaredge.measured.site import Site
    from tap_solaredge.resources import Answers
    from tap_solaredge.streams import SolarEdgeStream

    Batch = tuple[SolarEdgeStream, list[Record]]
    """Records of one stream; None between batches marks a place where STATE may be sent."""

logger = logging.getLogger("tap-solaredge")


class Outcomes:
    """A stream that failed or is skipped stays so until the run ends; the others go on."""

    def __init__(
        self, site_id: int, streams: list[SolarEdgeStream], bookmarks: Bookmarks, *, dry: bool
    ) -> None:
        self.failures: dict[str, TapSolarEdgeError] = {}
        self.skipped: dict[str, TapSolarEdgeError] = {}
        self.counts: dict[str, int] = {stream.name: 0 for stream in streams}
        self._streams = streams
        self._site_id = site_id
        self._bookmarks = bookmarks
        self._dry = dry

    def goes_on(self, stream: SolarEdgeStream) -> bool:
        """Whether a stream neither failed nor is skipped."""
        return stream.name not in self.failures and stream.name not in self.skipped

    def going_on(self, *cadences: Cadence) -> list[SolarEdgeStream]:
        """Return the streams, of some cadences or of all, that neither failed nor are skipped."""
        wanted = cadences or tuple(Cadence)
        return [stream for stream in self._streams if stream.cadence in wanted and self.goes_on(stream)]

    def all_skipped(self, *, known: bool) -> bool:
        """Whether the credential may read nothing of the site.

        Args:
            known: Whether the site's details have been read; without them nothing else was tried.
        """
        return (
            not self.failures
            and bool(self.skipped)
            and (not known or self.skipped.keys() == self.counts.keys())
        )

    def counted(self, stream: SolarEdgeStream, records: list[Record]) -> Batch:
        """Count some records and return them as a batch."""
        self.counts[stream.name] += len(records)
        return stream, records

    def batch(self, stream: SolarEdgeStream, site: Site, answers: Answers) -> Batch:
        """Make and count the records of some answers."""
        return self.counted(stream, list(stream.records(site, answers)))

    def give_up(self, streams: Iterable[SolarEdgeStream], what: str, error: TapSolarEdgeError) -> None:
        """Let streams fail, or skip them where the credential may not read what they need.

        Args:
            streams: The streams.
            what: What could not be read, for the log where no stream needs it.
            error: Why.
        """
        skipped, hit = isinstance(error, NotPermitted), [stream.name for stream in streams]
        level = logging.ERROR
        if skipped:
            level = logging.DEBUG if self._were_skipped_before(hit) else logging.WARNING
        (self.skipped if skipped else self.failures).update(dict.fromkeys(hit, error))
        said = ", ".join(hit) or what
        logger.log(logging.DEBUG if self._dry else level, "site %s: %s: %s", self._site_id, said, error)

    def _were_skipped_before(self, names: list[str]) -> bool:
        """Whether an earlier run has said already that these streams are skipped."""
        return bool(names) and all(self._bookmarks.was_skipped(name, self._site_id) for name in names)

    def finish(self, now: datetime, site_name: str) -> None:
        """Note in each bookmark how its stream ended, and say what the successful ones have."""
        for stream, count in self.counts.items():
            failure = self.failures.get(stream) or self.skipped.get(stream)
            if failure is not None:
                status = "error" if stream in self.failures else "skipped"
                self._bookmarks.finish(stream, self._site_id, now, status, str(failure))
                continue
            self._bookmarks.finish(stream, self._site_id, now)
            newest = self._bookmarks.value(stream, self._site_id)
            complete = f", complete to {newest}" if newest else ""
            records = counted(count, "record")
            logger.info("site %s (%s): %s: %s%s", self._site_id, site_name, stream, records, complete)


def as_ours(error: Exception) -> TapSolarEdgeError:
    """Return an error as one of ours; where it is none, its traceback is for the log at level DEBUG."""
    if isinstance(error, TapSolarEdgeError):
        return error
    logger.debug("Unforeseen", exc_info=error)
    return Unforeseen(error)
