"""Where a step waits that cannot go on by itself, until an operator decides."""

from datetime import timedelta

from unrack.contracts.calls import NoticeKind
from unrack.model.lifecycle import ParkReason, StepStatus
from unrack.model.state import Parked
from workflows.failures import StepStopped
from workflows.run import Run

_CHASE = timedelta(days=1)
"""People are told this often that nobody knows yet whether something irreversible happened."""


async def park(run: Run, step: str, stop: StepStopped, *, may_skip: bool) -> None:
    """Parks `step`, tells people, and waits until an operator decides."""
    run.state.parked[step] = Parked(
        step=step,
        reason=stop.reason,
        since=run.now(),
        problem=stop.problem,
        findings=stop.findings,
        may_skip=may_skip,
    )
    run.state.step(step).status = StepStatus.PARKED
    run.note(f"parked ({stop.reason.value}): {stop.problem.message}", step=step)
    text = "\n".join(filter(None, (stop.problem.message, stop.problem.suggestion, stop.problem.reference)))
    await run.tell(NoticeKind.PARKED, f"{step} is parked", text, step=step, reason=stop.reason)


async def unparked(run: Run, step: str) -> None:
    """Waits until an operator decides on the parked `step`. People are told each day that an outcome is unknown."""
    unknown = run.state.parked[step].reason is ParkReason.OUTCOME_UNKNOWN
    while not await run.wait(lambda: step not in run.state.parked, at=run.now() + _CHASE if unknown else None):
        text = f"Nobody has decided yet. unrack status {run.id}"
        await run.tell(NoticeKind.OVERDUE, f"it is still unknown whether {step} took effect", text, step=step)
