"""Compares what Temporal shows of the runs with what the providers show of the services, and tells what does not fit.

It reads, tells, and changes nothing: what to do about a finding is a person's decision.
"""

from collections.abc import Iterable
from datetime import timedelta

from temporalio import workflow
from temporalio.common import RetryPolicy
from temporalio.exceptions import ActivityError

from unrack.contracts.activities import NotifyActivities
from unrack.contracts.calls import Notice, NoticeKind
from unrack.contracts.reconciliation import (
    RECONCILE,
    CompareCall,
    Discrepancy,
    Mismatch,
    ReconcileActivities,
    ReconcileCall,
    ReconcileReport,
)
from unrack.model.message import joined, msg
from workflows import activity_options

MOST_TOLD = 30
"""Findings that are told one by one; the rest is told as a number."""

_ANSWER_WITHIN = timedelta(minutes=40)
"""For one attempt; the next one goes on where it was."""

_RETRIES = RetryPolicy(initial_interval=timedelta(seconds=1), maximum_interval=timedelta(minutes=1))

_OF_NO_RUN = (Mismatch.CREDENTIAL_ENDS,)
"""Mismatches that concern no single run. They do not change between the two reads."""


@workflow.defn(name=RECONCILE)
class ReconcileWorkflow:
    """One reconciliation."""

    @workflow.run
    async def run(self, call: ReconcileCall) -> ReconcileReport:
        """Looks twice, so that what moves meanwhile is no finding; tells people what they were not told before."""
        report = await _compared(call.queue, ())
        if runs := _runs_of(report.found):
            report = _still(report, await _compared(call.queue, runs))
        await _tell_all(report)
        return report


def _runs_of(found: Iterable[Discrepancy]) -> tuple[str, ...]:
    return tuple({each.run: None for each in found if each.kind not in _OF_NO_RUN})


def _still(first: ReconcileReport, again: ReconcileReport) -> ReconcileReport:
    """Keep the findings that the second read confirms, and those of no run. The number cut off stays."""
    seen = {each.key: each for each in again.found}
    kept = tuple(seen.get(each.key, each) for each in first.found if each.key in seen or each.kind in _OF_NO_RUN)
    return first.model_copy(update={"found": kept, "found_in_all": len(kept) + first.cut})


async def _compared(queue: str, only: tuple[str, ...]) -> ReconcileReport:
    return await workflow.execute_activity_method(
        ReconcileActivities.compare_runs,
        CompareCall(queue=queue, only=only),
        activity_id="compare.again" if only else "compare",
        summary=f"{len(only)} runs once more" if only else f"Every run of task queue {queue}",
        start_to_close_timeout=_ANSWER_WITHIN,
        heartbeat_timeout=activity_options.HEARTBEAT,
        retry_policy=_RETRIES,
    )


async def _tell_all(report: ReconcileReport) -> None:
    """Notify people of new findings in the report's order, urgent ones first; beyond `MOST_TOLD` as a number."""
    new = [each for each in report.found if not each.known]
    for each in new[:MOST_TOLD]:
        await _tell(each.run, _title(each), joined("\n\n", (each.text, each.todo)))
    left = len(new[MOST_TOLD:]) + report.cut
    if new and left:
        text = msg("{left} more things do not fit between runs and services.\n\nunrack reconcile", left=left)
        await _tell(report.queue, msg("{left} more things do not fit", left=left), text)


def _title(found: Discrepancy) -> str:
    urgent = msg("urgent: ") if found.urgent else ""
    return activity_options.brief(msg("{urgent}{value}: {run}", urgent=urgent, value=found.kind.value, run=found.run))


async def _tell(run_id: str, title: str, text: str) -> None:
    notice = Notice(run=run_id, kind=NoticeKind.INTERFERENCE, title=title, text=text[:3000])
    try:
        await workflow.execute_activity_method(
            NotifyActivities.notify,
            notice,
            summary=activity_options.brief(f"tell: {notice.title}"),
            start_to_close_timeout=timedelta(seconds=30),
            retry_policy=RetryPolicy(maximum_attempts=3),
        )
    except ActivityError:
        workflow.logger.warning("nobody could be told", extra={"run": run_id, "title": title})
