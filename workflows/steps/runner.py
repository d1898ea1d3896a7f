"""Runs one step of a plan, whatever its kind, and parks it when it cannot go on by itself."""

from collections.abc import Awaitable, Callable, Sequence

from unrack.model.lifecycle import FINISHED, SCHEDULING, Phase, StepKind, StepStatus
from unrack.model.message import msg
from unrack.model.plan import PlannedStep
from unrack.model.state import StepState
from workflows.context import RunContext
from workflows.errors import StepStopped
from workflows.gates import evidence, no_return, stopping
from workflows.gates.entry import Entry
from workflows.lifecycle import EndStatus, end_status
from workflows.steps import check, secrets
from workflows.steps.actions import Actions
from workflows.steps.parking import answered, park, unparked

_READS = (StepKind.CHECK, StepKind.CAPTURE, StepKind.AWAIT)
"""Kinds that pass by themselves, as a rule: lists need not show each of them."""

_A_PERSONS = (StepKind.TASK, StepKind.COMMIT)
"""Kinds that are not begun again without a person once they have parked: people act, or nobody can undo it."""


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
        self._entry = Entry(context, self._several)
        self._actions = Actions(context, self._entry, watch)
        self._parkings = 0

    async def phase(self, phase: Phase) -> None:
        """Runs every step of `phase` that is not finished yet, in order.

        When the watch revoked the scheduled end meanwhile, the rest of what schedules and confirms it is left to
        grace, which does all of it again: a date that was read for the lost end would count for the next one.
        """
        self._entry.last = None  # what the phase read when the run was in it before is old
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
            prove = self._entry.proof_beside(due[-1]) if due[-1].kind is StepKind.CHECK else ()
            seen, proof = await check.read_together(context, due, prove)
            context.checkpoint()
            for step, result in seen:
                if (state := context.state.step(step.id)).begun_at is not None:  # else it was put back to its beginning
                    await self._once(step, state, lambda s=step, r=result: self._actions.take_over(s, r, asked))
            self._entry.take_proof(due[-1], prove, proof)
        for step in group:
            await self.step(step)
        if self._parkings != parkings and len(group) > 1:
            self._entry.last = None

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
                await self._once(step, state, lambda: self._actions.act(step, state))

    async def _once(self, step: PlannedStep, state: StepState, act: Callable[[], Awaitable[None]]) -> None:
        """One attempt; the step is done or parked when this returns, or was put back to its beginning meanwhile."""
        try:
            await self._attempt(step, state, act)
        except stopping.Interrupted as why:
            self._entry.last, state.status = None, StepStatus.PENDING
            self.context.note(str(why), step=step.id)
            self.context.publish()
        except StepStopped as stop:
            self._entry.last, self._parkings = None, self._parkings + 1
            if step.kind is StepKind.CHECK:
                await no_return.stopped_again(self.context)
            if not self.context.was_reset(step.id, state):
                may_skip, by_itself = self.context.plan.may_skip(step), step.kind not in _A_PERSONS
                await park(self.context, step.id, stop, may_skip=may_skip, by_itself=by_itself)
        else:
            self._entry.last = step
            answered(self.context, step.id)

    async def _attempt(self, step: PlannedStep, state: StepState, act: Callable[[], Awaitable[None]]) -> None:
        asked = state.status is StepStatus.IN_DOUBT  # what was sent is read, whatever stands against sending it now
        if (
            not asked and step.id not in self.context.state.tasks
        ):  # an open task is answered, whatever stands against it
            await evidence.of_amendments(self.context, step)
            await self._entry.until_due(step)
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
        self.context.note(
            msg("{title}: {note}", title=step.title, note=state.note) if state.note else step.title,
            step=step.id,
            by=state.done_by,
        )

    def _decided_meanwhile(self, step: PlannedStep, state: StepState) -> bool:
        """Whether a person decided on `step` while it waited to begin, or it was put back to its beginning."""
        back = self.context.was_reset(step.id, state)
        return back or state.status in FINISHED or step.id in self.context.state.parked

    def _renewal(self, step: PlannedStep) -> PlannedStep | None:
        """The next step that brings a new secret for `step`, when an operator's retry put it back to its beginning."""
        bring = secrets.renewed_for(self.context.plan, step.id)
        return next((each for each in bring if self.context.state.step(each.id).status not in FINISHED), None)


def _put_back_meanwhile(step: PlannedStep, state: StepState) -> bool:
    """Whether a task was rejected and opened again at once: only the person who completes it makes it done."""
    return step.kind is StepKind.TASK and state.status is not StepStatus.DONE
