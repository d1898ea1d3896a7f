"""Keeps a query from tearing a run apart that its worker has just taken up.

A query that was on its way when a worker died reaches the next worker with everything that has happened since. The SDK
then lets the workflow go through events for which no workflow task has come yet, and keeps it there. When the task
comes, only what is new in it is handed over: an update is recorded after what those events caused, while a replay
handles the update first, and no worker can go on with the run (seen on a real server, temporalio 1.35; ADR 21).

So a run is forgotten as soon as such a query is answered, and taken up from its history by the task.
"""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

from temporalio.bridge.proto.workflow_activation.workflow_activation_pb2 import WorkflowActivation
from temporalio.bridge.proto.workflow_completion.workflow_completion_pb2 import WorkflowActivationCompletion
from temporalio.worker import Worker, WorkflowInstance, WorkflowInstanceDetails, WorkflowRunner

_WITHOUT_A_TASK = "legacy_query"
"""The SDK's id of a query that comes by itself; one that comes with a workflow task has an id of its own."""


class ColdQueryRunner(WorkflowRunner):
    """Runs workflows like `runner`, and has a run forgotten after a query that may have carried it too far."""

    def __init__(self, runner: WorkflowRunner) -> None:
        """Stand around `runner`."""
        self._runner = runner
        self._forget: Callable[[str], None] = _nobody_remembers

    def serve(self, worker: Worker) -> None:
        """Let `worker` forget runs. Called on its event loop before it works; a replayer has nothing to forget."""
        loop, core = asyncio.get_running_loop(), worker._bridge_worker  # noqa: SLF001  # pyright: ignore[reportPrivateUsage] - the SDK offers no other way

        def forget(run_id: str) -> None:
            loop.call_soon_threadsafe(core.request_workflow_eviction, run_id)

        self._forget = forget

    def prepare_workflow(self, defn: Any) -> None:  # noqa: ANN401 - the SDK's own private type
        """As the runner does."""
        self._runner.prepare_workflow(defn)

    def create_instance(self, det: WorkflowInstanceDetails) -> WorkflowInstance:
        """As the runner does, with a look at what each activation is for."""
        return _Watched(self._runner.create_instance(det), self._forget)

    def set_worker_level_failure_exception_types(self, types: Sequence[type[BaseException]]) -> None:
        """As the runner does."""
        self._runner.set_worker_level_failure_exception_types(types)


class _Watched(WorkflowInstance):
    """One run, as long as a worker remembers it.

    The query comes right after the first thing that was not a replay. So it does, too, when a task had come and was
    answered; nothing tells the two apart here, and forgetting costs no more than one replay.
    """

    def __init__(self, instance: WorkflowInstance, forget: Callable[[str], None]) -> None:
        self._instance = instance
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

    def get_serialization_context(self, command_info: Any) -> Any:  # noqa: ANN401 - the SDK's own private types
        return self._instance.get_serialization_context(command_info)

    def get_external_store_context(self, command_info: Any) -> Any:  # noqa: ANN401 - the SDK's own private types
        return self._instance.get_external_store_context(command_info)

    def get_info(self) -> Any:  # noqa: ANN401 - as the SDK types it
        return self._instance.get_info()

    def get_thread_id(self) -> int | None:
        return self._instance.get_thread_id()


def _nobody_remembers(run_id: str) -> None:
    """A replayer is asked nothing, and keeps nothing."""
