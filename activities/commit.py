"""The activity that makes irreversible calls. Temporal must not retry it: one attempt, then a probe."""

from temporalio import activity

from activities._boundary import Log, at_best, boundary
from activities._materials import forget_secrets, with_secrets
from activities._permission import to_its_end
from activities.ports import EvidencePort, ProvidersPort
from unrack.contracts.activities import CommitActivities
from unrack.contracts.calls import CommitResult, StepCall
from unrack.model.errors import REFUSALS, UnrackError


class Commit(CommitActivities):
    """Acts once."""

    def __init__(self, providers: ProvidersPort, evidence: EvidencePort) -> None:
        """Work with `providers` and `evidence`."""
        self._providers = providers
        self._evidence = evidence

    @activity.defn(name="commit")
    async def commit(self, call: StepCall) -> CommitResult:
        """Acts, unless the provider shows that it was done before.

        A secret is taken before and discarded once the outcome is certain: after a refusal the person is asked for a
        new one anyway. After an unknown outcome the next attempt may need it again.
        """
        async with boundary(act_once=True, run=call.run, step=call.step, action=call.action) as log:
            provider = self._providers.acting(call)
            try:
                result = await to_its_end(provider.commit(call, await with_secrets(self._evidence, call)))
            except UnrackError as error:
                if error.problem.category in REFUSALS:
                    await self._forget(log, call)
                raise
            log.info("committed", already=result.already, note=result.note, references=result.references)
            await self._forget(log, call)
            return result

    async def _forget(self, log: Log, call: StepCall) -> None:
        with at_best(log, "secret-not-discarded"):
            await forget_secrets(self._evidence, call)
