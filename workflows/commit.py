"""Irreversible calls: acted once, then read. Never retried on hope.

An attempt that surely was not sent is repeated. An attempt without an answer is followed by reads: when the provider's
own state says that it happened, the step is done; when it keeps saying that it did not, it is acted once more; when it
cannot tell, the step parks as *outcome unknown*.
"""

from collections.abc import Awaitable, Callable
from datetime import timedelta

from temporalio import workflow

from unrack.contracts.activities import CommitActivities, ReadActivities
from unrack.contracts.calls import ProbeResult, Standing, StepCall
from unrack.model.errors import Category, Problem
from unrack.model.lifecycle import ParkReason
from unrack.model.plan import PlannedStep
from unrack.model.state import StepState
from workflows import calling
from workflows.failures import StepStopped, certainly_not_sent
from workflows.run import Run

SETTLE = (timedelta(seconds=30), timedelta(minutes=2), timedelta(minutes=10))
"""The provider's time between the reads after an attempt without an answer. OVH answers within seconds as a rule."""

MOST_UNANSWERED = 2
"""An attempt without an answer that the provider's state denies is repeated once; the next one parks."""

_AGAIN = timedelta(minutes=1)
_ANSWER_WITHIN = timedelta(hours=1)


async def once(
    run: Run,
    step: PlannedStep,
    state: StepState,
    call_now: Callable[[], StepCall],
    allowed: Callable[[], Awaitable[None]],
) -> None:
    """Makes the irreversible call of `step` take effect once.

    Before each repeat `allowed` is asked again, and waited for: somebody may have put a hold on the run meanwhile.

    Raises:
        StepStopped: the provider refused, could not be reached in the step's patience, or cannot tell what happened.
    """
    late_at = run.now() + step.patience
    unanswered = 0
    if state.unanswered and await _happened_before(run, step, state, call_now):
        return
    while True:
        try:
            result = await calling.activity(
                CommitActivities.commit,
                call_now(),
                key=step.id,
                title=step.title,
                how=calling.commit(),
                phase=step.phase,
            )
        except StepStopped as stop:
            if stop.unanswered:
                unanswered += 1
                run.note(f"asked, no answer: {stop.problem.message}", step=step.id)
                if await _happened(run, step, call_now, stop.problem, final=unanswered >= MOST_UNANSWERED):
                    state.note = "done: the provider's state shows it, though no answer came"
                    return
            elif certainly_not_sent(stop.problem) and run.now() < late_at:
                await workflow.sleep(run.here(_AGAIN), summary=calling.brief(f"not sent: {stop.problem.message}"))
            else:
                raise
            await allowed()
        else:
            state.note, state.references = result.note, result.references
            return


async def _happened_before(run: Run, step: PlannedStep, state: StepState, call_now: Callable[[], StepCall]) -> bool:
    """Whether the call that a run which is gone had begun took effect; what the provider cannot tell parks the step."""
    state.unanswered = False
    problem = Problem(category=Category.UNKNOWN_OUTCOME, message="the run that had begun the call is gone")
    run.note(f"asked, no answer: {problem.message}", step=step.id)
    happened = await _happened(run, step, call_now, problem, final=False)
    if happened:
        state.note = "done by the run that is gone: the provider's state shows it"
    return happened


async def _happened(
    run: Run, step: PlannedStep, call_now: Callable[[], StepCall], problem: Problem, *, final: bool
) -> bool:
    """Whether the call took effect, read until it is certain. False only when the provider kept saying no."""
    seen = await _probe(run, step, call_now())
    for pause in SETTLE:
        if seen.standing is Standing.DONE:
            return True
        await workflow.sleep(run.here(pause), summary="asked, no answer: reading again")
        seen = await _probe(run, step, call_now())
    if seen.standing is Standing.DONE:
        return True
    if seen.standing is Standing.UNKNOWN or final:
        raise StepStopped(ParkReason.OUTCOME_UNKNOWN, _unknown(step, problem, seen))
    return False


async def _probe(run: Run, step: PlannedStep, call: StepCall) -> ProbeResult:
    try:
        result = await calling.activity(
            ReadActivities.probe,
            call,
            key=f"{step.id}.probe",
            title=f"Did it happen? {step.title}",
            how=calling.read(run.here(_ANSWER_WITHIN)),
            phase=step.phase,
        )
    except StepStopped as stop:
        raise StepStopped(ParkReason.OUTCOME_UNKNOWN, stop.problem) from stop
    run.set_clock(result.clock)
    return result


def _unknown(step: PlannedStep, problem: Problem, seen: ProbeResult) -> Problem:
    return Problem(
        category=Category.UNKNOWN_OUTCOME,
        message=f"{step.title}: asked, no answer ({problem.message}); the provider shows: {seen.note}",
        suggestion="Look at the provider's own panel. Retry reads first and acts only if it has not happened; "
        "skip it if you know that it has.",
        reference=problem.reference,
    )
