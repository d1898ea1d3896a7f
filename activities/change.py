"""Activities that change a provider and may run twice with one effect."""

from temporalio import activity

from activities._boundary import boundary
from activities._materials import gathered
from activities._permission import to_its_end
from activities.ports import EvidencePort, ProvidersPort
from unrack.contracts.activities import ChangeActivities
from unrack.contracts.calls import ChangeResult, StepCall


class Change(ChangeActivities):
    """Changes providers, and takes changes back. An attempt that must wait ends with ``NOT_YET``."""

    def __init__(self, providers: ProvidersPort, evidence: EvidencePort) -> None:
        """Work with `providers` and `evidence`."""
        self._providers = providers
        self._evidence = evidence

    @activity.defn(name="change")
    async def change(self, call: StepCall) -> ChangeResult:
        """Brings the provider into the step's wanted state."""
        async with boundary(run=call.run, step=call.step, action=call.action) as log:
            provider = self._providers.acting(call)
            result = await to_its_end(provider.change(call, await gathered(self._evidence, call)))
            log.info("changed", already=result.already, note=result.note, references=result.references)
            return result

    @activity.defn(name="undo")
    async def undo(self, call: StepCall) -> ChangeResult:
        """Brings back the state that was captured before the step."""
        async with boundary(run=call.run, step=call.step, action=call.action) as log:
            provider = self._providers.acting(call)
            result = await to_its_end(provider.undo(call, await gathered(self._evidence, call)))
            log.info("undone", already=result.already, note=result.note, references=result.references)
            return result
