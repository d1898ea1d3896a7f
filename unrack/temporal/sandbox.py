"""The sandbox that workflow code runs in: strict, an allow-list both for what is shared and for what may be imported.

Modules that are passed through are loaded once per process; everything in the workflows' own package is loaded anew
for each run, under the restrictions on clocks, randomness and I/O. Anything unlisted refuses to load, which stops the
worker at its start and names the module, instead of a run that cannot be replayed a year later. (The SDK's own policy
for this, ``RAISE_ON_UNINTENTIONAL_PASSTHROUGH``, would also refuse one module of the workflows importing another.)

A worker that serves shares the workflows' own modules too, after it loaded them once like this: loading them anew for
each run is a third of its work (ADR 19). Replays do the same; tests stay strict.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from temporalio.api.common.v1 import Payload, Payloads
from temporalio.bridge.proto.workflow_activation.workflow_activation_pb2 import WorkflowActivation
from temporalio.bridge.proto.workflow_completion.workflow_completion_pb2 import WorkflowActivationCompletion
from temporalio.converter import StorageDriverStoreContext
from temporalio.worker import (
    ExecuteWorkflowInput,
    WorkflowInboundInterceptor,
    WorkflowInstance,
    WorkflowInstanceDetails,
    WorkflowRunner,
)
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner, SandboxMatcher, SandboxRestrictions

from unrack.temporal.wrapping_runner import WrappingInstance

PASSED_THROUGH: dict[str, str] = {
    "pydantic": "validation is pure, and reloading it for each run costs a megabyte",
    "pydantic_core": "the compiled half of pydantic",
    "unrack.model": "frozen data without I/O; the import rules keep it so",
    "unrack.contracts": "names and signatures without implementation; the import rules keep it so",
}
"""Modules that workflow code may share beside the standard library and the SDK, and why that is safe."""

OWN_PACKAGE = "workflows"


@dataclass(frozen=True)
class _Unlisted(SandboxMatcher):
    """Matches every module that is neither listed nor inside something listed."""

    listed: frozenset[str] = frozenset()
    parents: frozenset[str] = frozenset()
    """Packages on the way to a listed module: they may be imported, what else they hold may not."""

    def match_access(self, context: object, *child_path: str, include_use: bool = False) -> bool:  # noqa: ARG002
        """Whether importing the module `child_path` is refused."""
        names = (".".join(child_path[:length]) for length in range(1, len(child_path) + 1))
        return ".".join(child_path) not in self.parents and self.listed.isdisjoint(names)


def sandbox_runner(*own: str) -> SandboxedWorkflowRunner:
    """The strict runner: for tests, and for the first load of every worker and replayer.

    Args:
        own: Packages or modules that hold workflow code; `OWN_PACKAGE` when none is given.
    """
    restrictions = SandboxRestrictions.default.with_passthrough_modules(*PASSED_THROUGH)
    listed = frozenset(restrictions.passthrough_modules) | frozenset(own or (OWN_PACKAGE,))
    parents = frozenset(name.rpartition(".")[0] for name in listed)
    unlisted = _Unlisted(listed=listed, parents=parents)
    return SandboxedWorkflowRunner(restrictions=replace(restrictions, invalid_modules=unlisted))


def sharing_runner(*own: str) -> WorkflowRunner:
    """The runner for a worker that serves, and for replays: strict at its start, then all runs share the modules.

    Args:
        own: As for `sandbox_runner`.
    """
    restrictions = SandboxRestrictions.default.with_passthrough_modules(*PASSED_THROUGH, *(own or (OWN_PACKAGE,)))
    return _Sharing(sandbox_runner(*own), SandboxedWorkflowRunner(restrictions=restrictions))


class _Sharing(WorkflowRunner):
    """Lets `strict` judge the code, and `shared` run it."""

    def __init__(self, strict: WorkflowRunner, shared: WorkflowRunner) -> None:
        self._strict = strict
        self._shared = shared

    def prepare_workflow(self, defn: Any) -> None:  # noqa: ANN401 - the SDK's own private type
        self._strict.prepare_workflow(defn)
        self._shared.prepare_workflow(defn)

    def create_instance(self, det: WorkflowInstanceDetails) -> WorkflowInstance:
        return _Uncoded(self._shared.create_instance(_apart_from_its_activation(det)))

    def set_worker_level_failure_exception_types(self, types: Sequence[type[BaseException]]) -> None:
        self._strict.set_worker_level_failure_exception_types(types)
        self._shared.set_worker_level_failure_exception_types(types)


class _Uncoded(WrappingInstance):
    """A run whose payloads pass through no codec and are stored nowhere else.

    For a codec's sake the SDK asks of each payload, up to seven times, which call it belongs to, and enters the sandbox
    each time to find out: a fifth of a worker's CPU.
    """

    def activate(self, act: WorkflowActivation) -> WorkflowActivationCompletion:
        return self._instance.activate(act)

    def get_serialization_context(self, command_info: Any) -> None:  # noqa: ANN401, ARG002 - the SDK's own private type
        return None

    def get_external_store_context(self, command_info: Any) -> StorageDriverStoreContext:  # noqa: ANN401, ARG002 - as above
        return StorageDriverStoreContext(target=None)


def _apart_from_its_activation(det: WorkflowInstanceDetails) -> WorkflowInstanceDetails:
    """`det` with copies of the messages that it keeps for as long as the run is in the cache.

    As they come, they are parts of the run's first activation, and each part keeps all of it in memory: the whole input
    of the run as it was sent, beside what was decoded from it.
    """
    last = Payloads()
    last.CopyFrom(det.last_completion_result)
    info = replace(det.info, raw_memo=_copies(det.info.raw_memo), headers=_copies(det.info.headers))
    interceptors = (*det.interceptor_classes, _OwnHeaders)
    return replace(det, info=info, last_completion_result=last, interceptor_classes=interceptors)


class _OwnHeaders(WorkflowInboundInterceptor):
    """Replaces the headers of a run's input by copies, for the same reason."""

    async def execute_workflow(self, input: ExecuteWorkflowInput) -> Any:  # noqa: A002, ANN401 - the SDK's own
        input.headers = _copies(input.headers)
        return await super().execute_workflow(input)


def _copies(payloads: Mapping[str, Payload]) -> dict[str, Payload]:
    copied = dict[str, Payload]()
    for name, payload in payloads.items():
        copied[name] = Payload()
        copied[name].CopyFrom(payload)
    return copied
