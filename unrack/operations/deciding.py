"""Sending decisions. The workflow judges; what is checked here only saves a person a round trip."""

from collections.abc import Iterable, Mapping
from datetime import timedelta
from uuid import uuid4

from temporalio.client import (
    Client,
    WorkflowExecutionStatus,
    WorkflowUpdateFailedError,
    WorkflowUpdateRPCTimeoutOrCancelledError,
)
from temporalio.service import RPCError, RPCStatusCode

from unrack.contracts.workflows import DECIDE_UPDATE
from unrack.model.decision import Answer, Decision, Envelope
from unrack.model.errors import Category, Problem, UnrackError
from unrack.model.form import Fault, Known, faults
from unrack.model.ids import undo_id, undone_step
from unrack.model.plan import Plan, PlannedStep, TaskForm
from unrack.operations.reporting import not_found
from unrack.runbook.diagnostics import did_you_mean

JUDGED_WITHIN = timedelta(seconds=20)
"""A worker that lives judges a decision in far less."""


def new_decision_id() -> str:
    """An id that no other decision has."""
    return f"cli-{uuid4().hex}"


async def decide(client: Client, run: str, decision: Decision) -> Answer:
    """Send `decision` to `run` and wait for the judgement.

    Raises:
        UnrackError: no such run, the run has ended (``CONFLICT``), or no worker judged in time (``UNAVAILABLE``).
    """
    handle = client.get_workflow_handle(run)
    open_ = False
    try:
        open_ = (await handle.describe()).status is WorkflowExecutionStatus.RUNNING
        if not open_:
            raise UnrackError(_ended(run))
        answer: Answer = await handle.execute_update(  # pyright: ignore[reportUnknownMemberType]
            DECIDE_UPDATE,
            Envelope(decision=decision),
            id=decision.id,
            result_type=Answer,
            rpc_timeout=JUDGED_WITHIN,
        )
        return answer  # noqa: TRY300
    except WorkflowUpdateRPCTimeoutOrCancelledError as error:
        raise UnrackError(_unjudged(run)) from error
    except WorkflowUpdateFailedError as error:
        raise UnrackError(_not_understood(run, error)) from error
    except RPCError as error:
        if error.status is not RPCStatusCode.NOT_FOUND:
            raise
        raise (UnrackError(_ended(run)) if open_ else not_found(run)) from error  # it may end while it is asked


def find_step(plan: Plan, text: str) -> str:
    """The full id of the step that a person means by `text`: its id, or its name without the phase when unique.

    Raises:
        UnrackError: the plan has no such step; the problem suggests the nearest (``INVALID``).
    """
    known = [*(step.id for step in plan.steps), *(undo_id(step.id) for step in plan.steps if step.undo)]
    if text in known:
        return text
    by_name = [step for step in known if undone_step(step) is None and step.partition(".")[2] == text]
    if len(by_name) == 1:
        return by_name[0]
    raise UnrackError(
        Problem(
            category=Category.INVALID,
            message=f"the plan of this run has no step '{text}'",
            suggestion=did_you_mean(text, known),
        )
    )


def form_of(plan: Plan, step: str) -> TaskForm:
    """The form of the human task `step`.

    Raises:
        UnrackError: `step` is not done by a person (``INVALID``).
    """
    undone = undone_step(step)
    planned = plan.step(undone or step)
    form = planned.task if undone is None else _undo_form(planned)
    if form is None:
        tasks = ", ".join(each.id for each in plan.steps if each.task) or "none"
        raise UnrackError(
            Problem(
                category=Category.INVALID,
                message=f"'{step}' is no task for a person: the run does it by itself",
                suggestion=f"tasks of this run: {tasks}; a parked step is resolved with `unrack resolve`",
            )
        )
    return form


def check_form(form: TaskForm, fields: Mapping[str, str], evidence: Iterable[str], known: Known) -> None:
    """Refuse what the workflow would refuse, before anything is sent.

    Args:
        form: What is asked for.
        fields: What was written.
        evidence: The types of the proofs.
        known: The provider's time and the days that the run knows.

    Raises:
        UnrackError: everything that is wrong, in one problem (``INVALID``).
    """
    wrong = faults(form, fields, evidence, known)
    if wrong:
        raise UnrackError(
            Problem(
                category=Category.INVALID,
                message=f"the form is not right: {'; '.join(_told(fault, form) for fault in wrong)}",
                suggestion="nothing was sent; see what is asked for with `unrack tasks`",
            )
        )


def _told(fault: Fault, form: TaskForm) -> str:
    names = [field.name for field in form.fields] + [wanted.type for wanted in form.evidence]
    nearest = "" if fault.known else did_you_mean(fault.name, names)
    return f"{fault.text}. {nearest}" if nearest.startswith("Did") else fault.text


def _undo_form(planned: PlannedStep) -> TaskForm | None:
    return planned.undo.task if planned.undo else None


def _ended(run: str) -> Problem:
    return Problem(
        category=Category.CONFLICT,
        message=f"the run {run} has ended; nothing can be decided there",
        suggestion=f"see how it ended with `unrack status {run}`",
        reference=run,
    )


def _unjudged(run: str) -> Problem:
    return Problem(
        category=Category.UNAVAILABLE,
        message=f"no worker judged the decision within {JUDGED_WITHIN.total_seconds():.0f} s; "
        "it may still be judged if a worker comes up now",
        suggestion="start a worker (`unrack up` or `python worker.py`), look with "
        f"`unrack status {run}`, and send the decision again if it is not there",
        reference=run,
    )


def _not_understood(run: str, error: WorkflowUpdateFailedError) -> Problem:
    return Problem(
        category=Category.INVALID,
        message=f"the run did not accept the decision: {error.cause}",
        suggestion="check that worker and command line are of the same version",
        reference=run,
    )
