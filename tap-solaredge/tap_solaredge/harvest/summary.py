"""How a run ended: its last line, and an error where something could not be read."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from tap_solaredge.errors import HarvestIncomplete, NotAuthorized
from tap_solaredge.wording import counted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tap_solaredge.errors import TapSolarEdgeError
    from tap_solaredge.harvest.job import Job
    from tap_solaredge.harvest.site import SiteHarvest

logger = logging.getLogger("tap-solaredge")


def summarize(
    job: Job, turns: Sequence[SiteHarvest], listed: int | None, list_failure: TapSolarEdgeError | None
) -> None:
    """Say what a run did.

    Args:
        job: What was wanted.
        turns: The sites and how they went.
        listed: How many sites the credential sees; None where the run ended before the list.
        list_failure: Why the list of sites could not be read, and an older one was used.

    Raises:
        HarvestIncomplete: If a stream or a site failed, or nothing could be read.
    """
    failures = {turn.site_id: turn.outcomes.failures for turn in turns}
    failed = [f"site {site_id}: {', '.join(streams)}" for site_id, streams in failures.items() if streams]
    if list_failure is not None:
        failed.insert(0, f"site list: {list_failure}")
    counts = [
        counted(sum(turn.site is not None for turn in turns), "site"),
        counted(sum(sum(turn.outcomes.counts.values()) for turn in turns), "record"),
        counted(job.ledger.spent_in_run, "call"),
        *([counted(len(failed), "failure")] if failed else []),
    ]
    logger.info("%s", ", ".join(counts))
    if listed is not None:
        _fail_if_nothing_could_be_read(job, turns, listed)
    if failed:
        errors = [error for streams in failures.values() for error in streams.values()]
        repairs = dict.fromkeys(str(error) for error in errors if isinstance(error, NotAuthorized))
        raise HarvestIncomplete(". ".join(["Not everything could be read: " + "; ".join(failed), *repairs]))


def _fail_if_nothing_could_be_read(job: Job, turns: Sequence[SiteHarvest], listed: int) -> None:
    """Raise where every site was refused, or none of those that the settings name exists."""
    wanted = ", ".join(map(str, job.site_ids))
    if wanted and not turns:
        raise HarvestIncomplete(
            f"None of `site_ids` ({wanted}) is among the {listed} sites of this credential"
        )
    refused = [turn for turn in turns if turn.outcomes.all_skipped(known=turn.site is not None)]
    if refused and len(refused) == len(turns):
        why = next(iter(refused[0].outcomes.skipped.values()))
        raise HarvestIncomplete(f"Every site was refused ({len(refused)}), the first one: {why}")
    if not turns:
        logger.warning("This credential sees no site")
