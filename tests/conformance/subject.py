"""What an adapter brings to the promises that all adapters keep: how it is opened, and each of its actions."""

from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from unrack import simulator as sim
from unrack.contracts.calls import ChangeResult, StepCall
from unrack.model.base import JsonScalar
from unrack.model.errors import Category, UnrackError
from unrack.model.lifecycle import StepKind, Timing
from unrack.model.service import ServiceFacts, ServiceRef
from unrack.providers.base import Materials, OpenProvider
from unrack.providers.catalogue import ACTIONS
from unrack.simulator.ledger import LedgerEntry

Method = Callable[[StepCall, Materials], Awaitable[object]]


@dataclass
class Bench:
    """One adapter on its simulator."""

    provider: OpenProvider
    simulator: sim.Simulator
    service: ServiceRef
    secrets_given: tuple[str, ...] = ()
    """Every secret that the adapter was given; none may show anywhere."""
    evidence: dict[str, bytes] = field(default_factory=dict[str, bytes])
    """What captures kept, by type."""
    secrets: dict[str, str] = field(default_factory=dict[str, str])
    """What people handed over."""
    changed: list[StepCall] = field(default_factory=list[StepCall])
    """Every change that was made, so that all can be undone, the last one first."""

    def call(self, action: str, case: "Case | None" = None) -> StepCall:
        """A call of `action` as a run would make it."""
        given = case or Case(action)
        now = self.simulator.clock.now()
        return StepCall(
            run=f"{self.service.provider}-{self.service.product}/x",
            step="detach.step",
            action=action,
            service=self.service,
            timing=given.timing,
            reason="moved to the new site",
            parameters=dict(given.parameters),
            fields=dict(given.fields),
            effective_at=now + given.effective_in if given.effective_in is not None else None,
            begun_at=now,
        )

    @property
    def materials(self) -> Materials:
        """What an activity would load."""
        return Materials(evidence=self.evidence, secrets=self.secrets)

    def effects(self) -> list[LedgerEntry]:
        """What took effect at the vendor."""
        return [entry for entry in self.simulator.ledger() if entry.took_effect]

    async def capture(self, action: str, **given: JsonScalar) -> None:
        """Keep what `action` captures; `given` are its parameters."""
        captured = await self.provider.capture(self.call(action, Case(action, parameters=given)), self.materials)
        self.evidence |= {record.type: record.content for record in captured.records}

    async def change(self, action: str, case: "Case | None" = None) -> ChangeResult:
        """Do `action` to its end."""
        call = self.call(action, case)
        self.changed.append(call)
        return await self.finish(self.provider.change, call)

    async def undo_all(self) -> None:
        """Undo every change, the last one first."""
        for call in reversed(self.changed):
            if ACTIONS[call.action].undoable:
                await self.finish(self.provider.undo, call)

    async def finish(
        self, method: Callable[[StepCall, Materials], Awaitable[ChangeResult]], call: StepCall
    ) -> ChangeResult:
        """Start `method` again and again, provider time passing, as Temporal does; the memory is carried along."""
        progress: list[tuple[str, ...]] = [()]
        for _ in range(200):
            materials = Materials(evidence=self.evidence, progress=progress[-1], remember=progress.append)
            try:
                return await method(call, materials)
            except UnrackError as error:
                if error.problem.category is not Category.NOT_YET:
                    raise
                self.simulator.set_clock(advance=timedelta(seconds=error.retry_after or 1))
        raise AssertionError(f"{call.action} never ends")

    def reading(self, action: str) -> Method:
        """The method that looks, for `action`; of a commit its probe."""
        by_kind: dict[StepKind, Method] = {
            StepKind.CHECK: self.provider.check,
            StepKind.CAPTURE: self.provider.capture,
            StepKind.AWAIT: self.provider.poll,
            StepKind.COMMIT: self.provider.probe,
        }
        return by_kind[ACTIONS[action].kind]


Prepare = Callable[[Bench], Awaitable[None]]


async def nothing(bench: Bench) -> None:
    """Nothing has to be there first."""


@dataclass(frozen=True)
class Case:
    """One action, and how to reach what it needs."""

    action: str
    prepare: Prepare = nothing
    """Brings the vendor, the evidence and the secrets to where the action can be done."""
    parameters: Mapping[str, JsonScalar] = field(default_factory=dict[str, JsonScalar])
    fields: Mapping[str, str] = field(default_factory=dict[str, str])
    timing: Timing = Timing.END_OF_TERM
    effective_in: timedelta | None = None
    """From now to the run's effective date."""
    repeats_because: str = ""
    """For an irreversible action that a second commit does once more: why the vendor gives no way to tell."""
    changes_nothing: bool = False
    """For a change that finds its wanted state here: it has no effect of its own to show."""

    @property
    def kind(self) -> StepKind:
        """What the action does to the world."""
        return ACTIONS[self.action].kind


@dataclass(frozen=True)
class Trouble:
    """Something that goes wrong when the vendor is read, and what the adapter must make of it."""

    name: str
    cause: Prepare
    category: Category


@dataclass(frozen=True)
class Subject:
    """One adapter: a key of `unrack.providers.registry.ADAPTERS`."""

    namespace: str
    open: Callable[[Path], AbstractAsyncContextManager[Bench]]
    """Opens it on a simulator over a new folder, on a service that can be cancelled."""
    cases: tuple[Case, ...]
    """Every action of its namespace in the catalogue, at least once."""
    troubles: tuple[Trouble, ...]
    """Every way in which its vendor says no, or says nothing."""
    facts: Callable[[Bench], Awaitable[ServiceFacts]] | None = None
    """How facts are read, where not by `Provider.facts`."""
    reads_facts: bool = True
    """False for a namespace without services of its own, as ``dns``."""
    shown: Callable[[Bench], object] = lambda _: None
    """What undoing must restore, by the vendor's own account, without the ids that it assigns."""
