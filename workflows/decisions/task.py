"""Decisions on one step: a task is completed or rejected, a parked step is resolved."""

from collections.abc import Iterator
from datetime import date

from unrack.model.decision import Complete, Reject, Remedy, Resolve
from unrack.model.errors import Category, Problem
from unrack.model.ids import undone_step
from unrack.model.lifecycle import ParkReason, StepKind, StepStatus
from unrack.model.plan import FieldType, FormField, PlannedStep, TaskForm
from unrack.model.state import EndedThere, OpenTask, Parked, StepState
from unrack.model.terms import may_have_ended
from unrack.model.window import grace_end
from workflows.decisions.case import (
    Case,
    Judgement,
    accepted,
    already,
    conflict,
    invalid,
    not_open,
    refused,
    stamp,
)
from workflows.handed_over import renewed_for

HANDOVER_PREFIX = "handover:"


def complete(case: Case, decision: Complete) -> Judgement:
    """A task is done, if its form is filled in and its proof is there."""
    task = case.state.tasks.get(decision.step)
    if task is None:
        return _not_waiting(case, decision)
    faults = tuple(_faults(task.form, decision))
    if faults:
        return invalid(f"{decision.step} stays open: " + "; ".join(faults))
    step = case.state.step(decision.step)
    step.status, step.ended_at, step.done_by = StepStatus.DONE, case.now, decision.by
    step.fields, step.evidence = dict(decision.fields), decision.evidence
    step.note = f"completed by {decision.by.name}"
    del case.state.tasks[decision.step]
    return accepted(f"{decision.step} is done")


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
    case.state.step(decision.step).status = StepStatus.PARKED
    del case.state.tasks[decision.step]
    return accepted(f"{decision.step} is parked: {decision.reason}")


def resolve(case: Case, decision: Resolve) -> Judgement:
    """A parked step is tried again or left out, with a reason."""
    parked = case.state.parked.get(decision.step)
    asked = case.state.asked.get(decision.step)
    if asked is not None and decision.remedy is not Remedy.ENDED:
        return _take_over(case, decision, asked)
    if parked is None:
        return not_open(f"{decision.step} is not parked{_listed('; parked is', case.state.parked)}")
    if decision.remedy is Remedy.ENDED:
        return _ended_there(case, decision)
    if decision.remedy is Remedy.SKIP and not (parked.may_skip and may_skip(case, decision.step)):
        return _not_skipped(decision)
    step = case.state.step(decision.step)
    ended_by_hand = decision.remedy is Remedy.SKIP and _ends_without_its_call(case, decision.step)
    ends = grace_end(case.plan, case.state)
    if ended_by_hand and ends is not None and case.now < ends:
        return refused(f"{decision.step} is not skipped before grace ends, at {case.stamp(ends)}; retry it, or wait")
    if decision.remedy is Remedy.SKIP:
        _skip(case, step, decision)
        step.accepted = parked.findings
        if ended_by_hand:
            case.state.passed_no_return_at = case.now
    else:
        step.status, step.unanswered = StepStatus.PENDING, 0
        _renew_secret(case, decision.step)
    del case.state.parked[decision.step]
    return accepted(f"{decision.step} is {'skipped' if decision.remedy is Remedy.SKIP else 'tried again'}")


def _ends_without_its_call(case: Case, step: str) -> bool:
    """Whether a skip of `step` says that the service ended by hand, though the call for it surely took no effect.

    The point of no return, which was taken back then, is passed all the same. Not where a later call ends the service:
    the run goes on to that one, and what it goes by is read again.
    """
    due = case.plan.no_return
    if due is None or due.id != step or due.kind is not StepKind.COMMIT or case.state.passed_no_return_at is not None:
        return False
    after = case.plan.steps[case.plan.steps.index(due) + 1 :]
    later = any(each.point_of_no_return and each.kind is StepKind.COMMIT for each in after)
    return case.state.step(step).tries > 0 and not later


def _renew_secret(case: Case, step: str) -> None:
    """Puts back to its beginning what brings a new secret: the course does it again before `step`."""
    for other in renewed_for(case.plan, step):
        case.state.steps[other.id] = StepState(tries=case.state.step(other.id).tries)


def _ended_there(case: Case, decision: Resolve) -> Judgement:
    """The provider ended the service before its end could be taken back. The proof follows in the phase verify."""
    if not may_have_ended(case.plan, case.state, decision.step):
        return refused(f"{decision.step} has nothing to do with an end that comes by itself: retry it, or skip it")
    _skip(case, case.state.step(decision.step), decision)
    case.state.ended_there = EndedThere(by=decision.by, reason=decision.reason, at=case.now)
    del case.state.parked[decision.step]
    return accepted("the run purges nothing any more and goes on to what proves the end: handover and verification")


def _take_over(case: Case, decision: Resolve, asked: StepState) -> Judgement:
    """A person knows what became of a call without an answer, or looks for themselves: nobody has to wait longer."""
    if decision.remedy is Remedy.RETRY:
        asked.status, asked.unanswered = StepStatus.PENDING, 0
        return accepted(f"{decision.step} is sent again, unless the provider shows that it took effect")
    if not may_skip(case, decision.step):
        return _not_skipped(decision)
    _skip(case, asked, decision)
    return accepted(f"{decision.step} is skipped: by {decision.by.name}'s word it took effect")


def _skip(case: Case, step: StepState, decision: Resolve) -> None:
    step.status, step.ended_at, step.done_by = StepStatus.SKIPPED, case.now, decision.by
    step.skipped_because = decision.reason


def _not_skipped(decision: Resolve) -> Judgement:
    return refused(f"{decision.step} cannot be skipped: what follows relies on it. Retry it or turn the run round.")


def may_skip(case: Case, step: str) -> bool:
    """Whether an operator may leave `step` out. Undoing may always be left out: the rest is then done by hand."""
    return undone_step(step) is not None or case.plan.may_skip(case.plan.step(step))


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
