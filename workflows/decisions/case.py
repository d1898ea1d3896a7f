"""The case that a decision is judged on, and how a judgement is written."""

from dataclasses import dataclass
from datetime import datetime

from unrack.model.decision import Actor, Verdict
from unrack.model.ids import undone_step
from unrack.model.plan import Plan, PlannedStep
from unrack.model.policy_ref import PolicyRef
from unrack.model.state import RunState
from unrack.model.statement import Refusal


@dataclass(frozen=True, slots=True)
class Case:
    """Plan, state and time at the moment of a decision."""

    plan: Plan
    state: RunState
    now: datetime
    """The provider's time."""
    groups: tuple[str, ...] = ()
    """The groups of who decides, as a policy has them."""

    def stamp(self, moment: datetime) -> str:
        """A moment as answers write it: in the zone of the plan."""
        return self.plan.grace.calendar.zone.words(moment)

    def planned(self, step_id: str) -> PlannedStep | None:
        """The plan's step that `step_id` names, or whose undo it names; None when the plan has none."""
        wanted = undone_step(step_id) or step_id
        return next((each for each in self.plan.steps if each.id == wanted), None)


@dataclass(frozen=True, slots=True)
class Proven:
    """Who a decision is from, by a policy."""

    by: Actor
    groups: tuple[str, ...] = ()
    policy: PolicyRef | None = None


@dataclass(frozen=True, slots=True)
class Judgement:
    """A verdict and its reason in words."""

    verdict: Verdict
    message: str
    why: Refusal | None = None


def accepted(message: str) -> Judgement:
    """The decision stands."""
    return Judgement(Verdict.ACCEPTED, message)


def already(message: str) -> Judgement:
    """The same was decided before."""
    return Judgement(Verdict.ALREADY, message)


def conflict(message: str, why: Refusal | None = None) -> Judgement:
    """Something else was decided before."""
    return Judgement(Verdict.CONFLICT, message, why)


def refused(message: str, why: Refusal | None = None) -> Judgement:
    """It is not allowed."""
    return Judgement(Verdict.REFUSED, message, why)


def not_open(message: str) -> Judgement:
    """Nothing waits for it."""
    return Judgement(Verdict.NOT_OPEN, message)


def invalid(message: str) -> Judgement:
    """It is incomplete or wrong in form."""
    return Judgement(Verdict.INVALID, message)


def stamp(moment: datetime) -> str:
    """A moment as answers write it."""
    return f"{moment:%Y-%m-%d %H:%M %Z}"
