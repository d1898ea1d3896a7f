"""Where the provider ends the service by itself on a date, doing nothing means purging. This watches that date.

From the moment the end is scheduled until the point of no return: when the last call comes and the run is not allowed
to go on (a hold, an extension, a task still open), the scheduled end is taken back while the provider still lets it.
"""

import asyncio
from datetime import datetime

from temporalio import workflow

from unrack.contracts.activities import ChangeActivities
from unrack.contracts.calls import NoticeKind, StepCall
from unrack.model.ids import undo_id
from unrack.model.lifecycle import Phase, StepStatus
from unrack.model.plan import Plan, PlannedStep, ProviderEnd
from unrack.model.state import RunState, StepState
from workflows import calling, guard
from workflows.failures import StepStopped
from workflows.run import Run
from workflows.steps import call_of, park


def last_call_at(plan: Plan, state: RunState) -> datetime | None:
    """The provider's time at which the scheduled end is taken back if the run may not go on.

    It lies between the runbook's end of grace and the provider's own last moment, three quarters of the way, so that an
    allowed run has time to pass and a forbidden one has time to be saved.
    """
    if plan.provider_end is None or state.effective_at is None or not state.scheduled:
        return None
    room = abs(plan.grace.offset) - plan.provider_end.last_call
    return state.effective_at - plan.provider_end.last_call - room / 4


_TITLE = "Take the scheduled end back: the run may not go on"


class LastCall:
    """The watch over one run's scheduled end."""

    def __init__(self, run: Run) -> None:
        self.run = run

    def begin(self) -> None:
        """Watches, if an end is scheduled and nobody watches yet."""
        if self.run.watch is None and last_call_at(self.run.plan, self.run.state) is not None:
            self.run.watch = asyncio.create_task(self._keep())

    def end(self) -> None:
        """Stops watching: the point of no return is passed, or the run is on its way back."""
        if self.run.watch is not None:
            self.run.watch.cancel()
            self.run.watch = None

    async def _keep(self) -> None:
        state, ends_itself = self.run.state, self.run.plan.provider_end
        while ends_itself is not None and (at := last_call_at(self.run.plan, state)) is not None:
            left = state.clock.until(at, workflow.now())
            if left.total_seconds() > 0:
                await workflow.sleep(left, summary="until the last call to keep the service")
            elif state.passed_no_return_at is None and state.turn is None:
                await self._take_back(ends_itself)
            else:
                break
        self.run.watch = None

    async def _take_back(self, ends_itself: ProviderEnd) -> None:
        """Forgets the schedule first, so that the guard refuses from here on, then takes it back at the provider."""
        run, step = self.run, self.run.plan.step(ends_itself.step)
        reasons = "; ".join(found.text for found in guard.blockers(run.plan, run.state, None, run.now()))
        run.note(
            f"last call: the scheduled end is taken back, because {reasons or 'the run was not ready'}", step=step.id
        )
        call = call_of(run, step, run.state.step(step.id))
        _plan_again(run)
        await self._undone(step, call)
        await run.tell(NoticeKind.PARKED, "The scheduled end was taken back", reasons, step=step.id)

    async def _undone(self, step: PlannedStep, call: StepCall) -> None:
        """Repeats the undo until it worked or an operator leaves it; between attempts it is parked."""
        run, key = self.run, undo_id(step.id)
        how = calling.change(run.here(step.patience))
        while True:
            try:
                await calling.remote(ChangeActivities.undo, call, key=key, title=_TITLE, how=how, phase=step.phase)
            except StepStopped as stop:
                await park(run, key, stop, may_skip=True)
                run.publish()
                await workflow.wait_condition(lambda: key not in run.state.parked)
                if run.state.step(key).status is StepStatus.SKIPPED:
                    return
            else:
                run.state.steps.pop(key, None)
                return


def _plan_again(run: Run) -> None:
    """The steps of the schedule run again, for the next term, once the run may go on."""
    state = run.state
    state.scheduled, state.schedule_again_after, state.effective_at = False, state.effective_at, None
    for step in run.plan.steps:
        if step.phase in (Phase.REQUEST, Phase.CONFIRM) and step.id in state.steps:
            state.steps[step.id] = StepState()
