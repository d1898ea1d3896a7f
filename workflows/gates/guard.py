"""The one place that decides whether something irreversible may happen now. Pure: plan and state in, reasons out."""

from datetime import datetime

from unrack.model import approvals, holds, window
from unrack.model.calendar import Freeze, Zone
from unrack.model.lifecycle import LIFECYCLE, Phase, StepStatus
from unrack.model.message import msg
from unrack.model.plan import Plan, PlannedStep
from unrack.model.service import Finding
from unrack.model.state import Reason, ReasonKind, RunState, StepState

_AFTER_APPROVAL = LIFECYCLE[LIFECYCLE.index(Phase.APPROVAL) + 1 :]


def blockers(plan: Plan, state: RunState, step: PlannedStep | None, now: datetime) -> tuple[Finding, ...]:
    """Every reason for which `step` must not run now; empty when it may.

    Args:
        plan: The frozen plan.
        state: The run's state.
        step: The irreversible step that is due, or None for the first one of the plan.
        now: The provider's time, freshly read.
    """
    due = step or plan.no_return
    return (
        *_approvals(plan, state),
        *_before(plan, state, due),
        *window_blockers(plan, state, now),
    )


def window_blockers(plan: Plan, state: RunState, now: datetime) -> tuple[Finding, ...]:
    """The blockers that only time and decisions change: holds, freezes, grace, and a day after a correction."""
    return (
        *_holds(plan, state, now),
        *_freezes(plan, state, now),
        *_grace(plan, state, now),
        *_settling(plan, state, now),
    )


def stops(plan: Plan, state: RunState, now: datetime) -> tuple[Finding, ...]:
    """Every reason for which nothing may change the service forward now; empty when it may.

    A full hold, or approvals that no longer count: from the end of the phase approval on, nothing goes on without the
    quorum. What brings the service back, or only looks, is never stopped.
    """
    held = tuple(
        _blocker(
            "hold", msg("{name} holds the run ({id}): {reason}", name=hold.by.name, id=hold.id, reason=hold.reason)
        )
        for hold in holds.full(state, now)
    )
    awaited = state.phase in _AFTER_APPROVAL and not approvals.awaited(plan, state).complete
    lapsed = _approvals(plan, state) if awaited else ()
    return (*held, *lapsed)


def because(plan: Plan, state: RunState, now: datetime) -> tuple[Reason, ...]:
    """Everything that keeps the purge waiting, in words; empty when the point of no return is passed."""
    if state.passed_no_return_at is not None:
        return ()
    missing = (*_approvals(plan, state), *_before(plan, state, plan.no_return))
    work = (Reason(kind=ReasonKind(finding.subject), text=finding.text) for finding in missing)
    return (*window.reasons(plan, state, now), *work)


def _approvals(plan: Plan, state: RunState) -> tuple[Finding, ...]:
    return tuple(_blocker("approval", lack.text) for lack in approvals.standing(plan, state).lacks)


def _holds(plan: Plan, state: RunState, now: datetime) -> tuple[Finding, ...]:
    zone = plan.grace.calendar.zone
    return tuple(
        _blocker(
            "hold",
            msg(
                "{name} holds the run since {words}: {reason}",
                name=hold.by.name,
                words=zone.words(hold.since),
                reason=hold.reason,
            ),
        )
        for hold in holds.standing(state, now)
    )


def _settling(plan: Plan, state: RunState, now: datetime) -> tuple[Finding, ...]:
    if state.settles_at is None or now >= state.settles_at or state.passed_no_return_at is not None:
        return ()
    until = plan.grace.calendar.zone.words(state.settles_at)
    return (
        _blocker(
            "settling",
            msg("something was corrected less than a day ago; nothing is purged before {until}", until=until),
        ),
    )


def _freezes(plan: Plan, state: RunState, now: datetime) -> tuple[Finding, ...]:
    zone = plan.grace.calendar.zone
    return tuple(_blocker("freeze", _frozen(freeze, zone)) for freeze in window.in_force(plan, state, now))


def _frozen(freeze: Freeze, zone: Zone) -> str:
    if freeze.never_ends:
        return freeze.words(zone)
    return msg(
        "freeze '{name}' ({id}) forbids it until {words}", name=freeze.name, id=freeze.id, words=zone.words(freeze.ends)
    )


def _before(plan: Plan, state: RunState, due: PlannedStep | None) -> tuple[Finding, ...]:
    found: list[Finding] = []
    for step in plan.steps:
        if step == due:
            break
        found.extend(_unfinished(step, state))
    return tuple(found)


def _unfinished(step: PlannedStep, state: RunState) -> tuple[Finding, ...]:
    standing = state.steps.get(step.id)
    if standing is None or standing.status not in (StepStatus.DONE, StepStatus.SKIPPED):
        return (_blocker("step", msg("{id} ({title}) is not done", id=step.id, title=step.title)),)
    return () if standing.status is StepStatus.SKIPPED else lacking(step, standing)


def lacking(step: PlannedStep, standing: StepState) -> tuple[Finding, ...]:
    """The required evidence that `step` lacks."""
    wanted = step.task.evidence if step.task else step.evidence
    kept = {evidence.type for evidence in standing.evidence}
    return tuple(
        _blocker(
            "evidence", msg("{id} lacks its evidence '{type}' ({title})", id=step.id, type=item.type, title=item.title)
        )
        for item in wanted
        if item.required and item.type not in kept
    )


def _grace(plan: Plan, state: RunState, now: datetime) -> tuple[Finding, ...]:
    ends = window.grace_end(plan, state)
    if state.passed_no_return_at is not None:
        return ()
    if ends is None:
        return (_blocker("grace", msg("grace has not begun: the date from which it is counted is not known yet")),)
    told = msg("grace ends at {words} by the provider's clock", words=plan.grace.calendar.zone.words(ends))
    return (_blocker("grace", told),) if now < ends else ()


def _blocker(subject: str, text: str) -> Finding:
    return Finding(subject=subject, text=text, blocking=True)
