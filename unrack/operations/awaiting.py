"""Tells what a run waits for, from whom, and who may act next. Pure: plan, report and time in, sentences out."""

from collections.abc import Iterable, Iterator
from datetime import datetime

from pydantic import Field, computed_field

from unrack.model import holds
from unrack.model.base import Frozen, Moment
from unrack.model.decision import Remedy
from unrack.model.lifecycle import Phase, StepKind, StepStatus
from unrack.model.message import joined, msg, verbatim
from unrack.model.message_text import MessageText
from unrack.model.people import normal_name
from unrack.model.plan import Plan
from unrack.model.rights import Action
from unrack.model.state import HoldOn, OpenTask, Parked, RunReport, RunState
from unrack.operations.consent import missing

_NOBODY = msg("nobody has to act")


class Awaited(Frozen):
    """One thing that a run waits for."""

    what: MessageText
    """A noun: ``2 approvals``, ``the task handover.remove-cross-connect``."""
    by: MessageText
    """Who brings it: people, the provider, or time."""
    may: MessageText = Field(default=_NOBODY, exclude=True)
    """Who may act next."""
    commands: tuple[str, ...] = ()
    """What they type: the one that acts first, then what is to be known before."""
    until: Moment | None = None
    """When it is late, or comes by itself."""

    @computed_field
    @property
    def next(self) -> str:
        """Who may act next, and with which command."""
        return joined(": ", (self.may, *map(verbatim, self.commands[:1])))


def awaited(report: RunReport, plan: Plan, at: datetime) -> tuple[Awaited, ...]:
    """Everything that the run waits for at the provider's time `at`, what stops it first; empty once it has ended."""
    return () if report.outcome else tuple(_awaited(report, plan, at))


def _awaited(report: RunReport, plan: Plan, at: datetime) -> Iterator[Awaited]:
    run, state = report.run, report.state
    full = holds.full(state, at)
    yield from (_hold(run, state, hold) for hold in full)
    if state.stopping is not None:
        yield Awaited(what=msg("the stop of {stopping}", stopping=state.stopping), by=msg("the worker"))
    yield from (_decision(run, state, parked) for parked in state.parked.values())
    yield from _effects(run, plan, state)
    yield from (_worker(name) for name, step in state.steps.items() if step.no_worker_since is not None)
    yield from (_task(run, state, task) for task in state.tasks.values() if not _held(plan, task, full))
    yield from _approvals(run, plan, state)
    yield from _provider(plan, state)
    if state.phase is Phase.GRACE and state.rollback is None:
        yield Awaited(what=msg("the end of grace"), by=msg("the calendar"), until=report.purge_not_before)


def _held(plan: Plan, task: OpenTask, full: tuple[HoldOn, ...]) -> bool:
    step = next((each for each in plan.steps if each.id == task.step), None)
    return step is not None and bool(full) and holds.stops(plan, step)


def _hold(run: str, state: RunState, hold: HoldOn) -> Awaited:
    action = Action.RELEASE_ALL if hold.from_all else Action.RELEASE
    command = f"unrack release --all --hold {hold.from_all}" if hold.from_all else f"unrack release {run}"
    return Awaited(
        what=msg("the release of the hold {id}", id=hold.id),
        by=verbatim(hold.by.name),
        may=_whoever(state, action),
        commands=(f"{command} --reason …", *_who(run, state, action)),
        until=hold.until,
    )


def _whoever(state: RunState, action: Action) -> str:
    """Who may do it, as far as a run knows: where a policy rules, it names them."""
    if state.access.stated:
        return msg("anybody")
    return msg("anybody with the right '{action}'", action=verbatim(action))


def _but(state: RunState, action: Action, others: Iterable[str]) -> str:
    """Like `_whoever`, without `others`."""
    names, may = dict.fromkeys(others), _whoever(state, action)
    return msg("{may} but {others}", may=may, others=verbatim(", ".join(names))) if names else may


def _who(run: str, state: RunState, action: Action, step: str | None = None) -> tuple[str, ...]:
    """The command that names the people by the policy that rules."""
    if state.access.stated:
        return ()
    return (f"unrack policy who {action} --run {run}{f' --step {step}' if step else ''}",)


def _decision(run: str, state: RunState, parked: Parked) -> Awaited:
    step, rights = parked.step, [Action.RETRY]
    may = msg("{whoever} may retry it", whoever=_whoever(state, Action.RETRY))
    if parked.may_skip:
        rights.append(Action.SKIP)
        rejected = state.steps[step].rejected_by if step in state.steps else ()
        launcher = (state.launched_by.name,) if state.access.duties.skipper else ()
        skips = _but(state, Action.SKIP, (*launcher, *(each.name for each in rejected)))
        may = msg("{may}, {skips} may leave it out", may=may, skips=skips)
    return Awaited(
        what=msg("a decision on {step}, parked ({value})", step=step, value=parked.reason.value),
        by=msg("an operator"),
        may=may,
        commands=(
            *(f"unrack resolve {run} {step} {right} --reason …" for right in rights),
            *(line for right in rights for line in _who(run, state, right, step)),
        ),
    )


def _effects(run: str, plan: Plan, state: RunState) -> Iterator[Awaited]:
    for step, asked in state.in_doubt.items():
        known = next((each for each in plan.steps if each.id == step), None)
        remedies = (Remedy.RETRY, Remedy.SKIP) if known is not None and plan.may_skip(known) else (Remedy.RETRY,)
        yield Awaited(
            what=msg("the effect of {step}", step=step),
            by=verbatim(plan.provider),
            may=msg("the run reads it; whoever knows may say so"),
            commands=tuple(f"unrack resolve {run} {step} {remedy} --reason …" for remedy in remedies),
            until=asked.late_at,
        )


def _worker(step: str) -> Awaited:
    may = msg("whoever runs the workers: start one, or see why none takes calls")
    return Awaited(
        what=msg("a worker for {step}", step=step), by=msg("operations"), may=may, commands=("unrack doctor",)
    )


def _task(run: str, state: RunState, task: OpenTask) -> Awaited:
    return Awaited(
        what=msg("the task {step}", step=task.step),
        by=msg("a person"),
        may=_whoever(state, Action.COMPLETE),
        commands=(f"unrack tasks {run} {task.step}", *_who(run, state, Action.COMPLETE, task.step)),
        until=task.deadline,
    )


def _approvals(run: str, plan: Plan, state: RunState) -> Iterator[Awaited]:
    gone = state.passed_no_return_at is not None or state.ended_by_provider is not None or state.rollback is not None
    lacking = 0 if gone or state.phase is Phase.PREFLIGHT else missing(plan, state)
    if not lacking:
        return
    given = [each.by.name for each in state.approvals if each.plan == plan.digest]
    launcher = [state.launched_by.name] if state.access.duties.launcher else []
    others = {normal_name(name): name for name in (*launcher, *given)}.values()
    many = msg("1 approval") if lacking == 1 else msg("{number} approvals", number=lacking)
    yield Awaited(
        what=many,
        by=msg("1 person") if lacking == 1 else msg("{number} people", number=lacking),
        may=_but(state, Action.APPROVE, others),
        commands=(f"unrack approve {run}", *_who(run, state, Action.APPROVE)),
    )


def _provider(plan: Plan, state: RunState) -> Iterator[Awaited]:
    for step in plan.steps:
        standing = state.steps.get(step.id)
        if step.kind is StepKind.AWAIT and standing is not None and standing.status is StepStatus.WAITING:
            yield Awaited(what=step.id, by=verbatim(plan.provider), until=standing.late_at)
