"""What a further vendor brings to the simulator: its tables, its routes under a prefix, what it does by itself.

Clock, ledger, faults and the file on disk are shared. A vendor's room is ``unrack/simulator/<name>/``; it is mounted by
one line in `unrack.simulator.vendors`. OVHcloud, the first, has its own pipeline under ``/1.0``.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from unrack.simulator.faults import InjectedFaults
from unrack.simulator.world import World

Event = tuple[datetime, Callable[[], object]]
"""When something becomes due, and what then happens."""


@dataclass(frozen=True, slots=True)
class Received:
    """One call as it came."""

    method: str
    path: str
    """Below the vendor's prefix, with its first slash."""
    url: str
    """The whole address, as the caller wrote it."""
    base_url: str
    """Scheme, host and port under which the caller reached the simulator."""
    headers: Mapping[str, str]
    """Names in lower case."""
    query: Mapping[str, str]
    raw: bytes
    query_id: str
    """Given to this call, for an answer's header and for the ledger."""


@dataclass(frozen=True, slots=True)
class Operation:
    """What a call asks for, read before anything is judged: by this, faults and the ledger know it."""

    name: str
    """Below the prefix, with a slash: the path, or ``/AddCancelRequest`` where all calls share one path."""
    mutates: bool
    """Whether the ledger keeps it, also when it is refused."""
    body: Any = None
    """What the ledger shows of it, without secrets."""


@dataclass(frozen=True, slots=True)
class Call:
    """One call to answer."""

    world: World
    now: datetime
    received: Received
    operation: Operation
    fate: InjectedFaults


@dataclass(frozen=True, slots=True)
class Reply:
    """What is answered, and what was done in words; an empty `effect` means that nothing changed."""

    body: Any = None
    """JSON, or bytes as they are."""
    effect: str = ""
    status: int = 200
    media_type: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict[str, str])


class Refused(Exception):  # noqa: N818  # a refusal is an answer of the vendor, not a defect of the simulator
    """The vendor refuses a call; nothing changed."""

    def __init__(self, reply: Reply, reason: str) -> None:
        """Answer with `reply`; `reason` goes into the ledger."""
        super().__init__(reason)
        self.reply = reply
        self.reason = reason


class Vendor(Protocol):
    """One vendor of the simulator."""

    @property
    def name(self) -> str:
        """Its key in `Seed.vendors`."""
        ...

    @property
    def prefix(self) -> str:
        """Where it is mounted, as ``/whmcs``; no other vendor's prefix begins with it."""
        ...

    @property
    def tables(self) -> type[object]:
        """A class made without arguments whose attributes are its `Table`s, of kinds that no other vendor uses."""
        ...

    def plant(self, world: World, seed: Mapping[str, Any], now: datetime) -> None:
        """Fills its empty tables.

        Args:
            world: With ``world.room(tables)``.
            seed: What the world's seed says of this vendor; empty for its demo.
            now: What the clock shows.
        """
        ...

    def upcoming(self, world: World) -> Iterator[Event]:
        """What it will do by itself, and when."""
        ...

    def operation(self, received: Received) -> Operation:
        """What a call asks for. Never fails: an unknown call has its path as its name."""
        ...

    def answer(self, call: Call) -> Reply:
        """Answers one call; changes to the world are kept unless it raises `Refused`."""
        ...

    def error(self, status: int, code: str | None, message: str) -> Reply:
        """How it would say an injected error."""
        ...

    def credentials(self, url: str) -> Mapping[str, str]:
        """The fields of the worker's credential ``default`` that opens it at `url`, the simulator's address."""
        ...
