"""The days of a run to which dates that people state are held. Pure: plan and state in, days out."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

from unrack.model.form import Known, KnownDay, day_of
from unrack.model.lifecycle import Phase, Timing
from unrack.model.plan import Plan
from unrack.model.state import RunState
from unrack.model.terms import effective_date, ends_of_terms, term_end

_EARLIEST_ZONE = timedelta(hours=-12)
"""UTC-12, where each day ends last."""


def known_days(plan: Plan, state: RunState, now: datetime) -> Known:
    """Return the days that `state` knows at the provider's time `now`.

    Days of the provider's calendar are taken in the plan's zone. A moment of the run is taken
    where the day was earliest: the person may have been anywhere. A day that is not known yet is the nearest earlier
    one that is.
    """
    launch = _anywhere(state.launched_at)
    request = _asked_for(plan, state) or launch
    ended = _ended(plan, state) or request
    facts = plan.facts
    named = {
        KnownDay.LAUNCH: launch,
        KnownDay.REQUEST: request,
        KnownDay.EXPIRY: _day(plan, facts.expires_at) or launch,
        KnownDay.END_OF_COMMITMENT: _day(plan, facts.engaged_until) or launch,
        KnownDay.EFFECTIVE_DATE: ended,
        KnownDay.NEXT_INVOICE: _next_invoice(plan, state, ended),
    }
    return Known(now=now, days={**dict(_stated(state)), **{name.value: day for name, day in named.items()}})


def _stated(state: RunState) -> Iterator[tuple[str, date]]:
    for step, standing in state.steps.items():
        for field, value in standing.fields.items():
            if (day := day_of(value)) is not None:
                yield f"{step}.{field}", day


def _anywhere(at: datetime) -> date:
    return (at.astimezone(UTC) + _EARLIEST_ZONE).date()


def _day(plan: Plan, at: datetime | None) -> date | None:
    """The day of a date of the provider, in the plan's zone; a stated day begins in it, too."""
    return None if at is None else plan.grace.calendar.zone.local(at).date()


def _asked_for(plan: Plan, state: RunState) -> date | None:
    done = [state.steps[step.id].ended_at for step in plan.in_phase(Phase.REQUEST) if step.id in state.steps]
    return max((_anywhere(at) for at in done if at is not None), default=None)


def _ended(plan: Plan, state: RunState) -> date | None:
    if (end := state.effective_at or effective_date(plan)) is not None:
        return _day(plan, end)
    return _anywhere(state.passed_no_return_at) if state.passed_no_return_at is not None else None


def _next_invoice(plan: Plan, state: RunState, ended: date) -> date:
    """The end of the term with which the service ended, or, when it ended amid a term, the end of that one."""
    if plan.timing is not Timing.IMMEDIATE:
        at = state.effective_at - plan.ends_after if state.effective_at is not None else term_end(plan)
        return _day(plan, at) or ended
    expires = plan.facts.expires_at
    due = iter(()) if expires is None else ends_of_terms(plan, expires)
    days = (_day(plan, end) or ended for end in due)
    return next((day for day in days if day >= ended), ended)
