"""A layer around workflow instances, below interceptors: it sees each activation and what the workflow answers."""

from abc import abstractmethod
from collections.abc import Sequence
from typing import Any

from temporalio.worker import WorkflowInstance, WorkflowInstanceDetails, WorkflowRunner


class WrappingRunner(WorkflowRunner):
    """Runs workflows like `runner`; what inherits puts something around each instance."""

    def __init__(self, runner: WorkflowRunner) -> None:
        """Stand around `runner`."""
        self._runner = runner

    @abstractmethod
    def around(self, instance: WorkflowInstance) -> WorkflowInstance:
        """Return the instance that runs in place of `instance`."""

    def prepare_workflow(self, defn: Any) -> None:  # noqa: ANN401 - the SDK's own private type
        """As the runner does."""
        self._runner.prepare_workflow(defn)

    def create_instance(self, det: WorkflowInstanceDetails) -> WorkflowInstance:
        """As the runner does, with what goes around it."""
        return self.around(self._runner.create_instance(det))

    def set_worker_level_failure_exception_types(self, types: Sequence[type[BaseException]]) -> None:
        """As the runner does."""
        self._runner.set_worker_level_failure_exception_types(types)


class WrappingInstance(WorkflowInstance):
    """Does everything like `instance`; what inherits says what happens at an activation."""

    def __init__(self, instance: WorkflowInstance) -> None:
        """Stand around `instance`."""
        self._instance = instance

    def get_serialization_context(self, command_info: Any) -> Any:  # noqa: ANN401 - the SDK's own private types
        """As the instance does."""
        return self._instance.get_serialization_context(command_info)

    def get_external_store_context(self, command_info: Any) -> Any:  # noqa: ANN401 - the SDK's own private types
        """As the instance does."""
        return self._instance.get_external_store_context(command_info)

    def get_info(self) -> Any:  # noqa: ANN401 - as the SDK types it
        """As the instance does."""
        return self._instance.get_info()

    def get_thread_id(self) -> int | None:
        """As the instance does."""
        return self._instance.get_thread_id()
