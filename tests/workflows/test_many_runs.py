"""A reconciliation of ten thousand runs on a real server: the whole workflow, its payloads and its history."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from typing import cast
from uuid import uuid4

import pytest
from temporalio.client import Client
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Worker

from activities.notify import Notify
from activities.ports import ProvidersPort
from activities.reconcile import MOST_SERVICES, Reconcile
from tests.activities.played_visibility import PlayedProviders
from tests.workflows.harness import LAUNCHER, strict_runner
from tests.workflows.plans import plan
from unrack.contracts.reconciliation import RECONCILE
from unrack.contracts.workflows import DECOMMISSION, MEMO_VIEW, RunStart
from unrack.operations.launching import attributes_of, first_view
from unrack.operations.reconciling import reconcile
from unrack.temporal.visibility import EngineSurvey
from workflows.reconcile import ReconcileWorkflow

RUNS = 10_000
AT_ONCE = 50
PAYLOAD = 1_000_000
"""Bytes that no event of the reconciliation reaches."""

pytestmark = [pytest.mark.long, pytest.mark.alone, pytest.mark.timeout(1800)]


async def test_10000_runs_on_a_real_server(env: WorkflowEnvironment) -> None:
    """Each is looked at; the history stays short, whatever their number."""
    queue = f"many-{uuid4().hex}"
    await start(env.client, queue, range(RUNS))
    await shown(env.client, queue)
    activities = [
        Reconcile(cast("ProvidersPort", PlayedProviders()), EngineSurvey(env.client)).compare_runs,
        Notify().notify,
    ]
    async with Worker(
        env.client,
        task_queue=queue,
        workflows=[ReconcileWorkflow],
        activities=activities,
        workflow_runner=strict_runner(),
    ):
        report = await reconcile(env.client, queue)
    (done,) = [
        found async for found in env.client.list_workflows(f"WorkflowType = '{RECONCILE}' AND TaskQueue = '{queue}'")
    ]
    history = await env.client.get_workflow_handle(done.id).fetch_history()

    assert report.runs == RUNS
    assert report.found == ()
    assert report.services + report.not_due == RUNS
    assert report.not_due > RUNS - MOST_SERVICES * 1.2
    assert len(history.events) < 20
    assert max(event.ByteSize() for event in history.events) < PAYLOAD


async def start(client: Client, queue: str, numbers: Sequence[int]) -> None:
    """Starts runs that wait for tomorrow, so that no worker takes them up."""
    several = asyncio.Semaphore(AT_ONCE)

    async def begin(number: int) -> None:
        made = plan(service=f"svc-{number:05}")
        async with several:
            await client.start_workflow(
                DECOMMISSION,
                RunStart(plan=made, launched_by=LAUNCHER),
                id=f"{made.run_id}-{queue}",
                task_queue=queue,
                memo={MEMO_VIEW: first_view(made)},
                search_attributes=attributes_of(made, first_view(made).phase),
                start_delay=timedelta(days=1),
            )

    await asyncio.gather(*map(begin, numbers))


async def shown(client: Client, queue: str) -> None:
    """Waits until visibility shows all of them."""
    while (await client.count_workflows(f"TaskQueue = '{queue}'")).count < RUNS:  # noqa: ASYNC110 - a remote condition
        await asyncio.sleep(0.5)
