"""When people are reminded of what waits for them. The only place that knows these times; all are the provider's."""

from datetime import datetime, timedelta

from unrack.model.plan import Plan, PlannedStep

_EACH_DAY = timedelta(days=1)


def of_task(step: PlannedStep, deadline: datetime, now: datetime, *, at_last_call: bool) -> datetime:
    """Return when the next reminder of a task is due: at its deadline, then again and again.

    Args:
        step: The step that people do.
        deadline: By when it is wanted.
        now: The provider's time.
        at_last_call: Whether the scheduled end takes effect unless it is done, so that people hear of it each day.
    """
    if now < deadline:
        return deadline
    every = _EACH_DAY if at_last_call else step.timeout
    return deadline + ((now - deadline) // every + 1) * every


def of_approval(plan: Plan, now: datetime) -> datetime:
    """Return when those who have not approved are reminded next."""
    return now + plan.approval.timeout


def of_unknown_outcome(now: datetime) -> datetime:
    """Return when people are reminded next that nobody knows whether an irreversible call took effect."""
    return now + _EACH_DAY
