"""The port every provider implements. One attempt per call: read, act at most once, report the state.

Every method raises `UnrackError` with a `Problem` and nothing else: each adapter maps its vendor's errors in one place.
Something the provider still works on is `Category.NOT_YET`, raised; the caller starts the call again.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from unrack.contracts.calls import (
    AccessCall,
    AccessResult,
    ChangeResult,
    CheckResult,
    CommitResult,
    ProbeResult,
    StepCall,
)
from unrack.model.credential_end import CredentialEnd
from unrack.model.service import Finding, ProviderClock, ServiceFacts, ServiceRef
from unrack.model.state import Difference


@dataclass(frozen=True, slots=True)
class Record:
    """Something read at a provider that is worth keeping as evidence."""

    type: str
    name: str
    media_type: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Materials:
    """The inputs of a call beside its `StepCall`. The activity loads them; no history holds them."""

    evidence: Mapping[str, bytes] = field(default_factory=dict[str, bytes])
    """Content of captured evidence, by type."""
    secrets: Mapping[str, str] = field(default_factory=dict[str, str])
    """Secrets handed over by a person, by field name."""
    progress: tuple[str, ...] = ()
    """References that an earlier attempt remembered (the provider's task ids)."""
    attempt: int = 1
    """Which attempt at the call this is."""
    remember: Callable[[tuple[str, ...]], None] = lambda _: None
    """Keeps references for the next attempt, even when this one dies."""


@dataclass(frozen=True, slots=True)
class Captured:
    """The records that a capture read."""

    records: tuple[Record, ...]
    note: str
    clock: ProviderClock
    effective_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Polled:
    """The result of one poll; see `unrack.contracts.calls.PollResult`."""

    reached: bool
    note: str
    clock: ProviderClock
    records: tuple[Record, ...] = ()
    findings: tuple[Finding, ...] = ()
    look_again_at: datetime | None = None
    effective_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Compared:
    """The configuration now against the captured one."""

    differences: tuple[Difference, ...]
    records: tuple[Record, ...]
    clock: ProviderClock


class Provider(Protocol):
    """One provider, reached with the credential of one account."""

    async def facts(self, service: ServiceRef) -> ServiceFacts:
        """Reads the service; changes nothing."""
        ...

    async def access(self, call: AccessCall) -> AccessResult:
        """Checks the credential; changes nothing. Never raises: a problem is part of the result."""
        ...

    async def credential_end(self) -> CredentialEnd | None:
        """When the credential ends by itself; None when it does not, or the provider does not show it."""
        ...

    async def check(self, call: StepCall, materials: Materials) -> CheckResult:
        """Judges a precondition; changes nothing."""
        ...

    async def capture(self, call: StepCall, materials: Materials) -> Captured:
        """Reads the records to keep."""
        ...

    async def change(self, call: StepCall, materials: Materials) -> ChangeResult:
        """Moves the service towards the step's wanted state; raises ``NOT_YET`` until it is reached."""
        ...

    async def undo(self, call: StepCall, materials: Materials) -> ChangeResult:
        """Moves the service back to the captured state; raises ``NOT_YET`` until it is reached."""
        ...

    async def commit(self, call: StepCall, materials: Materials) -> CommitResult:
        """Reads, then makes the irreversible call at most once. No answer is ``UNKNOWN_OUTCOME``."""
        ...

    async def probe(self, call: StepCall, materials: Materials) -> ProbeResult:
        """Reads whether the irreversible call took effect; changes nothing."""
        ...

    async def poll(self, call: StepCall, materials: Materials) -> Polled:
        """Looks once; changes nothing."""
        ...

    async def compare(self, service: ServiceRef, before: bytes) -> Compared:
        """Compares the configuration with the captured one; changes nothing."""
        ...


class OpenProvider(Provider, Protocol):
    """A provider whose connections can be closed."""

    async def close(self) -> None:
        """Close the connections."""
        ...
