"""The plugin that makes a client's workers ours: the converter, and the sandbox in which workflows run.

Only who runs workflows needs it: a client that looks or decides needs the converter alone.
"""

from collections.abc import Awaitable, Callable

from temporalio.plugin import SimplePlugin
from temporalio.worker import Worker, WorkflowRunner

from unrack.temporal import task_time
from unrack.temporal.converter import DATA_CONVERTER
from unrack.temporal.query_eviction import QueryEvictionRunner
from unrack.temporal.sandbox import sharing_runner


def plugin(*own: str) -> SimplePlugin:
    """Converter and sandbox in one object, the same for clients, workers and replayers.

    Args:
        own: Packages or modules that hold workflow code, see `sharing_runner`.
    """

    def runner(_: WorkflowRunner | None) -> WorkflowRunner:  # one for each worker, which it must know
        return QueryEvictionRunner(sharing_runner(*own))

    return _Plugin("unrack", data_converter=DATA_CONVERTER, workflow_runner=runner)


class _Plugin(SimplePlugin):
    async def run_worker(self, worker: Worker, next: Callable[[Worker], Awaitable[None]]) -> None:  # noqa: A002 - the SDK's own name
        """Lets the runner know its worker, and the worker take in what a flood has sent."""
        task_time.give(worker)
        runner: object = worker.config(active_config=True).get("workflow_runner")  # pyright: ignore[reportUnknownMemberType] - the SDK's own gap
        if isinstance(runner, QueryEvictionRunner):
            runner.serve(worker)
        await super().run_worker(worker, next)
