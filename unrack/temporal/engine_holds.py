"""The holds of the installation, as the activities of a worker read and spread them."""

from collections.abc import Callable
from datetime import UTC, datetime

from temporalio.client import Client

from unrack.contracts.installation_holds import HoldsCall, HoldsResult, SpreadCall, SpreadResult
from unrack.model.installation_order import WaitingOrder
from unrack.temporal.installation_holds import register_of
from unrack.temporal.spreading import Spread, Spreading
from unrack.temporal.spreading_keys import SpreadingKeys


class EngineHolds:
    """Reads and spreads holds through Temporal itself."""

    def __init__(self, client: Client) -> None:
        """Ask and signal by `client`."""
        self._client = client

    async def over(self, queue: str, call: HoldsCall) -> HoldsResult:
        """The holds of the installation that concern a run of `queue`.

        Raises:
            UnrackError: the register cannot be read now.
            RPCError: the server does not answer.
        """
        register = await register_of(self._client, queue)
        meant = (each for each in register.lifted if each.hold.which.matches(call.provider, call.account))
        lifted = tuple(each for each in meant if call.ruled or each.hold.id in call.known)
        now = datetime.now(UTC)
        return HoldsResult(
            standing=register.over(call.provider, call.account, now),
            lifted=lifted,
            waiting=register.waiting_over(call.provider, call.account, now),
        )

    async def dated(self, queue: str, orders: tuple[WaitingOrder, ...]) -> tuple[WaitingOrder, ...]:
        """Orders that the register of `queue` has not judged, with the server's time at which each arrived.

        Raises:
            UnrackError: the register cannot be read now.
            RPCError: the server does not answer.
        """
        arrived = {each.digest: each.at for each in (await register_of(self._client, queue)).unjudged}
        return tuple(each.model_copy(update={"at": arrived.get(each.digest, each.at)}) for each in orders)

    async def spread(self, queue: str, call: SpreadCall, told: Callable[[int], None]) -> SpreadResult:
        """Tells every open run of `queue` that is meant; `told` hears how many were reached.

        Raises:
            RPCError: the server does not answer.
        """

        def heard(so_far: Spread) -> None:
            told(len(so_far.reached))

        done = await Spreading(self._client, queue, call.hold, call.lifted, told=heard).through()
        recorded = (await register_of(self._client, queue)).hold(call.hold.id)
        return SpreadResult(
            reached=len(done.reached),
            confirmed=len(done.confirmed),
            not_reached=len(done.not_reached),
            since=recorded.since if recorded else None,
        )

    async def spread_keys(self, queue: str, told: Callable[[int], None]) -> tuple[int, int]:
        """Has every open run of `queue` look at its keys; how many were reached, and how many were not.

        Raises:
            RPCError: the server does not answer.
        """
        spreading = SpreadingKeys(self._client, queue, told)
        await spreading.through()
        return len(spreading.reached), len(spreading.not_reached)
