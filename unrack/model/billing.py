"""The cost of more time: the terms that a service is billed for when grace ends later. Pure.

No provider bills half a term. One that ends services at the end of a term only needs notice; with less of it than that
the scheduled end is taken back, and the next term begins. Where the run ends the service by a call, the term that runs
then was billed when it began.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta

from unrack.model.base import Frozen, Moment
from unrack.model.plan import Plan
from unrack.model.state import RunState
from unrack.model.terms import effective_date, ends_from, ends_of_terms, expected_end, last_call_at


class BilledTerms(Frozen):
    """The terms that are billed because grace ends later."""

    begins: Moment
    """The end of the term that is paid for without that."""
    until: Moment | None
    """The end of the last of them; None where the provider names no length."""
    period: str | None
    """How long one lasts, as ISO 8601: ``P1M``."""
    price: str | None
    """The price of one term, in the provider's words; None where the facts of the plan do not tell."""
    count: int | None
    """How many; None where the provider names no length."""


def billed_by_moving(plan: Plan, state: RunState, ends: datetime, later: datetime) -> BilledTerms | None:
    """Return the terms billed when the end of grace moves from `ends` to `later`; None if none, or if unknown."""
    (first, before), (last, after) = _paid_until(plan, state, ends), _paid_until(plan, state, later)
    if before is None or before == after or not _renews(plan):
        return None
    kept, period = plan.ends_after if plan.provider_end is not None else timedelta(0), plan.facts.renewal_period
    return BilledTerms(
        begins=before - kept,
        until=None if after is None else after - kept,
        period=period,
        price=price_of_a_term(plan),
        count=None if after is None else last - first,
    )


def price_of_a_term(plan: Plan) -> str | None:
    """Return the price of a term, by the facts of the plan; None when they do not say."""
    stated, price = plan.facts.details.get("price"), plan.facts.term_price
    if price is not None:
        return f"{price.value} {price.currency}"
    return None if stated is None else str(stated)


def _renews(plan: Plan) -> bool:
    """Whether the term is billed again when nobody ends it: an end that is taken back is no end any more."""
    return plan.provider_end is not None or plan.facts.renews_automatically is not False


def _paid_until(plan: Plan, state: RunState, grace_ends: datetime) -> tuple[int, datetime | None]:
    """With which term the service can end when grace is over then, and when that is; None when it is not known.

    Terms are counted from the first one with which it can end at all.
    """
    ends, notice = _ends(plan, state)
    return next(((number, end) for number, end in enumerate(ends) if grace_ends <= end - notice), (0, None))


def _ends(plan: Plan, state: RunState) -> tuple[Iterator[datetime], timedelta]:
    """The ends with which the service can end, the earliest first, and how long before each it must be known."""
    if plan.provider_end is None:
        expires = plan.facts.expires_at
        return iter(()) if expires is None else ends_of_terms(plan, expires), timedelta(0)
    first = _first_end(plan, state)
    notice = _notice(plan, state) or plan.provider_end.last_call
    return iter(()) if first is None else ends_from(plan, first), notice


def _first_end(plan: Plan, state: RunState) -> datetime | None:
    return expected_end(plan, state) or state.schedule_again_after or effective_date(plan)


def _notice(plan: Plan, state: RunState) -> timedelta | None:
    """How long before its date a scheduled end is taken back when the run may not go on by then."""
    ends, last_call = expected_end(plan, state), last_call_at(plan, state)
    return None if ends is None or last_call is None else ends - last_call
