"""The case that a decision is judged on, and how a judgement is written."""

from dataclasses import dataclass
from datetime import datetime

from unrack.model.decision import Verdict
from unrack.model.ids import undone_step
from unrack.model.plan import Plan, PlannedStep
from unrack.model.state import RunState


@dataclass(frozen=True, slots=True)
class Case:
    """Plan, state and time at the moment of a decision."""

    plan: Plan
    state: RunState
    now: datetime
    """The provider's time."""

    def stamp(self, moment: datetime) -> str:
        """A moment as answers write it: in the zone of the plan."""
        return self.plan.grace.calendar.zone.words(moment)

    def planned(self, step_id: str) -> PlannedStep | None:
        """The plan's step that `step_id` names, or whose undo it names; None when the plan has none."""
        wanted = undone_step(step_id) or step_id
        return next((each for each in self.plan.steps if each.id == wanted), None)


@dataclass(frozen=True, slots=True)
class Judgement:
    """A verdict and its reason in words."""

    verdict: Verdict
    message: str


def accepted(message: str) -> Judgement:
    """The decision stands."""
    return Judgement(Verdict.ACCEPTED, message)


def already(message: str) -> Judgement:
    """The same was decided before."""
    return Judgement(Verdict.ALREADY, message)


def conflict(message: str) -> Judgement:
    """Something else was decided before."""
    return Judgement(Verdict.CONFLICT, message)


def refused(message: str) -> Judgement:
    """It is not allowed."""
    return Judgement(Verdict.REFUSED, message)


def not_open(message: str) -> Judgement:
    """Nothing waits for it."""
    return Judgement(Verdict.NOT_OPEN, message)


def invalid(message: str) -> Judgement:
    """It is incomplete or wrong in form."""
    return Judgement(Verdict.INVALID, message)


def stamp(moment: datetime) -> str:
    """A moment as answers write it."""
    return f"{moment:%Y-%m-%d %H:%M %Z}"
