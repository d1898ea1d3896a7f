"""Eight steps, one decision and one timer, beside the least Temporal workflow for it. Runs inside a build.

Started by path in the build's own environment: ``python floor.py ROUNDS RUNS``. The provider is played in memory by the
build's own tests, so that only Unrack on Temporal is measured. Prints the ratio of each round as a JSON list.
"""

import asyncio
import importlib
import json
import logging
import os
import sys
from datetime import timedelta
from typing import Any

STEPS = ("one", "two", "three", "four", "five", "six", "seven", "eight")
WAIT = timedelta(milliseconds=180)
"""Real time of the one timer: 30 minutes of the provider's, whose clock runs 10,000 times as fast."""


def _first(*names: str) -> Any:  # noqa: ANN401 - a module of the build's
    """The first of the modules that the build has."""
    for name in names:
        try:
            return importlib.import_module(name)
        except ModuleNotFoundError:
            continue
    raise ModuleNotFoundError(names[0])


async def main() -> None:
    """Measure, and print."""
    rounds, servers, shape = (_first(f"bench.{name}") for name in ("rounds", "servers", "shape"))
    plans, harness = _first("tests.workflows.plans"), _first("tests.workflows.harness", "tests.workflows.trial")
    automatic = tuple(step for step in plans.IMMEDIATE if step.task is None)
    least = shape.Shape(steps=[list(STEPS[:4]), list(STEPS[4:])], waits=[WAIT])
    immediate = rounds.immediate

    def eight() -> Any:  # noqa: ANN401 - a plan of the build's
        plan = immediate(quorum=1)
        steps = [step for step in plan.steps if step.id in {each.id for each in automatic}]
        return plan.model_copy(update={"steps": tuple(steps)})

    async def waiting_for(handle: Any) -> Any:  # noqa: ANN401
        return (await handle.describe()).typed_search_attributes.get(rounds.WAITING) or ()

    async def one_unrack(client: Any) -> Any:  # noqa: ANN401
        plan = eight()
        handle = await rounds.started(client, plan)
        while "approval" not in await waiting_for(handle):  # noqa: ASYNC110 - remote
            await asyncio.sleep(rounds.POLL)
        await harness_decides(handle, harness.approval(plan, "ann"))
        await handle.result()
        return handle

    async def harness_decides(handle: Any, decision: Any) -> None:  # noqa: ANN401
        await handle.execute_update(rounds.DECIDE_UPDATE, rounds.Envelope(decision=decision))

    rounds.one_unrack, rounds.shape_of = one_unrack, lambda _: least
    async with servers.server() as served:
        costs = await rounds.compare(served, int(sys.argv[1]), int(sys.argv[2]))
    ours, bare = (costs[kind] for kind in rounds.KINDS)
    pairs = [
        (one.server_ms + one.worker_ms, other.server_ms + other.worker_ms)
        for one, other in zip(ours, bare, strict=True)
    ]
    found = {"steps": len(eight().steps), "ratios": [one / other for one, other in pairs]}
    sys.stdout.write(json.dumps(found) + "\n")
    sys.stdout.flush()
    os._exit(0)


if __name__ == "__main__":
    logging.disable(logging.WARNING)
    asyncio.run(main())
