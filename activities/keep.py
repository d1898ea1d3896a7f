"""The activity that reads and keeps evidence."""

from temporalio import activity

from activities._boundary import boundary
from activities._materials import gathered, kept
from activities.ports import EvidencePort, ProvidersPort
from unrack.contracts.activities import KeepActivities
from unrack.contracts.calls import CaptureResult, StepCall


class Keep(KeepActivities):
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
