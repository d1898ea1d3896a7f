"""Activities that only look."""

import asyncio

from temporalio import activity
from temporalio.exceptions import ApplicationError

from activities._boundary import best_effort, boundary, result_or_problem
from activities._materials import forget_secrets, gathered, kept, proof_beside
from activities.ports import EvidencePort, ProvidersPort
from unrack.contracts.activities import ReadActivities
from unrack.contracts.calls import (
    AccessCall,
    AccessResult,
    CheckResult,
    ChecksResult,
    CompareCall,
    CompareResult,
    EffectStatus,
    FactsCall,
    PollResult,
    ProbeResult,
    SeveralCall,
    StepCall,
)
from unrack.model.credential_end import CredentialEnd
from unrack.model.errors import Problem
from unrack.model.service import ServiceFacts
from unrack.providers.one_call import one_call


class Read(ReadActivities):
    """Reads providers; changes nothing there."""

    def __init__(self, providers: ProvidersPort, evidence: EvidencePort) -> None:
        """Work with `providers` and `evidence`."""
        self._providers = providers
        self._evidence = evidence

    @activity.defn(name="read-facts")
    async def read_facts(self, call: FactsCall) -> ServiceFacts:
        """Read the service's facts from the provider, or return those that a person stated."""
        ref = call.service
        async with boundary(service=ref.service) as log:
            if call.stated is not None:
                facts = await self._providers.stated(ref, call.stated)
            else:
                provider = self._providers.get(ref.provider, ref.account)
                end = await result_or_problem(provider.credential_end)  # one that cannot be told is none to warn of
                facts = await provider.facts(ref)
                facts = facts.model_copy(update={"credential_end": None if isinstance(end, Problem) else end})
            log.info("facts-read", state=facts.state, findings=len(facts.findings))
            return facts

    @activity.defn(name="check-access")
    async def check_access(self, call: AccessCall) -> AccessResult:
        """Whether the credential works and what it lacks; an unusable one is an answer, not an error."""
        async with boundary(provider=call.provider, account=call.account) as log:
            found = await result_or_problem(lambda: self._providers.get(call.provider, call.account).access(call))
            unusable = isinstance(found, Problem)
            result = AccessResult(provider=call.provider, account=call.account, problem=found) if unusable else found
            if result.problem is None:
                result = result.model_copy(update={"end": await self._end(call)})
            known = {
                "given": self._providers.given(call.provider, call.account),
                "proxy": self._providers.proxy(call.provider, call.account),
            }
            result = result.model_copy(update=known)
            log.info("access-checked", missing=len(result.missing), problem=result.problem and result.problem.message)
            return result

    async def _end(self, call: AccessCall) -> CredentialEnd | None:
        end = await result_or_problem(lambda: self._providers.get(call.provider, call.account).credential_end())
        return None if isinstance(end, Problem) else end

    @activity.defn(name="check")
    async def check(self, call: StepCall) -> CheckResult:
        """Judges one precondition."""
        async with boundary(run=call.run, step=call.step, action=call.action) as log:
            provider = self._providers.acting(call)
            result = await provider.check(call, await gathered(self._evidence, call))
            blocking = sum(finding.blocking for finding in result.findings)
            log.info("checked", findings=len(result.findings), blocking=blocking)
            return result.model_copy(update={"proof": await proof_beside(self._evidence, call)})

    @activity.defn(name="check-several")
    async def check_several(self, call: SeveralCall) -> ChecksResult:
        """Judges each; what fails is logged like any failure, and left to be read by itself with its own retries.

        What several of them read is asked for once.
        """
        with one_call(side_by_side=True):
            results = tuple(await asyncio.gather(*map(self._checked, call.calls)))
        return ChecksResult(results=results, proof=await proof_beside(self._evidence, call))

    async def _checked(self, call: StepCall) -> CheckResult | None:
        try:
            return await self.check(call)
        except ApplicationError:
            return None

    @activity.defn(name="probe")
    async def probe(self, call: StepCall) -> ProbeResult:
        """Whether the irreversible call of this step took effect. Once it surely did, its secret is of no use."""
        async with boundary(run=call.run, step=call.step, action=call.action) as log:
            provider = self._providers.acting(call)
            result = await provider.probe(call, await gathered(self._evidence, call))
            if result.standing is EffectStatus.DONE:
                with best_effort(log, "secret-not-discarded"):
                    await forget_secrets(self._evidence, call)
            log.info("probed", standing=result.standing.value, note=result.note)
            return result

    @activity.defn(name="poll")
    async def poll(self, call: StepCall) -> PollResult:
        """Looks once at something the provider does in its own time."""
        async with boundary(run=call.run, step=call.step, action=call.action) as log:
            provider = self._providers.acting(call)
            seen = await provider.poll(call, await gathered(self._evidence, call))
            evidence = await kept(self._evidence, seen.records, f"provider:{call.action}", seen.clock.shown)
            log.info("looked", reached=seen.reached, note=seen.note)
            return PollResult(
                reached=seen.reached,
                note=seen.note,
                evidence=evidence,
                findings=seen.findings,
                look_again_at=seen.look_again_at,
                effective_at=seen.effective_at,
                clock=seen.clock,
                proof=await proof_beside(self._evidence, call),
            )

    @activity.defn(name="compare")
    async def compare(self, call: CompareCall) -> CompareResult:
        """Compares the configuration with the captured one."""
        async with boundary(run=call.run, service=call.service.service) as log:
            provider = self._providers.at(call.service)
            compared = await provider.compare(call.service, await self._evidence.get(call.before))
            evidence = await kept(self._evidence, compared.records, "provider:compare", compared.clock.shown)
            log.info("compared", differences=sum(not difference.expected for difference in compared.differences))
            return CompareResult(differences=compared.differences, evidence=evidence)
