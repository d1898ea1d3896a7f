"""Compares what Temporal shows of the runs with what the providers show of the services, and tells what does not fit.

It reads, tells, and changes nothing: what to do about a finding is a person's decision.
"""

from datetime import timedelta

from temporalio import workflow
from temporalio.common import RetryPolicy
from temporalio.exceptions import ActivityError

from unrack.contracts.activities import TellActivities
from unrack.contracts.calls import Notice, NoticeKind
from unrack.contracts.reconciliation import (
    RECONCILE,
    Discrepancy,
    LookOverCall,
    ReconcileActivities,
    ReconcileCall,
    ReconcileReport,
    ServiceSeen,
    Survey,
    SurveyCall,
)
from unrack.model.service import ServiceRef
from workflows import calling, discrepancies

BATCH = 25
"""Services that one activity reads."""

_ANSWER_WITHIN = timedelta(minutes=10)
_RETRIES = RetryPolicy(initial_interval=timedelta(seconds=1), maximum_interval=timedelta(minutes=1))


@workflow.defn(name=RECONCILE)
class ReconcileWorkflow:
    """One reconciliation."""

    @workflow.run
    async def run(self, call: ReconcileCall) -> ReconcileReport:
        """Looks twice, so that what moves meanwhile is no finding; tells people what they were not told before."""
        survey = await _survey(call.queue, ())
        found, services = await _look(survey)
        if found:
            found = await _still(call.queue, found)
        known = {each.key for each in survey.before.found} if survey.before else set[tuple[str, str, str]]()
        for each in found:
            if each.key not in known:
                await _tell(each)
        return ReconcileReport(
            at=workflow.now(),
            queue=call.queue,
            runs=len(survey.runs),
            found=found,
            unread=tuple(service for service in services if not service.read),
        )


async def _still(queue: str, found: tuple[Discrepancy, ...]) -> tuple[Discrepancy, ...]:
    """What is found again, when only the runs of `found` are looked at once more."""
    again, _ = await _look(await _survey(queue, tuple({each.run: None for each in found})), only=found)
    keys = {each.key for each in found}
    return tuple(each for each in again if each.key in keys)


async def _look(
    survey: Survey, only: tuple[Discrepancy, ...] | None = None
) -> tuple[tuple[Discrepancy, ...], tuple[ServiceSeen, ...]]:
    before = survey.before
    if only is not None and before is not None:
        runs = {each.run for each in only}
        before = before.model_copy(update={"found": tuple(each for each in before.found if each.run in runs)})
    services = await _services(discrepancies.to_read(survey.runs, before))
    return discrepancies.judge(survey.runs, {each.service: each for each in services}, before), services


async def _survey(queue: str, only: tuple[str, ...]) -> Survey:
    return await workflow.execute_activity_method(
        ReconcileActivities.survey,
        SurveyCall(queue=queue, only=only),
        activity_id="survey.again" if only else "survey",
        summary=f"{len(only)} runs once more" if only else f"Every run of task queue {queue}",
        start_to_close_timeout=_ANSWER_WITHIN,
        heartbeat_timeout=calling.HEARTBEAT,
        retry_policy=_RETRIES,
    )


async def _services(wanted: tuple[ServiceRef, ...]) -> tuple[ServiceSeen, ...]:
    seen: list[ServiceSeen] = []
    for begin in range(0, len(wanted), BATCH):
        batch = wanted[begin : begin + BATCH]
        answer = await workflow.execute_activity_method(
            ReconcileActivities.look_over,
            LookOverCall(services=batch),
            summary=f"Read {len(batch)} services",
            start_to_close_timeout=_ANSWER_WITHIN,
            heartbeat_timeout=calling.HEARTBEAT,
            retry_policy=_RETRIES,
        )
        seen.extend(answer.services)
    return tuple(seen)


async def _tell(found: Discrepancy) -> None:
    notice = Notice(
        run=found.run,
        kind=NoticeKind.INTERFERENCE,
        title=calling.brief(f"{found.kind.value}: {found.run}"),
        text=f"{found.text}\n\n{found.todo}"[:3000],
    )
    try:
        await workflow.execute_activity_method(
            TellActivities.tell,
            notice,
            summary=calling.brief(f"tell: {notice.title}"),
            start_to_close_timeout=timedelta(seconds=30),
            retry_policy=RetryPolicy(maximum_attempts=3),
        )
    except ActivityError:
        workflow.logger.warning("nobody could be told", extra={"run": found.run, "kind": found.kind.value})
