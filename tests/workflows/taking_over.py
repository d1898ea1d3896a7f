"""The smallest run that takes the installation's holds over, to meet the moments that a whole run rarely meets."""

from temporalio import workflow

from unrack.contracts.workflows import DECISION_SIGNAL, RunStart
from unrack.model.decision import Envelope
from unrack.model.state import RunState
from workflows.context import RunContext
from workflows.decisions.judge import judge
from workflows.errors import StepStopped
from workflows.installation_holds import take_over


@workflow.defn(name="TakesOver")
class TakesOver:
    """Takes the holds over, twice, and shows its state; a read that failed for good is the answer."""

    @workflow.init
    def __init__(self, start: RunStart) -> None:
        self._run = RunContext(start)

    @workflow.run
    async def run(self, start: RunStart) -> RunState:  # noqa: ARG002 - as __init__
        """See the class."""
        try:
            await take_over(self._run)
            await take_over(self._run)
        except StepStopped as stop:
            self._run.note(f"stopped: {stop.problem.message}")
        return self._run.state

    @workflow.signal(name=DECISION_SIGNAL)
    def decision(self, envelope: Envelope) -> None:
        """Judges like a run."""
        judge(self._run.plan, self._run.state, envelope.decision, self._run.now())
