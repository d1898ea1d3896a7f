"""Shows what a reactivation restores of a run, and what it does not, before anyone confirms it."""

from collections.abc import Iterator
from dataclasses import dataclass

from temporalio.client import Client

from unrack.model import progress
from unrack.model.decision import Actor, Reactivate
from unrack.model.message import joined, msg
from unrack.model.plan import Plan, PlannedStep
from unrack.model.state import RunState
from unrack.operations.reporting import plan_of, report_unless_paused
from unrack.operations.sending import Send, Settled, settle
from unrack.operations.task_forms import new_decision_id

UNSEEN = msg("the run is paused in Temporal and shows nothing: what it does with this cannot be told before it goes on")


@dataclass(frozen=True, slots=True)
class RollbackShown:
    """The effects that a reactivation would have."""

    plan: Plan
    sentences: tuple[str, ...]


async def look_at_rollback(client: Client, run_id: str) -> RollbackShown:
    """Tell what reactivating the run would restore, and what not. Nothing is sent yet.

    Raises:
        UnrackError: no such run, or no worker answers.
    """
    plan = await plan_of(client, run_id)
    report = await report_unless_paused(client, run_id)
    return RollbackShown(plan, rollback_preview(plan, report.state) if report else (UNSEEN,))


async def reactivate(client: Client, run_id: str, reason: str, by: Actor, *, send: Send = settle) -> Settled:
    """Roll the run back."""
    return await send(client, run_id, Reactivate(id=new_decision_id(), by=by, reason=reason))


def rollback_preview(plan: Plan, state: RunState) -> tuple[str, ...]:
    """Sentences for people, what cannot be restored first; empty when the run cannot be rolled back any more."""
    if state.outcome is not None or state.rollback is not None or state.passed_no_return_at is not None:
        return ()
    return tuple(_sentences(progress.touched(plan, state)))


def _sentences(touched: tuple[PlannedStep, ...]) -> Iterator[str]:
    lasting = [step.title for step in touched if step.undo is None]
    by_hand = [step.undo.title for step in touched if step.undo is not None and step.undo.task is not None]
    by_run = [step.undo.title for step in reversed(touched) if step.undo is not None and step.undo.task is None]
    if lasting:
        yield msg("Nothing is taken back of: {join}.", join=joined("; ", lasting))
    if by_hand:
        yield msg("By people, not by the run: {join}.", join=joined("; ", by_hand))
    if by_run:
        yield msg("By the run: {join}.", join=joined("; ", by_run))
    if not touched:
        yield msg("Nothing has been changed yet; there is nothing to take back.")
