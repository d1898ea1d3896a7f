"""DNS behind the provider's port. It has no service of its own: only checks, captures and looks."""

from collections.abc import Awaitable, Callable, Mapping

from unrack.contracts.calls import (
    AccessCall,
    AccessResult,
    ChangeResult,
    CheckResult,
    CommitResult,
    ProbeResult,
    StepCall,
)
from unrack.model.errors import Category, Problem, UnrackError
from unrack.model.message import msg
from unrack.model.service import Finding, ServiceFacts, ServiceRef
from unrack.providers.base import Captured, Compared, Materials, Polled
from unrack.providers.dns import checks, parameters, zone
from unrack.providers.dns.client import Asker
from unrack.providers.dns.credential import DnsCredential
from unrack.providers.dns.migration_check import Moves
from unrack.providers.dns.parameters import clock_of

CHECKS: Mapping[str, Callable[[Asker, StepCall], Awaitable[tuple[Finding, ...]]]] = {
    "dns.zone.check-delegation": checks.check_delegation,
    "dns.zone.check-not-serving": checks.check_not_serving,
}
CAPTURES: Mapping[str, Callable[[Asker, StepCall], Awaitable[Captured]]] = {"dns.zone.capture-zone": zone.capture_zone}
LOOKS = frozenset({"dns.zone.await-moved"})


class Dns:
    """The `unrack.providers.base.Provider` of the ``dns`` actions."""

    def __init__(self, credential: DnsCredential) -> None:
        """Ask as `credential` says; nothing is sent before the first call."""
        self.credential = credential
        self._moves = Moves()

    async def close(self) -> None:
        """Nothing is kept open."""

    async def facts(self, service: ServiceRef) -> ServiceFacts:
        """See `Provider.facts`; DNS is no service that could be cancelled."""
        raise UnrackError(_no_such(msg("the facts of {service}", service=service.service)))

    async def access(self, call: AccessCall) -> AccessResult:
        """See `Provider.access`: no right is needed, only a way to the resolvers."""
        asked = ", ".join(map(str, self.credential.resolvers))
        result = AccessResult(provider=call.provider, account=call.account, caller="anyone", endpoint=asked)
        return result.model_copy(update={"problem": await Asker(self.credential).trouble()})

    async def credential_end(self) -> None:
        """See `Provider.credential_end`: nothing here ends by itself."""

    async def check(self, call: StepCall, materials: Materials) -> CheckResult:  # noqa: ARG002
        """See `Provider.check`."""
        judge = CHECKS.get(call.action)
        if judge is None:
            raise UnrackError(_no_such(call.action))
        return CheckResult(findings=await judge(self._asker(call), call), clock=clock_of(call))

    async def capture(self, call: StepCall, materials: Materials) -> Captured:  # noqa: ARG002
        """See `Provider.capture`."""
        keep = CAPTURES.get(call.action)
        if keep is None:
            raise UnrackError(_no_such(call.action))
        return await keep(self._asker(call), call)

    async def poll(self, call: StepCall, materials: Materials) -> Polled:  # noqa: ARG002
        """See `Provider.look`."""
        if call.action not in LOOKS:
            raise UnrackError(_no_such(call.action))
        return await self._moves.look(self._asker(call), call)

    async def change(self, call: StepCall, materials: Materials) -> ChangeResult:  # noqa: ARG002
        """See `Provider.change`; nothing here changes anything."""
        raise UnrackError(_no_such(call.action))

    async def undo(self, call: StepCall, materials: Materials) -> ChangeResult:  # noqa: ARG002
        """See `Provider.undo`; nothing here changes anything."""
        raise UnrackError(_no_such(call.action))

    async def commit(self, call: StepCall, materials: Materials) -> CommitResult:  # noqa: ARG002
        """See `Provider.commit`; nothing here changes anything."""
        raise UnrackError(_no_such(call.action))

    async def probe(self, call: StepCall, materials: Materials) -> ProbeResult:  # noqa: ARG002
        """See `Provider.probe`; nothing here changes anything."""
        raise UnrackError(_no_such(call.action))

    async def compare(self, service: ServiceRef, before: bytes) -> Compared:  # noqa: ARG002  the port's signature
        """See `Provider.compare`; DNS is no service that could be restored."""
        raise UnrackError(_no_such(msg("a comparison of {service}", service=service.service)))

    def _asker(self, call: StepCall) -> Asker:
        return Asker(self.credential, parameters.resolvers(call))


def _no_such(what: str) -> Problem:
    return Problem(
        category=Category.INVALID,
        message=msg("DNS does not implement {what}", what=what),
        suggestion=msg("run `unrack runbook check`, and deploy workers of the version that launched the run"),
    )


ADAPTER = Dns
"""The adapter that `unrack.providers.registry` opens."""
