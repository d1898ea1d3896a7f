"""Evidence that a decision names counts only when the store has it, whole: anybody can write down a digest."""

from unrack.contracts.activities import CaptureActivities
from unrack.contracts.calls import EvidenceCall, EvidenceResult
from unrack.model.errors import Category, Problem
from unrack.model.evidence import EvidenceRef
from unrack.model.lifecycle import ParkReason, Phase
from unrack.model.message import joined, msg
from unrack.model.plan import PlannedStep
from unrack.model.service import Finding
from workflows import activity_options
from workflows.context import RunContext
from workflows.errors import StepStopped


async def in_store(context: RunContext, step_id: str, evidence: tuple[EvidenceRef, ...], phase: Phase) -> None:
    """Looks for `evidence` in the store, and reads it there.

    Raises:
        StepStopped: a piece is not there or was altered, or the store did not answer for long.
    """
    if not evidence:
        return
    found = await activity_options.activity(
        CaptureActivities.locate,
        EvidenceCall(run=context.id, step=step_id, evidence=evidence),
        key=f"{step_id}.evidence",
        title=msg("Is the evidence in the store? {step}", step=step_id),
        how=activity_options.read(activity_options.ATTEMPT * 10),
        phase=phase,
    )
    refuse_faults(found)


def is_whole(found: EvidenceResult | None) -> bool:
    """Whether everything that was looked for is there, and is what it was."""
    return found is not None and not found.missing and not found.altered


def refuse_faults(found: EvidenceResult) -> None:
    """Stops the step where a piece is not in the store.

    Raises:
        StepStopped: a piece is not there, or was altered.
    """
    findings = (
        *(_finding(ref, msg("is not in the evidence store")) for ref in found.missing),
        *(_finding(ref, msg("was altered in the evidence store")) for ref in found.altered),
    )
    if findings:
        raise StepStopped(ParkReason.NOT_ALLOWED, _problem(findings), findings)


async def of_amendments(context: RunContext, step: PlannedStep) -> None:
    """Looks for the proofs that amendments brought, before `step` goes by them.

    Raises:
        StepStopped: as `in_store`.
    """
    amended = context.state.unproved
    evidence = tuple(ref for each in amended for ref in context.state.step(each).evidence)
    await in_store(context, step.id, evidence, step.phase)
    context.state.unproved = tuple(each for each in context.state.unproved if each not in amended)


def everything(context: RunContext) -> tuple[EvidenceRef, ...]:
    """Every piece that this run rests on, once."""
    every = [ref for state in context.state.steps.values() for ref in state.evidence]
    return tuple({(ref.sha256, ref.size): ref for ref in every}.values())


def _finding(ref: EvidenceRef, fault: str) -> Finding:
    text = msg(
        "'{name}' ({type}, sha256 {sha}…, from {source}) {fault}",
        name=ref.name,
        type=ref.type,
        sha=ref.sha256[:12],
        source=ref.source,
        fault=fault,
    )
    return Finding(subject="evidence", text=text, blocking=True)


def _problem(findings: tuple[Finding, ...]) -> Problem:
    return Problem(
        category=Category.NOT_FOUND,
        message=joined("; ", (finding.text for finding in findings)),
        suggestion=msg(
            "Retry: a task is asked again; for what an earlier step kept, put the very file back first "
            "(unrack evidence add PATH)."
        ),
    )
