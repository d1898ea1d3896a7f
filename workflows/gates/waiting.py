"""Waiting for the moment at which a run may purge: by date, and by decision."""

from collections.abc import Callable
from datetime import timedelta

from unrack.contracts.calls import NoticeKind
from unrack.model.terms import too_late_until
from unrack.model.window import next_change
from workflows.context import RunContext

AFTER_TERM = timedelta(hours=1)
"""Time the provider gets to renew a service after its term, before the next end is scheduled."""


async def until_clear(context: RunContext, clear: Callable[[], bool]) -> None:
    """Waits until `clear`; looks again whenever a decision comes and on each date that changes what forbids the purge.

    Each timer belongs to one such date. A decision that moves the date ends the wait, and the timer with it, so that no
    timer fires for a date that no longer counts.

    Raises:
        RollbackRequested: a decision turned the run round.
        ScheduledEndRevoked: the scheduled end was taken back before the point of no return.
        ContinueAsNewDue: the run goes on in a fresh history.
    """
    while not clear():
        at = next_change(context.plan, context.state, context.now())
        await context.wait(lambda a=at: clear() or next_change(context.plan, context.state, context.now()) != a, at=at)


async def until_there_is_room(context: RunContext, step: str) -> None:
    """Waits for the next term when nothing is left of the running term's grace: its end could not be taken back.

    Raises:
        RollbackRequested: a decision turned the run round.
        ContinueAsNewDue: the run goes on in a fresh history.
    """
    while (ends := too_late_until(context.plan, context.state, context.now())) is not None:
        text = f"the term ends {ends:%Y-%m-%d %H:%M %Z}, too soon to take its end back: the next term's is scheduled"
        context.note(text, step=step)
        await context.tell(NoticeKind.OVERDUE, f"{context.id} goes on in the next term", text, step=step)
        await context.wait(lambda: False, at=ends + AFTER_TERM)
