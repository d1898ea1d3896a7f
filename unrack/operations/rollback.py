"""What a reactivation restores of a run as it stands, and what it does not: read before anyone confirms it."""

from collections.abc import Iterator

from unrack.model import progress
from unrack.model.plan import Plan, PlannedStep
from unrack.model.state import RunState


def way_back(plan: Plan, state: RunState) -> tuple[str, ...]:
    """Sentences for people, what cannot be restored first; empty when the run cannot be turned round any more."""
    if state.outcome is not None or state.rollback is not None or state.passed_no_return_at is not None:
        return ()
    return tuple(_sentences(progress.touched(plan, state)))


def _sentences(touched: tuple[PlannedStep, ...]) -> Iterator[str]:
    lasting = [step.title for step in touched if step.undo is None]
    by_hand = [step.undo.title for step in touched if step.undo is not None and step.undo.task is not None]
    by_run = [step.undo.title for step in reversed(touched) if step.undo is not None and step.undo.task is None]
    if lasting:
        yield f"Nothing is taken back of: {'; '.join(lasting)}."
    if by_hand:
        yield f"By people, not by the run: {'; '.join(by_hand)}."
    if by_run:
        yield f"By the run: {'; '.join(by_run)}."
    if not touched:
        yield "Nothing has been changed yet; there is nothing to take back."
