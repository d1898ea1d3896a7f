"""Decisions on one step: a task is completed or rejected, a parked step is resolved."""

from unrack.model import form as forms
from unrack.model import holds
from unrack.model.decision import Complete, Reject
from unrack.model.errors import Category, Problem
from unrack.model.ids import undone_step
from unrack.model.known_days import known_days
from unrack.model.lifecycle import ParkReason, StepKind, StepStatus
from unrack.model.message import joined, msg
from unrack.model.plan import PlannedStep, TaskForm
from unrack.model.shortened import kept, quoted
from unrack.model.state import HoldOn, OpenTask, Parked, StepState
from workflows.decisions import consent
from workflows.decisions.case import (
    Case,
    Judgement,
    accepted,
    already,
    conflict,
    invalid,
    not_open,
    stamp,
)
from workflows.decisions.parked import may_skip

_REJECTED = " rejected the task: "
"""Stands between who rejected a task and why, in the English that is recorded."""


def complete(case: Case, decision: Complete) -> Judgement:
    """A task is done, if its form is filled in and its proof is there."""
    task = case.state.tasks.get(decision.step)
    if task is None:
        return _not_waiting(case, decision)
    wrong = faults(case, task.form, decision)
    if wrong:
        return invalid(msg("{step} stays open: ", step=decision.step) + joined("; ", wrong))
    step = case.state.step(decision.step)
    step.status, step.ended_at, step.done_by = StepStatus.DONE, case.now, decision.by
    step.fields, step.evidence = dict(decision.fields), decision.evidence
    step.while_held = tuple(hold.id for hold in _against(case, decision.step))
    held = msg(", while {join} stood", join=", ".join(step.while_held)) if step.while_held else ""
    step.note = msg("completed by {short}{held}", short=decision.by.short, held=held)
    del case.state.tasks[decision.step]
    if case.plan.provider_end is not None and decision.step == case.plan.provider_end.step:
        case.state.scheduled = True  # now, wherever the run is: its date counts from here
    return accepted(msg("{step} is done{held}", step=decision.step, held=held))


def faults(case: Case, form: TaskForm, decision: Complete) -> tuple[str, ...]:
    """The faults of `decision` against `form`, in words; empty when it fits."""
    known = known_days(case.plan, case.state, case.now)
    given = [item.type for item in decision.evidence]
    return tuple(fault.text for fault in forms.faults(form, decision.fields, given, known))


def _against(case: Case, step: str) -> tuple[HoldOn, ...]:
    """The holds under which nobody was to do `step`: what a person did all the same is taken as what happened."""
    planned = case.planned(step)
    stopped = undone_step(step) is None and planned is not None and holds.stops(case.plan, planned)
    return holds.full(case.state, case.now) if stopped else ()


def reject(case: Case, decision: Reject) -> Judgement:
    """A task cannot be done as written: it parks, and an operator decides."""
    task = case.state.tasks.get(decision.step)
    if task is None:
        parked = case.state.parked.get(decision.step)
        if parked and parked.reason is ParkReason.REJECTED and _same_rejection(parked, decision):
            return already(
                msg("{step} is parked for this reason since {stamp}", step=decision.step, stamp=stamp(parked.since))
            )
        return _closed(case, decision.step)
    problem = Problem(
        category=Category.INVALID,
        message=_rejection(decision),
        suggestion=msg("Settle what stands in the way and open the task again (retry), or roll the run back."),
    )
    case.state.parked[decision.step] = Parked(
        step=decision.step,
        reason=ParkReason.REJECTED,
        since=case.now,
        problem=problem,
        may_skip=may_skip(case, decision.step),
    )
    step = case.state.step(decision.step)
    step.status, step.rejected_by = StepStatus.PARKED, (*step.rejected_by, decision.by)
    del case.state.tasks[decision.step]
    what = msg("{who} rejected {step}: {reason}", who=decision.by.short, step=decision.step, reason=decision.reason)
    consent.shown(case, what, decision.by)
    return accepted(msg("{step} is parked: {quoted}", step=decision.step, quoted=quoted(decision.reason)))


def _rejection(decision: Reject) -> str:
    return kept(msg("{short} rejected the task: {reason}", short=decision.by.short, reason=decision.reason))


def _same_rejection(parked: Parked, decision: Reject) -> bool:
    """Whether it is parked for this reason already, whoever gave it."""
    given = parked.problem.message.partition(_REJECTED)[2]
    return given == _rejection(decision).partition(_REJECTED)[2]


def _not_waiting(case: Case, decision: Complete) -> Judgement:
    step = case.state.steps.get(decision.step)
    if step is None or step.status is not StepStatus.DONE or step.done_by is None:
        return _closed(case, decision.step)
    if _same_completion(step, decision):
        return already(msg("{step} is done since {ended} with the same proof", step=decision.step, ended=_ended(step)))
    return conflict(
        msg(
            "{step} was completed by {short} at {ended} with something else",
            step=decision.step,
            short=step.done_by.short,
            ended=_ended(step),
        )
    )


def _same_completion(step: StepState, decision: Complete) -> bool:
    digests = {(item.type, item.sha256) for item in step.evidence}
    return (
        step.done_by is not None
        and step.done_by.is_same_as(decision.by)
        and step.fields == decision.fields
        and digests == {(item.type, item.sha256) for item in decision.evidence}
    )


def _closed(case: Case, step: str) -> Judgement:
    known = {planned.id: planned for planned in case.plan.steps}
    planned = known.get(undone_step(step) or step)
    waiting = _listed(msg("; open is"), case.state.tasks)
    if planned is None:
        return not_open(msg("the plan has no step '{quoted}'{waiting}", quoted=quoted(step), waiting=waiting))
    if planned.kind is not StepKind.TASK and undone_step(step) is None:
        return not_open(msg("{step} is automatic; nobody is asked to complete it{waiting}", step=step, waiting=waiting))
    return not_open(
        msg(
            "{step} does not wait for anybody now: it is {status}{waiting}",
            step=step,
            status=_status(case, step, planned),
            waiting=waiting,
        )
    )


def _status(case: Case, step: str, planned: PlannedStep) -> str:
    standing = case.state.steps.get(step)
    status = standing.status if standing else StepStatus.PENDING
    return (
        msg("still to come, in phase {value}", value=planned.phase.value)
        if status is StepStatus.PENDING
        else status.value
    )


def _listed(lead: str, entries: dict[str, OpenTask] | dict[str, Parked]) -> str:
    return msg("{lead} {steps}", lead=lead, steps=", ".join(entries)) if entries else ""


def _ended(step: StepState) -> str:
    return stamp(step.ended_at) if step.ended_at else msg("an unknown time")
