"""The effects of an extension of grace, told before anybody asks for it. Pure; the run judges."""

from datetime import datetime, timedelta

from unrack.model.base import Frozen, Moment
from unrack.model.billing import BilledTerms, billed_by_moving
from unrack.model.decision import Extend
from unrack.model.plan import Plan
from unrack.model.state import RunState
from unrack.model.window import end_if_moved, grace_end

_FARTHEST = timedelta(days=36_525)
"""How far ahead an end may lie. The run refuses anything farther as a slip."""


class Prolonged(Frozen):
    """The effects that an extension would have."""

    ends: Moment
    """When grace ends now."""
    would_end: Moment
    """When it would end, in business hours where the runbook wants them."""
    billed: BilledTerms | None
    """The terms that are billed because of it; None when none is."""


def prolonged(plan: Plan, state: RunState, extend: Extend, now: datetime) -> Prolonged | None:
    """Return the effects of `extend` at the provider's time `now`; None if the run refuses it, or knows no end yet."""
    ends, span = grace_end(plan, state), extend.by_span or timedelta(0)
    if ends is None or span > _FARTHEST or state.passed_no_return_at is not None:
        return None
    to = extend.to or ends + span
    if to <= ends or to - now > _FARTHEST:
        return None
    moved, _ = end_if_moved(plan, state, to)
    return Prolonged(ends=ends, would_end=moved, billed=billed_by_moving(plan, state, ends, moved))
