"""Where the provider ends the service by itself on a date, doing nothing means purging. This watches that date.

From the moment the end is scheduled until the point of no return: when the last call comes and the run is not allowed
to go on (a hold, an extension, a task still open), the scheduled end is taken back while the provider still lets it.
"""

import asyncio
from datetime import datetime, timedelta

from temporalio import workflow

from unrack.contracts.activities import ChangeActivities
from unrack.contracts.calls import NoticeKind
from unrack.model.errors import Category, Problem
from unrack.model.ids import undo_id
from unrack.model.lifecycle import SCHEDULING, ParkReason, StepStatus
from unrack.model.plan import Plan, PlannedStep, ProviderEnd
from unrack.model.service import Finding
from unrack.model.state import RunState
from unrack.model.terms import expected_end, last_call_at, last_call_before
from workflows import activity_options
from workflows.context import RunContext
from workflows.errors import StepStopped
from workflows.gates import guard
from workflows.steps import manual_undo
from workflows.steps.parking import again, park
from workflows.steps.step_input import call_of


def taking_back(plan: Plan, state: RunState) -> bool:
    """Whether the scheduled end is forgotten here, but not yet known to be taken back at the provider."""
    if plan.provider_end is None or state.scheduled:
        return False
    undo = state.steps.get(undo_id(plan.provider_end.step))
    return undo is not None and undo.status not in (StepStatus.DONE, StepStatus.SKIPPED)


_TITLE = "Take the scheduled end back: the run may not go on"


class LastCall:
    """The watch over one run's scheduled end."""

    def __init__(self, context: RunContext) -> None:
        self.context = context
        self._undoing = False

    def begin(self) -> None:
        """Watches, if an end is scheduled and nobody watches yet."""
        due = not self._passed() and last_call_at(self.context.plan, self.context.state) is not None
        if self.context.watch is None and (due or taking_back(self.context.plan, self.context.state)):
            self.context.watch = asyncio.create_task(self._keep())

    def end(self) -> None:
        """Stops watching: the point of no return is passed, or the run is on its way back."""
        if self.context.watch is not None:
            self.context.watch.cancel()
            self.context.watch = None

    async def finish(self) -> None:
        """Stops watching once an undo that is under way has its answer: nobody else may begin the same one before."""
        await workflow.wait_condition(lambda: not self._undoing)
        self.end()

    async def _keep(self) -> None:
        state, ends_itself = self.context.state, self.context.plan.provider_end
        if ends_itself is not None and taking_back(self.context.plan, state):
            await self._undone(self.context.plan.step(ends_itself.step))
        while (
            ends_itself is not None
            and (at := last_call_at(self.context.plan, state)) is not None
            and not self._passed()
        ):
            left = state.clock.until(at, self.context.time())
            if left.total_seconds() > 0:
                await self._until(at, left)
            elif state.rollback is None:
                await self._take_back(ends_itself)
            else:
                break
        self.context.watch = None

    async def _until(self, at: datetime, left: timedelta) -> None:
        """Sleeps until the last call; a date that the provider moves meanwhile moves it too.

        Past the point of no return there is none: the timer goes at once, and wakes nobody.
        """
        context = self.context

        def moved() -> bool:
            return self._passed() or last_call_at(context.plan, context.state) != at

        await context.pause(moved, left, "until the last call")

    def _passed(self) -> bool:
        return self.context.state.passed_no_return_at is not None

    async def _take_back(self, ends_itself: ProviderEnd) -> None:
        """Forgets the schedule first, so that the guard refuses from here on, then takes it back at the provider."""
        context, step = self.context, self.context.plan.step(ends_itself.step)
        reasons = "; ".join(found.text for found in guard.blockers(context.plan, context.state, None, context.now()))
        context.note(
            f"last call: the scheduled end is taken back, because {reasons or 'the run was not ready'}", step=step.id
        )
        _plan_again(context)
        context.state.step(undo_id(step.id)).status = StepStatus.UNDOING
        await self._undone(step)
        if context.state.ended_by_provider is None:
            await context.tell(NoticeKind.PARKED, "The scheduled end was taken back", reasons, step=step.id)

    async def _undone(self, step: PlannedStep) -> None:
        """Repeats the undo until it worked or an operator leaves it; between attempts it is parked.

        The undo's own state stands until then, so that a fresh history or a reactivation goes on with it. Afterwards it
        goes: the next term's schedule has an undo of its own.
        """
        context, key = self.context, undo_id(step.id)
        while taking_back(context.plan, context.state):
            if key in context.state.parked:
                context.publish()
                await self._decided_or_due(key)
                continue
            try:
                if await self._undo(step, key):
                    break
            except StepStopped as stop:
                await park(context, key, stop, may_skip=True)
        context.state.steps.pop(key, None)

    async def _decided_or_due(self, key: str) -> None:
        """Waits for an operator, or until an undo that met an outage is tried again: the provider's date does not wait.

        Beside the run's course, so that nothing here stops when that does.
        """
        context, at = self.context, self.context.state.parked[key].again_at
        if at is None:
            await workflow.wait_condition(lambda: key not in context.state.parked)
            return
        wakes, left = context.wakes, context.state.clock.until(at, context.time())
        await context.pause(
            lambda: key not in context.state.parked or context.wakes != wakes, left, "until it is tried again"
        )
        again(context, key)

    async def _undo(self, step: PlannedStep, key: str) -> bool:
        """One attempt; False when the person who was asked rejected that."""
        undo = self.context.state.step(key)
        if step.undo is not None and step.undo.task is not None and manual_undo.to_be_asked(step, undo):
            await manual_undo.take_back(self.context, step, key, step.undo.task)
            if undo.status is not StepStatus.DONE:
                return False
            if step.action is None:
                return True
            undo.status = StepStatus.UNDOING  # said to be done; that is read at the provider now
        call = call_of(self.context, step, self.context.state.step(step.id))
        how = activity_options.undo(self.context.here(step.timeout))
        self._undoing = True
        try:
            await activity_options.activity(
                ChangeActivities.undo, call, key=key, title=_TITLE, how=how, phase=step.phase
            )
        finally:
            self._undoing = False
        return True


def refuse_late(context: RunContext, step: PlannedStep, date: datetime | None) -> None:
    """Parks an end that a person amended to a date whose last call is past: nothing could take it back any more.

    Raises:
        StepStopped: it is.
    """
    relied = (context.state.steps.get(each) for each in step.relies_on)
    amended = any(standing is not None and standing.replaced for standing in relied)
    at = last_call_before(context.plan, date) if amended and date is not None else None
    if at is None or at > context.now() or context.state.passed_no_return_at is not None:
        return
    zone = context.plan.grace.calendar.zone
    ends = zone.words(date) if date is not None else ""
    problem = Problem(
        category=Category.CONFLICT,
        message=f"the amended end is {ends}: its last call was at {zone.words(at)}, before anybody knew",
        suggestion="Take the end back at the provider at once and reactivate, or amend the date again and retry; "
        "if the provider has ended it, say so with ended.",
    )
    raise StepStopped(ParkReason.BLOCKED, problem, (Finding(subject="last call", text=problem.message, blocking=True),))


def _plan_again(context: RunContext) -> None:
    """The steps of the schedule run again, for the next term, once the run may go on."""
    state = context.state
    state.schedule_again_after = expected_end(context.plan, state)
    state.scheduled, state.effective_at = False, None
    for step in context.plan.steps:
        if step.phase in SCHEDULING and step.id in state.steps:
            state.steps[step.id] = state.step(step.id).anew()
            state.parked.pop(step.id, None)
