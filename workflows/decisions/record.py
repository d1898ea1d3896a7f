"""Decisions on the record of a run: a remark, and what replaces a statement that was wrong."""

from datetime import datetime

from unrack.model import progress
from unrack.model.decision import Amend, Complete, Note
from unrack.model.errors import Category, Problem
from unrack.model.evidence import EvidenceRef
from unrack.model.ids import undone_step
from unrack.model.lifecycle import LIFECYCLE, ParkReason, StepKind, StepStatus
from unrack.model.message import joined, msg
from unrack.model.plan import PlannedStep, TaskForm
from unrack.model.reliance import relying_on
from unrack.model.service import Finding
from unrack.model.shortened import kept, quoted
from unrack.model.state import Parked, Replaced, StepState
from workflows.decisions import consent, task
from workflows.decisions.case import Case, Judgement, accepted, already, invalid, not_open
from workflows.decisions.grace import SETTLES
from workflows.decisions.parked import may_skip


def note(decision: Note) -> Judgement:
    """A remark is kept for everybody who reads the run; it decides nothing."""
    return accepted(msg("{short} remarks: {text}", short=decision.by.short, text=decision.text))


def amend(case: Case, decision: Amend) -> Judgement:
    """Replaces what was stated for a task; whatever relied on it is done again.

    After the point of no return, and in a rollback, it corrects the record and nothing else.
    """
    standing, form = case.state.steps.get(decision.step), _form(case, decision.step)
    if standing is None or form is None or standing.status is not StepStatus.DONE or standing.done_by is None:
        return not_open(
            msg(
                "{quoted} is no task that somebody has completed: there is nothing to amend",
                quoted=quoted(decision.step),
            )
        )
    merged = _merged(decision, standing)
    faults = task.faults(case, form, merged)
    if faults:
        return invalid(msg("{step} stays as it was stated: ", step=decision.step) + joined("; ", faults))
    if (merged.fields, set(merged.evidence)) == (standing.fields, set(standing.evidence)):
        return already(msg("{step} says so already", step=decision.step))
    stated_at = standing.ended_at
    was = _words(standing.fields, decision)
    _replace(case, decision, merged, standing)
    if _record_only(case, decision):
        what = msg(
            "{short} corrected the record of {step}: {reason}",
            short=decision.by.short,
            step=decision.step,
            reason=decision.reason,
        )
        consent.shown(case, what, decision.by)
        return accepted(msg("the record of {step} is corrected; nothing is done again any more", step=decision.step))
    return _followed_up(case, decision, was, stated_at)


def _record_only(case: Case, decision: Amend) -> bool:
    """Whether nothing can be done again any more: what was stated is done with, or the run goes back anyway."""
    state = case.state
    over = state.passed_no_return_at is not None or state.rollback is not None or state.ended_by_provider is not None
    return over or undone_step(decision.step) is not None


def _followed_up(case: Case, decision: Amend, was: str, stated_at: datetime | None) -> Judgement:
    case.state.settles_at = case.now + SETTLES
    what = msg(
        "{who} amended {step} ({was}): {reason}",
        who=decision.by.short,
        step=decision.step,
        was=was,
        reason=decision.reason,
    )
    given_again = consent.altered(case, what, decision.by, since=stated_at)
    again = [each.id for each in relying_on(case.plan, decision.step) if _again(case, each, decision)]
    _go_back(case, again)
    done = msg("; done again: {join}", join=", ".join(again)) if again else ""
    return accepted(
        msg(
            "{step} is amended{done}{given_again}; nothing is purged within a day of this",
            step=decision.step,
            done=done,
            given_again=given_again,
        )
    )


def _form(case: Case, step_id: str) -> TaskForm | None:
    planned = case.planned(step_id)
    if planned is None or undone_step(step_id) is None:
        return planned.task if planned is not None else None
    return planned.undo.task if planned.undo is not None else None


def _merged(decision: Amend, standing: StepState) -> Complete:
    types = {item.type for item in decision.evidence}
    others: tuple[EvidenceRef, ...] = tuple(item for item in standing.evidence if item.type not in types)
    return Complete.model_construct(  # unbounded here: what is too much does not fit the form, and is refused by it
        id=decision.id,
        by=decision.by,
        step=decision.step,
        fields={**standing.fields, **decision.fields},
        evidence=(*others, *decision.evidence),
    )


def _replace(case: Case, decision: Amend, merged: Complete, standing: StepState) -> None:
    if standing.done_by is None:
        return
    standing.replaced = (*standing.replaced, _was(case, decision, standing))
    standing.fields, standing.evidence = merged.fields, merged.evidence
    if decision.evidence and decision.step not in case.state.unproved:
        case.state.unproved = (*case.state.unproved, decision.step)
    standing.note = msg(
        "completed by {short}, amended by {short2}", short=standing.done_by.short, short2=decision.by.short
    )


def _was(case: Case, decision: Amend, standing: StepState) -> Replaced:
    return Replaced(
        fields=standing.fields,
        evidence=standing.evidence,
        by=standing.done_by or decision.by,
        at=standing.ended_at,
        amended_by=decision.by,
        amended_at=case.now,
        reason=kept(decision.reason),
    )


def _words(before: dict[str, str], decision: Amend) -> str:
    """``removed-on: 2026-11-20 → 2026-11-22``; a secret's reference is no secret."""
    fields = [
        msg("{name}: {before} → {after}", name=name, before=quoted(before.get(name, "nothing")), after=quoted(value))
        for name, value in decision.fields.items()
    ]
    return joined("; ", [*fields, *(msg("a new {type}", type=item.type) for item in decision.evidence)])[:500]


def _again(case: Case, step: PlannedStep, decision: Amend) -> bool:
    """Makes `step` due again, which went by what is amended; False when it has not been begun."""
    standing = case.state.steps.get(step.id)
    if standing is None or standing.status is StepStatus.PENDING:
        return False
    if step.kind in progress.CALLS:
        return standing.tries > 0 and _parked(case, step, decision)
    case.state.parked.pop(step.id, None)
    case.state.tasks.pop(step.id, None)
    case.state.steps[step.id] = standing.anew(standing.tries)
    if step.kind is StepKind.TASK and standing.done_by is not None:
        case.state.steps[step.id].replaced = (*standing.replaced, _was(case, decision, standing))
    return True


def _parked(case: Case, step: PlannedStep, decision: Amend) -> bool:
    """A changing call was made with what is wrong now. It is not repeated: a person decides about the difference."""
    problem = Problem(
        category=Category.CONFLICT,
        message=msg(
            "{title} was done with what {step} said before {short} amended it",
            title=step.title,
            step=decision.step,
            short=decision.by.short,
        ),
        suggestion=msg("See at the provider whether it must be done again: retry does it, skip leaves it as it is."),
    )
    found = Finding(subject="amended", text=problem.message, blocking=True)
    case.state.parked[step.id] = Parked(
        step=step.id,
        reason=ParkReason.BLOCKED,
        since=case.now,
        problem=problem,
        findings=(found,),
        may_skip=may_skip(case, step.id),
    )
    case.state.step(step.id).status = StepStatus.PARKED
    return True


def _go_back(case: Case, again: list[str]) -> None:
    """Sends the run back to the first phase that has something to do again."""
    phases = [step.phase for step in case.plan.steps if step.id in again]
    earlier = [phase for phase in phases if LIFECYCLE.index(phase) <= LIFECYCLE.index(case.state.phase)]
    if earlier:
        case.state.go_back_to = min((*earlier, case.state.go_back_to or case.state.phase), key=LIFECYCLE.index)
