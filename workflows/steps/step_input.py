"""What the activity of a step gets."""

from unrack.contracts.calls import StepCall
from unrack.model.calendar import Zone
from unrack.model.evidence import EvidenceRef
from unrack.model.lifecycle import StepKind, StepStatus
from unrack.model.plan import PlannedStep
from unrack.model.state import StepState
from workflows.context import RunContext


def call_of(run: RunContext, step: PlannedStep, state: StepState) -> StepCall:
    """What the activity of `step` gets: the frozen plan's words, and what earlier steps of this run brought."""
    return StepCall(
        run=run.id,
        step=step.id,
        action=step.action or step.id,
        service=run.plan.service,
        timing=run.plan.timing,
        reason=run.plan.request.reason,
        parameters=step.parameters,
        fields=_fields(run, step),
        evidence=tuple(ref for ref in captured(run) if ref.type in _read_by_actions(run)),
        done=_done(run),
        effective_at=run.state.effective_at,
        waiting_since=run.state.grace.begun_at,
        begun_at=state.begun_at or run.now(),
        seen=state.findings if step.kind is StepKind.AWAIT else (),
        asked_at=run.time(),
        shown_at=run.now(),
        scale=run.state.clock.scale,
        zone=_zone(run, step),
    )


def _read_by_actions(run: RunContext) -> frozenset[str]:
    """The types of evidence that some action of the plan goes by. What only people read travels with no call."""
    return frozenset(kind for step in run.plan.steps for kind in step.reads_evidence)


def _zone(run: RunContext, step: PlannedStep) -> Zone | None:
    """The zone of days that people write down; where other providers' days begin, their adapters know."""
    zone = run.plan.grace.calendar.zone
    return zone if step.reads_days and zone.offsets else None


def captured(run: RunContext) -> tuple[EvidenceRef, ...]:
    """References to everything that capture steps kept so far."""
    kept = (run.state.steps.get(step.id) for step in run.plan.steps if step.kind is StepKind.CAPTURE)
    return tuple(evidence for state in kept if state for evidence in state.evidence)


def _done(run: RunContext) -> tuple[str, ...]:
    """The changes that stand; those that were skipped or undone are not this run's."""
    changes = (step for step in run.plan.steps if step.kind is StepKind.CHANGE and step.action)
    done = (step.action for step in changes if _status(run, step) is StepStatus.DONE)
    return tuple(action for action in done if action)


def _status(run: RunContext, step: PlannedStep) -> StepStatus | None:
    state = run.state.steps.get(step.id)
    return state.status if state else None


def _fields(run: RunContext, step: PlannedStep) -> dict[str, str]:
    fields: dict[str, str] = {}
    for other in run.plan.in_phase(step.phase):
        state = run.state.steps.get(other.id)
        if state is not None:
            fields.update(state.fields)
    return fields
