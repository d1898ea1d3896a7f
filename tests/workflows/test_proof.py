"""Evidence that a decision names counts only when it is in the store: anybody can write down a digest (S2.13)."""

from datetime import timedelta
from pathlib import Path

from temporalio.testing import WorkflowEnvironment

from tests.workflows.conftest import Launch
from tests.workflows.harness import ON_CALL, cable_done, fresh
from tests.workflows.plans import CABLE, plan
from tests.workflows.rehearsal import rehearsal
from unrack import simulator as sim
from unrack.model.decision import Remedy, Resolve
from unrack.model.lifecycle import Outcome, ParkReason

_INVENTED = "a" * 64


async def test_an_invented_digest_is_no_proof(launch: Launch) -> None:
    """A task completed by signal with a digest that nobody kept parks; retried, it is asked again."""
    trial = await launch(plan())
    trial.world.lost.add(_INVENTED)
    await trial.until("the cable's task", lambda report: CABLE in report.state.tasks)

    await trial.signal(cable_done())
    parked = await trial.until("parked", lambda report: CABLE in report.state.parked)
    await trial.decide(Resolve(id=fresh(), by=ON_CALL, step=CABLE, remedy=Remedy.RETRY, reason="now with the file"))
    assert (await trial.until("open again", lambda report: CABLE in report.state.tasks)).state.parked == {}
    assert (await trial.decide(cable_done(digit="b"))).good
    report = await trial.ended()

    assert parked.state.parked[CABLE].reason is ParkReason.NOT_ALLOWED
    assert _INVENTED[:12] in parked.state.parked[CABLE].problem.message
    assert report.outcome is Outcome.CLOSED


async def test_nothing_is_purged_when_evidence_was_lost(env: WorkflowEnvironment, tmp_path: Path) -> None:
    """Evidence that vanished from the store during grace stops the purge; put back, the run goes on."""
    seed = sim.Seed(expires_in=timedelta(days=30))
    async with rehearsal(env, tmp_path, "ovhcloud-connect-direct.yaml", seed) as run:
        await run.to_grace()
        proof = (await run.report()).state.step("handover.remove-cross-connect").evidence[0]
        kept = next((tmp_path / "evidence").rglob(f"*{proof.sha256[2:]}*"))
        away = kept.rename(tmp_path / "away")
        await run.forward(timedelta(days=28, hours=1))
        report = await run.until("parked", lambda report: bool(report.state.parked))
        step, parked = next(iter(report.state.parked.items()))
        away.rename(kept)
        await run.decide(Resolve(id=fresh(), by=ON_CALL, step=step, remedy=Remedy.RETRY, reason="restored"))
        passed = await run.until("no return", lambda report: report.state.passed_no_return_at is not None)

    assert step == "purge.await-end"
    assert parked.reason is ParkReason.NOT_ALLOWED
    assert "not in the evidence store" in parked.problem.message
    assert report.state.passed_no_return_at is None
    assert passed.state.passed_no_return_at is not None
