"""Replays files with the SDK's own replayer, as the bare measure. Runs in a build: ``python bare_replay.py FOLDER``."""

import asyncio
import importlib
import json
import os
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from temporalio.client import WorkflowHistory
from temporalio.worker import Replayer


def _first(*names: str) -> Any:  # noqa: ANN401 - a module of the build's
    for name in names:
        try:
            return importlib.import_module(name)
        except ModuleNotFoundError:
            continue
    raise ModuleNotFoundError(names[0])


async def _histories(files: list[Path]) -> AsyncIterator[WorkflowHistory]:
    for file in files:
        document = json.loads(file.read_text(encoding="utf-8"))
        run = document["events"][0]["workflowExecutionStartedEventAttributes"]["workflowId"]
        yield WorkflowHistory.from_json(run, document)


async def main(files: list[Path]) -> None:
    """Replay `files`; one that fails ends it with an error."""
    replayer = Replayer(
        workflows=_first("workflows").WORKFLOWS,
        workflow_runner=_first("unrack.temporal.sandbox", "unrack.runtime.sandbox").sharing_runner(),
        data_converter=_first("unrack.temporal.converter", "unrack.runtime.converter").DATA_CONVERTER,
    )
    await replayer.replay_workflows(_histories(files))
    os._exit(0)


if __name__ == "__main__":
    asyncio.run(main(sorted(Path(sys.argv[1]).glob("*.json"))))
