"""Starting runs. A run starts with the very plan that was shown."""

from datetime import timedelta
from typing import Any

from temporalio.client import Client, WorkflowExecutionStatus, WorkflowHandle
from temporalio.common import SearchAttributePair, TypedSearchAttributes, WorkflowIDConflictPolicy
from temporalio.exceptions import WorkflowAlreadyStartedError
from temporalio.service import RPCError, RPCStatusCode

from unrack.contracts.workflows import DECOMMISSION, MEMO_VIEW, PHASE, PRODUCT, PROVIDER, SERVICE, TASK_QUEUE, RunStart
from unrack.model import approvals
from unrack.model.decision import Actor
from unrack.model.errors import Category, Problem, UnrackError
from unrack.model.ids import RunId
from unrack.model.lifecycle import Phase
from unrack.model.message import joined, msg
from unrack.model.plan import Plan
from unrack.model.service import ServiceRef
from unrack.model.state import RunReport, RunView
from unrack.model.statement import Proof
from unrack.operations.admitting import Started
from unrack.operations.holding import refuse_held
from unrack.temporal.executions import OPEN


async def launch(client: Client, plan: Plan, by: Actor, queue: str = TASK_QUEUE, proof: Proof | None = None) -> str:
    """Start the run of `plan`; returns its id. See `start`."""
    return (await start(client, plan, by, queue, proof)).run


async def start(client: Client, plan: Plan, by: Actor, queue: str = TASK_QUEUE, proof: Proof | None = None) -> Started:
    """Have the server take the run of `plan`. Where a policy rules, `proof` is the signature on the plan.

    Whether it may begin a worker says: `unrack.operations.admitting`.

    Raises:
        UnrackError: the plan has blockers, the service has an open run, or a hold of the whole installation stands over
            it (``CONFLICT``).
    """
    refuse_blocked(plan)
    await refuse_held(client, queue, plan.service)
    try:
        handle = await begin(client, RunStart(plan=plan, launched_by=by, proof=proof), queue)
    except WorkflowAlreadyStartedError as error:
        raise UnrackError(_runs_already(str(plan.run_id))) from error
    return Started(handle.id, handle.first_execution_run_id or "")


async def begin(client: Client, start: RunStart, queue: str) -> WorkflowHandle[Any, RunReport]:
    """Start the workflow as runs believe it: under its plan's id, shown in lists as its plan and state have it.

    Raises:
        WorkflowAlreadyStartedError: the service has an open run.
    """
    plan, phase = start.plan, start.state.phase if start.state is not None else Phase.PREFLIGHT
    return await client.start_workflow(
        DECOMMISSION,
        start,
        id=str(plan.run_id),
        task_queue=queue,
        id_conflict_policy=WorkflowIDConflictPolicy.FAIL,
        search_attributes=attributes_of(plan, phase),
        memo={MEMO_VIEW: first_view(plan, phase)},
        static_summary=summary_of(plan),
        static_details=details_of(plan, start.launched_by),
        rpc_timeout=timedelta(seconds=20),
        result_type=RunReport,
    )


async def open_run(client: Client, run: RunId) -> str | None:
    """The id of the service's open run; None when it has none."""
    try:
        found = await client.get_workflow_handle(str(run)).describe()
    except RPCError as error:
        if error.status is RPCStatusCode.NOT_FOUND:
            return None
        raise
    return str(run) if found.status is WorkflowExecutionStatus.RUNNING else None


async def refuse_running(client: Client, run: RunId) -> None:
    """Refuse when the service has an open run.

    Raises:
        UnrackError: it has; the problem names its id (``CONFLICT``).
    """
    running = await open_run(client, run)
    if running is not None:
        raise UnrackError(_runs_already(running))


async def naming_open_runs(client: Client, service: ServiceRef, problem: Problem) -> Problem:
    """`problem`, met while the facts of `service` were read; it names the open runs of that id, at any address."""
    query = (
        f"WorkflowType = '{DECOMMISSION}' AND {OPEN} AND {PROVIDER.name} = '{service.provider}' "
        f"AND {PRODUCT.name} = '{service.product}' AND {SERVICE.name} = '{service.service}'"
    )
    found = sorted([each.id async for each in client.list_workflows(query, limit=10)])
    if not found:
        return problem
    told = msg("a service of this id has an open run: {join}", join=", ".join(found))
    return problem.model_copy(update={"suggestion": joined("; ", filter(None, (problem.suggestion, told)))})


def refuse_blocked(plan: Plan) -> None:
    """Refuse a plan that must not be launched.

    Raises:
        UnrackError: the plan has blockers (``CONFLICT``); the problem names each.
    """
    if plan.blockers:
        reasons = joined(
            "; ", (msg("{subject}: {text}", subject=finding.subject, text=finding.text) for finding in plan.blockers)
        )
        raise UnrackError(
            Problem(
                category=Category.CONFLICT,
                message=msg(
                    "the plan for {service} is blocked: {reasons}", service=plan.service.service, reasons=reasons
                ),
                suggestion=msg("remove what blocks, then plan again"),
            )
        )


def first_view(plan: Plan, phase: Phase = Phase.PREFLIGHT) -> RunView:
    """How the run shows in lists until its workflow says more."""
    return RunView(
        service=plan.service.service,
        provider=plan.provider,
        product=plan.product,
        title=plan.facts.title,
        phase=phase,
        timing=plan.timing.value,
        approvals_missing=approvals.people_wanted(plan.approval),
        plan_digest=plan.digest,
        rehearsal=plan.rehearsal,
        account=plan.service.account,
        runbook=plan.runbook,
        ticket=plan.request.ticket,
        owner=plan.request.owner,
    )


def attributes_of(plan: Plan, phase: Phase) -> TypedSearchAttributes:
    """Return the search attributes by which lists find a run from its first moment on."""
    return TypedSearchAttributes(
        [
            SearchAttributePair(PROVIDER, plan.provider),
            SearchAttributePair(PRODUCT, plan.product),
            SearchAttributePair(SERVICE, plan.service.service),
            SearchAttributePair(PHASE, phase.value),
        ]
    )


def summary_of(plan: Plan) -> str:
    """The run in one line, for Temporal's own web page."""
    return f"Cancel {plan.service.service}: {plan.runbook_title}"[:200]


def details_of(plan: Plan, by: Actor) -> str:
    """The run in a few lines, for Temporal's own web page."""
    lines = [
        msg(
            "Runbook {runbook} version {runbook_version}, {value}",
            runbook=plan.runbook,
            runbook_version=plan.runbook_version,
            value=plan.timing.value,
        ),
        msg(
            "Launched by {name} ({value}): {reason}", name=by.name, value=by.assurance.value, reason=plan.request.reason
        ),
        *((f"Ticket {plan.request.ticket}",) if plan.request.ticket else ()),
        *((f"Owner {plan.request.owner}",) if plan.request.owner else ()),
        f"Plan {plan.digest}",
    ]
    return "\n\n".join(lines)[:10_000]


def _runs_already(run: str) -> Problem:
    return Problem(
        category=Category.CONFLICT,
        message=msg("the service has an open run: {run}", run=run),
        suggestion=msg("look at it with `unrack status {run}`; a service has one run at a time", run=run),
        reference=run,
    )
