"""Waiting for the moment at which a run may purge: by date, and by decision."""

from collections.abc import Callable

from unrack.model.window import next_change
from workflows.run import Run


async def until_clear(run: Run, clear: Callable[[], bool]) -> None:
    """Waits until `clear`; looks again whenever a decision comes and on each date that changes what forbids the purge.

    Each timer belongs to one such date. A decision that moves the date ends the wait, and the timer with it, so that no
    timer fires for a date that no longer counts.

    Raises:
        TurnedRound: a decision turned the run round.
        TakenBack: the scheduled end was taken back before the point of no return.
        FreshHistoryDue: the run goes on in a fresh history.
    """
    while not clear():
        at = next_change(run.plan, run.state, run.now())
        await run.wait(lambda a=at: clear() or next_change(run.plan, run.state, run.now()) != a, at=at)
