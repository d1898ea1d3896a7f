"""Decisions on when the purge may be: extend, shorten, freeze, unfreeze, and what takes an extension back."""

from datetime import datetime, timedelta

from unrack.model import bounds
from unrack.model.calendar import Freeze
from unrack.model.decision import Extend, FreezeRun, Shorten, Unfreeze, Withdraw
from unrack.model.grace import Anchor, Moved, ceiling, end_after
from unrack.model.message import msg
from unrack.model.shortened import kept, quoted
from unrack.model.state import Extension, LiftedFreeze, SetFreeze
from unrack.model.terms import last_call_at
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
from workflows.decisions import consent
from workflows.decisions.case import Case, Judgement, accepted, already, invalid, not_open, refused


def extend(case: Case, decision: Extend) -> Judgement:
    """The end of grace moves to a later time, within the bounds that the runbook sets."""
    ends = grace_end(case.plan, case.state)
    refusal = _cannot_move(case, decision, ends)
    if refusal is not None or ends is None:
        return refusal or not_open(_NO_END)
    to = decision.to or ends + (decision.by_span or timedelta(0))
    if to <= ends:
        return invalid(msg("grace ends at {stamp} already; to end it earlier, shorten it", stamp=case.stamp(ends)))
    moved = _landing(case, to)
    refusal = _too_much(case, to - ends) or _too_late_an_end(case, moved, ends)
    if refusal is not None:
        return refusal
    move = _move(case, decision, to, moved, ends)
    consent.shown(
        case,
        msg(
            "{short} extended grace to {stamp} ({id}): {reason}",
            short=move.by.short,
            stamp=case.stamp(moved),
            id=move.id,
            reason=move.reason,
        ),
        move.by,
    )
    return accepted(
        msg(
            "nothing is purged before {stamp} ({id}){moved_term}",
            stamp=case.stamp(moved),
            id=move.id,
            moved_term=_moved_term(case, moved),
        )
    )


def _too_much(case: Case, more: timedelta) -> Judgement | None:
    left = case.plan.grace.max_extension - case.state.grace.extended_by
    if left <= timedelta(0):
        return refused(msg("the runbook allows no more time: all of it is used up"))
    if more > left:
        return refused(
            msg(
                "the runbook allows {span_words} more, not {span_words2}",
                span_words=span_words(left),
                span_words2=span_words(more),
            )
        )
    return None


def _too_late_an_end(case: Case, moved: datetime, ends: datetime) -> Judgement | None:
    latest = ceiling(case.plan.grace, anchors_of(case.plan, case.state))
    if latest is not None and moved > latest:
        return refused(
            msg(
                "the runbook lets grace end at {stamp} at the latest, not at {stamp2}",
                stamp=case.stamp(latest),
                stamp2=case.stamp(moved),
            )
        )
    if moved <= ends:
        return refused(
            msg("grace would still end at {stamp}, the latest that the runbook allows", stamp=case.stamp(ends))
        )
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
        return refused(msg("grace would still end at {stamp}, when people work", stamp=case.stamp(ends)))
    move = _move(case, decision, to, moved, ends)
    consent.shown(
        case,
        msg(
            "{short} shortened grace to {stamp} ({id}): {reason}",
            short=move.by.short,
            stamp=case.stamp(moved),
            id=move.id,
            reason=move.reason,
        ),
        move.by,
    )
    return accepted(
        msg("grace ends at {stamp}, {span_words} earlier", stamp=case.stamp(moved), span_words=span_words(ends - moved))
    )


def withdraw_extension(case: Case, decision: Withdraw, extension: str) -> Judgement:
    """The end of grace goes back to what stood without this extension, whatever minimum the runbook sets."""
    move = next((each for each in case.state.grace.extensions if each.id == extension), None)
    refusal = _not_withdrawn(case, move, extension)
    if refusal is not None or move is None:
        return refusal or not_open(msg("the run has no extension '{quoted}'", quoted=quoted(extension)))
    if any(decision.by.is_same_as(one) for one in move.withdrawn_by):
        return already(
            msg("{short} has withdrawn {id}; it takes effect with a second person", short=decision.by.short, id=move.id)
        )
    people = (*move.withdrawn_by, decision.by)
    alone = decision.by.is_same_as(move.by)
    if not alone and len(people) < _WITHDRAWN_BY:
        _replace(case, move.model_copy(update={"withdrawn_by": people}))
        return accepted(
            msg(
                "noted: {id} is {short}'s, and is taken back when a second person withdraws it, too",
                id=move.id,
                short=move.by.short,
            )
        )
    _replace(case, move.model_copy(update={"withdrawn_by": people, "withdrawn_at": case.now}))
    _count_again(case)
    case.state.settles_at = case.now + SETTLES
    what = msg(
        "{join} took {id} back: {reason}",
        join=" and ".join(one.short for one in people),
        id=move.id,
        reason=decision.reason,
    )
    consent.shown(case, what, decision.by)
    return accepted(
        msg(
            "{id} is taken back{ends_now}; nothing is purged within a day of this", id=move.id, ends_now=_ends_now(case)
        )
    )


_WITHDRAWN_BY = 2
"""So many people take somebody else's extension back."""

SETTLES = timedelta(hours=24)
"""Nothing is purged for so long after an amendment or a withdrawal: others can notice it."""


def _not_withdrawn(case: Case, move: Extension | None, extension: str) -> Judgement | None:
    if move is None:
        known = ", ".join(each.id for each in case.state.grace.extensions if each.withdrawn_at is None) or "none"
        return not_open(
            msg("the run has no extension '{quoted}'; it has: {known}", quoted=quoted(extension), known=known)
        )
    if move.withdrawn_at is not None:
        names = " and ".join(one.short for one in move.withdrawn_by)
        return already(
            msg("{names} took {id} back at {stamp}", names=names, id=move.id, stamp=case.stamp(move.withdrawn_at))
        )
    if move.shortens:
        return refused(msg("{id} shortened grace; to give the time back, extend it", id=move.id))
    passed = case.state.passed_no_return_at
    return (
        refused(msg("too late: the point of no return was passed at {stamp}", stamp=case.stamp(passed)))
        if passed
        else None
    )


def _replace(case: Case, move: Extension) -> None:
    grace = case.state.grace
    grace.extensions = [move if each.id == move.id else each for each in grace.extensions]


def _count_again(case: Case) -> None:
    """Moves the end by every move that still counts, each from what stood when it was made without those that do not.

    It moves the runbook's end of that time: an extension of a term that is over must not eat up a new one. What would
    not have been a move then, as a shortening to a later moment, moves nothing.
    """
    rules, anchors = case.plan.grace, anchors_of(case.plan, case.state)
    moved: Moved | None = None
    for move in case.state.grace.extensions:
        if move.withdrawn_at is not None or move.runbook is None:
            continue
        ends = end_after(rules, anchors, move.runbook, moved, move.stopped)
        to = move.asked if move.by_span is None else ends + (-move.by_span if move.shortens else move.by_span)
        if to < ends if move.shortens else to > ends:
            moved = Moved(to=to - move.stopped, from_=move.runbook)
        lands = end_after(rules, anchors, move.runbook, moved, move.stopped)
        _replace(case, move.model_copy(update={"span": lands - ends, "to": lands}))
    case.state.grace.not_before = moved.to if moved is not None else None
    case.state.grace.moved_from = moved.from_ if moved is not None else None


def _ends_now(case: Case) -> str:
    ends = grace_end(case.plan, case.state)
    return msg(": grace ends at {stamp} again", stamp=case.stamp(ends)) if ends is not None else ""


def _too_early(case: Case, to: datetime, ends: datetime) -> Judgement | None:
    if case.plan.grace.minimum is None:
        return refused(msg("the runbook sets no minimum for grace, so it cannot be shortened"))
    earliest = earliest_end(case.plan, case.state)
    if earliest is None:
        return not_open(msg("grace has not begun, so that its minimum is not known yet; shorten it then"))
    if to >= ends:
        return invalid(msg("grace ends at {stamp} already; to end it later, extend it", stamp=case.stamp(ends)))
    if to < earliest:
        least = span_words(case.plan.grace.minimum)
        return refused(
            msg(
                "the runbook wants at least {least} of grace: until {stamp} at the earliest",
                least=least,
                stamp=case.stamp(earliest),
            )
        )
    return None


def freeze(case: Case, decision: FreezeRun) -> Judgement:
    """Nothing is purged in a time that the plan's calendars did not know."""
    if _too_far(case, decision.begins, decision.ends):
        return invalid(msg("a freeze is no more than a century away; a hold stops the purge without an end"))
    known = {each.freeze.id: each for each in case.state.freezes}
    for each in known.values():
        same = (each.freeze.name, each.freeze.begins, each.freeze.ends)
        if same == (decision.name, decision.begins, decision.ends) and _stands(case, each.freeze.id):
            return already(
                msg(
                    "{short} set freeze {id}, the same, at {stamp}",
                    short=each.by.short,
                    id=each.freeze.id,
                    stamp=case.stamp(each.at),
                )
            )
    if decision.ends <= case.now:
        return invalid(
            msg(
                "that freeze ended at {stamp}; it is {stamp2} at the provider",
                stamp=case.stamp(decision.ends),
                stamp2=case.stamp(case.now),
            )
        )
    if bounds.too_many_freezes(case.state, case.now):
        return refused(
            msg(
                "{most_freezes} freezes of this run stand already: take some off, or hold the run",
                most_freezes=bounds.MOST_FREEZES,
            )
        )
    case.state.frozen += 1
    new = Freeze(
        id=f"f{case.state.frozen}",
        name=decision.name,
        begins=decision.begins,
        ends=decision.ends,
        source=decision.by.name,
    )
    case.state.freezes = [
        *case.state.freezes,
        SetFreeze(freeze=new, by=decision.by, reason=kept(decision.reason), at=case.now),
    ]
    consent.shown(
        case,
        msg(
            "{short} set freeze {id} ({name}): {reason}",
            short=decision.by.short,
            id=new.id,
            name=new.name,
            reason=decision.reason,
        ),
        decision.by,
    )
    told = msg(
        "freeze {id}: nothing is purged from {stamp} to {stamp2}",
        id=new.id,
        stamp=case.stamp(new.begins),
        stamp2=case.stamp(new.ends),
    )
    return accepted(told + _too_late(case))


def unfreeze(case: Case, decision: Unfreeze) -> Judgement:
    """A freeze no longer counts for this run; for others that carry it, it does."""
    gone = next((each for each in case.state.lifted if each.freeze == decision.freeze), None)
    if gone is not None:
        return already(
            msg(
                "{short} took {freeze} off at {stamp}: {quoted}",
                short=gone.by.short,
                freeze=gone.freeze,
                stamp=case.stamp(gone.at),
                quoted=quoted(gone.reason),
            )
        )
    if not _stands(case, decision.freeze):
        known = ", ".join(each.id for each in freezes_of(case.plan, case.state)) or "none"
        return not_open(
            msg("the run has no freeze '{quoted}'; it has: {known}", quoted=quoted(decision.freeze), known=known)
        )
    off = LiftedFreeze(freeze=decision.freeze, by=decision.by, reason=kept(decision.reason), at=case.now)
    case.state.lifted = [*case.state.lifted, off]
    consent.shown(
        case,
        msg(
            "{short} took freeze {freeze} off: {reason}",
            short=decision.by.short,
            freeze=decision.freeze,
            reason=decision.reason,
        ),
        decision.by,
    )
    left = in_force(case.plan, case.state, case.now)
    rest = msg("; still frozen by {join}", join=", ".join(each.id for each in left)) if left else ""
    return accepted(msg("{freeze} no longer counts for this run{rest}", freeze=decision.freeze, rest=rest))


_NO_END = msg("grace has no end yet that could be moved; use a hold until then")

_FARTHEST = timedelta(days=36_525)
"""A moment farther away is a slip, and arithmetic with it runs out of the calendar: nobody plans for more."""


def _too_far(case: Case, *moments: datetime) -> bool:
    return any(abs(moment - case.now) > _FARTHEST for moment in moments)


def _cannot_move(case: Case, decision: Extend | Shorten, ends: datetime | None) -> Judgement | None:
    passed, to, span = case.state.passed_no_return_at, decision.to, decision.by_span
    if (span is not None and span > _FARTHEST) or (to is not None and _too_far(case, to)):
        return invalid(msg("the end of grace is no more than a century away"))
    if passed is not None:
        return refused(msg("too late: the point of no return was passed at {stamp}", stamp=case.stamp(passed)))
    if bounds.too_many_moves(case.state.grace.extensions):
        return refused(
            msg(
                "{most_moves} moves of the end count already: take some back, or hold the run",
                most_moves=bounds.MOST_MOVES,
            )
        )
    return not_open(_NO_END) if ends is None else None


def _landing(case: Case, to: datetime) -> datetime:
    """Where grace would end when it is moved to `to`: in business hours, if the runbook wants that."""
    return end_if_moved(case.plan, case.state, to)[0]


def _move(case: Case, decision: Extend | Shorten, to: datetime, moved: datetime, ends: datetime) -> Extension:
    grace = case.state.grace
    _, runbook = end_if_moved(case.plan, case.state, to)
    still = stopped(case.plan, case.state)
    grace.not_before, grace.moved_from = to - still, runbook
    grace.moves += 1
    move = Extension(
        id=f"e{grace.moves}",
        by=decision.by,
        span=moved - ends,
        reason=kept(decision.reason),
        at=case.now,
        to=moved,
        by_span=decision.by_span,
        asked=to,
        runbook=runbook,
        shortens=isinstance(decision, Shorten),
        stopped=still,
    )
    grace.extensions = [*grace.extensions, move]
    return move


def _stands(case: Case, freeze_id: str) -> bool:
    return any(each.id == freeze_id for each in freezes_of(case.plan, case.state))


def _too_late(case: Case) -> str:
    passed = case.state.passed_no_return_at
    if passed is None:
        return ""
    when = case.stamp(passed)
    return msg(
        ". The point of no return was passed at {when}: only what is still to be released afterwards waits", when=when
    )


def _moved_term(case: Case, not_before: datetime) -> str:
    end, ends_itself = case.state.effective_at, case.plan.provider_end
    if case.plan.grace.anchor is not Anchor.EFFECTIVE_DATE or end is None or ends_itself is None:
        return ""
    if not_before <= (last_call_at(case.plan, case.state) or end - ends_itself.last_call):
        return ""
    return msg(
        ". The provider ends services at a term's end only: the end scheduled for {stamp} is revoked at "
        "the last call and scheduled again for the next term, which is billed",
        stamp=case.stamp(end),
    )
