"""Lists that come in pages: whole, or the newest first. Nothing is left out, whatever a page holds at most."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic

from unrack.model.errors import Category, Problem, UnrackError
from unrack.model.message import msg
from unrack.providers.whmcs.lenient import Rows, Shape, Unreadable, rows_of
from unrack.providers.whmcs.schemas import Page

PAGE = 1000
"""How many records are asked for at a time; a WHMCS that gives fewer is followed."""

_AT_ONCE = 4
"""Pages under way together; the WHMCS has clients to serve."""

_ENDLESS = 1_000_000
"""More records than this are no list of one WHMCS."""

_KEPT = 600.0
"""Seconds for which a reading that was cut off is gone on with."""

ReadPage = Callable[[int, int], Awaitable[Page]]
"""Reads so many records from such a place on."""


@dataclass(slots=True)
class Reading:
    """A reading of a list, for one thing in it: where it has been looked for in vain."""

    step: int
    total: int
    begun: float = field(default_factory=time.monotonic)
    without: set[int] = field(default_factory=set[int])

    def goes_on(self, step: int, total: int) -> bool:
        """Whether the list is the one that was read: it only grew, at its end. A deletion moves the rest."""
        return self.step == step and self.total <= total and time.monotonic() - self.begun < _KEPT


class Listing(Generic[Shape]):
    """One list of a WHMCS."""

    def __init__(self, read: ReadPage, shape: type[Shape], action: str) -> None:
        """The list of `action`, whose records are `shape`, read by `read`."""
        self._read, self._shape, self._action = read, shape, action

    async def whole(self) -> Rows[Shape]:
        """Every record.

        Raises:
            UnrackError: ``UNAVAILABLE``: it ended before the number of records that WHMCS tells.
        """
        first = await self._read(0, PAGE)
        found, step = list(first.rows), len(first.rows)
        if step and first.totalresults < step:
            found += await self._until_empty(step)
        elif first.totalresults > step:
            for batch in _batches(self._starts(first, step)):
                parts = await asyncio.gather(*(self._stretch(at, step, first.totalresults) for at in batch))
                found += [row for part in parts for row in part]
        return rows_of(found, self._shape)

    async def some(self, number: int) -> Rows[Shape]:
        """At most so many records, from the first on."""
        return rows_of((await self._read(0, number)).rows[:number], self._shape)

    async def newest(
        self, wanted: Callable[[Shape], bool], number: Callable[[Shape], int], kept: dict[str, Reading], key: str
    ) -> tuple[Shape | None, tuple[Unreadable, ...]]:
        """The record with the highest `number` among those that are `wanted`, and the unreadable records on the way.

        The newest part is read first, so that recent records are found at once. `kept` remembers under `key`
        where an attempt that was cut off had got to.
        """
        first = await self._read(0, PAGE)
        step, total = len(first.rows), first.totalresults
        if total <= step:
            rows = await self.whole() if step and total < step else rows_of(first.rows, self._shape)
            return _highest(rows, wanted, number), rows.unreadable
        self._must_go_on(step, total)
        starts = [0, *self._starts(first, step)]
        last = await self._stretch(starts[-1], step, total)
        known = {0: list(first.rows), starts[-1]: last}
        reading = _reading(kept, key, step, total)
        unreadable: list[Unreadable] = []
        rising = _number(first.rows[0]) <= _number(last[-1])
        left = [at for at in (reversed(starts) if rising else starts) if at in known or at not in reading.without]
        for batch in _batches(left):
            for at, part in zip(batch, await self._parts(batch, step, total, known), strict=True):
                rows = rows_of(part, self._shape)
                unreadable += rows.unreadable
                if found := _highest(rows, wanted, number):
                    kept.pop(key, None)
                    return found, tuple(unreadable)
                if at + step <= total and not rows.unreadable:
                    reading.without.add(at)
        kept.pop(key, None)
        return None, tuple(unreadable)

    async def _parts(self, batch: Sequence[int], step: int, total: int, known: dict[int, list[Any]]) -> list[list[Any]]:
        async def part(at: int) -> list[Any]:
            return known[at] if at in known else await self._stretch(at, step, total)

        return await asyncio.gather(*map(part, batch))

    def _starts(self, first: Page, step: int) -> range:
        self._must_go_on(step, first.totalresults)
        return range(step, first.totalresults, step)

    async def _stretch(self, at: int, step: int, total: int) -> list[Any]:
        """The records from `at` on, as many as there must be."""
        found: list[Any] = []
        wanted = min(step, total - at)
        while len(found) < wanted:
            page = await self._read(at + len(found), wanted - len(found))
            if not page.rows:
                raise UnrackError(self._short(at + len(found), total))
            found += page.rows
        return found

    async def _until_empty(self, at: int) -> list[Any]:
        """For a WHMCS that does not say how many there are."""
        found: list[Any] = []
        while page := (await self._read(at + len(found), PAGE)).rows:
            found += page
            if len(found) > _ENDLESS:
                raise UnrackError(
                    Problem(
                        category=Category.UNEXPECTED, message=msg("WHMCS: {action} has no end", action=self._action)
                    )
                )
        return found

    def _must_go_on(self, step: int, total: int) -> None:
        if not step:
            raise UnrackError(self._short(0, total))
        if total > _ENDLESS:
            raise UnrackError(
                Problem(
                    category=Category.UNEXPECTED,
                    message=msg("WHMCS: {action} tells of {total} records", action=self._action, total=total),
                )
            )

    def _short(self, at: int, total: int) -> Problem:
        return Problem(
            category=Category.UNAVAILABLE,
            message=msg(
                "WHMCS: {action} tells of {total} records and ends after {at}", action=self._action, total=total, at=at
            ),
            suggestion=msg(
                "it is read again: some may have been deleted meanwhile. If it lasts, look at the list by hand"
            ),
        )


def _reading(kept: dict[str, Reading], key: str, step: int, total: int) -> Reading:
    """Return the reading to continue. Readings that nobody continued in time are dropped."""
    for name in [name for name, old in kept.items() if not old.goes_on(old.step, old.total)]:
        del kept[name]
    old = kept.get(key)
    if old is None or not old.goes_on(step, total):
        old = kept[key] = Reading(step, total)
    old.total = total
    return old


def _batches(starts: Sequence[int]) -> Iterator[Sequence[int]]:
    return (starts[at : at + _AT_ONCE] for at in range(0, len(starts), _AT_ONCE))


def _highest(rows: Rows[Shape], wanted: Callable[[Shape], bool], number: Callable[[Shape], int]) -> Shape | None:
    return max((row for row in rows.read if wanted(row)), key=number, default=None)


def _number(row: object) -> int:
    given = str(row.get("id", "")) if isinstance(row, dict) else ""  # pyright: ignore[reportUnknownMemberType, reportUnknownArgumentType]
    return int(given) if given.isdecimal() else 0
