"""How a step acts, by its kind: what it calls, what it waits for, and what it takes over of the answer."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import TypeVar

from unrack.contracts.activities import CaptureActivities, ChangeActivities, ReadActivities
from unrack.contracts.calls import CaptureResult, CheckResult, StepCall
from unrack.model.errors import Problem, blocked
from unrack.model.evidence import EvidenceRef
from unrack.model.lifecycle import ParkReason, StepKind, StepStatus
from unrack.model.message import joined, msg
from unrack.model.plan import PlannedStep
from unrack.model.service import Finding
from unrack.model.state import StepState
from workflows import activity_options
from workflows.context import RunContext
from workflows.errors import StepStopped
from workflows.gates import evidence, guard, preflight, scheduled_end, stopping
from workflows.gates.entry import Entry
from workflows.steps import commit, poll, task
from workflows.steps.step_input import call_of

Port = TypeVar("Port")
Result = TypeVar("Result")


class Actions:
    """The steps of one run act, each by its kind."""

    def __init__(self, context: RunContext, entry: Entry, watch: Callable[[], None]) -> None:
        """Nothing was seen ahead yet.

        Args:
            context: The run.
            entry: Lets a call be sent once more.
            watch: Called at once when the provider's own end was scheduled.
        """
        self.context = context
        self._entry = entry
        self._watch = watch
        self._ahead: tuple[PlannedStep, poll.Seen] | None = None
        """The next step, as seen by the call that looked for the proof of the one before."""

    async def act(self, step: PlannedStep, state: StepState) -> None:
        """Does what `step` is for.

        Raises:
            StepStopped: it cannot go on by itself.
        """
        match step.kind:
            case StepKind.CHECK:
                await self._check(step, state)
            case StepKind.CAPTURE:
                await self._capture(step, state)
            case StepKind.CHANGE:
                await self._change(step, state)
            case StepKind.COMMIT:
                await self._commit(step, state)
            case StepKind.AWAIT:
                await self._await(step, state)
            case StepKind.WAIT:
                await self._wait(step, state)
            case StepKind.TASK:
                await self._task(step, state)

    async def _call(
        self,
        method: Callable[[Port, StepCall], Awaitable[Result]],
        step: PlannedStep,
        state: StepState,
        how: Callable[[timedelta], activity_options.CallClass],
        prove: tuple[EvidenceRef, ...] = (),
    ) -> Result:
        """Calls the activity of `step` until the step's timeout. A fresh history begins it again."""
        return await self.context.unless_long(
            lambda: activity_options.activity(
                method,
                call_of(self.context, step, state, prove),
                key=step.id,
                title=step.title,
                how=how(self.context.here(step.timeout)),
                phase=step.phase,
            )
        )

    async def _check(self, step: PlannedStep, state: StepState) -> None:
        asked = self.context.time()
        self._entry.proved_by = None  # what was looked for beside an earlier read of it is old
        try:
            prove = self._entry.proof_beside(step)
            result = await self._call(ReadActivities.check, step, state, activity_options.read, prove)
        except StepStopped as stop:
            unread = _unread(stop.problem)
            if not _accepted(unread, state):
                findings = (*state.accepted, unread)
                raise StepStopped(stop.reason, stop.problem, findings, outage=stop.outage) from stop
            state.note = unread.text
        else:
            await self._judged(step, result, asked)
            self._entry.take_proof(step, prove, result.proof)

    async def take_over(self, step: PlannedStep, result: CheckResult | CaptureResult, asked: datetime) -> None:
        """Takes over what was read by one call with others; whether the store was asked beside them is told apart."""
        if isinstance(result, CheckResult):
            self._entry.proved_by = None
            await self._judged(step, result, asked)
        else:
            self._captured(step, self.context.state.step(step.id), result, asked)

    async def _judged(self, step: PlannedStep, result: CheckResult, asked: datetime) -> None:
        """Takes over what a check saw; nothing is awaited."""
        state = self.context.state.step(step.id)
        self.context.set_clock(result.clock, asked)
        state.findings = result.findings
        blocking = tuple(found for found in result.findings if found.blocking and not _accepted(found, state))
        if blocking:
            raise StepStopped(ParkReason.BLOCKED, blocked(blocking[0].text), (*state.accepted, *blocking))
        preflight.refuse_changed(self.context, step, state)
        state.note = joined("; ", (finding.text for finding in result.findings))

    async def _capture(self, step: PlannedStep, state: StepState) -> None:
        asked = self.context.time()
        result = await self._call(CaptureActivities.capture, step, state, activity_options.read)
        self._captured(step, state, result, asked)

    def _captured(self, step: PlannedStep, state: StepState, result: CaptureResult, asked: datetime) -> None:
        """Takes over what a capture kept; nothing is awaited."""
        self.context.set_clock(result.clock, asked)
        state.evidence, state.note = result.evidence, result.note
        scheduled_end.refuse_late(self.context, step, result.effective_at)
        self.context.take_date(step.id, state, result.effective_at)
        if missing := guard.lacking(step, state):  # else all of it would be undone for want of it, at the last call
            raise StepStopped(ParkReason.NOT_ALLOWED, blocked(missing[0].text), missing)

    async def _change(self, step: PlannedStep, state: StepState) -> None:
        result = await stopping.stoppable(
            self.context, step, lambda: self._call(ChangeActivities.change, step, state, activity_options.change)
        )
        state.note, state.references = result.note, result.references
        self._scheduled_by(step)

    def _scheduled_by(self, step: PlannedStep) -> None:
        ends_itself = self.context.plan.provider_end
        if ends_itself is not None and step.id == ends_itself.step:
            self.context.state.scheduled = True
            self._watch()

    async def _commit(self, step: PlannedStep, state: StepState) -> None:
        await commit.once(
            self.context, step, state, lambda: call_of(self.context, step, state), lambda: self._entry.again(step)
        )

    async def _await(self, step: PlannedStep, state: StepState) -> None:
        ahead, self._ahead = self._ahead, None
        first = ahead[1] if ahead is not None and ahead[0] == step and ahead[1].is_new(self.context) else None
        await poll.until_reached(self.context, step, state, lambda: call_of(self.context, step, state), first)

    async def _wait(self, step: PlannedStep, state: StepState) -> None:
        if step.wait_for is None or state.begun_at is None:
            raise StepStopped(ParkReason.UNEXPECTED, blocked(msg("{id} does not say how long to wait", id=step.id)))
        state.status = StepStatus.WAITING
        await self.context.wait(lambda: False, at=state.begun_at + step.wait_for)

    async def _task(self, step: PlannedStep, state: StepState) -> None:
        await task.ask(self.context, step.id, step, step.title, step.task, wait=self.context.wait)
        if state.status is StepStatus.DONE:
            await self._prove(step, state)
            self._scheduled_by(step)

    async def _prove(self, step: PlannedStep, state: StepState) -> None:
        """Looks for the proof of a task that was done; where the provider is looked at next, one call does both.

        Raises:
            StepStopped: as `evidence.in_store`.
        """
        following = self._entry.following(step)
        if state.evidence and following is not None and following.kind is StepKind.AWAIT and not following.guarded:
            call = call_of(self.context, following, self.context.state.step(following.id), state.evidence)
            seen = await poll.ahead(self.context, following, call)
            if seen is not None and seen.result.proof is not None:
                evidence.refuse_faults(seen.result.proof)
                self._ahead = (following, seen)
                return
        await evidence.in_store(self.context, step.id, state.evidence, step.phase)


def _unread(problem: Problem) -> Finding:
    """The finding of a check that cannot be read: whoever skips it accepts that it is not, for this kind of reason."""
    return Finding(subject=msg("not read"), text=problem.message, blocking=True, now=problem.category.value)


def _accepted(found: Finding, state: StepState) -> bool:
    return any(found.same_as(known) for known in state.accepted)
