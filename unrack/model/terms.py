"""When the provider ends a service by itself: the end of its term or commitment, this one or the next. Pure."""

import calendar
import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import count, dropwhile, islice

from unrack.model.base import PERIOD
from unrack.model.calendar import later_by
from unrack.model.grace import Anchor, by_runbook
from unrack.model.ids import undo_id
from unrack.model.lifecycle import SCHEDULING, Timing
from unrack.model.plan import SHARE_BY_HAND, Plan
from unrack.model.state import RunState

_PERIOD = re.compile(PERIOD)


def term_end(plan: Plan) -> datetime | None:
    """The end of the term or of the commitment, after which the provider may still keep the service for a while."""
    match plan.timing:
        case Timing.END_OF_TERM | Timing.LET_EXPIRE:
            return plan.facts.expires_at
        case Timing.END_OF_COMMITMENT:
            return plan.facts.engaged_until
        case Timing.IMMEDIATE:
            return None


def effective_date(plan: Plan) -> datetime | None:
    """When the provider would end the service for good; None when it ends on our call, or names no date."""
    term = term_end(plan)
    return None if term is None else later_by(term, plan.ends_after)


def expected_end(plan: Plan, state: RunState) -> datetime | None:
    """When the provider ends the service by itself: as read there, else as the plan foresees it.

    The date that was asked for is not always read back at once: reading may park. Until then the term that was planned
    for counts, or the one after the term for which the end was revoked.
    """
    if plan.provider_end is None or not state.scheduled:
        return None
    if state.effective_at is not None:
        return state.effective_at
    asked = state.steps.get(plan.provider_end.step)
    return _end_after(plan, state, asked.begun_at if asked is not None else None)


def last_call_at(plan: Plan, state: RunState) -> datetime | None:
    """The provider's time at which the scheduled end is taken back if the run may not go on.

    It lies between the runbook's end of grace and the provider's own last moment, so that an allowed run has time to
    pass and a forbidden one has time to be saved: three quarters of the way, or one where a person must take it back.
    """
    ends = expected_end(plan, state)
    return None if ends is None else last_call_before(plan, ends)


def last_call_before(plan: Plan, ends: datetime) -> datetime | None:
    """The last call for an end at `ends`; None where the provider ends nothing by itself."""
    if plan.provider_end is None:
        return None
    room = abs(plan.grace.offset) - plan.provider_end.last_call
    return ends - plan.provider_end.last_call - room * (SHARE_BY_HAND if plan.ends_by_hand else 0.25)


def renewal_if_held(plan: Plan, state: RunState, now: datetime) -> tuple[datetime, datetime] | None:
    """Until when a hold may stand, and when the service renews if it stands longer; None when no date is known.

    An end that is scheduled is taken back at the last call. One that is not scheduled yet must be, while the grace of
    the running term lasts. Where the run ends the service by a call, the term goes on until that call.
    """
    if state.passed_no_return_at is not None:
        return None
    ends, last_call = expected_end(plan, state), last_call_at(plan, state)
    if ends is not None and last_call is not None:
        return last_call, ends
    if plan.provider_end is not None:
        ends = _end_after(plan, state, now)
        until = by_runbook(plan.grace, {Anchor.EFFECTIVE_DATE: ends}) if ends is not None else None
        return None if ends is None else (until or ends, ends)
    expires = None if plan.facts.renews_automatically is False else plan.facts.expires_at
    renews = None if expires is None else _first_after(ends_of_terms(plan, expires), now)
    return None if renews is None else (renews, renews)


def may_have_ended(plan: Plan, state: RunState, step: str) -> bool:
    """Whether the provider may have ended the service by itself while `step` is parked.

    `step` schedules the end, reads its date, or takes it back, and the run has neither passed its point of no return
    nor rolled back.
    """
    if plan.provider_end is None or state.passed_no_return_at is not None or state.rollback is not None:
        return False
    scheduling = {each.id for each in plan.steps if each.phase in SCHEDULING}
    asked = state.steps.get(plan.provider_end.step)
    begun = state.schedule_again_after is not None or (asked is not None and asked.tries > 0)
    return begun and (step in scheduling or step == undo_id(plan.provider_end.step))


def too_late_until(plan: Plan, state: RunState, now: datetime) -> datetime | None:
    """The end of the running term when nothing would be left of its grace; None while there is room for it.

    An end that is scheduled then could not be taken back any more: it would be irreversible at once. Where the length
    of a term is not known, what comes after the planned one is not known either, and the provider has the last word.
    """
    if plan.provider_end is None or plan.grace.anchor is not Anchor.EFFECTIVE_DATE:
        return None
    ends = _end_after(plan, state, now)
    grace = by_runbook(plan.grace, {Anchor.EFFECTIVE_DATE: ends}) if ends is not None else None
    return ends if grace is not None and grace <= now else None


def _end_after(plan: Plan, state: RunState, moment: datetime | None) -> datetime | None:
    """The end of the term that runs at `moment`, counted on from the last end that is known."""
    first = state.schedule_again_after or effective_date(plan)
    return None if first is None else _first_after(ends_from(plan, first), moment)


def _first_after(ends: Iterator[datetime], moment: datetime | None) -> datetime | None:
    return next((end for end in ends if moment is None or end > moment), None)


def ends_from(plan: Plan, first: datetime) -> Iterator[datetime]:
    """`first` and the ends that follow it, for a service that the provider ends by date.

    Where `first` is one of the ends that the plan foresees, they go on as the plan does: the end on 28 February of a
    term that begins on the 31st is followed by 31 March.
    """
    term = term_end(plan)
    planned = () if term is None else (later_by(end, plan.ends_after) for end in ends_of_terms(plan, term))
    later = dropwhile(lambda end: end < first, planned)
    if next(later, None) == first:
        yield first
        yield from later
    else:
        yield from ends_of_terms(plan, first)


def next_end(plan: Plan, end: datetime) -> datetime | None:
    """The end of the term after the one that ends at `end`; None when its length is not known."""
    return next(islice(ends_from(plan, end), 1, None), None)


def ends_of_terms(plan: Plan, first: datetime) -> Iterator[datetime]:
    """`first` and the ends of the terms after it, as far as their length is known.

    Each is counted from `first`, by the calendar: a short month does not move the days after it.
    """
    yield first
    period = plan.facts.renewal_period
    for times in count(1):
        later = plus_period(first, period, times) if period else None
        if later is None:
            return
        yield later


def plus_period(moment: datetime, period: str, times: int = 1) -> datetime | None:
    """`moment` plus so many ISO 8601 periods of one unit, as ``P1M``; None for what is no period, or no time any more.

    Months and years go by the calendar of the zone in which `moment` is given, since a provider's day begins in its
    own; a day that a month does not have is its last one.
    """
    match = _PERIOD.fullmatch(period)
    if match is None:
        return None
    count, unit = int(match[1]) * times, match[2]
    try:
        if unit in "DW":
            return moment + timedelta(days=count * (7 if unit == "W" else 1))
        year, month = divmod(moment.year * 12 + moment.month - 1 + count * (12 if unit == "Y" else 1), 12)
        day = min(moment.day, calendar.monthrange(year, month + 1)[1])
        return moment.replace(year=year, month=month + 1, day=day)
    except (ValueError, OverflowError):
        return None
