"""Steering one run in a test: deciding, waiting, letting time pass."""

import asyncio
import shutil
import sys
import uuid
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from temporalio.client import WorkflowHandle
from temporalio.service import RPCError, RPCStatusCode
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import WorkflowInstance, WorkflowInstanceDetails, WorkflowRunner

from tests.workflows.fake_provider import StandIn
from unrack.contracts.workflows import DECIDE_UPDATE, DECISION_SIGNAL, REPORT_QUERY
from unrack.model.decision import Actor, Approve, Complete, Decision, DecisionResult, Envelope
from unrack.model.evidence import EvidenceRef
from unrack.model.plan import Plan
from unrack.model.state import RunReport
from unrack.temporal.sandbox import sandbox_runner, sharing_runner

LAUNCHER = Actor(name="lea")
ON_CALL = Actor(name="omar")
MOST_MONTHS = 40
PATIENCE = 120.0
"""Real seconds until a test gives up on something that must happen soon."""

_SOONEST, _RAREST = 0.03, 0.5
"""Real seconds between two looks, ever longer: each look costs worker and server what a step of the run costs."""

_BUSY = (RPCStatusCode.RESOURCE_EXHAUSTED, RPCStatusCode.UNAVAILABLE, RPCStatusCode.FAILED_PRECONDITION)
"""Too many ask at once, or a fresh history has not begun yet: ask again."""


@dataclass
class Steered:
    """One run in a test, with what the test needs to steer it, whatever stands for the world."""

    env: WorkflowEnvironment
    handle: WorkflowHandle[Any, RunReport]
    plan: Plan

    async def report(self) -> RunReport:
        """Where the run stands. A worker that is busy with thousands of messages answers late."""
        return await self.handle.query(REPORT_QUERY, result_type=RunReport, rpc_timeout=timedelta(seconds=90))

    async def decide(self, decision: Decision) -> DecisionResult:
        """Sends a decision as an update."""
        return await self.handle.execute_update(DECIDE_UPDATE, Envelope(decision=decision), result_type=DecisionResult)

    async def signal(self, decision: Decision) -> None:
        """Sends a decision as a plain signal."""
        await self.handle.signal(DECISION_SIGNAL, Envelope(decision=decision))

    async def until(self, what: str, holds: Callable[[RunReport], bool]) -> RunReport:
        """Waits, in real time, until the run's report shows something."""
        return await eventually(what, self.report, holds)

    async def forward(self, span: timedelta) -> bool:
        """Lets virtual time pass; False when the run ended meanwhile, or went on in a fresh history."""
        await self.under_way()
        try:
            return await self.env.fast_forward(self.handle, span)
        except RPCError as error:
            if error.status is RPCStatusCode.NOT_FOUND:
                return False
            raise

    async def under_way(self) -> None:
        """Waits until the run has set its timers: in a history that just began, time carries it past all of them."""
        give_up = asyncio.get_running_loop().time() + PATIENCE
        while asyncio.get_running_loop().time() < give_up:
            try:
                await self.report()
            except RPCError as error:
                if error.status is not RPCStatusCode.FAILED_PRECONDITION:
                    raise
                await asyncio.sleep(0.02)
            else:
                return
        pytest.fail(f"the run has not begun in {PATIENCE:g} s")

    async def ended(self) -> RunReport:
        """Lets time pass until the run has ended."""
        for _ in range(MOST_MONTHS):
            if not await self.forward(timedelta(days=30)):
                return await self.handle.result()
        pytest.fail(f"not ended after {MOST_MONTHS} months: {(await self.report()).model_dump_json(indent=1)}")
        return await self.handle.result()


@dataclass
class Trial(Steered):
    """A run whose world is a stand-in."""

    world: StandIn

    async def complete_cable(self, by: Actor = ON_CALL) -> DecisionResult:
        """Does the handover as a person would."""
        await self.until("the cable's task opens", lambda report: "handover.remove-cable" in report.state.tasks)
        return await self.decide(cable_done(by))


def fresh() -> str:
    """A decision id nobody used."""
    return uuid.uuid4().hex


def proof(kind: str, digit: str = "a") -> EvidenceRef:
    """A reference to evidence that a person gave."""
    return EvidenceRef(
        type=kind,
        sha256=digit * 64,
        size=3,
        media_type="text/plain",
        name="proof.txt",
        taken_at=datetime.now(UTC),
        source="person:omar",
    )


def cable_done(by: Actor = ON_CALL, order: str = "1-234", digit: str = "a") -> Complete:
    """The handover, completed."""
    fields = {"order-number": order, "removed-on": "2026-11-20", "charged-until": "2026-12-20"}
    return Complete(
        id=fresh(), by=by, step="handover.remove-cable", fields=fields, evidence=(proof("confirmation", digit),)
    )


def approval(plan: Plan, name: str, revision: int = 1) -> Approve:
    """`name` approves this very plan, as it was when the run's consent had this revision."""
    return Approve(id=fresh(), by=Actor(name=name), plan=plan.digest, revision=revision)


async def eventually(
    what: str, read: Callable[[], Awaitable[RunReport]], holds: Callable[[RunReport], bool]
) -> RunReport:
    """Reads until `holds`; fails with the last thing read."""
    give_up = asyncio.get_running_loop().time() + PATIENCE
    seen: RunReport | None = None
    pause = _SOONEST
    while True:
        try:
            seen = await read()
        except RPCError as error:
            if error.status not in _BUSY:
                raise
        if seen is not None and holds(seen):
            return seen
        if asyncio.get_running_loop().time() > give_up:
            shown = seen.model_dump_json(indent=1) if seen else "nothing"
            pytest.fail(f"{what}: not in {PATIENCE:g} s; the run shows {shown}")
        await asyncio.sleep(pause)
        pause = min(pause * 1.5, _RAREST)


@cache
def strict_runner() -> WorkflowRunner:
    """The strict sandbox of a replay; every run loads the workflows anew, only the check before the first is shared."""
    return _PreparedOnce(sandbox_runner())


@cache
def serving_runner() -> WorkflowRunner:
    """The sandbox of a worker that serves."""
    return _PreparedOnce(sharing_runner())


class _PreparedOnce(WorkflowRunner):
    """Loads each workflow for a first check once in a session, and not for each of a thousand workers and replays."""

    def __init__(self, runner: WorkflowRunner) -> None:
        self._runner = runner
        self._prepared: set[object] = set()

    def prepare_workflow(self, defn: Any) -> None:  # noqa: ANN401 - the SDK's own private type
        if defn.cls not in self._prepared:
            self._runner.prepare_workflow(defn)
            self._prepared.add(defn.cls)

    def create_instance(self, det: WorkflowInstanceDetails) -> WorkflowInstance:
        return self._runner.create_instance(det)

    def set_worker_level_failure_exception_types(self, types: Sequence[type[BaseException]]) -> None:
        self._runner.set_worker_level_failure_exception_types(types)


def binary(name: str) -> str:
    """A server binary of the environment the tests run in."""
    found = shutil.which(name, path=str(Path(sys.executable).parent)) or shutil.which(name)
    if found is None:
        pytest.fail(f"'{name}' is missing: make test installs it")
    return found
