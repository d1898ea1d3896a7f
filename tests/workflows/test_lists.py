"""Lists of a real server: what `tests/unit/operations` shows with a played one, asked of Temporal itself."""

import asyncio
import uuid
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from itertools import accumulate

import pytest
from temporalio.client import Client
from temporalio.common import SearchAttributePair, TypedSearchAttributes
from temporalio.testing import WorkflowEnvironment

from unrack.contracts.workflows import (
    DECOMMISSION,
    DUE,
    MEMO_VIEW,
    PHASE,
    PROVIDER,
    WAITING,
    waiting_words,
)
from unrack.model.lifecycle import Phase
from unrack.model.state import RunView
from unrack.operations.listing import Filter, Waiting, count_runs, list_runs

MANY, PAGE = 130, 12
NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)


def due_of(number: int) -> datetime | None:
    """Some without a date, many at one moment, the rest days or a microsecond apart."""
    if number % 5 == 0:
        return None
    apart = timedelta(milliseconds=17 * number, microseconds=number) if number % 2 else timedelta(days=number % 9)
    return NOW if number % 3 == 0 else NOW + apart


async def begin(client: Client, provider: str, number: int) -> None:
    """Start a run that nobody serves, and that shows what a run shows."""
    due, waiting = due_of(number), ("task:handover.x", "grace") if number % 4 == 0 else ("grace",)
    view = RunView(
        service=f"s{number}",
        provider=provider,
        product="x",
        title="a service",
        phase=Phase.GRACE,
        timing="immediate",
        waiting_for=waiting,
        due=due,
    )
    shown = [
        SearchAttributePair(PROVIDER, provider),
        SearchAttributePair(PHASE, "grace"),
        *([SearchAttributePair(DUE, due)] if due else []),
    ]
    await client.start_workflow(
        DECOMMISSION,
        id=f"{provider}-x/s{number}",
        task_queue=provider,
        memo={MEMO_VIEW: view},
        search_attributes=TypedSearchAttributes([*shown, SearchAttributePair(WAITING, waiting_words(waiting))]),
    )


@pytest.fixture
async def provider(env: WorkflowEnvironment, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[str]:
    """The provider of more open runs than ten pages hold, as soon as visibility shows them."""
    name = f"p{uuid.uuid4().hex[:8]}"
    await asyncio.gather(*(begin(env.client, name, number) for number in range(MANY)))
    monkeypatch.setattr("unrack.temporal.executions.PAGE", PAGE)
    give_up = asyncio.get_running_loop().time() + 60
    while await count_runs(env.client, Filter(provider=name)) < MANY:
        assert asyncio.get_running_loop().time() < give_up
        await asyncio.sleep(0.1)
    yield name
    for number in range(MANY):
        await env.client.get_workflow_handle(f"{name}-x/s{number}").terminate()


async def test_a_real_server_lists_every_run_in_order(env: WorkflowEnvironment, provider: str) -> None:
    """By windows of due dates that the server itself understands; each run once."""
    found = [each async for each in list_runs(env.client, Filter(provider=provider))]
    never = datetime.max.replace(tzinfo=UTC)
    dates = [(each.view.due if each.view else None) or never for each in found]

    assert sorted(each.run for each in found) == sorted(f"{provider}-x/s{number}" for number in range(MANY))
    assert all(latest - at < timedelta(seconds=1) for at, latest in zip(dates, accumulate(dates, max), strict=True))
    assert {each.view.waiting_for for each in found if each.view} == {("grace",), ("task:handover.x", "grace")}


async def test_a_real_server_filters_by_what_is_waited_for(env: WorkflowEnvironment, provider: str) -> None:
    """By the kind alone, without a prefix match; with a date as well."""
    tasks = Filter(provider=provider, waiting=Waiting.TASK)
    dated = tasks.model_copy(update={"due_before": NOW + timedelta(days=1)})
    wanted = [number for number in range(MANY) if number % 4 == 0]
    soon = [number for number in wanted if (due := due_of(number)) is not None and due < NOW + timedelta(days=1)]

    for filter_, numbers in ((tasks, wanted), (dated, soon)):
        found = [each.run async for each in list_runs(env.client, filter_)]
        assert sorted(found) == sorted(f"{provider}-x/s{number}" for number in numbers)
        assert await count_runs(env.client, filter_) == len(numbers)
