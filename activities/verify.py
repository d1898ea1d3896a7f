"""The activities that say who launched a run and who its decisions are from. They touch no provider."""

from temporalio import activity

from activities._boundary import boundary, elsewhere
from activities.ports import AccessPort
from unrack.contracts.verifying import AdmitCall, AdmitResult, VerifyActivities, VerifyCall, VerifyResult


class Verify(VerifyActivities):
    """Asks whoever has the policy."""

    def __init__(self, access: AccessPort) -> None:
        """Ask `access`."""
        self._access = access

    @activity.defn(name="admit")
    async def admit(self, call: AdmitCall) -> AdmitResult:
        """Whether a run may begin."""
        async with boundary(run=call.run) as log:
            with elsewhere():
                found = await self._access.admit(call)
            log.info("admitted" if found.access else "not-admitted", by=call.by, why=found.why, words=found.words)
            return found

    @activity.defn(name="verify")
    async def verify(self, call: VerifyCall) -> VerifyResult:
        """Who decisions are from."""
        async with boundary(run=call.run) as log:
            with elsewhere():
                found = await self._access.verify(call)
            refused = [str(each.why) for each in found.checked if each.why is not None]
            log.info("decisions-verified", decisions=len(found.checked), refused=refused, policy=found.policy.version)
            return found
