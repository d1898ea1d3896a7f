"""Decisions on when the purge may be: extend, hold, release."""

from datetime import datetime, timedelta

from unrack.model.decision import Extend, Hold, Release
from unrack.model.plan import Anchor
from unrack.model.state import Extension, HoldOn
from workflows.decisions.case import Case, Judgement, accepted, already, invalid, not_open, refused, same_person, stamp
from workflows.guard import grace_end


def extend(case: Case, decision: Extend) -> Judgement:
    """The end of grace moves, within the bound that the runbook sets."""
    grace = case.state.grace
    if case.state.passed_no_return_at is not None:
        return refused(f"too late: the point of no return was passed at {stamp(case.state.passed_no_return_at)}")
    left = case.plan.grace.max_extension - grace.extended_by
    if decision.by_span > left:
        return refused(f"the runbook allows {_days(left)} more, not {_days(decision.by_span)}")
    ends = grace_end(case.plan, case.state)
    if ends is None:
        return not_open("grace has no end yet that could be moved; use a hold until then")
    grace.extensions = [
        *grace.extensions,
        Extension(by=decision.by, span=decision.by_span, reason=decision.reason, at=case.now),
    ]
    grace.not_before = ends + decision.by_span
    return accepted(f"nothing is purged before {stamp(grace.not_before)}{_moved_term(case, grace.not_before)}")


def hold(case: Case, decision: Hold) -> Judgement:
    """Nothing irreversible happens while this stands."""
    mine = [hold for hold in case.state.holds if same_person(hold.by, decision.by)]
    if any(hold.reason == decision.reason for hold in mine):
        return already(f"{decision.by.name} holds the run for this reason since {stamp(mine[0].since)}")
    case.state.holds.append(HoldOn(by=decision.by, reason=decision.reason, since=case.now))
    return accepted(f"held by {decision.by.name}: {_hold_effect(case)}")


def release(case: Case, decision: Release) -> Judgement:
    """The sender's holds are lifted, or everybody's, with a reason."""
    holds = case.state.holds
    if not holds:
        return already("nobody holds the run")
    if decision.everyone and not decision.reason.strip():
        return invalid("lifting the holds of other people needs a reason")
    kept = [] if decision.everyone else [hold for hold in holds if not same_person(hold.by, decision.by)]
    if len(kept) == len(holds):
        owners = ", ".join(sorted({hold.by.name for hold in holds}))
        return refused(
            f"{decision.by.name} holds nothing here; {owners} does. Lift it with everyone=true and a reason."
        )
    case.state.holds = kept
    rest = f"; still held by {', '.join(hold.by.name for hold in kept)}" if kept else ""
    return accepted(f"released{rest}")


def _hold_effect(case: Case) -> str:
    if case.state.passed_no_return_at is not None:
        return "what the provider has begun to end cannot be stopped; further irreversible steps wait"
    if case.state.scheduled and case.state.effective_at is not None:
        return (
            f"nothing is purged. The provider would end the service on {stamp(case.state.effective_at)}: if the hold "
            "still stands at the last call, the scheduled end is taken back in time and scheduled again after the hold"
        )
    return "nothing irreversible happens until it is released"


def _moved_term(case: Case, not_before: datetime) -> str:
    end, ends_itself = case.state.effective_at, case.plan.provider_end
    if case.plan.grace.anchor is not Anchor.EFFECTIVE_DATE or end is None or ends_itself is None:
        return ""
    if not_before <= end - ends_itself.last_call:
        return ""
    return (
        f". The provider ends services at a term's end only: the end scheduled for {stamp(end)} is taken back at the "
        "last call and scheduled again for the next term, which is billed"
    )


def _days(span: timedelta) -> str:
    return f"{span.total_seconds() / 86400:g} days"
