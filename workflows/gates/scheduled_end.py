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

    def __init__(self, run: RunContext) -> None:
        self.run = run
        self._undoing = False

    def begin(self) -> None:
        """Watches, if an end is scheduled and nobody watches yet."""
        due = not self._passed() and last_call_at(self.run.plan, self.run.state) is not None
        if self.run.watch is None and (due or taking_back(self.run.plan, self.run.state)):
            self.run.watch = asyncio.create_task(self._keep())

    def end(self) -> None:
        """Stops watching: the point of no return is passed, or the run is on its way back."""
        if self.run.watch is not None:
            self.run.watch.cancel()
            self.run.watch = None

    async def finish(self) -> None:
        """Stops watching once an undo that is under way has its answer: nobody else may begin the same one before."""
        await workflow.wait_condition(lambda: not self._undoing)
        self.end()

    async def _keep(self) -> None:
        state, ends_itself = self.run.state, self.run.plan.provider_end
        if ends_itself is not None and taking_back(self.run.plan, state):
            await self._undone(self.run.plan.step(ends_itself.step))
        while ends_itself is not None and (at := last_call_at(self.run.plan, state)) is not None and not self._passed():
            left = state.clock.until(at, self.run.time())
            if left.total_seconds() > 0:
                await self._until(at, left)
            elif state.rollback is None:
                await self._take_back(ends_itself)
            else:
                break
        self.run.watch = None

    async def _until(self, at: datetime, left: timedelta) -> None:
        """Sleeps until the last call; a date that the provider moves meanwhile moves it too.

        Past the point of no return there is none: the timer goes at once, and wakes nobody.
        """
        run = self.run

        def moved() -> bool:
            return self._passed() or last_call_at(run.plan, run.state) != at

        await run.pause(moved, left, "until the last call")

    def _passed(self) -> bool:
        return self.run.state.passed_no_return_at is not None

    async def _take_back(self, ends_itself: ProviderEnd) -> None:
        """Forgets the schedule first, so that the guard refuses from here on, then takes it back at the provider."""
        run, step = self.run, self.run.plan.step(ends_itself.step)
        reasons = "; ".join(found.text for found in guard.blockers(run.plan, run.state, None, run.now()))
        run.note(
            f"last call: the scheduled end is taken back, because {reasons or 'the run was not ready'}", step=step.id
        )
        _plan_again(run)
        run.state.step(undo_id(step.id)).status = StepStatus.UNDOING
        await self._undone(step)
        if run.state.ended_by_provider is None:
            await run.tell(NoticeKind.PARKED, "The scheduled end was taken back", reasons, step=step.id)

    async def _undone(self, step: PlannedStep) -> None:
        """Repeats the undo until it worked or an operator leaves it; between attempts it is parked.

        The undo's own state stands until then, so that a fresh history or a reactivation goes on with it. Afterwards it
        goes: the next term's schedule has an undo of its own.
        """
        run, key = self.run, undo_id(step.id)
        while taking_back(run.plan, run.state):
            if key in run.state.parked:
                run.publish()
                await self._decided_or_due(key)
                continue
            try:
                if await self._undo(step, key):
                    break
            except StepStopped as stop:
                await park(run, key, stop, may_skip=True)
        run.state.steps.pop(key, None)

    async def _decided_or_due(self, key: str) -> None:
        """Waits for an operator, or until an undo that met an outage is tried again: the provider's date does not wait.

        Beside the run's course, so that nothing here stops when that does.
        """
        run, at = self.run, self.run.state.parked[key].again_at
        if at is None:
            await workflow.wait_condition(lambda: key not in run.state.parked)
            return
        wakes, left = run.wakes, run.state.clock.until(at, run.time())
        await run.pause(lambda: key not in run.state.parked or run.wakes != wakes, left, "until it is tried again")
        again(run, key)

    async def _undo(self, step: PlannedStep, key: str) -> bool:
        """One attempt; False when the person who was asked rejected that."""
        undo = self.run.state.step(key)
        if step.undo is not None and step.undo.task is not None and manual_undo.to_be_asked(step, undo):
            await manual_undo.take_back(self.run, step, key, step.undo.task)
            if undo.status is not StepStatus.DONE:
                return False
            if step.action is None:
                return True
            undo.status = StepStatus.UNDOING  # said to be done; that is read at the provider now
        call = call_of(self.run, step, self.run.state.step(step.id))
        how = activity_options.undo(self.run.here(step.timeout))
        self._undoing = True
        try:
            await activity_options.activity(
                ChangeActivities.undo, call, key=key, title=_TITLE, how=how, phase=step.phase
            )
        finally:
            self._undoing = False
        return True


def refuse_late(run: RunContext, step: PlannedStep, date: datetime | None) -> None:
    """Parks an end that a person amended to a date whose last call is past: nothing could take it back any more.

    Raises:
        StepStopped: it is.
    """
    relied = (run.state.steps.get(each) for each in step.relies_on)
    amended = any(standing is not None and standing.replaced for standing in relied)
    at = last_call_before(run.plan, date) if amended and date is not None else None
    if at is None or at > run.now() or run.state.passed_no_return_at is not None:
        return
    zone = run.plan.grace.calendar.zone
    ends = zone.words(date) if date is not None else ""
    problem = Problem(
        category=Category.CONFLICT,
        message=f"the amended end is {ends}: its last call was at {zone.words(at)}, before anybody knew",
        suggestion="Take the end back at the provider at once and reactivate, or amend the date again and retry; "
        "if the provider has ended it, say so with ended.",
    )
    raise StepStopped(ParkReason.BLOCKED, problem, (Finding(subject="last call", text=problem.message, blocking=True),))


def _plan_again(run: RunContext) -> None:
    """The steps of the schedule run again, for the next term, once the run may go on."""
    state = run.state
    state.schedule_again_after = expected_end(run.plan, state)
    state.scheduled, state.effective_at = False, None
    for step in run.plan.steps:
        if step.phase in SCHEDULING and step.id in state.steps:
            state.steps[step.id] = state.step(step.id).anew()
            state.parked.pop(step.id, None)
