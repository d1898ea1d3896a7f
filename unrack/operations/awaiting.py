"""Tells what a run waits for, from whom, and who may act next. Pure: plan, report and time in, sentences out."""

from collections.abc import Iterator
from datetime import datetime

from unrack.model import holds
from unrack.model.base import Frozen, Moment
from unrack.model.decision import Remedy
from unrack.model.lifecycle import Phase, StepKind, StepStatus
from unrack.model.message import msg
from unrack.model.message_text import MessageText
from unrack.model.people import normal_name
from unrack.model.plan import Plan
from unrack.model.state import HoldOn, OpenTask, Parked, RunReport, RunState
from unrack.operations.consent import missing

_NOBODY = msg("nobody has to act")


class Awaited(Frozen):
    """One thing that a run waits for."""

    what: MessageText
    """A noun: ``2 approvals``, ``the task handover.remove-cross-connect``."""
    by: MessageText
    """Who brings it: people, the provider, or time."""
    next: MessageText
    """Who may act next, and with which command."""
    until: Moment | None = None
    """When it is late, or comes by itself."""


def awaited(report: RunReport, plan: Plan, at: datetime) -> tuple[Awaited, ...]:
    """Everything that the run waits for at the provider's time `at`, what stops it first; empty once it has ended."""
    return () if report.outcome else tuple(_awaited(report, plan, at))


def _awaited(report: RunReport, plan: Plan, at: datetime) -> Iterator[Awaited]:
    run, state = report.run, report.state
    full = holds.full(state, at)
    yield from (_hold(run, hold) for hold in full)
    if state.stopping is not None:
        yield Awaited(what=msg("the stop of {stopping}", stopping=state.stopping), by=msg("the worker"), next=_NOBODY)
    yield from (_decision(run, state, parked) for parked in state.parked.values())
    yield from _effects(run, plan, state)
    yield from (_worker(name) for name, step in state.steps.items() if step.no_worker_since is not None)
    yield from (_task(run, task) for task in state.tasks.values() if not _held(plan, task, full))
    yield from _approvals(run, plan, state)
    yield from _provider(plan, state)
    if state.phase is Phase.GRACE and state.rollback is None:
        yield Awaited(what=msg("the end of grace"), by=msg("the calendar"), next=_NOBODY, until=report.purge_not_before)


def _held(plan: Plan, task: OpenTask, full: tuple[HoldOn, ...]) -> bool:
    step = next((each for each in plan.steps if each.id == task.step), None)
    return step is not None and bool(full) and holds.stops(plan, step)


def _hold(run: str, hold: HoldOn) -> Awaited:
    command = f"unrack release --all --hold {hold.from_all}" if hold.from_all else f"unrack release {run}"
    may = msg("anybody, with a reason: {command}", command=command)
    return Awaited(what=msg("the release of the hold {id}", id=hold.id), by=hold.by.name, next=may, until=hold.until)


def _decision(run: str, state: RunState, parked: Parked) -> Awaited:
    command = f"unrack resolve {run} {parked.step} {Remedy.RETRY.value}"
    if not parked.may_skip:
        return _of_operator(parked, msg("anybody may retry it: {command}", command=command))
    rejected = state.steps[parked.step].rejected_by if parked.step in state.steps else ()
    others = ", ".join(dict.fromkeys((state.launched_by.name, *(each.name for each in rejected))))
    return _of_operator(
        parked,
        msg(
            "anybody may retry it, anybody but {others} may leave it out: {command}|skip",
            others=others,
            command=command,
        ),
    )


def _of_operator(parked: Parked, may: str) -> Awaited:
    return Awaited(
        what=msg("a decision on {step}, parked ({value})", step=parked.step, value=parked.reason.value),
        by=msg("an operator"),
        next=may,
    )


def _effects(run: str, plan: Plan, state: RunState) -> Iterator[Awaited]:
    for step, asked in state.in_doubt.items():
        known = next((each for each in plan.steps if each.id == step), None)
        remedies = "retry|skip" if known is not None and plan.may_skip(known) else "retry"
        may = msg(
            "the run reads it; whoever knows may say so: unrack resolve {run} {step} {remedies}",
            run=run,
            step=step,
            remedies=remedies,
        )
        yield Awaited(what=msg("the effect of {step}", step=step), by=plan.provider, next=may, until=asked.late_at)


def _worker(step: str) -> Awaited:
    may = msg("whoever runs the workers: start one, or see why none takes calls (unrack doctor)")
    return Awaited(what=msg("a worker for {step}", step=step), by="operations", next=may)


def _task(run: str, task: OpenTask) -> Awaited:
    may = msg("anybody: unrack tasks {run} {step}", run=run, step=task.step)
    return Awaited(what=msg("the task {step}", step=task.step), by="a person", next=may, until=task.deadline)


def _approvals(run: str, plan: Plan, state: RunState) -> Iterator[Awaited]:
    gone = state.passed_no_return_at is not None or state.ended_by_provider is not None or state.rollback is not None
    lacking = 0 if gone or state.phase is Phase.PREFLIGHT else missing(plan, state)
    if not lacking:
        return
    given = [each.by.name for each in state.approvals if each.plan == plan.digest]
    others = ", ".join({normal_name(name): name for name in (state.launched_by.name, *given)}.values())
    people = msg("1 person") if lacking == 1 else msg("{number} people", number=lacking)
    many = msg("1 approval") if lacking == 1 else msg("{number} approvals", number=lacking)
    yield Awaited(what=many, by=people, next=msg("anybody but {others}: unrack approve {run}", others=others, run=run))


def _provider(plan: Plan, state: RunState) -> Iterator[Awaited]:
    for step in plan.steps:
        standing = state.steps.get(step.id)
        if step.kind is StepKind.AWAIT and standing is not None and standing.status is StepStatus.WAITING:
            yield Awaited(what=step.id, by=plan.provider, next=_NOBODY, until=standing.late_at)
