"""An adapter together with the address that its account calls: workers call providers through it, and only so.

Each read reports whether the provider is simulated, as the address itself proved. Before each changing request the
address has to prove it again. A plan for a simulator changes nothing at a real provider, and a plan for a real one
changes nothing at a simulator.
"""

from dataclasses import replace

from unrack.contracts.calls import (
    AccessCall,
    AccessResult,
    ChangeResult,
    CheckResult,
    CommitResult,
    ProbeResult,
    StepCall,
)
from unrack.contracts.simulator import KEY_VARIABLE
from unrack.model.credential_end import CredentialEnd
from unrack.model.errors import Category, Problem, UnrackError
from unrack.model.message import msg
from unrack.model.service import ServiceFacts, ServiceRef
from unrack.providers.base import Captured, Compared, Materials, OpenProvider, Polled
from unrack.providers.permission import asking_first
from unrack.providers.simulation import Simulation


class CheckedProvider:
    """See `unrack.providers.base.Provider`."""

    def __init__(self, adapter: OpenProvider, simulation: Simulation) -> None:
        """Call `adapter`, whose address `simulation` judges."""
        self.adapter = adapter
        self._simulation = simulation

    async def facts(self, service: ServiceRef) -> ServiceFacts:
        """See `Provider.facts`."""
        return await self.judged(await self.adapter.facts(service))

    async def judged(self, facts: ServiceFacts) -> ServiceFacts:
        """`facts`, with whether the provider is simulated, and how its clock runs then."""
        simulated = await self._simulation.answers()
        service = facts.service.model_copy(update={"simulated": simulated})
        return facts.model_copy(update={"service": service, "clock": await self._simulation.clock(facts.clock)})

    async def access(self, call: AccessCall) -> AccessResult:
        """See `Provider.access`."""
        return await self.adapter.access(call)

    async def credential_end(self) -> CredentialEnd | None:
        """See `Provider.credential_end`."""
        return await self.adapter.credential_end()

    async def check(self, call: StepCall, materials: Materials) -> CheckResult:
        """See `Provider.check`."""
        found = await self.adapter.check(call, materials)
        return found.model_copy(update={"clock": await self._simulation.clock(found.clock)})

    async def capture(self, call: StepCall, materials: Materials) -> Captured:
        """See `Provider.capture`."""
        found = await self.adapter.capture(call, materials)
        return replace(found, clock=await self._simulation.clock(found.clock))

    async def change(self, call: StepCall, materials: Materials) -> ChangeResult:
        """See `Provider.change`. Nothing is sent to a provider of another kind than the plan's."""
        with asking_first(lambda: self._require_as_planned(call)):
            return await self.adapter.change(call, materials)

    async def undo(self, call: StepCall, materials: Materials) -> ChangeResult:
        """See `Provider.undo`. Nothing is sent to a provider of another kind than the plan's."""
        with asking_first(lambda: self._require_as_planned(call)):
            return await self.adapter.undo(call, materials)

    async def commit(self, call: StepCall, materials: Materials) -> CommitResult:
        """See `Provider.commit`. Nothing is sent to a provider of another kind than the plan's."""
        with asking_first(lambda: self._require_as_planned(call)):
            return await self.adapter.commit(call, materials)

    async def probe(self, call: StepCall, materials: Materials) -> ProbeResult:
        """See `Provider.probe`."""
        found = await self.adapter.probe(call, materials)
        return found.model_copy(update={"clock": await self._simulation.clock(found.clock)})

    async def poll(self, call: StepCall, materials: Materials) -> Polled:
        """See `Provider.poll`."""
        found = await self.adapter.poll(call, materials)
        return replace(found, clock=await self._simulation.clock(found.clock))

    async def compare(self, service: ServiceRef, before: bytes) -> Compared:
        """See `Provider.compare`."""
        found = await self.adapter.compare(service, before)
        return replace(found, clock=await self._simulation.clock(found.clock))

    async def close(self) -> None:
        """Close the connections."""
        await self.adapter.close()
        await self._simulation.close()

    async def _require_as_planned(self, call: StepCall) -> None:
        """Raises `UnrackError` (``CONFLICT``) when the provider is simulated and the plan's is real, or the reverse."""
        simulated = await self._simulation.answers()
        if simulated is not call.service.simulated:
            raise UnrackError(_not_as_planned(call.service, simulated=simulated))


def _not_as_planned(service: ServiceRef, *, simulated: bool) -> Problem:
    provider, account = service.provider, service.account
    return Problem(
        category=Category.CONFLICT,
        message=msg(
            "nothing was sent: the {provider} account '{account}' leads to a simulator, and the plan was made "
            "for a real provider",
            provider=provider,
            account=account,
        )
        if simulated
        else msg(
            "nothing was sent: the {provider} account '{account}' leads to a real provider, and the plan was made "
            "for a simulator",
            provider=provider,
            account=account,
        ),
        suggestion=msg(
            "correct the account's endpoint, or {key_variable}, in the worker's environment; "
            "or abort this run, then plan and launch it anew for the provider that is meant",
            key_variable=KEY_VARIABLE,
        ),
    )
