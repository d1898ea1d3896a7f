"""Keeps the holds of a whole installation: one for each task queue, and it never ends.

It records what is signalled, whether or not a worker is there; whoever wants to know computes the same register from
what is recorded. Where a policy rules, it has a worker judge the orders, everybody's who waits in one call. Its other
work is to tell the open runs once more, in case the sender of the signal did not come to the end of them.
"""

import asyncio
from contextlib import suppress
from datetime import timedelta

from temporalio import workflow
from temporalio.common import RetryPolicy
from temporalio.exceptions import ActivityError, is_cancelled_exception

from unrack.contracts.installation_holds import (
    HOLD_SIGNAL,
    INSTALLATION_HOLDS,
    POLICY_SIGNAL,
    RELEASE_SIGNAL,
    HoldActivities,
    HoldsStart,
    JudgeCall,
    KeysCall,
    KeysResult,
    NoOrderError,
    SpreadCall,
    order_of,
)
from unrack.contracts.workflows import WAKE_SIGNAL
from unrack.model.installation_hold import HoldRegister, InstallationHold, fold, refuse
from unrack.model.installation_order import DeniedOrder
from unrack.model.judged_orders import selectors, settled, taken
from unrack.model.message import msg
from unrack.model.policy_register import MOST_POLICIES, RegisteredPolicy, RegisterPolicy, by_rank
from workflows import activity_options, versioning

MOST_EVENTS = 300
"""Length of the history after which it goes on in a fresh one: every run reads it."""

MOST_EVENTS_JUDGING = 10 * MOST_EVENTS
"""And while a worker judges orders: its answer would be lost, and the orders judged anew in the next one."""

TRIES = 3
"""Spreadings after which a run that cannot be reached is left to its own reading of the register."""

_SPREAD_WITHIN = timedelta(minutes=10)
_LONGEST_TICK = timedelta(days=30)
_LONGEST_LOOK = timedelta(days=365)
_LATER = timedelta(hours=1)
_SOONEST_LOOK = timedelta(seconds=1)
_SECOND_LOOK = timedelta(minutes=1)
_RETRIES = RetryPolicy(initial_interval=timedelta(seconds=1), maximum_interval=timedelta(minutes=1))


@workflow.defn(name=INSTALLATION_HOLDS)
class InstallationHoldsWorkflow:
    """The register of the holds of one installation."""

    @workflow.init
    def __init__(self, start: HoldsStart) -> None:
        self._register = start.holds
        self._to_spread = list(start.to_spread)
        self._judging: asyncio.Task[None] | None = None
        self._batches = 0
        self._new_policies = list(start.registered)
        self._keys_at = start.keys_at
        self._keys_due = False
        self._keys_asked = 0
        self.moves = start.moves
        self._wakes = 0
        self._tick = _LONGEST_TICK

    @workflow.run
    async def run(self, start: HoldsStart) -> None:  # noqa: ARG002 - Temporal wants the same arguments as __init__
        """Goes on for ever; a cancel request of the engine ends nothing."""
        course = asyncio.create_task(self._course())
        while True:
            try:
                await asyncio.shield(course)
            except asyncio.CancelledError:
                if course.done():  # a worker forgets this history: nobody asked for anything
                    raise
                self._register = refuse(self._register, msg("a cancel request: holds are released, never cancelled"))

    async def _course(self) -> None:
        while True:
            self._show()
            self._have_judged()
            if self._is_long():  # whatever goes on being sent: what waits and what is to be told goes on in the next
                self._go_on_in_fresh_history()
            elif self._to_spread:
                await self._spread(self._to_spread.pop(0))
            elif versioning.newer_are_there(self):
                self._go_on_in_fresh_history()
            elif self._keys_due or self._new_policies:
                await self._spread_keys()
            else:
                await self._something_to_do()

    def _have_judged(self) -> None:
        """Has a worker judge what waits. Nothing else waits for that: it may take as long as no worker is there.

        Nor does it wait: orders begin it, since telling runs of an earlier hold, or of keys, may take many minutes.
        """
        if self._judging is not None and self._judging.done():
            judged, self._judging = self._judging, None
            judged.result()  # a bug there must stop it like a bug anywhere else
        if self._register.unjudged and not self._is_judging:
            self._judging = asyncio.create_task(self._judge_everybody())

    @property
    def _is_judging(self) -> bool:
        return self._judging is not None and not self._judging.done()

    async def _judge_everybody(self) -> None:
        while self._register.unjudged:
            await self._judge_batch()

    async def _judge_batch(self) -> None:
        register = self._register = taken(self._register)
        self._batches += 1
        call = JudgeCall(orders=register.under_way, holds=selectors(register), policy=register.ruled)
        try:
            found = await workflow.execute_activity_method(
                HoldActivities.judge_orders,
                call,
                activity_id=f"orders.{self._batches}",
                summary=activity_options.brief("Who ordered it?"),
                start_to_close_timeout=activity_options.ATTEMPT,
                heartbeat_timeout=activity_options.HEARTBEAT,
                retry_policy=_RETRIES,
            )
        except ActivityError:
            workflow.logger.exception("orders were not judged", extra={"orders": len(call.orders)})
            await asyncio.sleep(_SECOND_LOOK.total_seconds())
            return
        self._fold(settled(self._register, found))

    async def _something_to_do(self) -> None:
        """Waits for a signal. Once woken it looks again a minute later: the server tells of newer workers late."""
        wakes, seen, left = self._wakes, self._register, self._until_keys_end()
        with suppress(TimeoutError):
            await workflow.wait_condition(
                lambda: self._is_to_go_on() or self._register is not seen or self._wakes != wakes,
                timeout=min(self._tick, left),
                timeout_summary="looks up by itself",
            )
        self._keys_due = self._keys_at is not None and self._keys_at <= workflow.now()  # whatever woke it
        self._tick = _LONGEST_TICK if self._wakes == wakes else _SECOND_LOOK

    def _is_to_go_on(self) -> bool:
        return bool(self._to_spread) or self._is_long() or (self._judging is not None and self._judging.done())

    def _until_keys_end(self) -> timedelta:
        """How long no key ends by itself, as far as anybody has said."""
        return _LONGEST_LOOK if self._keys_at is None else max(self._keys_at - workflow.now(), _SOONEST_LOOK)

    def _is_long(self) -> bool:
        """Whether the history has grown long, also by what changes nothing: signals of a name that nobody knows."""
        info, most = workflow.info(), MOST_EVENTS_JUDGING if self._is_judging else MOST_EVENTS
        return info.get_current_history_length() > most or info.is_continue_as_new_suggested()

    def _go_on_in_fresh_history(self) -> None:
        """All signals are recorded: the handlers await nothing. What is not judged, or not told, goes on there."""
        where = versioning.where_to(self)
        carried = HoldsStart(
            holds=self._register.without_ended(workflow.now()),
            to_spread=tuple(self._to_spread),
            registered=tuple(self._new_policies),
            keys_at=self._keys_at,
            moves=self.moves,
        )
        workflow.continue_as_new(carried, initial_versioning_behavior=where)

    async def _spread(self, hold: str) -> None:
        """Tells every open run that is meant how it stands with `hold` now."""
        for attempt in range(1, TRIES + 1):
            call = self._call(hold)
            if call is None or await self._told(call):
                return
            if attempt < TRIES:
                await self._a_while()

    async def _a_while(self) -> None:
        """Some runs were not reached; they are tried again soon, unless there is something else to tell."""
        with suppress(TimeoutError):
            await workflow.wait_condition(lambda: bool(self._to_spread), timeout=_SECOND_LOOK)

    async def _told(self, call: SpreadCall) -> bool:
        hold = call.hold.id
        try:
            done = await workflow.execute_activity_method(
                HoldActivities.spread_hold,
                call,
                activity_id=f"{'release' if call.lifted else 'hold'}.{hold}",
                summary=activity_options.brief(
                    f"{hold} {'is released' if call.lifted else 'stands'}: tell every open run"
                ),
                start_to_close_timeout=_SPREAD_WITHIN,
                heartbeat_timeout=activity_options.HEARTBEAT,
                retry_policy=_RETRIES,
            )
        except ActivityError:
            workflow.logger.exception("a hold was not spread", extra={"hold": hold})
            return False
        if done.since is not None:
            self._register = self._register.dated(hold, done.since)
        return done.not_reached == 0

    async def _spread_keys(self) -> None:
        """Has every open run look at its keys; later, where that fails or a hold is to be spread first."""
        call = KeysCall(registered=() if self._keys_due else tuple(self._new_policies))
        self._keys_due, self._new_policies, self._keys_asked = False, [], self._keys_asked + 1
        asking = asyncio.create_task(self._keys_spread(call))
        await workflow.wait_condition(lambda: asking.done() or bool(self._to_spread))
        asking.cancel()
        with suppress(asyncio.CancelledError):
            done = await asking
            if done is not None and not done.not_reached:
                self._keys_at = done.again_at or workflow.now() + _LONGEST_LOOK
                return
        self._keys_at = workflow.now() + (_SECOND_LOOK if self._to_spread else _LATER)

    async def _keys_spread(self, call: KeysCall) -> KeysResult | None:
        try:
            return await workflow.execute_activity_method(
                HoldActivities.spread_keys,
                call,
                activity_id=f"keys.{self._keys_asked}",  # one that was cancelled may be open yet
                summary=activity_options.brief(msg("Do the keys that decided still count? Every open run looks")),
                schedule_to_close_timeout=_SPREAD_WITHIN,
                heartbeat_timeout=activity_options.HEARTBEAT,
                retry_policy=_RETRIES,
            )
        except ActivityError as error:
            if is_cancelled_exception(error):
                raise asyncio.CancelledError from error
            workflow.logger.exception("runs were not asked to look at their keys")
            return None

    def _call(self, hold: str) -> SpreadCall | None:
        if (standing := self._register.hold(hold)) is not None:
            return SpreadCall(hold=standing) if standing.stands(workflow.now()) else None
        lifted = self._register.lift(hold)
        return lifted and SpreadCall(hold=lifted.hold, lifted=lifted)

    @workflow.signal(name=HOLD_SIGNAL, description="Hold every run: a hold of the whole installation.")
    def hold(self, *given: object) -> None:
        """Records the order; what cannot be read is recorded as refused, not dropped."""
        self._take(HOLD_SIGNAL, given)

    @workflow.signal(name=RELEASE_SIGNAL, description="Lift holds of the whole installation.")
    def release(self, *given: object) -> None:
        """Records the order; see `hold`."""
        self._take(RELEASE_SIGNAL, given)

    @workflow.signal(name=POLICY_SIGNAL, description="A worker has this policy.")
    def policy(self, *given: object) -> None:
        """Takes note of a policy; see `hold`."""
        self._take(POLICY_SIGNAL, given)

    @workflow.signal(name=WAKE_SIGNAL, description="Look again now.")
    def wake(self, *_: object) -> None:
        """Looks whether there are newer workers, whatever else was sent along."""
        self._wakes += 1

    def _take(self, signal: str, given: tuple[object, ...]) -> None:
        try:
            order = order_of(signal, given)
        except NoOrderError as error:
            self._register = refuse(self._register, str(error))
            return
        before = self._register
        self._fold(fold(before, order, workflow.now()))
        self._have_judged()
        if isinstance(order, RegisterPolicy):
            self._registered(order, new=before.policies != self._register.policies)

    def _fold(self, register: HoldRegister) -> None:
        """The register is this now; the runs are to be told of what stands since, and of what no longer does."""
        before, self._register = self._register, register
        for hold in _changed(before, register):
            if hold not in self._to_spread:
                self._to_spread.append(hold)

    def _registered(self, order: RegisterPolicy, *, new: bool) -> None:
        """Runs hear of a policy once; and of one that was known where nobody has asked yet when its keys end."""
        if (new or self._keys_at is None) and order.policy not in self._new_policies:
            self._new_policies = [*self._new_policies, order.policy][-MOST_POLICIES:]

    def _show(self) -> None:
        """The holds that stand, for Temporal's own web page."""
        lines = [f"- {_line(each)}" for each in self._register.standing] or [
            msg("No hold of the whole installation stands.")
        ]
        lines += [_policy_line(each) for each in by_rank(self._register.policies)[:1]]
        lines += [_denied_line(each) for each in self._register.denied]
        lines += [f"Refused: {text}" for text in self._register.refusals]
        workflow.set_current_details("\n\n".join(lines)[:10_000])


def _changed(before: HoldRegister, after: HoldRegister) -> tuple[str, ...]:
    """Ids of the holds that stand since, or no longer, or that somebody surer lifted than before."""
    then, now = ({each.id: None for each in register.standing} for register in (before, after))
    lifts = {each.hold.id: each.order for each in before.lifted}
    again = (each.hold.id for each in after.lifted if lifts.get(each.hold.id, each.order) != each.order)
    return (*(hold for hold in now if hold not in then), *(hold for hold in then if hold not in now), *again)


def _policy_line(each: RegisteredPolicy) -> str:
    ref = each.policy
    return msg("The highest registered policy: version {version}, {digest}", version=ref.version, digest=ref.digest)


def _denied_line(each: DeniedOrder) -> str:
    return msg(
        "Refused: {kind} by {name} ({why}): {words}",
        kind=each.kind,
        name=each.by.short,
        why=each.why.value,
        words=each.words,
    )


def _line(hold: InstallationHold) -> str:
    ends = msg(", until {until}", until=f"{hold.until:%Y-%m-%d %H:%M %Z}") if hold.until else ""
    return msg(
        "**{id}** ({value}) over {words}, by {name}{ends}: {reason}",
        id=hold.id,
        value=hold.scope.value,
        words=hold.which.words,
        name=hold.known.name,
        ends=ends,
        reason=hold.reason,
    )
