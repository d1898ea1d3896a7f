"""The input of a step's activity."""

from unrack.contracts.calls import StepCall
from unrack.model.calendar import Zone
from unrack.model.evidence import EvidenceRef
from unrack.model.lifecycle import StepKind, StepStatus
from unrack.model.plan import PlannedStep
from unrack.model.state import StepState
from workflows.context import RunContext


def call_of(context: RunContext, step: PlannedStep, state: StepState, prove: tuple[EvidenceRef, ...] = ()) -> StepCall:
    """The input of the activity of `step`: the frozen plan's words, and what earlier steps of this run brought."""
    return StepCall(
        run=context.id,
        step=step.id,
        action=step.action or step.id,
        service=context.plan.service,
        timing=context.plan.timing,
        reason=context.plan.request.reason,
        parameters=step.parameters,
        fields=_fields(context, step),
        evidence=tuple(ref for ref in captured(context) if ref.type in _read_by_actions(context)),
        prove=prove,
        done=_done(context),
        effective_at=context.state.effective_at,
        waiting_since=context.state.grace.begun_at,
        begun_at=state.begun_at or context.now(),
        seen=state.findings if step.kind is StepKind.AWAIT else (),
        clock=context.state.clock.moved_to(context.time()),
        zone=_zone(context, step),
    )


def _read_by_actions(context: RunContext) -> frozenset[str]:
    """The types of evidence that some action of the plan goes by. What only people read travels with no call."""
    return frozenset(kind for step in context.plan.steps for kind in step.reads_evidence)


def _zone(context: RunContext, step: PlannedStep) -> Zone | None:
    """The zone of days that people write down; where other providers' days begin, their adapters know."""
    zone = context.plan.grace.calendar.zone
    return zone if step.reads_days and zone.offsets else None


def captured(context: RunContext) -> tuple[EvidenceRef, ...]:
    """References to everything that capture steps kept so far."""
    kept = (context.state.steps.get(step.id) for step in context.plan.steps if step.kind is StepKind.CAPTURE)
    return tuple(evidence for state in kept if state for evidence in state.evidence)


def _done(context: RunContext) -> tuple[str, ...]:
    """The changes that stand; those that were skipped or undone are not this run's."""
    changes = (step for step in context.plan.steps if step.kind is StepKind.CHANGE and step.action)
    done = (step.action for step in changes if _status(context, step) is StepStatus.DONE)
    return tuple(action for action in done if action)


def _status(context: RunContext, step: PlannedStep) -> StepStatus | None:
    state = context.state.steps.get(step.id)
    return state.status if state else None


def _fields(context: RunContext, step: PlannedStep) -> dict[str, str]:
    fields: dict[str, str] = {}
    for other in context.plan.in_phase(step.phase):
        state = context.state.steps.get(other.id)
        if state is not None:
            fields.update(state.fields)
    return fields
