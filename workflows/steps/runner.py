"""Runs one step of a plan, whatever its kind, and parks it when it cannot go on by itself."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from typing import TypeVar

from unrack.contracts.activities import CaptureActivities, ChangeActivities, ReadActivities
from unrack.contracts.calls import CaptureResult, CheckResult, StepCall
from unrack.model import holds
from unrack.model.errors import Category, Problem
from unrack.model.evidence import EvidenceRef
from unrack.model.lifecycle import FINISHED, SCHEDULING, ParkReason, Phase, StepKind, StepStatus
from unrack.model.plan import PlannedStep
from unrack.model.service import Finding
from unrack.model.state import StepState
from unrack.model.terms import too_late_until
from workflows import activity_options, installation_holds
from workflows.context import RunContext
from workflows.errors import StepStopped
from workflows.gates import evidence, guard, no_return, preflight, scheduled_end, stopping
from workflows.gates.grace import until_clear
from workflows.lifecycle import EndStatus, end_status
from workflows.steps import check, commit, poll, secrets, task
from workflows.steps.parking import answered, park, unparked
from workflows.steps.step_input import call_of

Port = TypeVar("Port")
Result = TypeVar("Result")


_READS = (StepKind.CHECK, StepKind.CAPTURE, StepKind.AWAIT)
"""What passes by itself, as a rule: lists need not show each of them."""

_A_PERSONS = (StepKind.TASK, StepKind.COMMIT)
"""What is not begun again without a person once it has parked: what people do, and what nobody takes back."""


class StepRunner:
    """Runs the steps of one run, forward."""

    def __init__(self, context: RunContext, watch: Callable[[], None]) -> None:
        """Runs the steps of `context`.

        Args:
            context: The run.
            watch: Called at once when the provider's own end was scheduled, and before each step, since the one before
                may have read its date; it begins the watch over it, unless somebody watches already.
        """
        self.context = context
        self._watch = watch
        self._last: PlannedStep | None = None
        """The step that was done last, by this history; None when it parked."""
        self._proved: PlannedStep | None = None
        """The check beside which all evidence of the run was looked for, and found."""
        self._ahead: tuple[PlannedStep, poll.Seen] | None = None
        """What was seen of the next step by the call that looked for the proof of the one before."""
        self._parkings = 0
        self._kinds: dict[StepKind, Callable[[PlannedStep, StepState], Awaitable[None]]] = {
            StepKind.CHECK: self._check,
            StepKind.CAPTURE: self._capture,
            StepKind.CHANGE: self._change,
            StepKind.COMMIT: self._commit,
            StepKind.AWAIT: self._await,
            StepKind.WAIT: self._wait,
            StepKind.TASK: self._task,
        }

    async def phase(self, phase: Phase) -> None:
        """Runs every step of `phase` that is not finished yet, in order.

        When the watch revoked the scheduled end meanwhile, the rest of what schedules and confirms it is left to
        grace, which does all of it again: a date that was read for the lost end would count for the next one.
        """
        self._last = None  # what the phase read when the run was in it before is old
        for group in check.side_by_side(self.context.plan.in_phase(phase)):
            if phase in SCHEDULING and self._end_revoked():
                return
            await self._several(group)

    def _end_revoked(self) -> bool:
        return end_status(self.context.plan, self.context.state) in (EndStatus.REVOKING, EndStatus.REVOKED)

    async def _several(self, group: Sequence[PlannedStep]) -> None:
        """Runs steps in order; checks next to each other are read by one call.

        Each is judged, noted and parks as if it had been read by itself, all before the first that parked waits. Where
        one parked, the others were seen some time ago.
        """
        context, parkings = self.context, self._parkings
        due = [step for step in group if check.unread(context, step)]
        if len(due) > 1:
            context.checkpoint()
            asked = context.time()
            seen = await check.read_together(context, due)
            context.checkpoint()
            for step, result in seen:
                if (state := context.state.step(step.id)).begun_at is not None:  # else it was put back to its beginning
                    await self._once(step, state, lambda s=step, r=result: self._taken_over(s, r, asked))
        for step in group:
            await self.step(step)
        if self._parkings != parkings and len(group) > 1:
            self._last = None

    async def step(self, step: PlannedStep) -> None:
        """Runs `step` until it is done or an operator skips it. A step never fails a run: it parks.

        It also returns when the step was put back to its beginning meanwhile, as the watch over the provider's own end
        does with the steps that schedule it; grace runs them again.

        Raises:
            PhaseLeft: the run leaves its phase before or while the step waits.
        """
        state = self.context.state.step(step.id)
        while state.status not in FINISHED and not self.context.was_reset(step.id, state):
            self.context.checkpoint()
            self._watch()
            if step.id in self.context.state.parked:
                await unparked(self.context, step.id, self.context.wait)
            elif (renewal := self._renewal(step)) is not None:
                await self.step(renewal)
            else:
                await self._once(step, state, lambda: self._kinds[step.kind](step, state))

    async def _once(self, step: PlannedStep, state: StepState, act: Callable[[], Awaitable[None]]) -> None:
        """One attempt; the step is done or parked when this returns, or was put back to its beginning meanwhile."""
        try:
            await self._attempt(step, state, act)
        except stopping.Interrupted as why:
            self._last, state.status = None, StepStatus.PENDING
            self.context.note(str(why), step=step.id)
            self.context.publish()
        except StepStopped as stop:
            self._last, self._parkings = None, self._parkings + 1
            if step.kind is StepKind.CHECK:
                await no_return.stopped_again(self.context)
            if not self.context.was_reset(step.id, state):
                may_skip, by_itself = self.context.plan.may_skip(step), step.kind not in _A_PERSONS
                await park(self.context, step.id, stop, may_skip=may_skip, by_itself=by_itself)
        else:
            self._last = step
            answered(self.context, step.id)

    async def _attempt(self, step: PlannedStep, state: StepState, act: Callable[[], Awaitable[None]]) -> None:
        asked = state.status is StepStatus.IN_DOUBT  # what was sent is read, whatever stands against sending it now
        if (
            not asked and step.id not in self.context.state.tasks
        ):  # an open task is answered, whatever stands against it
            await evidence.of_amendments(self.context, step)
            await self._until_due(step)
            if self._decided_meanwhile(step, state):
                return
        if state.status is not StepStatus.WAITING and not asked:
            state.status, state.tries = StepStatus.RUNNING, state.tries + 1
        state.begun_at = state.begun_at or self.context.now()
        if step.kind is not StepKind.TASK:  # shows itself with its task
            self.context.publish(passing=step.kind in _READS)
        await act()
        if (
            step.id in self.context.state.parked
            or state.status is StepStatus.SKIPPED
            or _put_back_meanwhile(step, state)
        ):
            return
        if self.context.state.step(step.id).status is not StepStatus.DONE:
            state.status, state.ended_at = StepStatus.DONE, self.context.now()
        self.context.note(f"{step.title}: {state.note}" if state.note else step.title, step=step.id, by=state.done_by)

    def _decided_meanwhile(self, step: PlannedStep, state: StepState) -> bool:
        """Whether a person decided on `step` while it waited to begin, or it was put back to its beginning."""
        back = self.context.was_reset(step.id, state)
        return back or state.status in FINISHED or step.id in self.context.state.parked

    async def _until_due(self, step: PlannedStep) -> None:
        """Waits until `step` is allowed and, where it schedules the provider's own end, the term has room for it."""
        context = self.context
        schedules = context.plan.provider_end is not None and step.id == context.plan.provider_end.step
        await self._until_allowed(step)
        while schedules and too_late_until(context.plan, context.state, context.now()) is not None:
            await scheduled_end.until_there_is_room(context, step.id)
            await self._until_allowed(step)

    async def _until_allowed(self, step: PlannedStep) -> None:
        """Waits until nothing holds the run, what preflight saw is still so, and nothing guards against `step`."""
        if holds.stops(self.context.plan, step) or step.guarded:
            if await stopping.until_free(self.context, step):
                self._last = None
            await self._recheck_preflight(step)
        if step.guarded:
            await self._gate(step)

    async def _recheck_preflight(self, step: PlannedStep) -> None:
        """After a long hold, reads preflight again before anything is changed."""
        while self.context.state.recheck_preflight and step.kind is not StepKind.TASK:
            await preflight.recheck(self.context, self._several)
            self._last = None
            await stopping.until_free(self.context, step)

    async def _gate(self, step: PlannedStep) -> None:
        """Lets `step` begin only when nothing stands against it, judged on freshly read preconditions.

        Between the last judgement and the mark of the point of no return nothing is awaited: a reactivation is either
        before both or refused.
        """
        if not self._just_checked(step):
            await self._recheck(step)
        just_proved = self._last is not None and self._proved == self._last
        proved = just_proved or self.context.state.passed_no_return_at is not None
        while True:
            self.context.checkpoint()
            found = guard.blockers(self.context.plan, self.context.state, step, self.context.now())
            if not found and proved:
                break
            if not found:
                await evidence.in_store(self.context, step.id, evidence.everything(self.context), step.phase)
                proved = True
                continue
            unproved = tuple(item for item in found if item.subject == "evidence")
            if unproved:
                raise StepStopped(ParkReason.NOT_ALLOWED, _blocked(unproved[0].text), unproved)
            self.context.note("not yet: " + "; ".join(item.text for item in found), step=step.id)
            proved = not await no_return.stopped_again(self.context) and proved
            await self._until_clear(step)
            await self._recheck_preflight(step)
            await self._recheck(step)
        if step.point_of_no_return and self.context.state.passed_no_return_at is None:
            self.context.state.passed_no_return_at = self.context.now()
            self.context.note("the point of no return is passed", step=step.id)

    async def _until_clear(self, step: PlannedStep) -> None:
        context = self.context
        await until_clear(context, lambda: not guard.blockers(context.plan, context.state, step, context.now()))

    def _just_checked(self, due: PlannedStep) -> bool:
        """Whether the last thing that this run did was a check of the same phase."""
        return self._last is not None and self._last in self._checks_before(due)

    async def _recheck(self, due: PlannedStep) -> None:
        """Runs the phase's checks again: what they saw may have changed since, while a person or the clock was awaited.

        A check that an operator skipped is read again, too: the skip stands for what was shown then, and for no more.
        """
        again = self._checks_before(due) if self._may_still_be_stopped(due) else ()
        self._last = None
        while again and self._last is None:
            for step in again:
                self.context.state.step(step.id).status = StepStatus.PENDING
            await self._several(again)

    def _may_still_be_stopped(self, due: PlannedStep) -> bool:
        """Whether what the checks see still counts: up to the point of no return.

        Where that is a call, it counts for the call as long as it surely took no effect. Else a service that has ended
        would stop what only asks whether it has.
        """
        surely_not = due.kind is StepKind.COMMIT and self.context.state.step(due.id).asked_at is None
        return self.context.state.passed_no_return_at is None or (due == self.context.plan.no_return and surely_not)

    def _checks_before(self, due: PlannedStep) -> tuple[PlannedStep, ...]:
        """The phase's checks since it last changed the service: what they saw must still be so."""
        before = self._earlier_in_phase(due)
        changed = [index for index, step in enumerate(before, 1) if _changes(step)]
        return tuple(step for step in before[max(changed, default=0) :] if step.kind is StepKind.CHECK)

    async def _call(
        self,
        method: Callable[[Port, StepCall], Awaitable[Result]],
        step: PlannedStep,
        state: StepState,
        how: Callable[[timedelta], activity_options.CallClass],
        prove: tuple[EvidenceRef, ...] = (),
    ) -> Result:
        """Calls the activity of `step` for as long as the step has patience. A fresh history begins it again."""
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
        try:
            prove = evidence.everything(self.context) if self._before_the_end(step) else ()
            result = await self._call(ReadActivities.check, step, state, activity_options.read, prove)
        except StepStopped as stop:
            unread = _unread(stop.problem)
            if not _accepted(unread, state):
                findings = (*state.accepted, unread)
                raise StepStopped(stop.reason, stop.problem, findings, outage=stop.outage) from stop
            state.note = unread.text
        else:
            await self._judged(step, result, asked)
            self._proved = step if evidence.is_whole(result.proof) else None

    def _before_the_end(self, step: PlannedStep) -> bool:
        """Whether right after the check `step` the time passes the point of no return, and no call of ours does."""
        following = self._following(step)
        return following is not None and following == self.context.plan.no_return and following.kind is StepKind.AWAIT

    def _following(self, step: PlannedStep) -> PlannedStep | None:
        """The next step of the same phase."""
        phase = self.context.plan.in_phase(step.phase)
        return next(iter(phase[phase.index(step) + 1 :]), None)

    async def _taken_over(self, step: PlannedStep, result: CheckResult | CaptureResult, asked: datetime) -> None:
        """Takes over what was read by one call with others."""
        if isinstance(result, CheckResult):
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
            raise StepStopped(ParkReason.BLOCKED, _blocked(blocking[0].text), (*state.accepted, *blocking))
        preflight.refuse_changed(self.context, step, state)
        state.note = "; ".join(finding.text for finding in result.findings)

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
            raise StepStopped(ParkReason.NOT_ALLOWED, _blocked(missing[0].text), missing)

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
            self.context, step, state, lambda: call_of(self.context, step, state), lambda: self._again(step)
        )

    async def _again(self, step: PlannedStep) -> None:
        """Lets the call of `step` be sent once more; what was read before the first time is old by now."""
        self._last = None
        await installation_holds.take_over(self.context)
        await self._gate(step)
        if (state := self.context.state.step(step.id)).status is StepStatus.PENDING:  # what it passes was taken back
            state.status = StepStatus.RUNNING
            self.context.publish()

    async def _await(self, step: PlannedStep, state: StepState) -> None:
        ahead, self._ahead = self._ahead, None
        first = ahead[1] if ahead is not None and ahead[0] == step and ahead[1].is_new(self.context) else None
        await poll.until_reached(self.context, step, state, lambda: call_of(self.context, step, state), first)

    async def _wait(self, step: PlannedStep, state: StepState) -> None:
        if step.wait_for is None or state.begun_at is None:
            raise StepStopped(ParkReason.UNEXPECTED, _blocked(f"{step.id} does not say how long to wait"))
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
        following = self._following(step)
        if state.evidence and following is not None and following.kind is StepKind.AWAIT and not following.guarded:
            call = call_of(self.context, following, self.context.state.step(following.id), state.evidence)
            seen = await poll.ahead(self.context, following, call)
            if seen is not None and seen.result.proof is not None:
                evidence.refuse_faults(seen.result.proof)
                self._ahead = (following, seen)
                return
        await evidence.in_store(self.context, step.id, state.evidence, step.phase)

    def _renewal(self, step: PlannedStep) -> PlannedStep | None:
        """The next step that brings a new secret for `step`, when an operator's retry put it back to its beginning."""
        bring = secrets.renewed_for(self.context.plan, step.id)
        return next((each for each in bring if self.context.state.step(each.id).status not in FINISHED), None)

    def _earlier_in_phase(self, step: PlannedStep) -> tuple[PlannedStep, ...]:
        phase = self.context.plan.in_phase(step.phase)
        return phase[: phase.index(step)]


def _put_back_meanwhile(step: PlannedStep, state: StepState) -> bool:
    """Whether a task was rejected and opened again at once: only the person who completes it makes it done."""
    return step.kind is StepKind.TASK and state.status is not StepStatus.DONE


def _changes(step: PlannedStep) -> bool:
    """Whether `step` leaves the service otherwise than it was: whatever can be undone does; asking does not."""
    return step.kind is StepKind.CHANGE or (step.kind is StepKind.COMMIT and step.undo is not None)


def _unread(problem: Problem) -> Finding:
    """What a check shows that cannot be read: whoever skips it accepts that it is not, for this kind of reason."""
    return Finding(subject="not read", text=problem.message, blocking=True, now=problem.category.value)


def _accepted(found: Finding, state: StepState) -> bool:
    return any(found.same_as(known) for known in state.accepted)


def _blocked(text: str) -> Problem:
    return Problem(
        category=Category.CONFLICT,
        message=text,
        suggestion="Settle it at the provider and retry the step, or skip it with a reason where that is allowed.",
    )
