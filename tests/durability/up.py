"""``python -m tests.durability.up HOME``: an installation in a process of its own, so that it can be killed."""

import asyncio
import json
import sys
from pathlib import Path

from unrack.local.supervisor import Installation, Ports, Simulated
from unrack.process.settings import load_settings


async def main(home: Path) -> None:
    """Runs until it is asked to end; prints its children's process ids when all is ready."""
    async with Installation(load_settings(home), simulator=Simulated(scale=60), ports=Ports(ui=None)) as installation:
        stopped = asyncio.create_task(installation.until_stopped())
        await asyncio.sleep(0)  # from here on it listens to signals
        print(json.dumps({"pids": installation.pids, "address": installation.address}), flush=True)  # noqa: T201
        await stopped


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
