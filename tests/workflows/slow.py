"""A stand-in whose irreversible call answers only when the test lets it."""

import asyncio
from dataclasses import dataclass, field

from temporalio import activity

from tests.workflows.fake_provider import StandIn
from unrack.contracts.calls import CommitResult, StepCall


@dataclass
class SlowRelease(StandIn):
    """Irreversible calls take effect at once and answer late."""

    asked: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when the first of them took effect."""
    answer: asyncio.Event = field(default_factory=asyncio.Event)
    """To be set when they may answer."""

    @activity.defn(name="commit")
    async def commit(self, call: StepCall) -> CommitResult:
        """Takes effect, and answers later."""
        result = await super().commit(call)
        self.asked.set()
        while not self.answer.is_set():
            activity.heartbeat()
            await asyncio.sleep(0.1)
        return result
