"""A workflow whose module imports something that is not on the sandbox's list."""

import psutil
from temporalio import workflow


@workflow.defn(name="Stray")
class Stray:
    """Never runs: its worker does not start."""

    @workflow.run
    async def run(self) -> int:
        """Reads the machine, which no workflow may."""
        return psutil.cpu_count() or 0
