"""Going on with a run that ended in Temporal and not by itself, from the last state that it knew."""

from collections.abc import Callable
from dataclasses import dataclass

from temporalio.client import Client, WorkflowExecution, WorkflowExecutionStatus
from temporalio.exceptions import WorkflowAlreadyStartedError

from unrack.contracts.reconciliation import Interference
from unrack.contracts.workflows import TASK_QUEUE, Resumption
from unrack.model.base import Frozen
from unrack.model.decision import Actor
from unrack.model.errors import Category, Problem, UnrackError
from unrack.model.ids import RunId
from unrack.model.message import msg
from unrack.model.plan import Plan
from unrack.model.state import RunState
from unrack.model.statement import Proof
from unrack.operations.launching import begin
from unrack.providers.catalogue import ACTIONS
from unrack.temporal.interrupted import InterruptedRun, executions_of, furthest, interrupted_run


class Resumed(Frozen):
    """The interrupted run that a new run goes on from."""

    run: str
    plan_digest: str
    phase: str
    interference: Interference
    execution: str
    """Temporal's run id of the new execution, which a worker admits or refuses: `unrack.operations.admitting`."""


Prove = Callable[[Plan, RunState, Resumption], Proof]
"""Signs a resumption: a `Statement` for the run as it stood, whose act is the resumption with ``kind: resume``."""


@dataclass(frozen=True, slots=True)
class Resumer:
    """Who goes on with a run, and why."""

    by: Actor
    reason: str
    prove: Prove | None


async def resume(  # noqa: PLR0913 - which run, from where, and who says so
    client: Client,
    run: str,
    by: Actor,
    reason: str,
    *,
    source: str | None = None,
    plan: str | None = None,
    queue: str = TASK_QUEUE,
    prove: Prove | None = None,
) -> Resumed:
    """Start a new run for the same service, with the plan and the state of the one that is gone.

    Steps that were done stay done. What was in flight is begun again: a change reads first, an irreversible call is
    first read whether it happened.

    Args:
        client: Where the run was.
        run: Its full id.
        by: Who resumes.
        reason: Why, for everybody who reads the history.
        source: Temporal's id of the execution to go on from; None takes the last, or the one before a reset if that
            had come further.
        plan: Digest that the plan must have; None takes whatever the run carried.
        queue: The workers' task queue.
        prove: Signs the resumption, where a policy rules.

    Raises:
        UnrackError: the run is open or ended by itself, its plan is another one or none that today's version can run
            (``CONFLICT``), its state cannot be read now (``UNAVAILABLE``), or the server keeps nothing of it
            (``NOT_FOUND``; the problem names the plan to make anew).
    """
    left = await _left(client, run, source)
    state = _state(left)
    _refuse_misfit(left.start.plan, state, plan)
    execution = await _start(client, left, state, Resumer(by, reason, prove), queue)
    return Resumed(
        run=run,
        plan_digest=left.start.plan.digest,
        phase=state.phase.value,
        interference=left.interference,
        execution=execution,
    )


async def _left(client: Client, run: str, source: str | None) -> InterruptedRun:
    executions = await executions_of(client, run)
    if not executions:
        raise UnrackError(_forgotten(run))
    latest = executions[0].status
    if latest is WorkflowExecutionStatus.RUNNING:
        raise UnrackError(_open(run))
    if latest is WorkflowExecutionStatus.COMPLETED:
        raise UnrackError(_ended(run))
    if source is None:
        return await furthest(client, executions)
    _refuse_unknown(run, source, executions)
    return await interrupted_run(client, run, source)


def _refuse_unknown(run: str, source: str, executions: tuple[WorkflowExecution, ...]) -> None:
    """Only what this very run left behind: nothing from before it ended by itself once, as an earlier run did."""
    ours: list[str] = []
    for each in executions:
        if each.status is WorkflowExecutionStatus.COMPLETED:
            break
        ours.append(each.run_id)
    if source not in ours:
        raise UnrackError(
            Problem(
                category=Category.NOT_FOUND,
                message=msg("{run} has no execution '{source}' that it could go on from", run=run, source=source),
                suggestion=msg("it has: {join}", join=", ".join(ours)),
                reference=run,
            )
        )


def _state(left: InterruptedRun) -> RunState:
    if left.interference.unreadable:
        raise UnrackError(_unreadable(left))
    if left.state is None:
        raise UnrackError(_never_begun(left.run))
    if left.state.outcome is not None:
        raise UnrackError(_ended(left.run))
    return left.state


def _refuse_misfit(plan: Plan, state: RunState, demanded: str | None) -> None:
    """The state must be that of this plan, the plan the one that was meant, and its actions known today."""
    if demanded is not None and demanded != plan.digest:
        raise UnrackError(
            _other_plan(
                plan, msg("the plan has the digest {digest}, not {demanded}", digest=plan.digest, demanded=demanded)
            )
        )
    if state.plan_digest != plan.digest:
        raise UnrackError(
            _other_plan(
                plan,
                msg(
                    "its state belongs to the plan {plan_digest}, its plan is read as {digest}",
                    plan_digest=state.plan_digest,
                    digest=plan.digest,
                ),
            )
        )
    unknown = sorted({step.action for step in plan.steps if step.action and step.action not in ACTIONS})
    if unknown:
        raise UnrackError(_other_plan(plan, msg("this version has no action {join}", join=", ".join(unknown))))


async def _start(client: Client, left: InterruptedRun, state: RunState, who: Resumer, queue: str) -> str:
    plan, end = left.start.plan, left.interference
    resumption = Resumption(run_id=end.run_id, how=end.how.value, died_at=end.at, by=who.by, reason=who.reason)
    proof = who.prove(plan, state, resumption) if who.prove is not None else None
    start = left.start.model_copy(update={"plan": plan, "state": state, "resumed": resumption, "proof": proof})
    try:
        handle = await begin(client, start, queue)
    except WorkflowAlreadyStartedError as error:
        raise UnrackError(_open(left.run)) from error
    return handle.first_execution_run_id or ""


def _open(run: str) -> Problem:
    return Problem(
        category=Category.CONFLICT,
        message=msg("the run {run} is open; there is nothing to resume", run=run),
        suggestion=msg("look at it with `unrack status {run}`", run=run),
        reference=run,
    )


def _ended(run: str) -> Problem:
    return Problem(
        category=Category.CONFLICT,
        message=msg("the run {run} ended by itself; there is nothing to resume", run=run),
        suggestion=msg("see how it ended with `unrack status {run}`; the service takes a new plan", run=run),
        reference=run,
    )


def _never_begun(run: str) -> Problem:
    return Problem(
        category=Category.CONFLICT,
        message=msg("no worker ever began with {run}, so it touched nothing; there is nothing to resume", run=run),
        suggestion=msg("make the plan anew and launch it: unrack plan REQUEST.yaml"),
        reference=run,
    )


def _unreadable(left: InterruptedRun) -> Problem:
    return Problem(
        category=Category.UNAVAILABLE,
        message=msg(
            "the state of {run} at its end cannot be read: {unreadable}",
            run=left.run,
            unreadable=left.interference.unreadable,
        ),
        suggestion=msg(
            "start a worker of the version that ran it and try again (unrack doctor); or make a new plan with "
            "runbook {runbook}: what is removed already is found removed",
            runbook=left.start.plan.runbook,
        ),
        reference=left.interference.run_id,
    )


def _forgotten(run: str) -> Problem:
    try:
        known = RunId.parse(run)
    except ValueError:
        what = msg("the service's runbook")
    else:
        what = msg(
            "the runbook of {provider}-{product} and service {service}",
            provider=known.provider,
            product=known.product,
            service=known.service,
        )
        what += msg(" at {address}", address=known.address) if known.address else ""
    return Problem(
        category=Category.NOT_FOUND,
        message=msg("the server keeps nothing of a run {run}: there was none, or retention took its history", run=run),
        suggestion=msg(
            "make a new plan with {what}: unrack plan REQUEST.yaml; what is removed already is found removed, "
            "and `unrack reconcile` says what was known of it last",
            what=what,
        ),
        reference=run,
    )


def _other_plan(plan: Plan, why: str) -> Problem:
    return Problem(
        category=Category.CONFLICT,
        message=msg("{run_id} is not resumed: {why}", run_id=plan.run_id, why=why),
        suggestion=msg("make a new plan; what is removed already is found removed: unrack plan REQUEST.yaml"),
        reference=str(plan.run_id),
    )
