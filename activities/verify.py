"""The activities that say who launched a run and who its decisions are from. They touch no provider."""

from collections.abc import Mapping
from datetime import datetime

from temporalio import activity

from activities._boundary import boundary, elsewhere
from activities.ports import AccessPort, ArrivalsPort
from unrack.contracts.verifying import (
    AdmitCall,
    AdmitResult,
    Checked,
    ToVerify,
    VerifyActivities,
    VerifyCall,
    VerifyResult,
)
from unrack.model.statement import Refusal, read_proof

_TOO_LATE = (Refusal.EXPIRED, Refusal.KEY_EXPIRED, Refusal.KEY_REVOKED)
"""What would not have been said of the same decision some time before."""


class Verify(VerifyActivities):
    """Asks whoever has the policy."""

    def __init__(self, access: AccessPort, arrivals: ArrivalsPort) -> None:
        """Ask `access`; `arrivals` knows when the server had what a run took in later."""
        self._access = access
        self._arrivals = arrivals

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
                found = await self._as_the_server_had_them(call, found)
            refused = [str(each.why) for each in found.checked if each.why is not None]
            log.info("decisions-verified", decisions=len(found.checked), refused=refused, policy=found.policy.version)
            return found

    async def _as_the_server_had_them(self, call: VerifyCall, found: VerifyResult) -> VerifyResult:
        """Judges anew what came too late for the run, and may have reached the server in time: no worker was there.

        The history says when the server had it. It is read only for what a good signature is over that would have
        counted at the earliest: whatever is forged or was too late all along costs no more than before.
        """
        late = {
            place: item.model_copy(update={"at": _earliest(item)})
            for place, (item, each) in enumerate(zip(call.decisions, found.checked, strict=True))
            if each.why in _TOO_LATE and item.proof is not None and item.since is not None and item.since < item.at
        }
        good = {place: late[place] for place, by in (await self._by(call, late)).items() if by.by is not None}
        if not good:
            return found
        had = await self._had(good)
        anew = await self._by(call, {place: good[place].model_copy(update={"at": at}) for place, at in had.items()})
        checked = tuple(anew.get(place, each) for place, each in enumerate(found.checked))
        return found.model_copy(update={"checked": checked})

    async def _by(self, call: VerifyCall, items: Mapping[int, ToVerify]) -> dict[int, Checked]:
        """What is said of `items`, by their places in the call."""
        if not items:
            return {}
        asked = call.model_copy(update={"decisions": tuple(items.values()), "keys": ()})
        return dict(zip(items, (await self._access.verify(asked)).checked, strict=True))

    async def _had(self, items: Mapping[int, ToVerify]) -> dict[int, datetime]:
        """Since when the server had them, as the run's history says; what is not a signal there is left out."""
        info = activity.info()
        proofs = {place: item.proof for place, item in items.items() if item.proof is not None}
        had = await self._arrivals.since_when(info.workflow_id or "", info.workflow_run_id or "", list(proofs.values()))
        return {place: at for place, at in zip(proofs, had, strict=True) if at is not None}


def _earliest(item: ToVerify) -> datetime:
    """The earliest time at which the server can have had it: not before it was signed."""
    if item.proof is None or item.since is None:
        return item.at
    return max(item.since, read_proof(item.proof).statement.at)
