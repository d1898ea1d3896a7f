"""The activity that asks the engine about the start of a run. It touches no provider."""

from temporalio import activity

from activities._boundary import boundary
from activities.ports import RunsPort
from unrack.contracts.starts import PredecessorCall, PredecessorResult, StartActivities


class Start(StartActivities):
    """Asks about the runs of the engine."""

    def __init__(self, runs: RunsPort) -> None:
        """Ask `runs`."""
        self._runs = runs

    @activity.defn(name="predecessor")
    async def predecessor(self, call: PredecessorCall) -> PredecessorResult:
        """Whether a start goes on from the execution that it names."""
        async with boundary(run=call.run) as log:
            found = PredecessorResult(misfit=await self._runs.misfit(call))
            log.info("predecessor-asked", execution=call.run_id, misfit=found.misfit)
            return found
