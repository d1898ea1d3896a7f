"""The activities of the holds of a whole installation: they read and signal runs, and touch no provider."""

from temporalio import activity

from activities._boundary import boundary, elsewhere, remember
from activities.ports import AccessPort, HoldsPort
from unrack.contracts.installation_holds import (
    JUDGE_ORDERS,
    HoldActivities,
    HoldsCall,
    HoldsResult,
    JudgeCall,
    KeysCall,
    KeysResult,
    SpreadCall,
    SpreadResult,
)
from unrack.model.installation_order import Judgement


class InstallationHolds(HoldActivities):
    """Works for the runs of the task queue that called it."""

    def __init__(self, holds: HoldsPort, access: AccessPort) -> None:
        """Read and spread `holds`; `access` says which of their orders count."""
        self._holds = holds
        self._access = access

    @activity.defn(name="installation-holds")
    async def installation_holds(self, call: HoldsCall) -> HoldsResult:
        """The holds that concern a run."""
        async with boundary(run=call.run) as log:
            found = await self._holds.over(activity.info().task_queue, call)
            with elsewhere():
                found = await self._access.ordered(found) if call.ruled else found
            found = found.model_copy(update={"waiting": ()})
            log.info(
                "installation-holds-read",
                standing=len(found.standing),
                lifted=len(found.lifted),
                left_out=found.left_out,
            )
            return found

    @activity.defn(name=JUDGE_ORDERS)
    async def judge_orders(self, call: JudgeCall) -> Judgement:
        """Which orders count, by the server's time at which each arrived."""
        async with boundary() as log:
            orders = await self._holds.dated(activity.info().task_queue, call.orders)
            with elsewhere():
                found = await self._access.judge(call.model_copy(update={"orders": orders}))
            refused = [str(each.why) for each in found.judged if each.why is not None]
            version = found.policy.version if found.policy is not None else None
            log.info("orders-judged", orders=len(found.judged), refused=refused, policy=version)
            return found

    @activity.defn(name="spread-hold")
    async def spread_hold(self, call: SpreadCall) -> SpreadResult:
        """Tells every open run that is meant. Another attempt tells again whoever does not show it."""
        async with boundary(hold=call.hold.id) as log:
            done = await self._holds.spread(
                activity.info().task_queue, call, lambda reached: remember((f"{reached} reached",))
            )
            log.info("hold-spread", lifted=call.lifted is not None, **done.model_dump(mode="json", exclude={"since"}))
            return done

    @activity.defn(name="spread-keys")
    async def spread_keys(self, call: KeysCall) -> KeysResult:
        """Has every open run look at its keys, unless what was registered does not rule: then nobody need know."""
        async with boundary() as log:
            with elsewhere():
                news = await self._access.key_news(call.registered)
            done = KeysResult(again_at=news.again_at)
            if news.rules or not call.registered:
                reached, not_reached = await self._holds.spread_keys(
                    activity.info().task_queue, lambda reached: remember((f"{reached} reached",))
                )
                done = done.model_copy(update={"reached": reached, "not_reached": not_reached})
            log.info("keys-spread", rules=news.rules, **done.model_dump(mode="json"))
            return done
