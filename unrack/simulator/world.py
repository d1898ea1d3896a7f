"""The world of the provider: all its tables, and nothing else. Transitions are functions over it."""

from collections.abc import Iterable, Iterator
from typing import Any, TypeVar, cast

from unrack.simulator import records as r
from unrack.simulator import records_products as p
from unrack.simulator.faults import Fault
from unrack.simulator.table import Table

Room = TypeVar("Room")


class World:
    """Everything that the providers know."""

    def __init__(self, rooms: Iterable[type[object]] = ()) -> None:
        """`rooms` are the table classes of the vendors beside OVHcloud."""
        self._rooms: dict[type[object], object] = {room: room() for room in rooms}
        self.settings_row = Table("settings", r.Settings, lambda _: "settings")
        self.clock_row = Table("clock", r.ClockAnchor, lambda _: "clock")
        self.accounts = Table("account", r.Account, lambda x: x.nichandle)
        self.credentials = Table("credential", r.Credential, lambda x: x.consumer_key)
        self.services = Table("service", r.Service, lambda x: x.id)
        self.connections = Table("connection", r.Connection, lambda x: x.uuid)
        self.interfaces = Table("interface", r.Interface, lambda x: x.id)
        self.pops = Table("pop", r.PopConfig, lambda x: x.id)
        self.datacenters = Table("datacenter", r.DatacenterConfig, lambda x: x.id)
        self.extras = Table("extra", r.ExtraConfig, lambda x: x.id)
        self.tasks = Table("task", r.Task, lambda x: x.id)
        self.vracks = Table("vrack", r.Vrack, lambda x: x.name)
        self.vrack_tasks = Table("vrack-task", r.VrackTask, lambda x: x.id)
        self.mails = Table("mail", r.Mail, lambda x: x.id)
        self.bills = Table("bill", r.Bill, lambda x: x.id)
        self.counters = Table("counter", r.Counter, lambda x: x.name)
        self.faults = Table("fault", Fault, lambda x: x.id)
        self.assets = Table("asset", p.Asset, lambda x: x.key)
        self.members = Table("member", p.Member, lambda x: x.key)
        self.work = Table("work", p.Work, lambda x: x.id)

    def tables(self) -> Iterator[Table[Any]]:
        """Every table."""
        for owner in (self, *self._rooms.values()):
            yield from _tables(owner)

    def vacant(self, room: type[object]) -> bool:
        """Whether a vendor has nothing yet."""
        return all(not list(table) for table in _tables(self._rooms[room]))

    def room(self, tables: type[Room]) -> Room:
        """The tables of one vendor."""
        return cast("Room", self._rooms[tables])

    @property
    def settings(self) -> r.Settings:
        """The provider's habits."""
        return self.settings_row.get("settings") or r.Settings()

    def next_id(self, name: str = "id") -> int:
        """An id that was never given before."""
        counter = self.counters.get(name) or r.Counter(name=name, value=1000)
        return self.counters.change(counter, value=counter.value + 1).value


def _tables(owner: object) -> list[Table[Any]]:
    return [cast("Table[Any]", value) for value in vars(owner).values() if isinstance(value, Table)]
