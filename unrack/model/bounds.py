"""How much a run carries of what people decided: enough for any run of people, and no more, whatever is sent. Pure.

What goes is what no judgement needs any more: it stands in the history. What a judgement still needs is kept, or summed
up, or refused once there is too much of it.
"""

from collections.abc import Sequence
from datetime import datetime

from pydantic_core import to_json

from unrack.model.calendar import Interval, union
from unrack.model.decision import Actor, Hold
from unrack.model.state import Extension, LiftedFreeze, RunState, SetFreeze, StepState

MOST_HOLDS = 20
"""Holds of one kind that stand at once: of this run or of the installation, full or of the purge, with an end or not.
None is refused for those of another kind, which may stop less."""

MOST_FREEZES = 50
MOST_MOVES = 50
"""Moves of the end of grace that count at once."""

MOST_RELEASED = 50
MOST_STRETCHES = 500
MOST_CHANGES = 50
"""Changes of the consent that are told one by one, and approvals that no longer count."""

MOST_REPLACED = 10
MOST_PEOPLE = 100
"""People who rejected one task, and people who amended it."""

MOST_BYTES = 1_000_000
"""The most bytes of a state that is handed on or told at the end. The server takes two million, plan included."""


def too_many_holds(state: RunState, new: Hold) -> bool:
    """Whether so many holds like `new` stand already that another one would stop nothing more."""
    kind = (new.scope, new.until is None, new.from_all is None)
    alike = [each for each in state.holds if (each.scope, each.until is None, each.from_all is None) == kind]
    return len(alike) >= MOST_HOLDS


def too_many_moves(extensions: Sequence[Extension]) -> bool:
    """Whether so many moves of the end of grace count already that no more are taken."""
    return sum(each.withdrawn_at is None for each in extensions) >= MOST_MOVES


def too_many_freezes(state: RunState, now: datetime) -> bool:
    """Whether so many freezes of this run are still to come, or in force, that no more are taken."""
    return sum(_counts(each, state.lifted, now) for each in state.freezes) >= MOST_FREEZES


def trim(state: RunState, now: datetime) -> None:
    """Lets go of what has become too much; `now` is the provider's time."""
    _trim_released(state)
    _trim_freezes(state, now)
    _trim_moves(state)
    state.consent, state.voided = state.consent[-MOST_CHANGES:], state.voided[-MOST_CHANGES:]
    for step in state.steps.values():
        _trim_step(step)


def fit(state: RunState, most: int = MOST_BYTES) -> None:
    """Lets go of more of the journal, the older half at a time, until the state weighs no more than `most` bytes."""
    while state.journal and len(to_json(state)) > most:
        gone = (len(state.journal) + 1) // 2
        state.journal, state.left_out = state.journal[gone:], state.left_out + gone


def _trim_released(state: RunState) -> None:
    """Of old holds only the time counts in which they stood; of very many stretches the first become one, with gaps."""
    gone = state.released[:-MOST_RELEASED]
    if not gone:
        return
    spans = (Interval(begins=each.hold.since, ends=each.until) for each in gone)
    stretches = union((*state.held_before, *spans))
    first, rest = stretches[: -MOST_STRETCHES + 1], stretches[-MOST_STRETCHES + 1 :]
    whole = (Interval(begins=first[0].begins, ends=first[-1].ends),) if first else ()
    state.held_before = [*whole, *rest]
    state.released = state.released[-MOST_RELEASED:]


def _trim_freezes(state: RunState, now: datetime) -> None:
    """Freezes that are over, or were taken off, forbid nothing any more."""
    over = [each.freeze.id for each in state.freezes if not _counts(each, state.lifted, now)]
    gone = set(over[: max(0, len(state.freezes) - MOST_FREEZES)])
    state.freezes = [each for each in state.freezes if each.freeze.id not in gone]
    state.lifted = [each for each in state.lifted if each.freeze not in gone]


def _trim_moves(state: RunState) -> None:
    moves = state.grace.extensions
    withdrawn = [each.id for each in moves if each.withdrawn_at is not None]
    gone = set(withdrawn[: max(0, len(moves) - MOST_MOVES)])
    if gone:
        state.grace.extensions = [each for each in moves if each.id not in gone]


def _trim_step(step: StepState) -> None:
    if len(step.rejected_by) > 1:
        step.rejected_by = _people(step.rejected_by)
    gone = step.replaced[:-MOST_REPLACED]
    if gone:
        step.also_stated_by = _people((*step.also_stated_by, *(each.amended_by for each in gone)))
        step.replaced = step.replaced[-MOST_REPLACED:]


def _people(several: Sequence[Actor]) -> tuple[Actor, ...]:
    """Each person once, those of late if they are too many."""
    once: list[Actor] = []
    for each in reversed(several):
        if not any(each.is_same_as(other) for other in once):
            once.append(each)
    return tuple(reversed(once[:MOST_PEOPLE]))


def _counts(each: SetFreeze, lifted: Sequence[LiftedFreeze], now: datetime) -> bool:
    return each.freeze.ends > now and all(off.freeze != each.freeze.id for off in lifted)
