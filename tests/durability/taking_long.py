"""A run whose code takes longer for one workflow task than the SDK grants, as a flood of signals has it do."""

import time

from temporalio import workflow

MORE_THAN_THE_SDK_GRANTS = 2.5
"""Seconds."""


@workflow.defn(name="TakingLong")
class TakingLong:
    """Takes its time in its first task, and ends."""

    @workflow.run
    async def run(self) -> None:
        """Gives no control back meanwhile."""
        with workflow.unsafe.sandbox_unrestricted():
            time.sleep(MORE_THAN_THE_SDK_GRANTS)  # noqa: ASYNC251 - it is meant to block
