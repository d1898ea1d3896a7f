"""Decisions on one step: a task is completed or rejected, a parked step is resolved."""

from collections.abc import Iterator
from datetime import date

from unrack.model import holds
from unrack.model.decision import Complete, Reject
from unrack.model.errors import Category, Problem
from unrack.model.ids import undone_step
from unrack.model.lifecycle import ParkReason, StepKind, StepStatus
from unrack.model.plan import FieldType, FormField, PlannedStep, TaskForm
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

HANDOVER_PREFIX = "handover:"


def complete(case: Case, decision: Complete) -> Judgement:
    """A task is done, if its form is filled in and its proof is there."""
    task = case.state.tasks.get(decision.step)
    if task is None:
        return _not_waiting(case, decision)
    wrong = faults(case, task.form, decision)
    if wrong:
        return invalid(f"{decision.step} stays open: " + "; ".join(wrong))
    step = case.state.step(decision.step)
    step.status, step.ended_at, step.done_by = StepStatus.DONE, case.now, decision.by
    step.fields, step.evidence = dict(decision.fields), decision.evidence
    step.while_held = tuple(hold.id for hold in _against(case, decision.step))
    held = f", while {', '.join(step.while_held)} stood" if step.while_held else ""
    step.note = f"completed by {decision.by.name}{held}"
    del case.state.tasks[decision.step]
    return accepted(f"{decision.step} is done{held}")


def faults(case: Case, form: TaskForm, decision: Complete) -> tuple[str, ...]:  # noqa: ARG001
    """What of `decision` does not fit `form`; empty when all does."""
    return tuple(_faults(form, decision))


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
        if parked and parked.reason is ParkReason.REJECTED and parked.problem.message.endswith(decision.reason):
            return already(f"{decision.step} is parked for this reason since {stamp(parked.since)}")
        return _closed(case, decision.step)
    problem = Problem(
        category=Category.INVALID,
        message=f"{decision.by.name} rejected the task: {decision.reason}",
        suggestion="Settle what stands in the way and open the task again (retry), or turn the run round.",
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
    consent.shown(case, f"{decision.by.name} rejected {decision.step}: {decision.reason}", decision.by)
    return accepted(f"{decision.step} is parked: {decision.reason}")


def _not_waiting(case: Case, decision: Complete) -> Judgement:
    step = case.state.steps.get(decision.step)
    if step is None or step.status is not StepStatus.DONE or step.done_by is None:
        return _closed(case, decision.step)
    if _same_completion(step, decision):
        return already(f"{decision.step} is done since {_ended(step)} with the same proof")
    return conflict(f"{decision.step} was completed by {step.done_by.name} at {_ended(step)} with something else")


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
    waiting = _listed("; open is", case.state.tasks)
    if planned is None:
        return not_open(f"the plan has no step '{step}'{waiting}")
    if planned.kind is not StepKind.TASK and undone_step(step) is None:
        return not_open(f"{step} is automatic; nobody is asked to complete it{waiting}")
    return not_open(f"{step} does not wait for anybody now: it is {_status(case, step, planned)}{waiting}")


def _status(case: Case, step: str, planned: PlannedStep) -> str:
    standing = case.state.steps.get(step)
    status = standing.status if standing else StepStatus.PENDING
    return f"still to come, in phase {planned.phase.value}" if status is StepStatus.PENDING else status.value


def _faults(form: TaskForm, decision: Complete) -> Iterator[str]:
    fields = {field.name: field for field in form.fields}
    for name in sorted(decision.fields.keys() - fields.keys()):
        yield f"there is no field '{name}' (fields: {', '.join(fields) or 'none'})"
    for field in form.fields:
        yield from _field_faults(field, decision.fields.get(field.name, "").strip(), decision.fields)
    known = {wanted.type: wanted for wanted in form.evidence}
    given = {item.type for item in decision.evidence}
    for name in sorted(given - known.keys()):
        yield f"no evidence of type '{name}' is asked for (types: {', '.join(known) or 'none'})"
    for wanted in form.evidence:
        if wanted.required and wanted.type not in given:
            yield f"evidence '{wanted.type}' is missing ({wanted.title})"


def _field_faults(field: FormField, value: str, others: dict[str, str]) -> Iterator[str]:
    if not value:
        if field.required:
            yield f"field '{field.name}' is missing ({field.label})"
        return
    match field.type:
        case FieldType.CHOICE if value not in field.choices:
            yield f"field '{field.name}' is one of {', '.join(field.choices)}, not '{value}'"
        case FieldType.YES if value.casefold() not in ("yes", "true"):
            yield f"field '{field.name}' must be answered with yes: {field.label}"
        case FieldType.HANDOVER if not value.startswith(HANDOVER_PREFIX):
            yield (
                f"field '{field.name}' takes a reference made by 'unrack handover', not the secret itself; "
                "what was sent is in the history now, so ask the provider for a new one"
            )
        case FieldType.DATE:
            yield from _date_faults(field, value, others)
        case _:
            return


def _date_faults(field: FormField, value: str, others: dict[str, str]) -> Iterator[str]:
    day = _date(value)
    if day is None:
        yield f"field '{field.name}' is a date as 2026-11-23, not '{value}'"
        return
    earlier = _date(others.get(field.not_before or "", ""))
    if earlier is not None and day < earlier:
        yield f"field '{field.name}' ({value}) is before '{field.not_before}' ({earlier.isoformat()})"


def _date(value: str) -> date | None:
    try:
        return date.fromisoformat(value)
    except ValueError:
        return None


def _listed(lead: str, entries: dict[str, OpenTask] | dict[str, Parked]) -> str:
    return f"{lead} {', '.join(entries)}" if entries else ""


def _ended(step: StepState) -> str:
    return stamp(step.ended_at) if step.ended_at else "an unknown time"
