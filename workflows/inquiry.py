"""Answers a question that only a worker can: workers alone hold credentials. Reads, never touches."""

from datetime import timedelta

from temporalio import workflow
from temporalio.common import RetryPolicy
from temporalio.exceptions import ActivityError

from unrack.contracts.activities import ReadActivities
from unrack.contracts.calls import InquiryAnswer, InquiryCall
from unrack.contracts.workflows import INQUIRY
from workflows.errors import problem_of

_TRIES = RetryPolicy(initial_interval=timedelta(milliseconds=500), maximum_attempts=3)


@workflow.defn(name=INQUIRY)
class InquiryWorkflow:
    """One question, one answer."""

    @workflow.run
    async def run(self, call: InquiryCall) -> InquiryAnswer:
        """Reads the facts of a service or checks a credential; a failure is part of the answer."""
        answer = InquiryAnswer()
        try:
            if call.facts is not None:
                facts = await workflow.execute_activity_method(
                    ReadActivities.read_facts,
                    call.facts,
                    activity_id="facts",
                    schedule_to_close_timeout=call.timeout,
                    retry_policy=_TRIES,
                )
                answer = answer.model_copy(update={"facts": facts})
            if call.access is not None:
                access = await workflow.execute_activity_method(
                    ReadActivities.check_access,
                    call.access,
                    activity_id="access",
                    schedule_to_close_timeout=call.timeout,
                    retry_policy=_TRIES,
                )
                answer = answer.model_copy(update={"access": access})
        except ActivityError as error:
            return InquiryAnswer(problem=problem_of(error))
        return answer
