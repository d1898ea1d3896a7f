"""Prints lists while they are read, so that no list is too long for memory."""

import sys
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from typing import Generic, Protocol, TypeVar

from unrack.cli.json_text import json_row
from unrack.cli.standard_streams import nobody_reads
from unrack.model.message import msg

T = TypeVar("T")
T_contra = TypeVar("T_contra", contravariant=True)


class Printer(Protocol[T_contra]):
    """A printer that takes a list one item at a time."""

    def add(self, item: T_contra) -> None:
        """Print `item`, or keep it for a moment."""
        ...


async def pour(items: AsyncGenerator[T], printer: Printer[T], limit: int | None) -> bool:
    """Print `items` as they come, at most `limit`; returns whether there are more."""
    printed = 0
    async with aclosing(items):
        async for each in items:
            if printed == limit:
                return True
            printer.add(each)
            printed += 1
            if nobody_reads():
                return False
    return False


class JsonList(Generic[T]):
    """One JSON document, ``{"<name>": […], "count": N, "more": false}``, written while its list is read."""

    def __init__(self, name: str, document: Callable[[T], object]) -> None:
        """A list called `name` of what `document` makes of each item."""
        self._name = name
        self._document = document
        self._count = 0

    def add(self, item: T) -> None:
        """Write `item`."""
        sys.stdout.write(",\n    " if self._count else msg('{\n  "{name}": [\n    ', name=self._name))
        sys.stdout.write(json_row(self._document(item)).replace("\n", "\n    "))
        self._count += 1

    def end(self, *, more: bool) -> None:
        """Close the document; `more`: whether the list was cut."""
        begun = "\n  ]" if self._count else msg('{\n  "{name}": []', name=self._name)
        sys.stdout.write(
            msg(
                '{begun},\n  "count": {count},\n  "more": {value}\n}\n',
                begun=begun,
                count=self._count,
                value="true" if more else "false",
            )
        )
        sys.stdout.flush()
