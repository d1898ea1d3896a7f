"""The algebra of grace: from what is it counted, how far, when may it be moved. Pure: moments in, a moment out.

Times are the provider's. The rule of every function here: more time asked for never gives an earlier end, and no end
lies before the runbook's minimum.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum

from pydantic import Field

from unrack.model.base import Frozen, is_default
from unrack.model.calendar import NEVER, WEEKDAYS, Calendar, later_by


class Anchor(StrEnum):
    """What the grace window is measured from."""

    REQUEST = "request"
    """The last step of the phase request is done: the provider was asked."""
    NOTIFICATION = "notification"
    """The step that the runbook names under ``notified-by`` is done: the people concerned were told."""
    EFFECTIVE_DATE = "effective-date"
    """The date on which the provider ends the service, as read there."""
    EXPIRY = "expiry"
    """The end of the term that ran when the plan was made."""
    END_OF_COMMITMENT = "end-of-commitment"
    """The end of the minimum term, as read when the plan was made."""
    GRACE_BEGIN = "grace-begin"
    """The moment at which the run enters the grace phase."""


OF_THE_PROVIDER = (Anchor.EFFECTIVE_DATE, Anchor.EXPIRY, Anchor.END_OF_COMMITMENT)
"""Anchors that may lie ahead, so that grace can end before them."""

Anchors = Mapping[Anchor, datetime]
"""The anchors that are known."""


class LandOn(StrEnum):
    """What becomes of an end outside business hours."""

    ANY_DAY = "any-day"
    NEXT_BUSINESS_DAY = "next-business-day"
    PREVIOUS_BUSINESS_DAY = "previous-business-day"


class HoldEffect(StrEnum):
    """What a hold does beside stopping the purge."""

    STOP_THE_PURGE = "stop-the-purge"
    """Nothing: the clock goes on."""
    STOP_THE_CLOCK = "stop-the-clock"
    """Grace ends so much later as it was held."""


class Bound(Frozen):
    """A moment by an anchor."""

    anchor: Anchor
    offset: timedelta = timedelta(0)


class Grace(Frozen):
    """The window in which nothing is lost yet.

    Where the provider ends the service by itself the offset is negative, since it lets it be kept only until then (OVH:
    24 h before; facts of the provider). The workflow therefore takes the termination back in time when the run is not
    allowed to go on.
    """

    anchor: Anchor
    offset: timedelta
    max_extension: timedelta
    """How far the end may be moved in all."""
    business_days: int = Field(default=0, exclude_if=is_default)
    """Counted after the offset; negative counts back."""
    land_on: LandOn = Field(default=LandOn.ANY_DAY, exclude_if=lambda value: value is LandOn.ANY_DAY)
    minimum: timedelta | None = Field(default=None, exclude_if=lambda value: value is None)
    """From the begin of the grace phase on; None: the end cannot be moved forward in time."""
    latest: Bound | None = Field(default=None, exclude_if=is_default)
    """No extension reaches beyond this."""
    holds: HoldEffect = Field(
        default=HoldEffect.STOP_THE_PURGE, exclude_if=lambda value: value is HoldEffect.STOP_THE_PURGE
    )
    notified_by: str | None = Field(default=None, exclude_if=is_default)
    """Id of the step that the anchor ``notification`` is about."""
    calendar: Calendar = Field(default=WEEKDAYS, exclude_if=lambda value: value == WEEKDAYS)


class Moved(Frozen):
    """Where decisions moved the end."""

    to: datetime
    from_: datetime | None = None
    """The runbook's end that was moved; None in histories older than shortening."""


def by_runbook(grace: Grace, anchors: Anchors) -> datetime | None:
    """When grace ends by the runbook, before anybody moved it; None while its anchor is not known."""
    base = anchors.get(grace.anchor)
    if base is None:
        return None
    try:
        return landed(grace, grace.calendar.after(later_by(base, grace.offset), grace.business_days))
    except OverflowError:
        return NEVER


def floor(grace: Grace, anchors: Anchors) -> datetime | None:
    """The earliest end that any decision can bring about; None when the runbook sets none, or grace has not begun."""
    begun = anchors.get(Anchor.GRACE_BEGIN)
    if grace.minimum is None or begun is None:
        return None
    earliest = begun + grace.minimum
    return earliest if grace.land_on is LandOn.ANY_DAY else grace.calendar.next_open(earliest)


def ceiling(grace: Grace, anchors: Anchors) -> datetime | None:
    """The latest end that a decision can bring about; None when nothing but the sum of extensions bounds it."""
    if grace.latest is None or grace.latest.anchor not in anchors:
        return None
    latest = anchors[grace.latest.anchor] + grace.latest.offset
    return latest if grace.land_on is LandOn.ANY_DAY else grace.calendar.last_open(latest)


def end(
    grace: Grace, anchors: Anchors, moved: Moved | None = None, stopped: timedelta = timedelta(0)
) -> datetime | None:
    """When grace is over; None while it is not known yet.

    A move counts against the end for which it was made. When the provider's date, and with it the runbook's end, moves
    afterwards, only what asks for more time still counts: an old shortening must not eat up a new term.

    Args:
        grace: What the runbook says.
        anchors: The known anchors.
        moved: What decisions made of the runbook's end.
        stopped: How long the clock stood still.
    """
    runbook = by_runbook(grace, anchors)
    return None if runbook is None else end_after(grace, anchors, runbook, moved, stopped)


def end_after(
    grace: Grace, anchors: Anchors, runbook: datetime, moved: Moved | None = None, stopped: timedelta = timedelta(0)
) -> datetime:
    """When grace is over if the runbook ends it at `runbook`; the rest is as for `end`."""
    asked = runbook if moved is None else moved.to if moved.from_ == runbook else max(runbook, moved.to)
    ends, latest, earliest = landed(grace, asked + stopped), ceiling(grace, anchors), floor(grace, anchors)
    if latest is not None:
        ends = min(ends, max(latest, landed(grace, asked)))
    return ends if earliest is None else max(ends, earliest)


def landed(grace: Grace, at: datetime) -> datetime:
    """`at`, moved into business hours where the runbook wants that."""
    match grace.land_on:
        case LandOn.ANY_DAY:
            return at
        case LandOn.NEXT_BUSINESS_DAY:
            return grace.calendar.next_open(at)
        case LandOn.PREVIOUS_BUSINESS_DAY:
            return grace.calendar.last_open(at)
