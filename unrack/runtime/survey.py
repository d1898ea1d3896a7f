"""What Temporal shows of the runs of one task queue: one visibility query, and a closer look only at what is odd."""

from collections import defaultdict
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta

from temporalio.client import Client, WorkflowExecution, WorkflowExecutionStatus, WorkflowQueryFailedError
from temporalio.common import SearchAttributeKey
from temporalio.service import RPCError

from unrack.contracts.reconciliation import (
    RECONCILE,
    How,
    Interference,
    ReconcileReport,
    RunSeen,
    Survey,
    SurveyCall,
)
from unrack.contracts.workflows import DECOMMISSION, MEMO_VIEW, REPORT_QUERY, shown_by
from unrack.model import progress
from unrack.model.errors import UnrackError
from unrack.model.ids import RunId
from unrack.model.service import ServiceRef
from unrack.model.state import RunReport, RunView
from unrack.runtime import remains
from unrack.runtime.pollers import pollers

ENDED_WITHIN = timedelta(days=30)
"""Runs that ended by themselves are looked at for so long; after that a service is no longer theirs."""

FRESH = timedelta(seconds=150)
"""A live worker renews its long poll at least every minute."""

_FAILED_OFTEN = 3
"""A workflow task may fail by chance, as when a worker runs out of memory; more often than this, it is the code."""

_PINNED_TO = SearchAttributeKey.for_keyword("TemporalWorkerDeploymentVersion")

_GONE = ", ".join(f"'{status}'" for status in ("Terminated", "Failed", "TimedOut", "Canceled"))


class EngineSurvey:
    """Surveys the runs of a Temporal namespace."""

    def __init__(self, client: Client) -> None:
        """Ask `client`."""
        self._client = client

    async def survey(self, call: SurveyCall) -> Survey:
        """See `SurveyCall`. A run that cannot be looked into is part of the answer.

        Raises:
            RPCError: the server does not answer.
        """
        served = await _served(self._client, call.queue)
        runs = [await self._seen(each, served) async for each in self._executions(call)]
        return Survey(
            runs=tuple(run for run in runs if run is not None), before=await last_report(self._client, call.queue)
        )

    async def _executions(self, call: SurveyCall) -> AsyncIterator[tuple[WorkflowExecution, ...]]:
        by_run: dict[str, list[WorkflowExecution]] = defaultdict(list)
        async for found in self._client.list_workflows(_query(call, datetime.now(UTC))):
            if not call.only or found.id in call.only:
                by_run[found.id].append(found)
        for found in by_run.values():
            if executions := remains.latest_first(found):
                yield executions

    async def _seen(self, executions: Sequence[WorkflowExecution], served: frozenset[str]) -> RunSeen | None:
        latest = executions[0]
        memo = await latest.memo_value(MEMO_VIEW, default=None, type_hint=RunView)
        if memo is None:
            return None
        view = shown_by(memo, latest.typed_search_attributes)
        seen = _shown(latest, view)
        if seen.outcome is not None:
            return seen
        try:
            return await (self._open(seen, executions, served) if seen.open else self._gone(seen, executions))
        except (UnrackError, RPCError, WorkflowQueryFailedError, RuntimeError) as error:
            return seen if seen.open else seen.model_copy(update={"interference": _unreadable(latest, error)})

    async def _open(self, seen: RunSeen, executions: Sequence[WorkflowExecution], served: frozenset[str]) -> RunSeen:
        stuck = await self._stuck(executions[0], served)
        if stuck:
            return seen.model_copy(update={"stuck": stuck})
        return seen.model_copy(update={"interference": await self._rewound(executions)})

    async def _gone(self, seen: RunSeen, executions: Sequence[WorkflowExecution]) -> RunSeen:
        """How the run came to its end; with the steps of before a reset that nothing went on from."""
        end = (await remains.remains_of(self._client, executions[0].id, executions[0].run_id)).interference
        try:
            best = (await remains.furthest(self._client, executions)).interference
        except UnrackError as error:
            end = end.model_copy(update={"reason": f"{end.reason} ({error.problem.message})"})
        else:
            kept = {"run_id": best.run_id, "changed": best.changed, "in_flight": best.in_flight}
            end = end.model_copy(update=kept)
        return seen.model_copy(update={"interference": end})

    async def _rewound(self, executions: Sequence[WorkflowExecution]) -> Interference | None:
        """The reset that the open run comes from, as long as there are steps that it does not know to be done."""
        async for before in remains.lineage(self._client, executions):
            handle = self._client.get_workflow_handle(executions[0].id, run_id=executions[0].run_id)
            now: RunReport = await handle.query(REPORT_QUERY, result_type=RunReport, rpc_timeout=remains.ANSWER_WITHIN)
            known = progress.changed(before.start.plan, now.state)
            lost = tuple(step for step in before.interference.changed if step not in known)
            if lost:
                return before.interference.model_copy(update={"how": How.RESET, "changed": lost, "in_flight": ()})
        return None

    async def _stuck(self, latest: WorkflowExecution, served: frozenset[str]) -> str:
        """Why no worker can go on with an open run; empty when one can."""
        build = latest.typed_search_attributes.get(_PINNED_TO)
        if build and build not in served:
            return f"it is pinned to the build {build}, and no worker of that build is there"
        description = await self._client.get_workflow_handle(latest.id, run_id=latest.run_id).describe()
        tries = description.raw_description.pending_workflow_task.attempt
        return f"its code failed {tries - 1} times in a row" if tries > _FAILED_OFTEN else ""


def _shown(latest: WorkflowExecution, view: RunView) -> RunSeen:
    """What visibility alone tells."""
    is_open = latest.status is WorkflowExecutionStatus.RUNNING
    return RunSeen(
        run=latest.id,
        run_id=latest.run_id,
        service=_service(latest.id, view),
        runbook=view.runbook,
        phase=view.phase,
        open=is_open,
        outcome=view.outcome if latest.status is WorkflowExecutionStatus.COMPLETED else None,
        scheduled=view.scheduled,
        no_return=view.no_return,
        since=(None if is_open else latest.close_time) or latest.start_time,
    )


def _service(run: str, view: RunView) -> ServiceRef:
    try:
        address = RunId.parse(run).address
    except ValueError:  # started by somebody under a name of their own
        address = None
    return ServiceRef(
        provider=view.provider, product=view.product, service=view.service, account=view.account, address=address
    )


def _unreadable(latest: WorkflowExecution, error: Exception) -> Interference:
    status = latest.status or WorkflowExecutionStatus.TERMINATED
    return Interference(
        how=remains.HOW.get(status, How.TERMINATED),
        run_id=latest.run_id,
        at=latest.close_time or latest.start_time,
        by="",
        unreadable=str(error)[:300],
    )


async def _served(client: Client, queue: str) -> frozenset[str]:
    """The builds whose workers asked for work lately, as ``deployment:build``."""
    since = datetime.now(UTC) - FRESH
    found = await pollers(client, queue)
    fresh = [poller for poller in found if poller.last_access_time.ToDatetime(tzinfo=UTC) > since]
    builds = [poller.deployment_options for poller in fresh]
    return frozenset(f"{build.deployment_name}:{build.build_id}" for build in builds)


async def last_report(client: Client, queue: str) -> ReconcileReport | None:
    """The newest report on `queue` that the server keeps."""
    query = f"WorkflowType = '{RECONCILE}' AND ExecutionStatus = 'Completed' AND TaskQueue = '{plain(queue)}'"
    found = [execution async for execution in client.list_workflows(query, limit=1)]
    if not found:
        return None
    handle = client.get_workflow_handle(found[0].id, run_id=found[0].run_id, result_type=ReconcileReport)
    return await handle.result()


def _query(call: SurveyCall, now: datetime) -> str:
    """Open runs, runs that are gone whenever that was, and those that ended by themselves lately."""
    since = (now - ENDED_WITHIN).isoformat()
    terms = [
        f"WorkflowType = '{DECOMMISSION}'",
        f"TaskQueue = '{plain(call.queue)}'",
        f"(ExecutionStatus = 'Running' OR ExecutionStatus IN ({_GONE}) OR CloseTime > '{since}')",
    ]
    return " AND ".join(terms)


def plain(text: str) -> str:
    """`text`, fit to stand between quotes in a visibility query.

    Raises:
        ValueError: it has a quote of its own; the server does not undo escapes reliably.
    """
    if "'" in text or "\\" in text:
        raise ValueError(f"{text!r} has no place in a visibility query")
    return text
