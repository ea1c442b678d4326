"""Everything that can go wrong, as one tree; each class says how the tap goes on.

TapSolarEdgeError
  ConfigError          wrong or missing setting            stop before the first call
  LedgerFailed         calls cannot be counted             stop, say which file may be deleted
  NotAuthorized        401, revoked or expired grant       stop, say how to renew
    GrantEnded         one owner's grant is over           this site fails, others go on; say how to renew
  EndpointRetired      410 of V1                           stop, name the API that works
  NotPermitted         403, 404 on one resource or site    skip it, say so once, go on
    ScopeMissing       403 on telemetry of a grant         skip the telemetry of the site, go on
  RangeTooLong         400, 403 on a window                shorter windows, go on
  Busy                 408, 425, 429, 5xx, 3xx, page,      wait and retry
                       too slow, too large, network
    Unreachable        no connection at all                wait and retry, then stop
  BudgetReached        our limit or theirs, a long wait    end cleanly, exit code 0
    SiteDaySpent       the day's calls of one site         the site waits for a later run
  OutputLost           nobody takes what is written        stop; the next run goes on from the last STATE
  UnexpectedPayload    not what the API promised, 410      this stream and site fail, others go on
  Unforeseen           a fault of this tap                 this stream or site fails, others go on
  HarvestIncomplete    the summary of a run with failures  exit code 1
"""

from __future__ import annotations

from tap_solaredge.redaction import one_line


class TapSolarEdgeError(Exception):
    """Base of all errors of this tap; its text is for people and never holds a secret."""

    stops_the_run = False
    """Whether no further call can succeed."""


class ConfigError(TapSolarEdgeError):
    """A setting is wrong or missing."""

    stops_the_run = True


class LedgerFailed(TapSolarEdgeError):
    """The file in which calls are counted cannot be used; no call is made that is not counted."""

    stops_the_run = True


class NotAuthorized(TapSolarEdgeError):
    """The service does not know the credential."""

    stops_the_run = True


class GrantEnded(NotAuthorized):
    """The permission of one site's owner is over; only a new login helps."""

    stops_the_run = False


class EndpointRetired(TapSolarEdgeError):
    """The service has switched this API off."""

    stops_the_run = True


class NotPermitted(TapSolarEdgeError):
    """The credential may not read this resource or site, or it does not exist."""


class ScopeMissing(NotPermitted):
    """The grant of a site does not cover what its devices measured (scope DEVICE_DATA)."""


class RangeTooLong(TapSolarEdgeError):
    """The service refuses the span of a window."""


class Busy(TapSolarEdgeError):
    """The service or the network cannot answer now; trying again later may work."""

    def __init__(self, message: str, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after
        """Seconds to wait, where the service names them."""


class Unreachable(Busy):
    """Nothing answers: the network is down, or the service is."""

    stops_the_run = True


class BudgetReached(TapSolarEdgeError):
    """No calls are left; a later run goes on from the saved state."""

    stops_the_run = True


class SiteDaySpent(BudgetReached):
    """No calls are left today for one site; the others go on."""

    stops_the_run = False


class OutputLost(TapSolarEdgeError):
    """Nobody takes what the tap writes: its reader has ended, or the disk is full."""

    stops_the_run = True


class UnexpectedPayload(TapSolarEdgeError):
    """The answer is not what the API promises."""


class Unforeseen(TapSolarEdgeError):
    """Something that nobody thought of: a fault of this tap, or a form of answer that nobody has seen."""

    def __init__(self, error: Exception) -> None:
        text = one_line(str(error))
        told = f"{type(error).__name__}: {text}" if text else type(error).__name__
        super().__init__(
            f"unforeseen {told[:200]}; the others go on. Please report it with the log at level DEBUG"
        )


class HarvestIncomplete(TapSolarEdgeError):
    """Some streams or sites failed; their bookmarks did not move."""
