"""Plays a script against the real workflow on the time-skipping server."""

import asyncio
import contextlib
import uuid
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from temporalio.api.enums.v1 import PendingActivityState
from temporalio.api.workflow.v1 import PendingActivityInfo
from temporalio.client import WorkflowExecutionStatus, WorkflowUpdateFailedError
from temporalio.service import RPCError, RPCStatusCode
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

from tests.workflows.harness import LAUNCHER, PATIENCE, Trial, approval, cable_done, fresh
from tests.workflows.plans import CABLE, END_OF_TERM, IMMEDIATE, plan, step
from tests.workflows.properties.acts import Act, Deed, Fails, Say, Script, Slow, Trouble, Wait
from tests.workflows.properties.consent import Record
from tests.workflows.properties.world import LOCK, UNLOCK, World
from unrack.contracts.workflows import DECISION_SIGNAL, RunStart
from unrack.model.decision import (
    Abort,
    Actor,
    Amend,
    Complete,
    Decision,
    Envelope,
    Extend,
    FreezeRun,
    Hold,
    HoldScope,
    Reactivate,
    Reject,
    Release,
    Remedy,
    Resolve,
    Shorten,
    Withdraw,
)
from unrack.model.lifecycle import ParkReason, StepKind, StepStatus, Timing
from unrack.model.plan import Plan, PlannedStep, Undo
from unrack.model.state import OpenTask, RunReport
from unrack.operations.launching import begin
from workflows import WORKFLOWS

_TERM = timedelta(days=30)
_PATIENT = timedelta(days=20)
_MONTHS_IDLE = (40, 40)
_ROUNDS_OF_HELP = 14
_SOON = timedelta(milliseconds=100)
_GOES_BY_THE_CABLE = ("purge.unchanged", "purge.ask", "purge.token")
_SCREAM_TEST = (
    step(LOCK, StepKind.CHANGE, undo=Undo(title="unlock")),
    step("detach.watch", StepKind.WAIT, wait_for=timedelta(hours=2)),
    step(UNLOCK, StepKind.CHANGE, restores=True),
)
"""What is locked is unlocked again, whatever holds the run."""


async def play(env: WorkflowEnvironment, script: Script, *, schedules_late: bool = False) -> Record:
    """Plays `script`: first as written, then months in which nobody does anything, then everybody does their part."""
    world = World(term_end=datetime.now(UTC) + _TERM, schedules_late=schedules_late)
    queue = f"play-{uuid.uuid4().hex}"
    made = plan(timing=script.timing, quorum=2, service=queue, steps=_steps(script.timing))
    frozen = _patient(_dated(made, world))
    worker = Worker(
        env.client,
        task_queue=queue,
        workflows=WORKFLOWS,
        activities=world.every(),
        workflow_runner=UnsandboxedWorkflowRunner(),
        build_id="play",
        max_heartbeat_throttle_interval=_SOON,
        default_heartbeat_throttle_interval=_SOON,
    )
    async with worker:
        start = RunStart(plan=frozen, launched_by=LAUNCHER)
        handle = await begin(env.client, start, queue)
        stage = _Stage(Trial(env, handle, frozen, world), Record(frozen, world))
        try:
            return await stage.play(script)
        finally:
            with contextlib.suppress(RPCError):
                await handle.terminate("the play is over")


def _steps(timing: Timing) -> tuple[PlannedStep, ...]:
    """The ordinary steps, with a scream test, and with what goes by what was stated about the cable."""
    steps = END_OF_TERM if timing is Timing.END_OF_TERM else IMMEDIATE
    relying = [
        each.model_copy(update={"relies_on": (CABLE,)}) if each.id in _GOES_BY_THE_CABLE else each for each in steps
    ]
    ahead = next(index for index, each in enumerate(relying) if each.id == "detach.vrack")
    return (*relying[:ahead], *_SCREAM_TEST, *relying[ahead:])


def _dated(of: Plan, world: World) -> Plan:
    """The plan with the term that the world keeps."""
    term = {"expires_at": world.term_end, "renewal_period": f"P{world.term.days}D"}
    return of.model_copy(update={"facts": of.facts.model_copy(update=term)})


def _patient(of: Plan) -> Plan:
    """Nobody is reminded every hour for months."""
    steps = (s.model_copy(update={"timeout": _PATIENT}) if s.kind is StepKind.TASK else s for s in of.steps)
    return of.model_copy(
        update={"steps": tuple(steps), "approval": of.approval.model_copy(update={"timeout": _PATIENT})}
    )


class _Stage:
    """One play in progress."""

    def __init__(self, trial: Trial, record: Record) -> None:
        self.trial = trial
        self.record = record
        self.world = record.world

    async def play(self, script: Script) -> Record:
        """All of it."""
        await self.trial.under_way()
        for act in script.acts:
            await self._quiet()
            if await self._over():
                break
            await self._act(act)
        await self._let_go()
        for days in _MONTHS_IDLE:
            await self._pass(timedelta(days=days))
        await self._quiet()
        if not await self._over():
            self.record.idle, self.record.idle_at = await self.trial.report(), await self._now()
            await self._everybody_helps()
        self.record.until = await self._now()
        self.world.settle(self.record.until + timedelta(days=1))
        if await self._over():
            self.record.report = await self.trial.handle.result()
        return self.record

    async def _act(self, act: Act) -> None:
        if isinstance(act, Say):
            await self._say(act)
            return
        await self._let_go()
        match act:
            case Slow(step=slow, sending=sending):
                self.world.slow[slow] = sending
            case Wait(hours=hours):
                await self._pass(timedelta(hours=hours))
            case Fails(step=step, how=how):
                self.world.broken[step].append(how)
            case Trouble():
                await self._trouble()
        await self._quiet()
        self.world.go_on.clear()

    async def _let_go(self) -> None:
        """What takes a while comes to its end, and nothing takes a while from now on."""
        self.world.go_on.set()
        await self._quiet()

    async def _trouble(self, *, over: bool = False) -> None:
        known, now = self.world.troubles, await self._now()
        if known and known[-1][1] is None:
            known[-1] = (known[-1][0], now, known[-1][2])
        elif not over:
            known.append((now, None, f"in use again, {len(known)}"))

    async def _say(self, say: Say) -> None:
        report = await self.trial.report()
        for decision in _decisions(say, report, self.record, await self._now()):
            sent = [self._send(decision, signal=say.signal)]
            if say.twice:
                sent.append(self._send(decision))
            if say.cancels:
                self.record.cancelled.append(await self._now())
                sent.append(self._cancel())
            await asyncio.gather(*sent)

    async def _send(self, decision: Decision, *, signal: bool = False) -> None:
        sent = self.world.tick()
        try:
            if signal:
                await self.trial.handle.signal(DECISION_SIGNAL, Envelope(decision=decision))
                seen = await self.trial.until("the signal is judged", lambda r: decision.id in r.state.answers)
                answer = seen.state.answers[decision.id]
            else:
                answer = await self.trial.decide(decision)
        except (RPCError, WorkflowUpdateFailedError):  # it has ended meanwhile
            return
        before = [known for said, known in self.record.said if said.id == decision.id]
        self.record.answers_differ |= any(known != answer for known in before)
        self.record.said.append((decision, answer))
        await self._stopped()
        self.record.order.setdefault(decision.id, (sent, self.world.tick()))

    async def _stopped(self) -> None:
        """Waits until what the decision stops has stopped."""
        with contextlib.suppress(RPCError):
            await self.trial.until("nothing is being stopped", lambda report: report.state.stopping is None)

    async def _cancel(self) -> None:
        with contextlib.suppress(RPCError):
            await self.trial.handle.cancel()

    async def _everybody_helps(self) -> None:
        self.world.broken.clear()
        await self._trouble(over=True)
        for _ in range(_ROUNDS_OF_HELP):
            for deed, who in _HELP:
                await self._quiet()
                if await self._over():
                    return
                await self._say(Say(deed, who))
            await self._give_up_what_cannot_go_on()
            await self._pass(timedelta(days=20))

    async def _give_up_what_cannot_go_on(self) -> None:
        with contextlib.suppress(RPCError):
            report = await self.trial.report()
            if any(parked.reason is ParkReason.NOT_ALLOWED for parked in report.state.parked.values()):
                await self._say(Say(Deed.REACTIVATE))

    async def _pass(self, span: timedelta) -> None:
        if not await self._over():
            await self.trial.forward(span)

    async def _now(self) -> datetime:
        return await self.trial.env.get_current_time(self.trial.handle)

    async def _over(self) -> bool:
        status = (await self.trial.handle.describe()).status
        return status is not WorkflowExecutionStatus.RUNNING

    async def _quiet(self) -> None:
        """Waits until nothing is under way."""
        give_up = asyncio.get_running_loop().time() + PATIENCE
        while asyncio.get_running_loop().time() < give_up:
            try:
                seen = (await self.trial.handle.describe()).raw_description
            except RPCError as error:
                if error.status is not RPCStatusCode.RESOURCE_EXHAUSTED:
                    raise
                seen = None
            if seen and not seen.HasField("pending_workflow_task") and not self._at_work(seen.pending_activities):
                return
            await asyncio.sleep(0.03)
        raise TimeoutError("the run does not come to rest")

    def _at_work(self, pending: Sequence[PendingActivityInfo]) -> bool:
        """Whether anything is under way but what takes a while; that, too, once it is being stopped."""
        waits = self.world.under_way if not self.world.go_on.is_set() else set[str]()
        started = PendingActivityState.PENDING_ACTIVITY_STATE_STARTED
        return any(each.activity_id not in waits or each.state != started for each in pending)


_HELP = (
    (Deed.RELEASE_ALL, "omar"),
    (Deed.APPROVE, "ann"),
    (Deed.APPROVE, "bob"),
    (Deed.APPROVE, "carl"),
    (Deed.RETRY, "omar"),
    (Deed.DO_TASKS, "omar"),
)


def _decisions(say: Say, report: RunReport, record: Record, now: datetime) -> list[Decision]:  # noqa: C901, PLR0911, PLR0912 - one case for each deed
    by, why, span = Actor(name=say.who), "as it must be", timedelta(hours=say.hours)
    parked, tasks = report.state.parked, report.state.tasks
    match say.deed:
        case Deed.APPROVE:
            return [approval(record.plan, say.who, report.state.revision)]
        case Deed.WITHDRAW:
            return [Withdraw(id=fresh(), by=by, reason=why)]
        case Deed.DO_TASKS:
            return [_completion(task, by) for task in tasks.values()]
        case Deed.DO_UNPROVED:
            return [cable_done(by).model_copy(update={"evidence": ()})]
        case Deed.REJECT:
            return [Reject(id=fresh(), by=by, step=step, reason=why) for step in tasks]
        case Deed.AMEND if report.state.step(CABLE).status is StepStatus.DONE:
            return [Amend(id=fresh(), by=by, step=CABLE, fields={"order-number": fresh()[:8]}, reason=why)]
        case Deed.AMEND:
            return []
        case Deed.TAKE_BACK:
            moves = [move.id for move in report.state.grace.extensions if move.withdrawn_at is None]
            return [Withdraw(id=fresh(), by=by, extension=move, reason=why) for move in moves[-1:]]
        case Deed.HOLD:
            return [Hold(id=fresh(), by=by, reason=why)]
        case Deed.HOLD_PURGE:
            return [Hold(id=fresh(), by=by, reason=why, scope=HoldScope.PURGE)]
        case Deed.HOLD_FOR:
            return [Hold(id=fresh(), by=by, reason=why, until=now + span)]
        case Deed.RELEASE:
            return [Release(id=fresh(), by=by, reason=why)]
        case Deed.RELEASE_ALL:
            return [Release(id=fresh(), by=by, reason=why, everyone=True)]
        case Deed.EXTEND:
            return [Extend(id=fresh(), by=by, by_span=span, reason=why)]
        case Deed.SHORTEN:
            return [Shorten(id=fresh(), by=by, by_span=span, reason=why)]
        case Deed.FREEZE:
            return [FreezeRun(id=fresh(), by=by, begins=now, ends=now + span, name="freeze", reason=why)]
        case Deed.RETRY | Deed.SKIP:
            remedy = Remedy.RETRY if say.deed is Deed.RETRY else Remedy.SKIP
            return [Resolve(id=fresh(), by=by, step=step, remedy=remedy, reason=why) for step in parked]
        case Deed.REACTIVATE:
            return [Reactivate(id=fresh(), by=by, reason=why)]
        case Deed.ABORT:
            return [Abort(id=fresh(), by=by, reason=why)]


def _completion(task: OpenTask, by: Actor) -> Complete:
    if task.step == CABLE:
        return cable_done(by)
    fields = {field.name: "handover:1" for field in task.form.fields}
    return Complete(id=fresh(), by=by, step=task.step, fields=fields)
