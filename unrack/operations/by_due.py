"""Executions in the order of their due dates, page by page.

No server sorts by a search attribute (SQLite's visibility refuses ``ORDER BY``). So it is asked for windows of due
dates, each small enough to be sorted here: nothing is left out, and no more than a page is held at a time.
"""

from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from temporalio.client import Client, WorkflowExecution

from unrack.contracts.workflows import DUE

PAGE = 500
"""Executions in one answer: with their memos some megabytes."""

_HALF_FULL = PAGE // 2
_NEVER = datetime.max.replace(tzinfo=UTC)
_SECOND = timedelta(seconds=1)
"""Windows are of whole seconds: SQLite's visibility compares dates to the millisecond, other servers' to less."""

Executions = AsyncGenerator[WorkflowExecution]


@dataclass(frozen=True, slots=True)
class Window:
    """What is due from `since` on and before `until`; without one it is open there."""

    since: datetime | None = None
    until: datetime | None = None

    def of(self, query: str) -> str:
        """The visibility query for what `query` finds in this window."""
        terms = [query, f"{DUE.name} IS NOT NULL"]
        terms += [f"{DUE.name} >= '{self.since.astimezone(UTC).isoformat()}'"] if self.since else []
        terms += [f"{DUE.name} < '{self.until.astimezone(UTC).isoformat()}'"] if self.until else []
        return " AND ".join(terms)

    def cut(self, at: Sequence[datetime]) -> tuple["Window", ...]:
        """This window in parts, cut at each of `at` that lies inside."""
        edges = [self.since, *sorted(each for each in set(at) if self._holds_inside(each)), self.until]
        return tuple(Window(*pair) for pair in pairwise(edges))

    def _holds_inside(self, at: datetime) -> bool:
        return (self.since is None or self.since < at) and (self.until is None or at < self.until)


async def by_due(client: Client, query: str) -> Executions:
    """Each open run that `query` finds, once, the nearest due date first (to the second); those without one last."""
    page, more = await _first_page(client, query)
    seen: set[str] = set()
    async for each in _windows(client, query) if more else _sorted(page):
        if each.id not in seen:
            seen.add(each.id)
            yield each
    if more and (await client.count_workflows(query)).count > len(seen):
        async for each in client.list_workflows(query, page_size=PAGE):
            if each.id not in seen:  # it moved into a window that had been read
                yield each


async def _windows(client: Client, query: str) -> Executions:
    async for each in _within(client, query, Window()):
        yield each
    async for each in client.list_workflows(f"{query} AND {DUE.name} IS NULL", page_size=PAGE):
        yield each


async def _sorted(page: Sequence[WorkflowExecution]) -> Executions:
    for each in sorted(page, key=_order):
        yield each


async def _within(client: Client, query: str, window: Window) -> Executions:
    """What is due in `window`, in order."""
    page, more = await _first_page(client, window.of(query))
    count = (await client.count_workflows(window.of(query))).count if more else 0
    parts = window.cut(_edges(page, count, window.since)) if more else ()
    if len(parts) == 1:  # all of it is due in one second
        async for each in client.list_workflows(window.of(query), page_size=PAGE):
            yield each
        return
    async for each in _parts(client, query, parts) if parts else _sorted(page):
        yield each


async def _parts(client: Client, query: str, parts: Sequence[Window]) -> Executions:
    for part in parts:
        async for each in _within(client, query, part):
            yield each


async def _first_page(client: Client, query: str) -> tuple[Sequence[WorkflowExecution], bool]:
    """The first page of `query`, and whether there may be another."""
    pages = client.list_workflows(query, page_size=PAGE)
    await pages.fetch_next_page()
    return pages.current_page or (), pages.next_page_token is not None


def _edges(page: Sequence[WorkflowExecution], count: int, since: datetime | None) -> list[datetime]:
    """Where to cut a window of `count` executions, of which `page` is a sample, so that each part fits a page.

    A server that rounds puts a date just before `since` into the window that begins there.
    """
    whole = (_due(each).replace(microsecond=0) for each in page)
    dates = sorted(at if since is None else max(at, since) for at in whole)
    parts = max(2, -(-count // _HALF_FULL))
    cuts = {dates[len(dates) * part // parts] for part in range(1, parts)} - {dates[0]}
    return sorted(cuts) or [dates[0], min(dates[0], _NEVER - _SECOND) + _SECOND]


def _order(execution: WorkflowExecution) -> tuple[datetime, str]:
    return _due(execution), execution.id


def _due(execution: WorkflowExecution) -> datetime:
    return execution.typed_search_attributes.get(DUE) or _NEVER
