"""When a run may purge, by its plan and its state: the algebra of grace applied, and told in words. Pure."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from unrack.model import holds
from unrack.model.calendar import NEVER, Freeze, Interval, first_outside, union, within
from unrack.model.decision import Actor, HoldScope
from unrack.model.grace import Anchor, HoldEffect, LandOn, Moved, by_runbook, end, floor
from unrack.model.lifecycle import Phase, StepStatus
from unrack.model.message import joined, msg
from unrack.model.plan import Plan
from unrack.model.state import Extension, Reason, ReasonKind, RunState

_FINISHED = (StepStatus.DONE, StepStatus.SKIPPED)
_UNITS = (("day", 86400), ("hour", 3600), ("minute", 60), ("second", 1))

_ANCHOR_WORDS = {
    Anchor.REQUEST: msg("the moment at which the provider was asked"),
    Anchor.NOTIFICATION: msg("the moment at which the people concerned were told"),
    Anchor.EFFECTIVE_DATE: msg("the date on which the provider ends the service"),
    Anchor.EXPIRY: msg("the end of the term"),
    Anchor.END_OF_COMMITMENT: msg("the end of the minimum term"),
    Anchor.GRACE_BEGIN: msg("the beginning of grace"),
}


def anchors_of(plan: Plan, state: RunState) -> dict[Anchor, datetime]:
    """The anchors that are known by now."""
    known = {
        Anchor.REQUEST: _request_over(plan, state),
        Anchor.NOTIFICATION: _ended(state, plan.grace.notified_by),
        Anchor.EFFECTIVE_DATE: state.effective_at,
        Anchor.EXPIRY: plan.facts.expires_at,
        Anchor.END_OF_COMMITMENT: plan.facts.engaged_until,
        Anchor.GRACE_BEGIN: state.grace.begun_at,
    }
    return {anchor: at for anchor, at in known.items() if at is not None}


def grace_end(plan: Plan, state: RunState) -> datetime | None:
    """When grace is over, by the provider's clock; None while it is not known yet.

    While a hold stops the clock, the end is that of a hold lifted now at the earliest: it moves when it is lifted.
    """
    moved = None
    if state.grace.not_before is not None:
        moved = Moved(to=state.grace.not_before, from_=state.grace.moved_from)
    return end(plan.grace, anchors_of(plan, state), moved, stopped(plan, state))


def end_if_moved(plan: Plan, state: RunState, to: datetime) -> tuple[datetime, datetime | None]:
    """Return the end of grace if a decision moved it to `to`, and the end by the runbook that it would move.

    Raises:
        ValueError: grace has no end yet that could be moved.
    """
    anchors, still = anchors_of(plan, state), stopped(plan, state)
    runbook = by_runbook(plan.grace, anchors)
    ends = end(plan.grace, anchors, Moved(to=to - still, from_=runbook), still)
    if ends is None:
        raise ValueError(msg("grace has no end yet"))
    return ends, runbook


def earliest_end(plan: Plan, state: RunState) -> datetime | None:
    """The earliest end that a decision can bring about; None when the runbook allows no shortening, or not yet."""
    return floor(plan.grace, anchors_of(plan, state))


def stopped(plan: Plan, state: RunState) -> timedelta:
    """How long holds stopped the clock: from the anchor on, overlapping holds once, standing ones not yet."""
    since = anchors_of(plan, state).get(plan.grace.anchor)
    if plan.grace.holds is not HoldEffect.STOP_THE_CLOCK or since is None or not state.released:
        return timedelta(0)
    last = (Interval(begins=each.hold.since, ends=each.until) for each in state.released)
    held = (*state.held_before, *last)
    return within(held, since, max(each.ends for each in held))


def freezes_of(plan: Plan, state: RunState) -> tuple[Freeze, ...]:
    """The freezes that count: of the plan's calendars and of decisions, without those taken off this run.

    The time after the end of a calendar is one of them.
    """
    lifted = {each.freeze for each in state.lifted}
    every = (
        *(freeze for calendar in plan.freezes for freeze in calendar.forbids),
        *(each.freeze for each in state.freezes),
    )
    return tuple(freeze for freeze in every if freeze.id not in lifted)


def in_force(plan: Plan, state: RunState, now: datetime) -> tuple[Freeze, ...]:
    """The freezes that forbid the purge now.

    Where the provider ends the service by itself, purging means to let that date come: a freeze forbids it then, too.
    """
    by_itself = _ends_by_itself(plan, state)
    return tuple(
        freeze
        for freeze in freezes_of(plan, state)
        if freeze.covers(now) or (by_itself is not None and now < by_itself and freeze.covers(by_itself))
    )


def purge_not_before(plan: Plan, state: RunState) -> datetime | None:
    """The end of grace, or of the freeze in which it would fall; None while it is not known, or no date ends it."""
    free = _free_from(plan, state)
    return None if free is None or free >= NEVER else free


def _free_from(plan: Plan, state: RunState) -> datetime | None:
    """As `purge_not_before`; `NEVER` where no date ends what forbids it."""
    ends, freezes = grace_end(plan, state), freezes_of(plan, state)
    if ends is None:
        return None
    free, by_itself = first_outside(freezes, ends), _ends_by_itself(plan, state)
    kept_until = first_outside(freezes, by_itself) if by_itself is not None else None
    return free if kept_until is None or kept_until == by_itself else max(free, kept_until)


def next_change(plan: Plan, state: RunState, now: datetime) -> datetime | None:
    """When time alone next changes what stands against the purge; None when only a decision or work can."""
    ends = grace_end(plan, state)
    edges = [ends] if ends is not None else []
    for each in union(freezes_of(plan, state)):
        edges += [each.begins, each.ends]
    edges += [edge for edge in (holds.next_end(state, now), state.settles_at) if edge is not None]
    return min((edge for edge in edges if now < edge < NEVER), default=None)


def reasons(plan: Plan, state: RunState, now: datetime) -> tuple[Reason, ...]:
    """Everything that makes up `purge_not_before`, and the freezes and holds that stand; empty once it is passed."""
    if state.passed_no_return_at is not None:
        return ()
    return (
        *_grace(plan, state, now),
        *_freezes(plan, state, now),
        *_holds(plan, state, now),
        *_settling(plan, state, now),
    )


def span_words(span: timedelta) -> str:
    """``7 days``, ``1 day and 12 hours``: the two largest units, without a sign."""
    left, parts = abs(round(span.total_seconds())), list[str]()
    for unit, size in _UNITS:
        count, left = divmod(left, size)
        if count:
            parts.append(f"{count} {unit}{'' if count == 1 else 's'}")
    return " and ".join(parts[:2]) or msg("no time")


def _ends_by_itself(plan: Plan, state: RunState) -> datetime | None:
    return state.effective_at if plan.provider_end is not None and state.scheduled else None


def _request_over(plan: Plan, state: RunState) -> datetime | None:
    ends = [_ended(state, step.id) for step in plan.in_phase(Phase.REQUEST)]
    known = [at for at in ends if at is not None]
    return max(known) if known and len(known) == len(ends) else None


def _ended(state: RunState, step: str | None) -> datetime | None:
    standing = state.steps.get(step or "")
    return standing.ended_at if standing is not None and standing.status in _FINISHED else None


def _grace(plan: Plan, state: RunState, now: datetime) -> Iterator[Reason]:
    ends, anchors = grace_end(plan, state), anchors_of(plan, state)
    if ends is None:
        text = msg(
            "grace is counted from {anchor_words}, and that is not known yet",
            anchor_words=_ANCHOR_WORDS[plan.grace.anchor],
        )
        yield Reason(kind=ReasonKind.GRACE, text=text)
        return
    if ends <= now:
        return
    zone = plan.grace.calendar.zone
    runbook, earliest = by_runbook(plan.grace, anchors), floor(plan.grace, anchors)
    yield Reason(kind=ReasonKind.GRACE, text=_rule(plan, anchors, runbook), until=runbook)
    for move in state.grace.extensions:
        if move.withdrawn_at is None:
            yield _move(plan, move)
    if still := stopped(plan, state):
        yield Reason(
            kind=ReasonKind.STOPPED_CLOCK,
            text=msg("holds stopped the clock for {span_words}", span_words=span_words(still)),
        )
    if earliest is not None and earliest == ends != runbook:
        text = msg(
            "grace lasts at least {span_words}, until {words}",
            span_words=span_words(plan.grace.minimum or timedelta(0)),
            words=zone.words(earliest),
        )
        yield Reason(kind=ReasonKind.MINIMUM, text=text, until=earliest)


def _rule(plan: Plan, anchors: dict[Anchor, datetime], runbook: datetime | None) -> str:
    grace, zone = plan.grace, plan.grace.calendar.zone
    anchor, what = anchors[grace.anchor], _ANCHOR_WORDS[grace.anchor]
    parts = [span_words(grace.offset)] if grace.offset else []
    parts += [msg("{abs} business days", abs=abs(grace.business_days))] if grace.business_days else []
    back = (grace.offset or timedelta(days=grace.business_days)) < timedelta(0)
    both = msg("{span} and {days}", span=parts[0], days=parts[1]) if len(parts) > 1 else joined("", parts[:1])
    counted = (
        msg("{both} before {what}", both=both, what=what) if back else msg("{both} after {what}", both=both, what=what)
    )
    counted = counted if parts else msg("with {what}", what=what)
    rolled = "" if grace.land_on is LandOn.ANY_DAY else msg(", in business hours")
    ends = f" ({zone.words(runbook)})" if runbook else ""
    return msg(
        "grace ends {counted}, {words}{rolled}{ends}",
        counted=counted,
        words=zone.words(anchor),
        rolled=rolled,
        ends=ends,
    )


def _move(plan: Plan, move: Extension) -> Reason:
    shorter = move.shortens
    to = plan.grace.calendar.zone.words(move.to)
    did = "shortened" if shorter else "extended"
    text = msg(
        "{name} {did} it by {span_words} to {to} ({id}): {reason}",
        name=move.by.name,
        did=did,
        span_words=span_words(move.span),
        to=to,
        id=move.id,
        reason=move.reason,
    )
    kind = ReasonKind.SHORTENING if shorter else ReasonKind.EXTENSION
    return Reason(kind=kind, text=text, until=move.to, by=move.by)


def _freezes(plan: Plan, state: RunState, now: datetime) -> Iterator[Reason]:
    """The freezes in force, and those into which the end of grace would fall."""
    zone, ends = plan.grace.calendar.zone, grace_end(plan, state)
    forced, until = in_force(plan, state, now), _free_from(plan, state)
    who = {each.freeze.id: each for each in state.freezes}
    for freeze in freezes_of(plan, state):
        met = ends is not None and until is not None and freeze.begins < until and freeze.ends > max(ends, now)
        if freeze not in forced and not met:
            continue
        by, ends_at = who.get(freeze.id), None if freeze.never_ends else freeze.ends
        said = (
            msg(", set by {name}: {reason}", name=by.by.name, reason=by.reason)
            if by
            else msg(", by {source}", source=freeze.source)
            if ends_at
            else ""
        )
        actor: Actor | None = by.by if by else None
        yield Reason(kind=ReasonKind.FREEZE, text=freeze.words(zone) + said, until=ends_at, by=actor)


def _holds(plan: Plan, state: RunState, now: datetime) -> Iterator[Reason]:
    zone = plan.grace.calendar.zone
    stops = msg("; the clock stands still") if plan.grace.holds is HoldEffect.STOP_THE_CLOCK else ""
    for hold in holds.standing(state, now):
        what = msg("purge-only hold") if hold.scope is HoldScope.PURGE else "hold"
        until = msg(" until {words}", words=zone.words(hold.until)) if hold.until else ""
        text = msg(
            "{what} {id} by {name} since {words}{until}: {reason}{stops}",
            what=what,
            id=hold.id,
            name=hold.by.name,
            words=zone.words(hold.since),
            until=until,
            reason=hold.reason,
            stops=stops,
        )
        yield Reason(kind=ReasonKind.HOLD, text=text, until=hold.until, by=hold.by)


def _settling(plan: Plan, state: RunState, now: datetime) -> Iterator[Reason]:
    if state.settles_at is not None and now < state.settles_at:
        text = msg(
            "what was changed last can be noticed until {words}", words=plan.grace.calendar.zone.words(state.settles_at)
        )
        yield Reason(kind=ReasonKind.SETTLING, text=text, until=state.settles_at)
