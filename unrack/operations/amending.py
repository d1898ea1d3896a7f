"""The effects of an amendment, told before anybody agrees to it. Pure; the run judges."""

from collections.abc import Iterable, Iterator, Mapping

from unrack.model.base import Frozen
from unrack.model.form import Known
from unrack.model.ids import undone_step
from unrack.model.lifecycle import StepStatus
from unrack.model.message_text import MessageText
from unrack.model.plan import Plan, PlannedStep, TaskForm
from unrack.model.progress import CALLS
from unrack.model.reliance import relying_on
from unrack.model.state import GivenApproval, RunState, StepState
from unrack.operations.consent import ABSENT
from unrack.operations.task_forms import check_form


class Change(Frozen):
    """One field or proof that is replaced."""

    name: str
    """The field's name, or the proof's type."""
    before: MessageText
    after: MessageText


class Amendment(Frozen):
    """The effects that an amendment would have."""

    step: str
    changes: tuple[Change, ...]
    again: tuple[MessageText, ...]
    """Steps that go by what is amended, and are asked or read again."""
    not_repeated: tuple[MessageText, ...]
    """Calls that went by it and were sent: they are not repeated; what differs parks."""
    approvals: tuple[GivenApproval, ...]
    """Approvals that stop counting: they were given on what is amended."""
    record_only: bool
    """Whether nothing is done again any more, so that the record alone is corrected."""


def amendment(
    plan: Plan, state: RunState, step: str, fields: Mapping[str, str], proofs: Mapping[str, str]
) -> Amendment | None:
    """Return the effects of amending `step`; None while it is not done, as there is nothing to amend.

    Args:
        plan: The run's plan.
        state: The run as it stands.
        step: The task's id.
        fields: The fields that change.
        proofs: The names of the new proofs, by type.
    """
    standing = state.steps.get(step)
    if standing is None or standing.status is not StepStatus.DONE:
        return None
    over = state.passed_no_return_at is not None or state.rollback is not None
    record_only = over or undone_step(step) is not None
    relying = () if record_only else _begun(plan, state, step)
    return Amendment(
        step=step,
        changes=tuple(_changes(standing, fields, proofs)),
        again=tuple(each.id for each in relying if each.kind not in CALLS),
        not_repeated=tuple(each.id for each in relying if each.kind in CALLS),
        approvals=() if record_only else tuple(_given_on(state, standing)),
        record_only=record_only,
    )


def check_amended(
    form: TaskForm, standing: StepState, fields: Mapping[str, str], proofs: Iterable[str], known: Known
) -> None:
    """Refuse an amendment after which the form would not be right, as the run would: judged is the whole form.

    Args:
        form: The task's form.
        standing: What was stated and proved.
        fields: The fields that change.
        proofs: The types of the new proofs.
        known: The provider's time and the days that the run knows.

    Raises:
        UnrackError: everything that is wrong, in one problem (``INVALID``).
    """
    types = {*(kept.type for kept in standing.evidence), *proofs}
    check_form(form, {**standing.fields, **fields}, types, known)


def _begun(plan: Plan, state: RunState, step: str) -> tuple[PlannedStep, ...]:
    """The steps that go by `step` and were begun or done."""
    return tuple(each for each in relying_on(plan, step) if _status(state, each) is not StepStatus.PENDING)


def _status(state: RunState, step: PlannedStep) -> StepStatus:
    return state.steps.get(step.id, StepState()).status


def _changes(standing: StepState, fields: Mapping[str, str], proofs: Mapping[str, str]) -> Iterator[Change]:
    for name, after in fields.items():
        yield Change(name=name, before=standing.fields.get(name, ABSENT), after=after)
    for kind, after in proofs.items():
        before = ", ".join(kept.name for kept in standing.evidence if kept.type == kind)
        yield Change(name=kind, before=before or ABSENT, after=after)


def _given_on(state: RunState, standing: StepState) -> Iterator[GivenApproval]:
    for approval in state.approvals:
        if standing.ended_at is not None and approval.at >= standing.ended_at:
            yield approval
