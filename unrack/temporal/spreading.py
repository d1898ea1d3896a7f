"""Tells every open run of a hold of the whole installation, or of its end. The command does it, and a worker once more.

One pass asks visibility for the open runs and signals those that were not reached yet; it goes round until two passes
in a row find none missing. A run launched meanwhile is found by the next pass, or reads the register by itself before
it changes anything. The signal's decision has the same id whoever sends it: twice is once.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import timedelta

from temporalio.client import Client, WorkflowExecution
from temporalio.service import RPCError, RPCStatusCode

from unrack.contracts.workflows import DECISION_SIGNAL, DECOMMISSION, MEMO_VIEW, PROVIDER, WAITING
from unrack.model.decision import Decision, Envelope, Hold, Release
from unrack.model.installation_hold import InstallationHold, LiftedHold, told_as
from unrack.model.state import RunView
from unrack.temporal.executions import OPEN
from unrack.temporal.visibility import plain

AT_ONCE = 40
"""Signals on their way to the server."""

MOST_PASSES = 20
"""Passes after which it tells how far it got: launches that never stop must not keep it for ever."""

BETWEEN_PASSES = timedelta(milliseconds=500)
"""Visibility shows a new run a moment after it was started."""

SENT_WITHIN = timedelta(seconds=20)


@dataclass(slots=True)
class Spread:
    """How far it got, by run id. Runs that ended meanwhile are in none of these."""

    reached: set[str] = field(default_factory=set[str])
    """The server has the signal."""
    confirmed: set[str] = field(default_factory=set[str])
    """The run shows it."""
    not_reached: dict[str, str] = field(default_factory=dict[str, str])
    """Why the server did not take the signal."""


Told = Callable[[Spread], None]
"""Called whenever it got further."""


def _nobody(_: Spread) -> None:
    pass


class Spreading:
    """Tells the open runs of one task queue of one hold, or of its end."""

    def __init__(
        self,
        client: Client,
        queue: str,
        hold: InstallationHold,
        lifted: LiftedHold | None = None,
        *,
        told: Told = _nobody,
    ) -> None:
        """Tell the runs of `queue` that `hold` stands, or that it was `lifted`."""
        self._client = client
        self._queue = queue
        self._hold = hold
        self._lifted = lifted
        self._told = told
        self._several = asyncio.Semaphore(AT_ONCE)
        self.spread = Spread()

    async def through(self) -> Spread:
        """Goes round until two passes in a row find no run missing, or it was often enough.

        Raises:
            RPCError: the server does not answer.
        """
        quiet = 0
        for _ in range(MOST_PASSES):
            quiet = quiet + 1 if await self.once() == 0 else 0
            if quiet > 1:
                break
            await asyncio.sleep(BETWEEN_PASSES.total_seconds())
        return self.spread

    async def once(self) -> int:
        """One pass; how many runs it found that were missing and had not been tried before."""
        found = [each async for each in self._open_runs()]
        spread, known = self.spread, {each.id for each in found}
        spread.confirmed = {each.id for each in found if self._shown_by(each)}
        spread.reached = (spread.reached & known) | spread.confirmed
        spread.not_reached = {run: why for run, why in spread.not_reached.items() if run in known}
        missing = sorted(known - spread.reached)
        new = len(missing) - len(spread.not_reached)
        await asyncio.gather(*map(self._signal, missing))
        self._told(spread)
        return new

    async def until_confirmed(self, within: timedelta) -> Spread:
        """Waits until every run that was reached shows it, at most so long.

        Raises:
            RPCError: the server does not answer.
        """
        clock = asyncio.get_running_loop()
        ends, pause = clock.time() + within.total_seconds(), 0.1
        while len(self.spread.confirmed) < len(self.spread.reached) and clock.time() < ends:
            await asyncio.sleep(min(pause, max(0.0, ends - clock.time())))
            pause = min(pause * 1.5, 2.0)
            if await self._worth_a_look():
                await self.once()
        return self.spread

    async def is_left(self) -> bool:
        """Whether some open run still shows the hold."""
        return await self._count(f" AND {self._shows()}") > 0

    async def _worth_a_look(self) -> bool:
        """Whether counts, which cost little, say that something has changed."""
        counts = await asyncio.gather(self._count(""), self._count(f" AND {self._shows()}"))
        shown = counts[0] - counts[1] if self._lifted else counts[1]
        return shown != len(self.spread.confirmed) or counts[0] != len(self.spread.reached)

    async def _count(self, more: str) -> int:
        return (await self._client.count_workflows(self._query() + more)).count

    def _query(self) -> str:
        terms = [
            f"WorkflowType = '{DECOMMISSION}'",
            OPEN,
            f"TaskQueue = '{plain(self._queue)}'",
        ]
        if self._hold.which.provider:
            terms.append(f"{PROVIDER.name} = '{plain(self._hold.which.provider)}'")
        return " AND ".join(terms)

    def _shows(self) -> str:
        return f"{WAITING.name} = '{self._mark}'"

    @property
    def _mark(self) -> str:
        return f"hold:{self._hold.id}"

    def _shown_by(self, run: WorkflowExecution) -> bool:
        shows = self._mark in (run.typed_search_attributes.get(WAITING) or ())
        return not shows and run.id in self.spread.reached if self._lifted else shows

    async def _open_runs(self) -> AsyncIterator[WorkflowExecution]:
        async for run in self._client.list_workflows(self._query()):
            if self._hold.which.account is None or await self._is_meant(run):
                yield run

    async def _is_meant(self, run: WorkflowExecution) -> bool:
        """Whether the run acts with the account; one that does not say is held with the others."""
        try:
            view = await run.memo_value(MEMO_VIEW, default=None, type_hint=RunView)
        except Exception:  # noqa: BLE001 - whatever another version wrote into its memo
            return True
        return view is None or view.account == self._hold.which.account

    async def _signal(self, run: str) -> None:
        async with self._several:
            try:
                handle = self._client.get_workflow_handle(run)
                await handle.signal(DECISION_SIGNAL, Envelope(decision=self._decision(run)), rpc_timeout=SENT_WITHIN)
            except RPCError as error:
                if error.status is not RPCStatusCode.NOT_FOUND:  # else it ended meanwhile
                    self.spread.not_reached[run] = error.message or error.status.name.lower()
                return
        self.spread.reached.add(run)
        self.spread.not_reached.pop(run, None)
        self._told(self.spread)

    def _decision(self, run: str) -> Decision:
        hold, lifted = self._hold, self._lifted
        if lifted is not None:
            key = told_as(lifted.order, run, hold.id)
            return Release(id=key, by=lifted.by, reason=lifted.reason, from_all=hold.id, proof=lifted.proof)
        return Hold(
            id=told_as(hold.order, run),
            by=hold.by,
            reason=hold.reason,
            scope=hold.scope,
            until=hold.until,
            from_all=hold.id,
            proof=hold.proof,
        )
