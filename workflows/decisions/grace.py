"""Decisions on when the purge may be: extend, shorten, hold, release, freeze, unfreeze."""

from datetime import datetime, timedelta

from unrack.model.calendar import Freeze
from unrack.model.decision import Extend, FreezeRun, Hold, Release, Shorten, Unfreeze
from unrack.model.grace import Anchor, HoldEffect, ceiling
from unrack.model.people import same_name
from unrack.model.state import Extension, HoldOn, LiftedFreeze, ReleasedHold, SetFreeze
from unrack.model.window import (
    anchors_of,
    earliest_end,
    end_if_moved,
    freezes_of,
    grace_end,
    in_force,
    span_words,
    stopped,
)
from workflows.decisions.case import Case, Judgement, accepted, already, invalid, not_open, refused


def extend(case: Case, decision: Extend) -> Judgement:
    """The end of grace moves to a later time, within the bounds that the runbook sets."""
    ends = grace_end(case.plan, case.state)
    refusal = _cannot_move(case, decision, ends)
    if refusal is not None or ends is None:
        return refusal or not_open(_NO_END)
    to = decision.to or ends + (decision.by_span or timedelta(0))
    if to <= ends:
        return invalid(f"grace ends at {case.stamp(ends)} already; to end it earlier, shorten it")
    moved = _landing(case, to)
    refusal = _too_much(case, to - ends) or _too_late_an_end(case, moved, ends)
    if refusal is not None:
        return refusal
    _move(case, decision, to, moved, ends)
    return accepted(f"nothing is purged before {case.stamp(moved)}{_moved_term(case, moved)}")


def _too_much(case: Case, more: timedelta) -> Judgement | None:
    left = case.plan.grace.max_extension - case.state.grace.extended_by
    if left <= timedelta(0):
        return refused("the runbook allows no more time: all of it is used up")
    if more > left:
        return refused(f"the runbook allows {span_words(left)} more, not {span_words(more)}")
    return None


def _too_late_an_end(case: Case, moved: datetime, ends: datetime) -> Judgement | None:
    latest = ceiling(case.plan.grace, anchors_of(case.plan, case.state))
    if latest is not None and moved > latest:
        return refused(f"the runbook lets grace end at {case.stamp(latest)} at the latest, not at {case.stamp(moved)}")
    if moved <= ends:
        return refused(f"grace would still end at {case.stamp(ends)}, the latest that the runbook allows")
    return None


def shorten(case: Case, decision: Shorten) -> Judgement:
    """The end of grace moves to an earlier time, never below the runbook's minimum."""
    ends = grace_end(case.plan, case.state)
    refusal = _cannot_move(case, decision, ends)
    if refusal is not None or ends is None:
        return refusal or not_open(_NO_END)
    to = decision.to or ends - (decision.by_span or timedelta(0))
    refusal = _too_early(case, to, ends)
    if refusal is not None:
        return refusal
    moved = _landing(case, to)
    if moved >= ends:
        return refused(f"grace would still end at {case.stamp(ends)}, when people work")
    _move(case, decision, to, moved, ends)
    return accepted(f"grace ends at {case.stamp(moved)}, {span_words(ends - moved)} earlier")


def _too_early(case: Case, to: datetime, ends: datetime) -> Judgement | None:
    if case.plan.grace.minimum is None:
        return refused("the runbook sets no minimum for grace, so it cannot be shortened")
    earliest = earliest_end(case.plan, case.state)
    if earliest is None:
        return not_open("grace has not begun, so that its minimum is not known yet; shorten it then")
    if to >= ends:
        return invalid(f"grace ends at {case.stamp(ends)} already; to end it later, extend it")
    if to < earliest:
        least = span_words(case.plan.grace.minimum)
        return refused(f"the runbook wants at least {least} of grace: until {case.stamp(earliest)} at the earliest")
    return None


def freeze(case: Case, decision: FreezeRun) -> Judgement:
    """Nothing is purged in a time that the plan's calendars did not know."""
    if _too_far(case, decision.begins, decision.ends):
        return invalid("a freeze is no more than a century away; a hold stops the purge without an end")
    known = {each.freeze.id: each for each in case.state.freezes}
    for each in known.values():
        same = (each.freeze.name, each.freeze.begins, each.freeze.ends)
        if same == (decision.name, decision.begins, decision.ends) and _stands(case, each.freeze.id):
            return already(f"{each.by.name} set freeze {each.freeze.id}, the same, at {case.stamp(each.at)}")
    if decision.ends <= case.now:
        return invalid(
            f"that freeze ended at {case.stamp(decision.ends)}; it is {case.stamp(case.now)} at the provider"
        )
    new = Freeze(
        id=f"f{len(known) + 1}",
        name=decision.name,
        begins=decision.begins,
        ends=decision.ends,
        source=decision.by.name,
    )
    case.state.freezes = [
        *case.state.freezes,
        SetFreeze(freeze=new, by=decision.by, reason=decision.reason, at=case.now),
    ]
    told = f"freeze {new.id}: nothing is purged from {case.stamp(new.begins)} to {case.stamp(new.ends)}"
    return accepted(told + _too_late(case))


def unfreeze(case: Case, decision: Unfreeze) -> Judgement:
    """A freeze no longer counts for this run; for others that carry it, it does."""
    gone = next((each for each in case.state.lifted if each.freeze == decision.freeze), None)
    if gone is not None:
        return already(f"{gone.by.name} took {gone.freeze} off at {case.stamp(gone.at)}: {gone.reason}")
    if not _stands(case, decision.freeze):
        known = ", ".join(each.id for each in freezes_of(case.plan, case.state)) or "none"
        return not_open(f"the run has no freeze '{decision.freeze}'; it has: {known}")
    off = LiftedFreeze(freeze=decision.freeze, by=decision.by, reason=decision.reason, at=case.now)
    case.state.lifted = [*case.state.lifted, off]
    left = in_force(case.plan, case.state, case.now)
    rest = f"; still frozen by {', '.join(each.id for each in left)}" if left else ""
    return accepted(f"{decision.freeze} no longer counts for this run{rest}")


def hold(case: Case, decision: Hold) -> Judgement:
    """Nothing irreversible happens while this stands."""
    state = case.state
    for standing in state.holds:
        if standing.by.is_same_as(decision.by) and standing.reason == decision.reason:
            since = case.stamp(standing.since)
            return already(f"{decision.by.name} holds the run for this reason since {since} ({standing.id})")
    number = len(state.holds) + len(state.released) + 1
    state.holds = [*state.holds, HoldOn(by=decision.by, reason=decision.reason, since=case.now, id=f"h{number}")]
    return accepted(f"hold h{number} by {decision.by.name}: {_hold_effect(case)}")


def release(case: Case, decision: Release) -> Judgement:
    """The sender's holds are lifted; one by id, somebody's or everybody's with a reason."""
    holds = case.state.holds
    if not holds:
        return already("nobody holds the run")
    chosen = [hold for hold in holds if _meant(hold, decision)]
    if not chosen:
        known = ", ".join(f"{hold.id} by {hold.by.name}" for hold in holds)
        whole = "everyone, --hold or --owner, and a reason"
        return refused(f"{decision.by.name} holds nothing like that here; holds are: {known}. Lift them with {whole}.")
    if any(not hold.by.is_same_as(decision.by) for hold in chosen) and not decision.reason.strip():
        return invalid("lifting the holds of other people needs a reason")
    case.state.holds = [hold for hold in holds if hold not in chosen]
    case.state.released = [
        *case.state.released,
        *(ReleasedHold(hold=hold, until=case.now, by=decision.by, reason=decision.reason) for hold in chosen),
    ]
    return accepted(f"released {', '.join(hold.id or 'a hold' for hold in chosen)}{_still_held(case)}")


_NO_END = "grace has no end yet that could be moved; use a hold until then"

_FARTHEST = timedelta(days=36_525)
"""What lies farther away is a slip, and arithmetic with it runs out of the calendar: nobody plans for more."""


def _too_far(case: Case, *moments: datetime) -> bool:
    return any(abs(moment - case.now) > _FARTHEST for moment in moments)


def _cannot_move(case: Case, decision: Extend | Shorten, ends: datetime | None) -> Judgement | None:
    passed, to, span = case.state.passed_no_return_at, decision.to, decision.by_span
    if (span is not None and span > _FARTHEST) or (to is not None and _too_far(case, to)):
        return invalid("the end of grace is no more than a century away")
    if passed is not None:
        return refused(f"too late: the point of no return was passed at {case.stamp(passed)}")
    return not_open(_NO_END) if ends is None else None


def _landing(case: Case, to: datetime) -> datetime:
    """Where grace would end when it is moved to `to`: in business hours, if the runbook wants that."""
    return end_if_moved(case.plan, case.state, to)[0]


def _move(case: Case, decision: Extend | Shorten, to: datetime, moved: datetime, ends: datetime) -> None:
    grace = case.state.grace
    _, runbook = end_if_moved(case.plan, case.state, to)
    grace.not_before, grace.moved_from = to - stopped(case.plan, case.state), runbook
    move = Extension(
        id=f"e{len(grace.extensions) + 1}",
        by=decision.by,
        span=moved - ends,
        reason=decision.reason,
        at=case.now,
        to=moved,
        asked=grace.not_before,
        runbook=runbook,
    )
    grace.extensions = [*grace.extensions, move]


def _stands(case: Case, freeze_id: str) -> bool:
    return any(each.id == freeze_id for each in freezes_of(case.plan, case.state))


def _too_late(case: Case) -> str:
    passed = case.state.passed_no_return_at
    if passed is None:
        return ""
    when = case.stamp(passed)
    return f". The point of no return was passed at {when}: only what is still to be released afterwards waits"


def _meant(hold: HoldOn, decision: Release) -> bool:
    if decision.hold is not None:
        return hold.id == decision.hold
    if decision.owner is not None:
        return same_name(hold.by.name, decision.owner)
    return decision.everyone or hold.by.is_same_as(decision.by)


def _still_held(case: Case) -> str:
    left = case.state.holds
    return f"; still held by {', '.join(hold.by.name for hold in left)}" if left else ""


def _hold_effect(case: Case) -> str:
    if case.state.passed_no_return_at is not None:
        return "what the provider has begun to end cannot be stopped; further irreversible steps wait"
    if case.state.scheduled and case.state.effective_at is not None:
        end = case.stamp(case.state.effective_at)
        return (
            f"nothing is purged. The provider would end the service on {end}: if the hold "
            "still stands at the last call, the scheduled end is taken back in time and scheduled again after the hold"
        )
    clock = "; the clock of grace stands still" if case.plan.grace.holds is HoldEffect.STOP_THE_CLOCK else ""
    return f"nothing irreversible happens until it is released{clock}"


def _moved_term(case: Case, not_before: datetime) -> str:
    end, ends_itself = case.state.effective_at, case.plan.provider_end
    if case.plan.grace.anchor is not Anchor.EFFECTIVE_DATE or end is None or ends_itself is None:
        return ""
    if not_before <= end - ends_itself.last_call:
        return ""
    return (
        f". The provider ends services at a term's end only: the end scheduled for {case.stamp(end)} is taken back at "
        "the last call and scheduled again for the next term, which is billed"
    )
