"""Where the provider ends the service by itself on a date, doing nothing means purging. This watches that date.

From the moment the end is scheduled until the point of no return: when the last call comes and the run is not allowed
to go on (a hold, an extension, a task still open), the scheduled end is revoked while the provider still lets it.
"""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import TypeVar

from unrack.contracts.calls import NoticeKind
from unrack.model.errors import Category, Problem
from unrack.model.ids import undo_id
from unrack.model.lifecycle import SCHEDULING, ParkReason, StepStatus
from unrack.model.message import joined, msg
from unrack.model.plan import PlannedStep, ProviderEnd
from unrack.model.service import Finding
from unrack.model.terms import expected_end, last_call_at, last_call_before, too_late_until
from workflows.context import RunContext
from workflows.errors import StepStopped
from workflows.gates import guard
from workflows.lifecycle import EndStatus, end_status
from workflows.steps.task import LastMoment
from workflows.steps.undo import Setting, undone

Result = TypeVar("Result")

AFTER_TERM = timedelta(hours=1)
"""Time the provider gets to renew a service after its term, before the next end is scheduled."""

_MISSED = msg("the provider may not take it back any more")


class LastCall:
    """The watch over one run's scheduled end."""

    def __init__(self, context: RunContext) -> None:
        """Watches nothing yet."""
        self.context = context
        self._revoking = False
        """Whether the provider is being asked to revoke the end."""

    def begin(self) -> None:
        """Watches, if an end is scheduled or being revoked, and nobody watches yet."""
        due = not self._passed() and self._at() is not None
        if self.context.watch is None and (due or self._being_revoked()):
            self.context.watch = asyncio.create_task(self._keep())

    def end(self) -> None:
        """Stops watching: the point of no return is passed, or the run rolls back."""
        if self.context.watch is not None:
            self.context.watch.cancel()
            self.context.watch = None

    async def finish(self) -> None:
        """Stops watching once an undo that is under way has its answer: nobody else may begin the same one before."""
        await self.context.until(lambda: not self._revoking)
        self.end()

    async def _keep(self) -> None:
        context, end = self.context, self.context.plan.provider_end
        if end is not None and self._being_revoked():
            await self._undo(context.plan.step(end.step))
        while end is not None and (at := self._at()) is not None and not self._passed():
            if await context.wait_beside(lambda at=at: self._moved(at), at=at, summary="until the last call"):
                continue
            if context.state.rollback is not None:
                break
            await self._revoke(end)
        context.watch = None

    def _at(self) -> datetime | None:
        return last_call_at(self.context.plan, self.context.state)

    def _moved(self, at: datetime) -> bool:
        """Whether there is another last call than at `at`; past the point of no return there is none."""
        return self._passed() or self._at() != at

    def _passed(self) -> bool:
        return self.context.state.passed_no_return_at is not None

    def _being_revoked(self) -> bool:
        return end_status(self.context.plan, self.context.state) is EndStatus.REVOKING

    async def _revoke(self, end: ProviderEnd) -> None:
        """Forgets the schedule first, so that the guard refuses from here on, then revokes it at the provider."""
        context, step = self.context, self.context.plan.step(end.step)
        found = guard.blockers(context.plan, context.state, None, context.now())
        reasons = joined("; ", (each.text for each in found))
        because = reasons or msg("the run was not ready")
        context.note(msg("last call: the scheduled end is revoked, because {because}", because=because), step=step.id)
        _plan_again(context)
        context.state.step(undo_id(step.id)).status = StepStatus.UNDOING
        await self._undo(step)
        if context.state.ended_by_provider is None:
            await context.notify(NoticeKind.PARKED, msg("The scheduled end was revoked"), reasons, step=step.id)

    async def _undo(self, step: PlannedStep) -> None:
        """Undoes the step that scheduled it, beside the run's course.

        The undo's own state stands until then, so that a fresh history or a rollback goes on with it. Afterwards it
        goes: the next term's schedule has an undo of its own.
        """
        context = self.context
        last = LastMoment(at=self._last_moment(), missed=_MISSED)
        await undone(context, step, Setting(context.wait_beside, self._to_its_answer, last), due=self._being_revoked)
        context.state.steps.pop(undo_id(step.id), None)

    async def _to_its_answer(self, call: Callable[[], Awaitable[Result]]) -> Result:
        self._revoking = True
        try:
            return await call()
        finally:
            self._revoking = False

    def _last_moment(self) -> datetime:
        """When the provider stops accepting that the end is revoked."""
        state, end = self.context.state, self.context.plan.provider_end
        effective = state.effective_at or state.schedule_again_after
        return self.context.now() if end is None or effective is None else effective - end.last_call


async def until_there_is_room(context: RunContext, step_id: str) -> None:
    """Waits for the next term when nothing is left of the running term's grace: its end could not be revoked.

    Raises:
        PhaseLeft: the run leaves its phase.
        ContinueAsNewDue: the run goes on in a fresh history.
    """
    while (ends := too_late_until(context.plan, context.state, context.now())) is not None:
        text = msg(
            "the term ends {ends}, too soon to revoke its end: the next term's is scheduled",
            ends=f"{ends:%Y-%m-%d %H:%M %Z}",
        )
        context.note(text, step=step_id)
        await context.notify(
            NoticeKind.OVERDUE, msg("{id} goes on in the next term", id=context.id), text, step=step_id
        )
        await context.wait(lambda: False, at=ends + AFTER_TERM)


def refuse_late(context: RunContext, step: PlannedStep, date: datetime | None) -> None:
    """Parks an end that a person amended to a date whose last call is past: nothing could revoke it any more.

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
        message=msg(
            "the amended end is {ends}: its last call was at {words}, before anybody knew",
            ends=ends,
            words=zone.words(at),
        ),
        suggestion=msg(
            "Take the end back at the provider at once and reactivate, or amend the date again and retry; "
            "if the provider has ended it, say so with ended."
        ),
    )
    raise StepStopped(
        ParkReason.BLOCKED, problem, (Finding(subject=msg("last call"), text=problem.message, blocking=True),)
    )


def _plan_again(context: RunContext) -> None:
    """The steps of the schedule run again, for the next term, once the run may go on."""
    state = context.state
    state.schedule_again_after = expected_end(context.plan, state)
    state.scheduled, state.effective_at = False, None
    for step in context.plan.steps:
        if step.phase in SCHEDULING and step.id in state.steps:
            state.steps[step.id] = state.step(step.id).anew()
            state.parked.pop(step.id, None)
