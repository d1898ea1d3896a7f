"""A vendor of the simulator: its tables, its routes under a prefix, its own events.

Clock, ledger, faults and the file on disk are shared. A vendor's folder is ``unrack/simulator/<name>/``, where
`unrack.simulator.vendors` finds it. All vendors have the same files: ``records`` and ``tables`` (what it
knows), ``seeds`` (how a world begins), ``routes`` (its operations), ``refusal`` (how it says no), ``events`` (what it
does by itself), ``scenario_events`` (what people do without its API), and ``vendor`` (the class below).
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
    """The operation that a call names, read before anything is judged: faults and the ledger go by it."""

    name: str
    """Below the prefix, with a slash: the path, or ``/AddCancelRequest`` where all calls share one path."""
    mutates: bool
    """Whether the ledger keeps it, also when it is refused."""
    body: Any = None
    """The body as the ledger shows it, without secrets."""


@dataclass(frozen=True, slots=True)
class Call:
    """One call to answer."""

    world: World
    now: datetime
    received: Received
    operation: Operation
    faults: InjectedFaults


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer, with its effect in words; an empty `effect` means that nothing changed."""

    body: Any = None
    """JSON, bytes as they are, or a function that makes JSON with the call's id in it."""
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


@dataclass(frozen=True, slots=True)
class OutOfBandCall:
    """One call under ``/_simulator``."""

    world: World
    now: datetime
    path: Mapping[str, Any]
    """The parts of the path."""
    raw: bytes


@dataclass(frozen=True, slots=True)
class OutOfBand:
    """Something that happens outside a vendor's API: a mail, a link that a person follows, what other people do."""

    method: str
    path: str
    """Below ``/_simulator``."""
    handle: Callable[[OutOfBandCall], Reply]
    """Changes to the world are kept unless it raises `Refused`."""


class SimulatedVendor(Protocol):
    """One vendor of the simulator."""

    @property
    def name(self) -> str:
        """Its folder's name, and its key in `Seed.vendors`."""
        ...

    @property
    def prefix(self) -> str:
        """Where it is mounted, as ``/whmcs``; no other vendor's prefix begins with it."""
        ...

    @property
    def ledger_prefix(self) -> str:
        """The text before an operation's name in the ledger, the calls and faults: the prefix, or nothing."""
        ...

    @property
    def id_header(self) -> str:
        """The header in which its answers tell the call's id."""
        ...

    @property
    def id_prefix(self) -> str:
        """How its ids of calls begin."""
        ...

    @property
    def out_of_band(self) -> tuple[OutOfBand, ...]:
        """Its routes outside its API, under ``/_simulator``."""
        ...

    @property
    def tables(self) -> type[object]:
        """A class made without arguments whose attributes are its `Table`s, of kinds that no other vendor uses."""
        ...

    def seed(self, world: World, seed: Mapping[str, Any], now: datetime) -> None:
        """Fills its empty tables.

        Args:
            world: With ``world.tables_for(tables)``.
            seed: What the world's seed says of this vendor; empty for its demo.
            now: What the clock shows.
        """
        ...

    def upcoming(self, world: World) -> Iterator[Event]:
        """The events that it will cause by itself, with their times."""
        ...

    def operation(self, received: Received) -> Operation:
        """The operation that a call names. Never fails: an unknown call has its path as its name."""
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
