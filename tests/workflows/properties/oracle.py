"""Judges a run by the provider's ledger, by what people did and by the answers they got: not by the run's own state.

Written for these tests alone. It knows the rules from the design, and nothing of how the workflow keeps them.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta

from tests.workflows.plans import CABLE
from tests.workflows.properties.consent import (
    SETTLES,
    Record,
    agreed,
    alone,
    approved,
    corrections,
    held,
    settling,
    taken_back,
    went_on,
)
from tests.workflows.properties.world import ASK, CONFIRM, LAST_CALL, RELEASE, SCHEDULE, UNLOCK, Effect
from unrack.contracts.calls import NoticeKind
from unrack.model.decision import (
    Abort,
    Complete,
    Extend,
    FreezeRun,
    Reactivate,
    Reject,
    Remedy,
    Resolve,
    Shorten,
)
from unrack.model.lifecycle import Outcome, Timing
from unrack.model.state import RunReport

_BEFORE_END = timedelta(hours=48)
_AFTER_CABLE = timedelta(days=7)
_A_MOMENT = timedelta(seconds=1)
_RENEWED_WITHIN = timedelta(hours=2)
"""A run whose end was taken back waits by itself until the term has passed; one with a planned end waits for it."""
_NOTICED_WITHIN = timedelta(hours=1)
"""Trouble that comes between the last look and the call is nobody's fault."""


def violations(record: Record) -> list[str]:
    """Every rule that was broken, as ``rule: what happened``."""
    parts = (_once, _purge, went_on, alone, _way_back, _ends, _abort, _answers)
    return [text for part in parts for text in part(record)]


def _once(record: Record) -> Iterator[str]:
    for step in (CONFIRM, RELEASE, ASK):
        count = sum(effect.step == step and effect.what == "commit" for effect in record.world.effects)
        again = sum(isinstance(d, Resolve | Reject) for d, _ in record.said) if step == ASK else 0
        if count > 1 + again:
            yield f"once: {step} took effect {count} times"


def _purge(record: Record) -> Iterator[str]:
    for effect in record.world.effects:
        if effect.what == "commit" and effect.step == CONFIRM:
            yield from (f"{why}: confirmed at {effect.asked}" for why in _unclear(record, effect.asked, None))
        if effect.what == "commit" and effect.step in (RELEASE, ASK):
            held = _standing(record, effect.asked) + _frozen(record, effect.asked)
            yield from (f"{why}: {effect.step} at {effect.asked}" for why in held)
        if effect.what == "commit" and effect.step == ASK:
            yield from (f"{why}: asked at {effect.asked}" for why in settling(record, effect.asked))
        unasked = effect.what == "undo" or effect.step in (RELEASE, UNLOCK)
        if not unasked and not agreed(record, effect.order):
            yield f"approvals: {effect.what} of {effect.step} at {effect.asked}"
    end = natural_end(record)
    if end is not None and record.plan.timing is Timing.END_OF_TERM and not _tried_to_save(record, end):
        reasons = [_unclear(record, at, end) for at in _moments(record, end)]
        if all(reasons):
            yield from (f"{why}: the provider ended the service at {end}" for why in min(reasons, key=len))


def _moments(record: Record, end: datetime) -> list[datetime]:
    """When the point of no return may have been passed: each change between the end of grace and the last call."""
    first, last = end - _BEFORE_END, end - LAST_CALL
    changes = [answer.at for _, answer in record.said] + [at for each in record.world.troubles for at in each[:2] if at]
    changes += [at + SETTLES for at in corrections(record)]
    changes += [d.ends for d, _ in record.accepted(FreezeRun) if isinstance(d, FreezeRun)]
    changes += [_grace_over(record, end, last)]
    inside = [at for at in changes if first <= at < last]
    return [first, last, *inside, *(at + _A_MOMENT for at in inside), *(at - _A_MOMENT for at in inside)]


def _unclear(record: Record, at: datetime, end: datetime | None) -> list[str]:
    """Why nothing may be purged at a moment."""
    found = _standing(record, at) + _frozen(record, at)
    found += [] if approved(record, at) else ["approvals"]
    found += settling(record, at)
    found += [] if _proved(record, at) else ["evidence"]
    found += [] if at >= _grace_over(record, end, at) - _A_MOMENT else ["grace"]
    return found + (["preconditions"] if _in_trouble(record, at) else [])


def _proved(record: Record, at: datetime) -> bool:
    cable = any(
        isinstance(d, Complete) and d.step == CABLE and d.evidence and when <= at
        for d, when in record.accepted(Complete)
    )
    return cable and any(when <= at for when in record.world.captured)


def _standing(record: Record, at: datetime) -> list[str]:
    return ["hold"] if held(record, at) else []


def _frozen(record: Record, at: datetime) -> list[str]:
    freezes = [d for d, when in record.accepted(FreezeRun) if isinstance(d, FreezeRun) and when < at]
    return ["freeze"] if any(each.begins <= at < each.ends for each in freezes) else []


def _grace_over(record: Record, end: datetime | None, at: datetime) -> datetime:
    """The end of grace as extensions moved it."""
    gone = {move for move, when in taken_back(record) if when < at}
    over = _grace_begins(record, end)
    for number, (decision, when) in enumerate(record.accepted(Extend), 1):
        counts = when < at and f"e{number}" not in gone and when >= _scheduled(record, end)
        if counts and isinstance(decision, Extend) and decision.by_span is not None:
            over += decision.by_span
    return over


def _scheduled(record: Record, end: datetime | None) -> datetime:
    """Since when the end at this date has been scheduled: an extension of a term before it adds nothing to it."""
    since = [since for since, _, ends in record.world.schedules if ends == end]
    return since[-1] if since else record.plan.facts.clock.shown


def _grace_begins(record: Record, end: datetime | None) -> datetime:
    if end is not None:
        return end - _BEFORE_END
    done = [at for d, at in record.accepted(Complete) if isinstance(d, Complete) and d.step == CABLE]
    return (done[-1] if done else datetime.max.replace(tzinfo=record.plan.facts.clock.shown.tzinfo)) + (
        _AFTER_CABLE if done else timedelta(0)
    )


def _in_trouble(record: Record, at: datetime) -> bool:
    skipped = [
        when
        for d, when in record.accepted(Resolve)
        if isinstance(d, Resolve) and d.remedy is Remedy.SKIP and d.step == "purge.unchanged"
    ]
    standing = [
        since
        for since, until, _ in record.world.troubles
        if since < at - _NOTICED_WITHIN and (until is None or until > at)
    ]
    return any(not any(since < when <= at for when in skipped) for since in standing)


def natural_end(record: Record) -> datetime | None:
    """When the provider ended the service by itself, because nobody took the scheduled end back."""
    ends = [ends for _, until, ends in record.world.schedules if until is None]
    return ends[-1] if ends and record.until is not None and ends[-1] < record.until else None


def _tried_to_save(record: Record, end: datetime) -> bool:
    """Whether the run tried in time to take the end back, and the provider would not, or nobody resolved it."""
    return any(at <= end for at in record.world.unscheduling)


def _way_back(record: Record) -> Iterator[str]:
    end, effects = natural_end(record), record.world.effects
    gone = [effect.at for effect in effects if effect.step == CONFIRM and effect.what == "commit"]
    gone += [end] if end is not None and not _tried_to_save(record, end) else []
    undone = [effect for effect in effects if effect.what == "undo" and gone and effect.asked > min(gone)]
    yield from (f"no-return: {effect.step} was undone at {effect.asked}" for effect in undone)
    tried = [at for at in record.world.unscheduling if gone and at > min(gone)]
    yield from (f"no-return: the end was to be taken back at {at}" for at in tried)
    turned = [at for _, at in record.accepted(Reactivate)]
    after = [e for e in effects if e.what == "commit" and e.step != ASK and turned and e.asked > min(turned)]
    yield from (f"reactivated: {effect.step} was called at {effect.asked}" for effect in after)
    if record.report is not None and record.report.outcome is Outcome.REACTIVATED:
        skipped = {d.step for d, _ in record.accepted(Resolve) if isinstance(d, Resolve) and d.remedy is Remedy.SKIP}
        left = [step for step in _in_force(effects) if f"undo.{step}" not in skipped and step not in (SCHEDULE, UNLOCK)]
        yield from (f"reactivated: {step} was not undone" for step in left)


def _in_force(effects: list[Effect]) -> list[str]:
    last = {effect.step: effect.what for effect in effects}
    return [step for step, what in last.items() if what == "change"]


def _ends(record: Record) -> Iterator[str]:
    if record.idle is not None and record.idle_at is not None:
        yield from _nobody_is_named(record, record.idle, record.idle_at)
    if record.report is None:
        if not record.world.kept_the_end:
            yield "waits: the run did not end although everybody did their part"
    elif record.report.outcome not in (Outcome.CLOSED, Outcome.REACTIVATED, Outcome.ABORTED):
        yield f"waits: it ended as {record.report.outcome}"


def _nobody_is_named(record: Record, idle: RunReport, at: datetime) -> Iterator[str]:
    """A run that stands for months waits for somebody who was told so."""
    state = idle.state
    told = {(notice.kind, notice.step) for notice in record.world.told}
    waits = [(NoticeKind.TASK, step) for step in state.tasks] + [(NoticeKind.PARKED, step) for step in state.parked]
    yield from (f"waits: nobody was told of {step}" for kind, step in waits if (kind, step) not in told)
    asked = any(kind is NoticeKind.APPROVAL for kind, _ in told) and not approved(record, at)
    dated = any(at < ends + _RENEWED_WITHIN for _, _, ends in record.world.schedules)
    if not waits and not asked and not dated and not _standing(record, at):
        yield f"waits: it stands in {state.phase.value}, and nobody is named"


def _abort(record: Record) -> Iterator[str]:
    aborted = [at for _, at in record.accepted(Abort)]
    if record.report is not None and record.report.outcome is Outcome.ABORTED:
        aborted += record.cancelled
        yield from (f"abort: {effect.step} had been changed" for effect in record.world.effects)
    late = [effect for effect in record.world.effects if aborted and effect.asked > min(aborted)]
    yield from (f"abort: {effect.what} {effect.step} at {effect.asked}" for effect in late if record.accepted(Abort))


def _answers(record: Record) -> Iterator[str]:
    if record.answers_differ:
        yield "answers: the same decision got two answers"
    if record.accepted(Shorten):
        yield "grace: it was shortened, which the runbook does not allow"
