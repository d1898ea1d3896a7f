"""Decisions that stop a run, and let it go on: hold and release."""

from datetime import datetime

from unrack.model import bounds, holds
from unrack.model.decision import Hold, HoldScope, Release
from unrack.model.grace import HoldEffect
from unrack.model.message import joined, msg
from unrack.model.people import same_name
from unrack.model.shortened import kept
from unrack.model.state import HoldOn, ReleasedHold
from unrack.model.terms import renewal_if_held
from workflows.decisions.case import Case, Judgement, accepted, already, invalid, refused


def hold(case: Case, decision: Hold) -> Judgement:
    """Nothing changes the service forward while this stands, or nothing is purged, as its scope says."""
    ends = _until(case, decision)
    if ends is not None and ends <= case.now:
        until, now = case.stamp(ends), case.stamp(case.now)
        return invalid(msg("that hold would have ended at {until}; it is {now} at the provider", until=until, now=now))
    same = next((each for each in holds.standing(case.state, case.now) if _same(each, decision)), None)
    if same is not None:
        return already(
            msg(
                "{short} holds the run for this reason since {stamp} ({id})",
                short=same.by.short,
                stamp=case.stamp(same.since),
                id=same.id,
            )
        )
    if bounds.too_many_holds(case.state, decision):
        return refused(
            msg(
                "{most_holds} holds like it stand already: this one would stop nothing more",
                most_holds=bounds.MOST_HOLDS,
            )
        )
    new = _new(case, decision)
    case.state.holds = [*case.state.holds, new]
    until = msg(" until {stamp}", stamp=case.stamp(new.until)) if new.until else ""
    return accepted(
        msg(
            "hold {id} by {short}{until}: {effect}{money}",
            id=new.id,
            short=decision.by.short,
            until=until,
            effect=_effect(case, new),
            money=_money(case),
        )
    )


def release(case: Case, decision: Release) -> Judgement:
    """The sender's holds are lifted; one by id, somebody's or everybody's with a reason."""
    standing = holds.standing(case.state, case.now)
    if not standing:
        return already(msg("nobody holds the run"))
    chosen = tuple(hold for hold in standing if _meant(hold, decision))
    if not chosen:
        return _nothing_like_that(case, decision)
    if any(not hold.by.is_same_as(decision.by) for hold in chosen) and not decision.reason.strip():
        return invalid(msg("lifting the holds of other people needs a reason"))
    lifted = (ReleasedHold(hold=hold, until=case.now, by=decision.by, reason=kept(decision.reason)) for hold in chosen)
    holds.lift(case.state, tuple(lifted))
    ids = ", ".join(hold.id for hold in chosen)
    return accepted(msg("released {ids}{rest}", ids=ids, rest=_still_held(case)))


def _same(standing: HoldOn, decision: Hold) -> bool:
    if decision.from_all is not None or standing.from_all is not None:
        return standing.from_all == decision.from_all
    alike = (standing.scope, standing.until, standing.reason) == (decision.scope, decision.until, kept(decision.reason))
    return alike and standing.by.is_same_as(decision.by)


def _until(case: Case, decision: Hold) -> datetime | None:
    """When it ends by itself, by the provider's clock. A hold of the whole installation is set by the real time."""
    if decision.until is None or decision.from_all is None:
        return decision.until
    return case.state.clock.at(decision.until)


def _new(case: Case, decision: Hold) -> HoldOn:
    case.state.held += decision.from_all is None
    return HoldOn(
        id=decision.from_all or f"h{case.state.held}",
        by=decision.by,
        reason=kept(decision.reason),
        since=case.now,
        scope=decision.scope,
        until=_until(case, decision),
        from_all=decision.from_all,
    )


def _meant(hold: HoldOn, decision: Release) -> bool:
    if decision.from_all is not None or hold.from_all is not None:
        return hold.from_all == decision.from_all
    if decision.hold is not None:
        return hold.id == decision.hold
    if decision.owner is not None:
        return same_name(hold.by.name, decision.owner)
    return decision.everyone or hold.by.is_same_as(decision.by)


def _nothing_like_that(case: Case, decision: Release) -> Judgement:
    standing = holds.standing(case.state, case.now)
    known = joined(", ", (msg("{id} by {short}", id=hold.id, short=hold.by.short) for hold in standing))
    text = msg("{short} holds nothing like that here; holds are: {known}. ", short=decision.by.short, known=known)
    if whole := [hold.id for hold in standing if hold.from_all is not None]:
        named = msg(
            "{join} {value}", join=", ".join(whole), value=msg("is a hold") if len(whole) == 1 else msg("are holds")
        )
        text += msg(
            "{named} of the whole installation: unrack release --all --hold {whole} --reason …",
            named=named,
            whole=whole[0],
        )
        return refused(text)
    return refused(text + msg("Lift them with --everyone, --hold or --owner, and a reason."))


def _still_held(case: Case) -> str:
    left = holds.standing(case.state, case.now)
    return (
        msg(
            "; still held by {join}",
            join=joined(", ", (msg("{short} ({id})", short=hold.by.short, id=hold.id) for hold in left)),
        )
        if left
        else ""
    )


def _effect(case: Case, hold: HoldOn) -> str:
    clock = msg("; the clock of grace stands still") if case.plan.grace.holds is HoldEffect.STOP_THE_CLOCK else ""
    if case.state.passed_no_return_at is not None:
        return msg("what the provider has begun to end cannot be stopped; nothing else is changed until it is released")
    if hold.scope is HoldScope.PURGE:
        return msg("nothing is purged until it is released; everything before the purge goes on{clock}", clock=clock)
    stopping = msg("; {stopping} is being stopped", stopping=case.state.stopping) if case.state.stopping else ""
    return msg(
        "nothing changes the service until it is released; reading, dates and rollback go on{clock}{stopping}",
        clock=clock,
        stopping=stopping,
    )


def _money(case: Case) -> str:
    dates = renewal_if_held(case.plan, case.state, case.now)
    if dates is None:
        return ""
    until, renews = (case.stamp(at) for at in dates)
    if dates[0] == dates[1]:
        return msg(". If this still stands on {until} the service renews, and the term is billed", until=until)
    back = msg("the scheduled end is revoked, ") if case.state.scheduled else ""
    return msg(
        ". If this still stands on {until} {back}the service renews on {renews}, and the term is billed",
        until=until,
        back=back,
        renews=renews,
    )
