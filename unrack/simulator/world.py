"""The world: the tables of every vendor, and what they share. Transitions are functions over it."""

from collections.abc import Iterable, Iterator
from typing import Any, TypeVar, cast

from unrack.model.base import Frozen
from unrack.simulator.clock import ClockAnchor
from unrack.simulator.faults import Fault
from unrack.simulator.table import Table

Tables = TypeVar("Tables")


class Counter(Frozen):
    """The last id that was given; ids are never given twice."""

    name: str
    value: int


class World:
    """Everything that the vendors know."""

    def __init__(self, vendors: Iterable[type[object]] = ()) -> None:
        """`vendors` are their classes of tables."""
        self._vendors: dict[type[object], object] = {tables: tables() for tables in vendors}
        self.clock_row = Table("clock", ClockAnchor, lambda _: "clock")
        self.counters = Table("counter", Counter, lambda x: x.name)
        self.faults = Table("fault", Fault, lambda x: x.id)

    def tables(self) -> Iterator[Table[Any]]:
        """Every table."""
        for owner in (self, *self._vendors.values()):
            yield from _tables(owner)

    def vacant(self, tables: type[object]) -> bool:
        """Whether a vendor has nothing yet."""
        return all(not list(table) for table in _tables(self._vendors[tables]))

    def tables_for(self, tables: type[Tables]) -> Tables:
        """The tables of one vendor."""
        return cast("Tables", self._vendors[tables])

    def next_id(self, name: str = "id") -> int:
        """An id that was never given before."""
        counter = self.counters.get(name) or Counter(name=name, value=1000)
        return self.counters.change(counter, value=counter.value + 1).value


def _tables(owner: object) -> list[Table[Any]]:
    return [cast("Table[Any]", value) for value in vars(owner).values() if isinstance(value, Table)]
