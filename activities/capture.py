"""The activities around evidence: it is read and kept, and looked for again before it counts."""

from temporalio import activity
from temporalio.exceptions import ApplicationError

from activities._boundary import boundary
from activities._materials import gathered, kept, located
from activities.ports import EvidencePort, ProvidersPort
from unrack.contracts.activities import CaptureActivities
from unrack.contracts.calls import (
    CaptureResult,
    CapturesResult,
    EvidenceCall,
    EvidenceResult,
    SeveralCall,
    StepCall,
)


class Capture(CaptureActivities):
    """Reads providers and keeps what they say."""

    def __init__(self, providers: ProvidersPort, evidence: EvidencePort) -> None:
        """Work with `providers` and `evidence`."""
        self._providers = providers
        self._evidence = evidence

    @activity.defn(name="capture")
    async def capture(self, call: StepCall) -> CaptureResult:
        """Reads from the provider and stores what it read."""
        async with boundary(run=call.run, step=call.step, action=call.action) as log:
            provider = self._providers.acting(call)
            read = await provider.capture(call, await gathered(self._evidence, call))
            evidence = await kept(self._evidence, read.records, f"provider:{call.action}", read.clock.shown)
            log.info("captured", note=read.note, evidence=[ref.sha256 for ref in evidence])
            return CaptureResult(evidence=evidence, note=read.note, effective_at=read.effective_at, clock=read.clock)

    @activity.defn(name="capture-several")
    async def capture_several(self, call: SeveralCall) -> CapturesResult:
        """Makes each; what fails is logged like any failure, and left to be made by itself with its own retries."""
        return CapturesResult(results=tuple([await self._captured(each) for each in call.calls]))

    async def _captured(self, call: StepCall) -> CaptureResult | None:
        try:
            return await self.capture(call)
        except ApplicationError:
            return None

    @activity.defn(name="locate")
    async def locate(self, call: EvidenceCall) -> EvidenceResult:
        """Reads each piece in the store and holds it against its digest and size."""
        async with boundary(run=call.run, step=call.step, action="locate") as log:
            found = await located(self._evidence, call.evidence)
            log.info("located", looked_for=len(call.evidence), missing=len(found.missing), altered=len(found.altered))
            return found
