"""The floor: a Temporal workflow of the same shape as a run, with text for payloads and nothing of Unrack in it."""

from datetime import timedelta

from temporalio import activity, workflow

SHORT = timedelta(seconds=60)


@activity.defn(name="bare")
async def bare(what: str) -> str:
    """Does nothing."""
    return what


@workflow.defn(name="Bare")
class BareWorkflow:
    """As many activities, local activities, answers of people and timers as the run that it is compared with."""

    def __init__(self) -> None:
        self._answers = 0

    @workflow.run
    async def run(self, grace_ms: int) -> str:
        """The order of an immediate cancellation: `grace_ms` is how long its one timer lasts."""
        await self._local("preflight.status")
        await self._remote("capture.configuration")
        await self._remote("detach.pops")
        await self._remote("detach.vrack")
        await self._local("tell")
        await workflow.wait_condition(lambda: self._answers >= 1)
        await workflow.sleep(timedelta(milliseconds=grace_ms))
        await self._local("purge.unchanged")
        await self._remote("purge.ask")
        await self._local("tell")
        await workflow.wait_condition(lambda: self._answers >= 2)  # noqa: PLR2004 - the second answer
        await self._remote("purge.confirm")
        await self._local("verify.gone")
        await self._local("tell")
        await workflow.wait_condition(workflow.all_handlers_finished)
        return "closed"

    @workflow.update
    async def answer(self, text: str) -> str:
        """A person's answer."""
        self._answers += 1
        return text

    async def _remote(self, what: str) -> str:
        return await workflow.execute_activity(bare, what, activity_id=what, start_to_close_timeout=SHORT)

    async def _local(self, what: str) -> str:
        return await workflow.execute_local_activity(bare, what, start_to_close_timeout=SHORT)
