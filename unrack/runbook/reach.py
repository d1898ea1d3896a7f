"""How far into the time to come a run of a plan can reach: so far the change freezes are written into the plan."""

from datetime import UTC, datetime, timedelta

from unrack.model.plan import Plan, PlannedStep
from unrack.model.terms import effective_date, next_end
from unrack.runbook.calendars import LONGEST, horizon

_AT_LEAST = timedelta(days=90)
_WEEK = timedelta(days=7)
_BUSINESS_DAYS_A_WEEK = 5


def reach(plan: Plan) -> tuple[datetime, datetime]:
    """From the month in which the plan is made to the end of the month that a run of it can reach by itself.

    It counts every wait as long as people and provider may take by the runbook, grace as far as it may be extended, and
    one more term where the end at the provider can be taken back. Whole months, so that a plan made again a day later
    is the same plan.
    """
    now = plan.facts.clock.shown.astimezone(UTC)
    dates = (now, plan.facts.expires_at, plan.facts.engaged_until, effective_date(plan))
    longest = now + LONGEST
    last = min(max(at for at in dates if at is not None), longest).astimezone(UTC)
    last = min(_another_term(plan, last), longest) + max(_work(plan) + _grace(plan), _AT_LEAST)
    return _month(now), min(_month(last, 1), horizon(plan.facts)[1])


def _another_term(plan: Plan, ends: datetime) -> datetime:
    return ends if plan.provider_end is None else next_end(plan, ends) or ends


def _work(plan: Plan) -> timedelta:
    return sum((_longest(step) for step in plan.steps), plan.approval.timeout)


def _longest(step: PlannedStep) -> timedelta:
    return max(step.timeout, step.wait_for or timedelta(0))


def _grace(plan: Plan) -> timedelta:
    grace = plan.grace
    days = _WEEK * (abs(grace.business_days) / _BUSINESS_DAYS_A_WEEK)
    return max(grace.offset, grace.minimum or timedelta(0), timedelta(0)) + days + grace.max_extension


def _month(at: datetime, later: int = 0) -> datetime:
    """The begin of the month of `at`, or of a later one."""
    year, month = divmod(at.year * 12 + at.month - 1 + later, 12)
    return datetime(year, month + 1, 1, tzinfo=UTC)
