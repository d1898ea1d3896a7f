"""A provider's adapter on its simulator, driven as the activities drive it."""

import json
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, cast

from pydantic import SecretStr

from tests.conformance.simulated import Running
from unrack import simulator as sim
from unrack.contracts.calls import ChangeResult, StepCall
from unrack.model.errors import Category, UnrackError
from unrack.model.lifecycle import Timing
from unrack.model.service import ServiceRef
from unrack.providers.base import Materials
from unrack.providers.ovhcloud.credential import OvhCredential
from unrack.providers.ovhcloud.provider import OvhCloud
from unrack.simulator.ledger import LedgerEntry

SERVICE = ServiceRef(provider="ovhcloud", product="connect-direct", service=sim.DEMO_SERVICE)

REMOVALS = ("remove-extras", "remove-datacenters", "remove-pops", "dissociate-vrack")
"""In the order of the runbook."""

Method = Callable[[StepCall, Materials], Awaitable[ChangeResult]]


@dataclass
class Adapter:
    """The adapter, the simulator behind it, and what a run would have captured."""

    provider: OvhCloud
    run: Running
    evidence: dict[str, bytes] = field(default_factory=dict[str, bytes])
    secrets: dict[str, str] = field(default_factory=dict[str, str])

    def call(self, action: str, **fields: object) -> StepCall:
        """A call of `action`; ``connect.remove-pops`` for short."""
        given: dict[str, object] = {
            "run": "ovhcloud-connect-direct/x",
            "step": "detach.step",
            "action": f"ovhcloud.{action}",
            "service": SERVICE,
            "timing": Timing.END_OF_TERM,
            "reason": "moved to the new site",
            "begun_at": self.run.simulator.clock.now(),
        }
        return StepCall.model_validate(given | fields)

    @property
    def materials(self) -> Materials:
        """What an activity would load."""
        return Materials(evidence=self.evidence, secrets=self.secrets)

    @property
    def ledger(self) -> list[LedgerEntry]:
        """What took effect at the provider."""
        return [entry for entry in self.run.simulator.ledger() if entry.took_effect]

    async def capture(self) -> None:
        """Capture the configuration."""
        captured = await self.provider.capture(self.call("connect.capture-configuration"), Materials())
        self.evidence["configuration"] = captured.records[0].content

    async def finish(self, method: Method, call: StepCall, *, retries: int = 0) -> ChangeResult:
        """Start `method` again and again, provider time passing, as Temporal does; the memory is carried along."""
        progress: list[tuple[str, ...]] = [()]
        for _ in range(200):
            materials = Materials(evidence=self.evidence, progress=progress[-1], remember=progress.append)
            try:
                return await method(call, materials)
            except UnrackError as error:
                if error.problem.category is Category.UNAVAILABLE and retries:
                    retries -= 1
                elif error.problem.category is not Category.NOT_YET:
                    raise
                self.run.simulator.set_clock(advance=timedelta(seconds=(error.retry_after or 1)))
        raise AssertionError("it never ends")

    async def change(self, action: str, **fields: object) -> ChangeResult:
        """Do `action` to its end."""
        return await self.finish(self.provider.change, self.call(action, **fields))

    async def undo(self, action: str, **fields: object) -> ChangeResult:
        """Undo `action` to its end."""
        return await self.finish(self.provider.undo, self.call(action, **fields))

    async def detach(self) -> None:
        """Take everything off, as the runbook does."""
        for removal in REMOVALS:
            await self.change(f"connect.{removal}")

    def shown(self) -> dict[str, Any]:
        """The configuration by the simulator's own account, without ids that the provider assigns."""
        return cast("dict[str, Any]", without_ids(self.run.simulator.configuration(sim.DEMO_SERVICE)))


@asynccontextmanager
async def adapted(run: Running, **credential: object) -> AsyncGenerator[Adapter]:
    """The adapter for the simulator of `run`."""
    provider = OvhCloud(credential_for(run, **credential))
    try:
        yield Adapter(provider, run)
    finally:
        await provider.close()


def credential_for(run: Running, **changed: object) -> OvhCredential:
    """The credential that opens the simulator, with some of it changed."""
    fields: dict[str, object] = {
        "endpoint": f"{run.url}/1.0",
        "application_key": SecretStr(sim.APPLICATION_KEY),
        "application_secret": SecretStr(sim.APPLICATION_SECRET),
        "consumer_key": SecretStr(sim.CONSUMER_KEY),
    }
    return OvhCredential.model_validate(fields | changed)


def without_ids(value: object) -> object:
    """`value` without the ids of configuration items, in an order that does not depend on them."""
    if isinstance(value, dict):
        fields = cast("dict[str, object]", value)
        return {key: without_ids(item) for key, item in fields.items() if key not in ("id", "popId")}
    if isinstance(value, list):
        items = cast("list[object]", value)
        return sorted((without_ids(item) for item in items), key=lambda item: json.dumps(item, sort_keys=True))
    return value


async def problem_of(doing: Awaitable[object]) -> UnrackError:
    """The error that `doing` raises."""
    try:
        await doing
    except UnrackError as error:
        return error
    raise AssertionError("it raised nothing")
