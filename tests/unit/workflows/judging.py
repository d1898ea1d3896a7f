"""One run's plan and state, judged without a server: what a decision does, at a moment that the test sets."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from pydantic import TypeAdapter

from tests.workflows.plans import plan
from unrack.model.decision import Actor, Decision, DecisionResult
from unrack.model.errors import Category, Problem
from unrack.model.lifecycle import ParkReason, Phase, StepStatus
from unrack.model.plan import Plan
from unrack.model.state import OpenTask, Parked, RunState
from workflows.decisions.judge import judge

BEGIN = datetime(2026, 11, 23, 9, tzinfo=UTC)
LEA, OMAR, ANN, BOB, NINA = (Actor(name=name) for name in ("lea", "omar", "ann", "bob", "nina"))
"""lea launches."""

_DECISION: TypeAdapter[Decision] = TypeAdapter(Decision)


def state_of(frozen: Plan, phase: Phase = Phase.PREFLIGHT) -> RunState:
    """A run of `frozen` that lea launched, in `phase`."""
    clock = frozen.facts.clock
    return RunState(plan_digest=frozen.digest, launched_by=LEA, launched_at=BEGIN, clock=clock, phase=phase)


@dataclass
class Judged:
    """A run whose decisions are judged one after the other."""

    plan: Plan = field(default_factory=lambda: plan(quorum=2, shown=BEGIN))
    now: datetime = BEGIN
    state: RunState = field(init=False)
    ids: Any = field(default_factory=lambda: count(10_000_000))

    def __post_init__(self) -> None:
        """The run begins."""
        self.state = state_of(self.plan)

    def decide(self, kind: str, by: Actor, **more: object) -> DecisionResult:
        """`by` decides; the answer."""
        said = {"kind": kind, "id": str(next(self.ids)), "by": by.model_dump(mode="json"), **more}
        return judge(self.plan, self.state, _DECISION.validate_python(said), self.now)

    def approved(self) -> None:
        """Ann and Bob approve what stands now."""
        for one in (ANN, BOB):
            assert self.decide("approve", one, plan=self.plan.digest, revision=self.state.revision).good

    def later(self, span: timedelta) -> None:
        """Time passes."""
        self.now += span

    def open(self, step: str) -> None:
        """The task `step` waits for a person."""
        planned = self.plan.step(step)
        assert planned.task is not None
        deadline = self.now + planned.timeout
        self.state.tasks[step] = OpenTask(
            step=step, title=planned.title, since=self.now, deadline=deadline, form=planned.task
        )
        self.state.step(step).status = StepStatus.WAITING

    def park(self, step: str, reason: ParkReason = ParkReason.BLOCKED) -> None:
        """`step` parks."""
        problem = Problem(category=Category.CONFLICT, message="as the test wants it")
        self.state.parked[step] = Parked(step=step, reason=reason, since=self.now, problem=problem)
        self.state.step(step).status, self.state.step(step).tries = StepStatus.PARKED, 1
