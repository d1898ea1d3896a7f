"""Keeps a query from tearing a run apart that its worker has just taken up.

A query that was on its way when a worker died reaches the next worker with everything that has happened since. The SDK
then lets the workflow go through events for which no workflow task has come yet, and keeps it there. When the task
comes, only what is new in it is handed over: an update is recorded after what those events caused, while a replay
handles the update first, and no worker can go on with the run (seen on a real server, temporalio 1.35; ADR 21).

So a run is forgotten as soon as such a query is answered, and taken up from its history by the task.
"""

import asyncio
from collections.abc import Callable

from temporalio.bridge.proto.workflow_activation.workflow_activation_pb2 import WorkflowActivation
from temporalio.bridge.proto.workflow_completion.workflow_completion_pb2 import WorkflowActivationCompletion
from temporalio.worker import Worker, WorkflowInstance, WorkflowRunner

from unrack.temporal.wrapping_runner import WrappingInstance, WrappingRunner

_WITHOUT_A_TASK = "legacy_query"
"""The SDK's id of a query that comes by itself; one that comes with a workflow task has an id of its own."""


class QueryEvictionRunner(WrappingRunner):
    """Runs workflows like `runner`, and has a run forgotten after a query that may have carried it too far."""

    def __init__(self, runner: WorkflowRunner) -> None:
        """Stand around `runner`."""
        super().__init__(runner)
        self._forget: Callable[[str], None] = _nobody_remembers

    def serve(self, worker: Worker) -> None:
        """Let `worker` forget runs. Called on its event loop before it works; a replayer has nothing to forget."""
        loop, core = asyncio.get_running_loop(), worker._bridge_worker  # noqa: SLF001  # pyright: ignore[reportPrivateUsage] - the SDK offers no other way

        def forget(run_id: str) -> None:
            loop.call_soon_threadsafe(core.request_workflow_eviction, run_id)

        self._forget = forget

    def around(self, instance: WorkflowInstance) -> WorkflowInstance:
        """Looks at what each activation is for."""
        return _Watched(instance, self._forget)


class _Watched(WrappingInstance):
    """One run, as long as a worker remembers it.

    The query comes right after the first thing that was not a replay. So it does, too, when a task had come and was
    answered; nothing tells the two apart here, and forgetting costs no more than one replay.
    """

    def __init__(self, instance: WorkflowInstance, forget: Callable[[str], None]) -> None:
        super().__init__(instance)
        self._forget = forget
        self._went_on: set[int] = set()
        """How long the histories were that it saw when it went on."""

    def activate(self, act: WorkflowActivation) -> WorkflowActivationCompletion:
        done = self._instance.activate(act)
        queries = [job.query_workflow.query_id for job in act.jobs if job.HasField("query_workflow")]
        if not queries and not act.is_replaying:
            self._went_on.add(act.history_length)
        elif _WITHOUT_A_TASK in queries and len(self._went_on) == 1:
            self._forget(act.run_id)
        return done


def _nobody_remembers(run_id: str) -> None:
    """A replayer is asked nothing, and keeps nothing."""
