"""A run that people look at and decide on while its worker dies."""

import asyncio
from datetime import timedelta

from temporalio import activity, workflow


@workflow.defn(name="Torn")
class Torn:
    """Goes on after each activity; a decision ends it."""

    def __init__(self) -> None:
        self.unpacked = self.over = False

    @workflow.run
    async def run(self) -> None:
        """Two activities, then a decision."""
        await workflow.execute_activity("unpack", 1, start_to_close_timeout=timedelta(minutes=2))
        self.unpacked = True
        workflow.upsert_memo({"unpacked": True})
        await workflow.execute_activity("unpack", 2, start_to_close_timeout=timedelta(minutes=2))
        await workflow.wait_condition(lambda: self.over)

    @workflow.update
    async def end(self) -> None:
        """Ends it."""
        self.over = True

    @workflow.query
    def is_unpacked(self) -> bool:
        """Whether the first activity is over."""
        return self.unpacked


class Unpacking:
    """The first of its activities ends when the test says so."""

    def __init__(self) -> None:
        self.may_end = asyncio.Event()

    @activity.defn(name="unpack")
    async def unpack(self, number: int) -> None:
        """Unpacks."""
        if number == 1:
            await self.may_end.wait()
