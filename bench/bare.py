"""The floor: a Temporal workflow of the same shape as a run, with text for payloads and nothing of Unrack in it."""

from datetime import timedelta

from temporalio import activity, workflow

from bench.shape import Shape

SHORT = timedelta(seconds=60)


@activity.defn(name="bare")
async def bare(what: str) -> str:
    """Does nothing."""
    return what


@workflow.defn(name="Bare")
class BareWorkflow:
    """As many activities, one after the other, answers of people and timers as the run that it is compared with."""

    def __init__(self) -> None:
        self._answers = 0

    @workflow.run
    async def run(self, shape: Shape) -> str:
        """Goes through `shape`."""
        for answers, steps in enumerate(shape.steps):
            await workflow.wait_condition(lambda wanted=answers: self._answers >= wanted)
            for number, step in enumerate(steps):
                await workflow.execute_activity(
                    bare, step, activity_id=f"{answers}.{number}.{step}", start_to_close_timeout=SHORT
                )
            for wait in shape.waits if answers == 1 else ():
                await workflow.sleep(wait)
        await workflow.wait_condition(workflow.all_handlers_finished)
        return "closed"

    @workflow.update
    async def answer(self, text: str) -> str:
        """A person's answer."""
        self._answers += 1
        return text

    @workflow.query
    def answers(self) -> int:
        """How many came so far."""
        return self._answers
