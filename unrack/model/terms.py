"""When the provider ends a service by itself: the end of its term or commitment, this one or the next. Pure."""

import calendar
import re
from datetime import datetime, timedelta

from unrack.model.grace import Anchor, by_runbook
from unrack.model.ids import undo_id
from unrack.model.lifecycle import SCHEDULING, Timing
from unrack.model.plan import SHARE_BY_HAND, Plan
from unrack.model.state import RunState

_PERIOD = re.compile(r"P(\d{1,3})([DWMY])")


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
    return None if term is None else term + plan.ends_after


def expected_end(plan: Plan, state: RunState) -> datetime | None:
    """When the provider ends the service by itself: as read there, else as the plan foresees it.

    The date that was asked for is not always read back at once: reading may park. Until then the term that was planned
    for counts, or the one after the term for which the end was taken back.
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
    renews = None if plan.facts.renews_automatically is False else plan.facts.expires_at
    renews = _counted_on(renews, plan.facts.renewal_period, now)
    return None if renews is None else (renews, renews)


def may_have_ended(plan: Plan, state: RunState, step: str) -> bool:
    """Whether the provider may have ended the service by itself while `step` is parked.

    `step` schedules the end, reads its date, or takes it back, and the run has neither passed its point of no return
    nor turned round.
    """
    if plan.provider_end is None or state.passed_no_return_at is not None or state.turn is not None:
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
    return _counted_on(state.schedule_again_after or effective_date(plan), plan.facts.renewal_period, moment)


def _counted_on(ends: datetime | None, period: str | None, moment: datetime | None) -> datetime | None:
    """The first end after `moment` of the terms that follow each other from `ends` on; None when it is not known."""
    while ends is not None and moment is not None and ends <= moment:
        ends = plus_period(ends, period) if period else None
    return ends


def plus_period(moment: datetime, period: str) -> datetime | None:
    """`moment` plus an ISO 8601 period of one unit, as ``P1M``; the last day of a month stays within its month."""
    match = _PERIOD.fullmatch(period)
    if match is None:
        return None
    count, unit = int(match[1]), match[2]
    if unit in "DW":
        return moment + timedelta(days=count * (7 if unit == "W" else 1))
    months = moment.year * 12 + moment.month - 1 + count * (12 if unit == "Y" else 1)
    year, month = divmod(months, 12)
    day = min(moment.day, calendar.monthrange(year, month + 1)[1])
    return moment.replace(year=year, month=month + 1, day=day)
