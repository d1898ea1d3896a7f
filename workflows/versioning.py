"""Versions of the code: how a run moves to newer workers, and every `workflow.patched` id.

A run moves at a quiet point, in a fresh history, with its whole state in one model.

A versioned worker pins runs to its build, so that new code never has to replay an old history. A run that waits for
months moves by going on as new on the build that is current then. A deploy wakes all runs, so that they notice.
"""

from dataclasses import dataclass
from datetime import date
from typing import Protocol

from temporalio import workflow
from temporalio.workflow import ContinueAsNewVersioningBehavior

from unrack.model.ids import undo_id
from unrack.model.lifecycle import StepStatus
from unrack.model.plan import Plan
from unrack.model.state import RunState

MOST_IN_VAIN = 3
"""Moves in a row after which the newest workers were still others: then the run stays until its next quiet point with
nothing newer, rather than go round for ever."""


class Moves(Protocol):
    """A workflow's state that counts its moves."""

    moves: int
    """Moves in a row that did not arrive at the newest workers."""


def due(plan: Plan, state: RunState) -> bool:
    """Whether the run should move now. Asked at a quiet point only: nothing of the course is under way there."""
    return newer_are_there(state) and quiet_beside(plan, state)


def newer_are_there(state: Moves) -> bool:
    """Whether there are newer workers, and moving to them was not in vain too often."""
    if not _newer():
        state.moves = 0
        return False
    return state.moves < MOST_IN_VAIN


def where_to(state: Moves) -> ContinueAsNewVersioningBehavior | None:
    """How a fresh history begins: on the newest workers when there are newer ones, else where the run is now."""
    if not _newer() or state.moves >= MOST_IN_VAIN:
        return None
    state.moves += 1
    return ContinueAsNewVersioningBehavior.AUTO_UPGRADE


def _newer() -> bool:
    return workflow.info().is_target_worker_deployment_version_changed()


def quiet_beside(plan: Plan, state: RunState) -> bool:
    """Whether the watch over the scheduled end is not about to revoke it: that call must not be left behind."""
    key = undo_id(plan.provider_end.step) if plan.provider_end is not None else ""
    undo = state.steps.get(key)
    over = undo is None or undo.status in (StepStatus.DONE, StepStatus.SKIPPED)
    return over or key in state.parked or key in state.tasks


@dataclass(frozen=True, slots=True)
class Patch:
    """One change of a workflow's command sequence that running histories must not see."""

    id: str
    reason: str
    since: date
    removable_after: date


PATCHES: tuple[Patch, ...] = ()
"""Every `workflow.patched` id, the oldest first: why it exists, since when, and when it can go. No code elsewhere
spells an id."""
