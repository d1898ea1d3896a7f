"""Asks visibility for every open run, as the bare measure. Runs inside a build: ``python bare_list.py ADDRESS QUERY``.

Reads one line for each time it is to ask; answers with rows and CPU seconds as JSON.
"""

import asyncio
import json
import os
import sys
import time

from temporalio.client import Client


async def main() -> None:
    """Answer until the input ends."""
    client = await Client.connect(sys.argv[1])
    while await asyncio.to_thread(sys.stdin.readline):
        before = time.process_time()
        rows = [row.id async for row in client.list_workflows(sys.argv[2], page_size=1000)]
        sys.stdout.write(json.dumps({"rows": len(rows), "cpu": time.process_time() - before}) + "\n")
        sys.stdout.flush()
    os._exit(0)


if __name__ == "__main__":
    asyncio.run(main())
