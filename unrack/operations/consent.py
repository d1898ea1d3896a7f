"""The subject of an approval: the plan, and every change since it was launched."""

from collections.abc import Iterator
from datetime import datetime

from temporalio.client import Client

from unrack.contracts.workflows import TASK_QUEUE
from unrack.model import approvals
from unrack.model.base import Frozen, Moment
from unrack.model.decision import Actor
from unrack.model.errors import UnrackError
from unrack.model.evidence import EvidenceRef
from unrack.model.lifecycle import StepStatus
from unrack.model.message import msg
from unrack.model.message_text import MessageText
from unrack.model.plan import ForeseenDate, Plan
from unrack.model.service import ServiceFacts
from unrack.model.state import ConsentChange, Difference, GivenApproval, Replaced, RunState, StepState, VoidedApproval
from unrack.operations.inquiries import read_facts
from unrack.operations.plan_differences import facts_moved

ABSENT = "(none)"


class SkippedStep(Frozen):
    """A step that people left out."""

    step: str
    by: Actor | None
    why: MessageText


class RejectedTask(Frozen):
    """A task of which people said that it cannot be done as written."""

    step: str
    by: tuple[Actor, ...]
    why: MessageText
    """The reason, while the task is parked for it; the history has the rest."""


class Amended(Frozen):
    """A field or a proof that was replaced after it was stated."""

    step: str
    name: str
    """The field's name, or the proof's type."""
    before: MessageText
    after: MessageText
    by: Actor
    at: Moment
    reason: str


class FactsNow(Frozen):
    """The provider's current facts, compared with those of the plan."""

    asked: bool
    """Whether it could be asked."""
    why: MessageText = ""
    """Why it could not."""
    differences: tuple[Difference, ...] = ()


class Agreement(Frozen):
    """Everything that an approval of a run agrees to, beside the plan itself."""

    revision: int
    """The consent revision that the approval names."""
    missing: int
    """How many approvals are missing."""
    approved: tuple[GivenApproval, ...]
    voided: tuple[VoidedApproval, ...]
    changes: tuple[ConsentChange, ...]
    skipped: tuple[SkippedStep, ...]
    rejected: tuple[RejectedTask, ...]
    amended: tuple[Amended, ...]
    passed: tuple[ForeseenDate, ...]
    """Dates of the plan that are over by the provider's clock."""
    facts: FactsNow


def agreement(plan: Plan, state: RunState, facts: FactsNow, now: datetime) -> Agreement:
    """Everything that an approver of `plan` sees of the run as it stands at the provider's time `now`."""
    return Agreement(
        revision=state.revision,
        missing=missing(plan, state),
        approved=tuple(state.approvals),
        voided=tuple(state.voided),
        changes=tuple(state.consent),
        skipped=tuple(_skipped(state)),
        rejected=tuple(_rejected(state)),
        amended=amended(state),
        passed=tuple(date for date in plan.dates if date.at is not None and date.at <= now),
        facts=facts,
    )


def missing(plan: Plan, state: RunState) -> int:
    """How many more people must approve this very plan, none of them the launcher."""
    return approvals.standing(plan, state).people


def amended(state: RunState) -> tuple[Amended, ...]:
    """Every field and proof that an amendment replaced, with what stands in its place, step by step."""
    return tuple(each for step, standing in state.steps.items() for each in _amendments(step, standing))


async def facts_now(client: Client, plan: Plan, queue: str = TASK_QUEUE) -> FactsNow:
    """Ask a worker for the service's facts and compare them with the plan's. A failure to ask is told, not raised."""
    if plan.facts.stated_by is not None:
        return FactsNow(
            asked=False,
            why=msg("{stated_by} stated them; the provider cannot be asked", stated_by=plan.facts.stated_by),
        )
    try:
        read = await read_facts(client, plan.service, queue)
    except UnrackError as error:
        return FactsNow(asked=False, why=error.problem.message)
    return compared(plan.facts, read)


def compared(planned: ServiceFacts, read: ServiceFacts) -> FactsNow:
    """Facts that were just read, against those of the plan."""
    return FactsNow(asked=True, differences=facts_moved(planned, read))


def _skipped(state: RunState) -> Iterator[SkippedStep]:
    for step, standing in state.steps.items():
        if standing.status is StepStatus.SKIPPED:
            yield SkippedStep(step=step, by=standing.done_by, why=standing.skipped_because or "")


def _rejected(state: RunState) -> Iterator[RejectedTask]:
    for step, standing in state.steps.items():
        if standing.rejected_by:
            parked = state.parked.get(step)
            yield RejectedTask(step=step, by=standing.rejected_by, why=parked.problem.message if parked else "")


def _amendments(step: str, standing: StepState) -> Iterator[Amended]:
    """Each replaced version against the one after it; the last one against what stands."""
    after = [(each.fields, each.evidence) for each in standing.replaced[1:]] + [(standing.fields, standing.evidence)]
    for replaced, (fields, evidence) in zip(standing.replaced, after, strict=False):
        yield from _changed(step, replaced, replaced.fields, fields)
        yield from _changed(step, replaced, _digests(replaced.evidence), _digests(evidence))


def _changed(step: str, replaced: Replaced, before: dict[str, str], after: dict[str, str]) -> Iterator[Amended]:
    for name in (*before, *(name for name in after if name not in before)):
        old, new = before.get(name, ABSENT), after.get(name, ABSENT)
        if old != new:
            yield Amended(
                step=step,
                name=name,
                before=old,
                after=new,
                by=replaced.amended_by,
                at=replaced.amended_at,
                reason=replaced.reason,
            )


def _digests(evidence: tuple[EvidenceRef, ...]) -> dict[str, str]:
    """Each proof by its type; several of a type together."""
    kept: dict[str, list[str]] = {}
    for each in evidence:
        kept.setdefault(each.type, []).append(f"{each.name} (sha256:{each.sha256[:12]}…)")
    return {kind: ", ".join(names) for kind, names in kept.items()}
