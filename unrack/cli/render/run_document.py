"""A run as JSON, and what its screens say in the same words."""

from datetime import UTC, datetime

from unrack.cli.render.formats import distance, local
from unrack.cli.render.run_head import consent_document, holds_document
from unrack.model.message import msg
from unrack.model.plan import Plan
from unrack.model.state import ReasonKind, RunReport
from unrack.operations.awaiting import awaited
from unrack.operations.evidence import evidence_of


def run_document(report: RunReport, plan: Plan, now: datetime | None = None) -> dict[str, object]:
    """The JSON document of a run; `now` is the reader's clock."""
    at = report.state.now(now or datetime.now(UTC))
    return {
        "run": report.run,
        "outcome": report.outcome.value if report.outcome else None,
        "not_admitted": report.not_admitted,
        "not_begun": report.state.not_begun and report.state.not_begun.model_dump(mode="json"),
        "phase": report.state.phase.value,
        "plan_digest": report.plan_digest,
        "ticket": plan.request.ticket,
        "owner": plan.request.owner,
        "steps_to_come": steps_to_come(report),
        "waits_for": [each.model_dump(mode="json") for each in awaited(report, plan, at)],
        "purge_not_before": report.purge_not_before.isoformat() if report.purge_not_before else None,
        "purge_in_words": purge_sentence(report, plan, at) if not report.outcome else None,
        "holds": holds_document(report.state, at),
        "stopping": report.state.stopping,
        "consent": consent_document(plan, report.state),
        "purge_because": [reason.model_dump(mode="json") for reason in report.purge_because],
        "zone": plan.grace.calendar.zone.name,
        "purge_blockers": [finding.model_dump(mode="json") for finding in report.purge_blockers],
        "evidence": [{"step": step, **kept.model_dump(mode="json")} for step, kept in evidence_of(report)],
        "steps_planned": [step.id for step in plan.steps],
        "state": report.state.model_dump(mode="json"),
    }


def purge_sentence(report: RunReport, plan: Plan, at: datetime) -> str:
    """When the service may be purged, in one sentence; the reasons follow it."""
    passed, zone = report.state.passed_no_return_at, plan.grace.calendar.zone
    if report.state.ended_by_provider is not None:
        return msg("The provider ended the service by itself; nothing is purged.")
    if report.state.rollback is not None:
        return msg("The run is rolled back; nothing is purged.")
    if passed is not None:
        return msg("The point of no return was passed on {local}; nothing can be undone.", local=local(passed, zone))
    when = report.purge_not_before
    if when is None:
        return msg("Purge not before a date that is not known yet")
    if when <= at:
        return msg(
            "By its dates the service might be purged since {local} ({distance})",
            local=local(when, zone),
            distance=distance(when, at),
        )
    return msg("Purge not before {local} ({distance})", local=local(when, zone), distance=distance(when, at))


def steps_to_come(report: RunReport) -> int:
    """How many steps before the purge are merely not done yet."""
    return sum(each.kind is ReasonKind.STEP for each in report.purge_because)
