"""Every way in which the answer to an irreversible call is lost, on the simulator; the ledger judges (S0.4)."""

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest
from temporalio.testing import WorkflowEnvironment

from tests.workflows.harness import ON_CALL, fresh
from tests.workflows.rehearsal import Rehearsed, rehearsal
from unrack import simulator as sim
from unrack.model import approvals
from unrack.model.decision import Reject, Remedy, Resolve
from unrack.model.lifecycle import Outcome, ParkReason, Phase, StepStatus
from unrack.model.state import RunReport
from unrack.providers.ovhcloud.client import OvhApi
from unrack.simulator.faults import FaultKind

_REQUEST = "ovhcloud-connect-direct-immediate.yaml"
ASK, CONFIRM, RELEASE = "purge.ask-termination", "purge.confirm-termination", "purge.skip-retention"
TOKEN = "purge.enter-token"
_CALLS = {
    ASK: "/ovhCloudConnect/*/terminate",
    CONFIRM: "/ovhCloudConnect/*/confirmTermination",
    RELEASE: "/services/*/terminate/skipRetentionPeriod",
}
_OTHER_LOSSES = (FaultKind.ERROR_BEFORE, FaultKind.ERROR_AFTER, FaultKind.CUT_BEFORE, FaultKind.LYING_OK)
_LOSSES = [FaultKind.CUT_AFTER, *(pytest.param(kind, marks=pytest.mark.long) for kind in _OTHER_LOSSES)]
_SHORT, _LONGER = (2.0, 2.0), 3.0
"""Seconds after which the client gives up, and in which the provider acts and answers."""
_MOST_ROUNDS = 60
_PATIENT = timedelta(hours=4)


@pytest.mark.timeout(240)
@pytest.mark.parametrize("kind", _LOSSES)
async def test_a_lost_answer_never_makes_a_second_effect(
    env: WorkflowEnvironment, tmp_path: Path, kind: FaultKind
) -> None:
    """Where the provider's state tells, the run goes on by itself; where it cannot, it asks a person, and acts once.

    The answers to all three irreversible calls of one run are lost.
    """
    async with rehearsal(env, tmp_path, _REQUEST, sim.Seed(expires_in=timedelta(days=300))) as run:
        for path in _CALLS.values():
            run.simulator.inject(sim.Fault(kind=kind, method="POST", path=path))

        report, parked = await _to_the_end(run)

        assert report.outcome is Outcome.CLOSED
        assert _effects(run) == [1, 1, 1]
        assert parked == [(ASK, ParkReason.OUTCOME_UNKNOWN)]


@pytest.mark.long
@pytest.mark.timeout(240)
@pytest.mark.parametrize(
    ("kind", "asked"), [(FaultKind.MAIL_NEVER, 2), (FaultKind.MAIL_LATE, 1), (FaultKind.MAIL_TWICE, 1)]
)
async def test_whatever_becomes_of_the_mail_the_end_is_confirmed_once(
    env: WorkflowEnvironment, tmp_path: Path, kind: FaultKind, asked: int
) -> None:
    """A mail that never comes is asked for again by a person; a late one is waited for; of two the newest is used."""
    async with rehearsal(env, tmp_path, _REQUEST, sim.Seed(expires_in=timedelta(days=300))) as run:
        run.simulator.inject(sim.Fault(kind=kind, method="POST", path=_CALLS[ASK], seconds=7200))

        report, _ = await _to_the_end(run)

        took = [entry.path.rpartition("/")[2] for entry in run.ledger]
        assert report.outcome is Outcome.CLOSED
        assert took.count("terminate") == asked
        assert took.count("confirmTermination") == 1


@pytest.mark.long
@pytest.mark.timeout(240)
@pytest.mark.parametrize("kind", [FaultKind.DELAY_BEFORE, FaultKind.DELAY_AFTER])
async def test_an_answer_after_the_timeout_never_makes_a_second_effect(
    env: WorkflowEnvironment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: FaultKind
) -> None:
    """The client gave up before the provider answered, or before it even acted: it is read later that it did."""
    monkeypatch.setattr(OvhApi.__init__, "__defaults__", (_SHORT,))  # else each delay would have to be 20 s
    async with rehearsal(env, tmp_path, _REQUEST, sim.Seed(expires_in=timedelta(days=300))) as run:
        for path in _CALLS.values():
            run.simulator.inject(sim.Fault(kind=kind, method="POST", path=path, seconds=_LONGER))

        report, parked = await _to_the_end(run, late=_LONGER)

        assert report.outcome is Outcome.CLOSED
        assert _effects(run) == [1, 1, 1]
        assert parked == [(ASK, ParkReason.OUTCOME_UNKNOWN)]


def _effects(run: Rehearsed) -> list[int]:
    """How often each irreversible call took effect."""
    took = [entry.path.rpartition("/")[2] for entry in run.ledger]
    return [took.count(path.rpartition("/")[2]) for path in _CALLS.values()]


async def _to_the_end(run: Rehearsed, late: float = 0.0) -> tuple[RunReport, list[tuple[str, ParkReason]]]:
    """People do what the on-call pages say until the run has ended; also what parked on the way.

    `late` are the real seconds in which the provider acts on a call whose answer was lost.
    """
    await run.to_approval()
    await run.approve()
    await run.until(Phase.DETACH, lambda r: r.state.step("detach.watch-locked").status is StepStatus.WAITING)
    await run.forward(timedelta(days=1, minutes=1))
    await run.complete("handover.remove-cross-connect")
    await run.until_phase(Phase.GRACE)
    await run.forward(timedelta(days=7, minutes=1))
    parked: list[tuple[str, ParkReason]] = []
    for _ in range(_MOST_ROUNDS):
        report = await _at_rest(run)
        if report.outcome is not None:
            return await run.handle.result(), parked
        if report.state.in_doubt:
            await asyncio.sleep(late)  # what the provider does late, it does before virtual time goes on
        parked += [(step, each.reason) for step, each in report.state.parked.items() if step != TOKEN]
        await _people(run, report)
    pytest.fail(f"not ended after {_MOST_ROUNDS} rounds: {(await run.report()).state.parked}")


async def _people(run: Rehearsed, report: RunReport) -> None:
    mailed = _mailed(run)
    for step in report.state.parked:
        remedy = Remedy.SKIP if step == ASK and mailed else Remedy.RETRY
        await run.decide(Resolve(id=fresh(), by=ON_CALL, step=step, remedy=remedy, reason="looked it up"))
    if not approvals.awaited(run.plan, report.state).complete:
        await run.approve()
    for step in report.state.tasks:
        if step != TOKEN:
            await run.complete(step)
        elif mailed:
            await run.complete(step, token=await run.evidence.hand_over(await run.token()))
        elif run.simulator.clock.now() - report.state.tasks[step].since > _PATIENT:
            await run.decide(Reject(id=fresh(), by=ON_CALL, step=step, reason="no mail came"))
    if not report.state.parked and not report.state.tasks:
        await run.forward(timedelta(hours=1) if report.state.phase is Phase.PURGE else timedelta(days=4))


def _mailed(run: Rehearsed) -> bool:
    run.simulator.set_clock(advance=timedelta(minutes=31))
    return any("token=" in mail.body for mail in run.simulator.mail())


async def _at_rest(run: Rehearsed) -> RunReport:
    """What the run shows when no call is under way."""
    while True:
        seen = (await run.handle.describe()).raw_description
        if not seen.pending_activities and not seen.HasField("pending_workflow_task"):
            return await run.report()
        await asyncio.sleep(0.05)
