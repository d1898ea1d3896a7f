"""Executions in the order of their due dates, page by page.

No server sorts by a search attribute (SQLite's visibility refuses ``ORDER BY``). So it is asked for windows of due
dates, each small enough to be sorted here: nothing is left out, and no more than two pages are held at a time. Where to
cut is guessed from the newest executions: a guess that was wrong costs a page more, and never the order.
"""

import asyncio
from collections.abc import AsyncGenerator, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from statistics import fmean

from temporalio.api.workflow.v1 import WorkflowExecutionInfo

from unrack.contracts.workflows import DUE
from unrack.temporal import executions
from unrack.temporal.executions import Page, Server, count, every, page_of

_NEVER = datetime.max.replace(tzinfo=UTC)
_SECOND = timedelta(seconds=1)
"""Windows are of whole seconds: SQLite's visibility compares dates to the millisecond, other servers' to less."""

Executions = AsyncGenerator[WorkflowExecutionInfo]


@dataclass(frozen=True, slots=True)
class Window:
    """A window of due dates, from `since` on and before `until`. Without one of them that side is open."""

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


async def by_due(server: Server, query: str) -> Executions:
    """Each open run that `query` finds, once, the nearest due date first (to the second); those without one last."""
    first = await page_of(server, query)
    if not first.token:
        for each in sorted(first.executions, key=_order):
            yield each
        return
    seen: set[str] = set()
    async for each in _windows(server, query, first):
        if each.execution.workflow_id not in seen:
            seen.add(each.execution.workflow_id)
            yield each
    if await count(server, query) > len(seen):
        async for each in every(server, query):
            if each.execution.workflow_id not in seen:  # it moved into a window that had been read
                yield each


async def _windows(server: Server, query: str, sample: Page) -> Executions:
    dated = [due for due in map(_due, sample.executions) if due is not None]
    async for each in _parts(server, query, Window().cut(_edges(dated, await count(server, query)))):
        yield each
    async for each in every(server, f"{query} AND {DUE.name} IS NULL"):
        yield each


async def _parts(server: Server, query: str, parts: Sequence[Window]) -> Executions:
    """Yield the executions due in each of `parts`. While one is read, the server is asked for the next."""
    asked = _ask(server, query, parts[0])
    try:
        for number, part in enumerate(parts):
            page = await asked
            if number + 1 < len(parts):
                asked = _ask(server, query, parts[number + 1])
                await asyncio.sleep(0)  # so that it is asked now
            async for each in _within(server, query, part, page):
                yield each
    finally:
        asked.cancel()
        with suppress(asyncio.CancelledError, Exception):
            await asked


def _ask(server: Server, query: str, part: Window) -> asyncio.Task[Page]:
    return asyncio.create_task(page_of(server, part.of(query)))


async def _within(server: Server, query: str, window: Window, page: Page) -> Executions:
    """Yield the executions due in `window`, in order; `page` is its first page."""
    if not page.token:
        for each in sorted(page.executions, key=_order):
            yield each
        return
    dated = [due for due in map(_due, page.executions) if due is not None]
    parts = window.cut(_edges(dated, await count(server, window.of(query)), window.since))
    if len(parts) == 1:  # all of it is due in one second
        async for each in every(server, window.of(query), page):
            yield each
        return
    async for each in _parts(server, query, parts):
        yield each


def _edges(dated: Sequence[datetime], number: int, since: datetime | None = None) -> list[datetime]:
    """Where to cut a window of `number` executions, of which `dated` are the newest, so that each part fits a page.

    Either the others are due as these are, or what began earlier is due earlier: it is cut for both. A server that
    rounds puts a date just before `since` into the window that begins there.
    """
    if not dated:
        return []
    whole = [due.replace(microsecond=0) for due in dated]
    dates = sorted(due if since is None else max(due, since) for due in whole)
    half_full = max(1, executions.PAGE // 2)
    parts = max(2, -(-number // half_full))
    alike = {dates[len(dates) * part // parts] for part in range(1, parts)} - {dates[0]}
    if not alike:  # nearly all are due in one second: it becomes a window of its own
        alike = {dates[0], min(dates[0], _NEVER - _SECOND) + _SECOND}
    return sorted(alike | set(_beyond(whole, parts, half_full)))


def _beyond(newest: Sequence[datetime], parts: int, each: int) -> Iterator[datetime]:
    """Edges outside of what `newest` spans, for `parts` parts of so many executions `each`, if their trend goes on."""
    half = len(newest) // 2
    if half == 0:
        return
    later, earlier = (fmean(due.timestamp() for due in some) for some in (newest[:half], newest[-half:]))
    step = timedelta(seconds=round((earlier - later) / (len(newest) - half) * each))
    first, last = min(newest), max(newest)
    with suppress(OverflowError):
        for part in range(parts if step else 0):
            edge = (first if step < timedelta(0) else last + _SECOND) + part * step
            yield edge


def _order(execution: WorkflowExecutionInfo) -> tuple[datetime, str]:
    return _due(execution) or _NEVER, execution.execution.workflow_id


def _due(execution: WorkflowExecutionInfo) -> datetime | None:
    try:
        return executions.moment_attribute(execution, DUE.name)
    except ValueError:
        return None
