"""What an error costs one site: a shorter window, what its devices read, or streams that need the answer."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from tap_solaredge.errors import NotPermitted, RangeTooLong, ScopeMissing, SiteDaySpent, TapSolarEdgeError
from tap_solaredge.plan.calls import Purpose
from tap_solaredge.resources import QUARTER_SUMS, Kind
from tap_solaredge.streams import Cadence

if TYPE_CHECKING:
    from tap_solaredge.harvest.inventory import SiteInventory
    from tap_solaredge.harvest.lengths import Lengths
    from tap_solaredge.harvest.outcomes import Outcomes
    from tap_solaredge.plan.calls import Call
    from tap_solaredge.plan.progress import SiteProgress
    from tap_solaredge.resources import Needs
    from tap_solaredge.streams import SolarEdgeStream

logger = logging.getLogger("tap-solaredge")

KINDS = {Cadence.ENERGY: Kind.PERIODS, Cadence.TOTALS: Kind.TOTALS}
"""What streams are made from, where that is not quarter hours."""
NO_STREAM = {Purpose.CHECK: "what production means cannot be checked", Purpose.LIVE: "no live power flow"}
"""Calls that cost no stream when they fail."""


class Failing:
    """Lets no error cost more than itself."""

    def __init__(
        self,
        *,
        inventory: SiteInventory,
        outcomes: Outcomes,
        lengths: Lengths,
    ) -> None:
        self._inventory = inventory
        self._outcomes = outcomes
        self._lengths = lengths

    def take(
        self, call: Call, error: TapSolarEdgeError, progress: SiteProgress, *, sums_wanted: bool
    ) -> bool:
        """Take in the error of a call, and return whether the plan must be made anew.

        Args:
            call: The call.
            error: What went wrong.
            progress: What the plan was made from.
            sums_wanted: Whether days were to get their split from the quarter hours of this plan.

        Raises:
            TapSolarEdgeError: If no further call of the site, or of the run, can succeed.
        """
        assert call.resource is not None  # noqa: S101 (there is a plan)
        if error.stops_the_run or isinstance(error, SiteDaySpent):
            raise error
        if call.purpose in NO_STREAM and not isinstance(error, ScopeMissing):
            logger.warning("site %s: %s: %s", progress.site.site_id, NO_STREAM[call.purpose], error)
            return False
        if isinstance(error, RangeTooLong) and call.window and call.resource.kind is not Kind.TOTALS:
            refused = self._lengths.shorten(call.resource, call.window, error, progress.site.site_id)
            if refused is None:
                return True
            error = refused
        if isinstance(error, ScopeMissing):
            self._inventory.deny_devices()
            return True
        self._give_up(call, error, progress, sums_wanted=sums_wanted)
        return isinstance(error, NotPermitted)

    def _give_up(
        self, call: Call, error: TapSolarEdgeError, progress: SiteProgress, *, sums_wanted: bool
    ) -> None:
        """Let the streams fail that need an answer; days go without a split that may not be read."""
        resource, going_on = call.resource, self._outcomes.going_on()
        assert resource is not None  # noqa: S101 (there is a plan)
        hit = [stream for stream in going_on if resource in _needed(stream, progress)]
        energy = self._outcomes.going_on(Cadence.ENERGY)
        if isinstance(error, NotPermitted) and resource.device is not None:
            progress.site.denied.add(resource.device)
            hit = [stream for stream in hit if stream not in energy]
            hit += [s for s in energy if any(n.device is resource.device for n in _needed(s, progress))]
        elif sums_wanted and resource in QUARTER_SUMS.values():
            hit += [stream for stream in energy if stream not in hit]
        self._outcomes.give_up(hit, resource.name, error)


def _needed(stream: SolarEdgeStream, progress: SiteProgress) -> Needs:
    kind = KINDS.get(stream.cadence, Kind.QUARTERS)
    return progress.needed(stream.needs, kind=kind)
