"""What OVHcloud's API of 2026 brings into a run: what cannot be looked at, what binds, what passes by itself."""

import asyncio
from datetime import datetime
from pathlib import Path

from temporalio.testing import WorkflowEnvironment

from tests.workflows.harness import ON_CALL, fresh
from tests.workflows.ovh_products import calls, confirm, product_run, to_phase
from tests.workflows.rehearsal import Rehearsed
from unrack import simulator as sim
from unrack.model.decision import Remedy, Resolve
from unrack.model.lifecycle import Outcome, ParkReason, Phase
from unrack.simulator import Fault, FaultKind
from unrack.simulator.ovhcloud.tables import Tables
from unrack.simulator.world import World

CLOUD_DIRECTOR = "vmwareCloudDirectorVirtualDataCenter"


def _knows_no_cloud_director(simulator: sim.Simulator) -> None:
    fault = Fault(
        kind=FaultKind.ERROR_BEFORE,
        method="GET",
        path=f"/vrack/*/{CLOUD_DIRECTOR}",
        status=404,
        message="Got an invalid (or empty) URL",
        times=None,
    )
    simulator.inject(fault)


async def _decided(run: Rehearsed, step: str) -> str:
    """A person looks, and lets the run go on without what `step` could not settle; what was found."""
    parked = await run.until("a parked step", lambda report: step in report.state.parked)
    stopped = parked.state.parked[step]
    reason = "looked in the Control Panel: nothing is there"
    answer = await run.decide(Resolve(id=fresh(), by=ON_CALL, step=step, remedy=Remedy.SKIP, reason=reason))
    assert stopped.reason is ParkReason.BLOCKED
    assert answer.good, answer.message
    return stopped.findings[0].text


async def test_a_vrack_goes_by_a_persons_look_where_ovhcloud_knows_no_call(
    env: WorkflowEnvironment, tmp_path: Path
) -> None:
    """Facts 2026-11-30: the plan is made, the run asks a person once, and ends as any other."""
    async with product_run(env, tmp_path, "vrack", "immediate", before=_knows_no_cloud_director) as run:
        told = await _decided(run, "preflight.check-empty")
        await to_phase(run, Phase.GRACE)
        in_grace = calls(run)
        await confirm(run)
        report = await run.ended()

        assert "could not look" in told
        assert CLOUD_DIRECTOR in told
        assert in_grace == []
        assert report.outcome is Outcome.CLOSED


async def test_a_state_that_passes_holds_the_run_up_and_no_more(env: WorkflowEnvironment, tmp_path: Path) -> None:
    """Facts 2026-11-30: a renewal in progress is waited for; nothing parks, and the run goes on once it is over."""

    def shows(simulator: sim.Simulator, status: str | None) -> None:
        def change(world: World, _: datetime) -> None:
            tables = world.tables_for(Tables)
            asset = tables.assets[f"mx-plan/{sim.DEMOS['mx-plan'].name}"]
            tables.services.change(tables.services[asset.service], shown_status=status)

        simulator.happen(change)

    def renewing(simulator: sim.Simulator) -> None:
        shows(simulator, "autorenewInProgress")

    async with product_run(env, tmp_path, "mx-plan", "end-of-term", before=renewing) as run:
        await asyncio.sleep(1)  # real: the check is read again and again meanwhile
        early = await run.report()
        shows(run.simulator, None)
        later = await to_phase(run, Phase.GRACE)

        assert any("passes by itself" in finding.text for finding in run.plan.facts.findings)
        assert (early.state.phase, early.state.parked) == (Phase.PREFLIGHT, {})
        assert later.state.phase is Phase.GRACE


async def test_a_savings_plan_stops_the_run_until_a_person_decides(env: WorkflowEnvironment, tmp_path: Path) -> None:
    """Facts 2026-11-30: it is in the plan, it parks preflight, and what was decided on does not stop the last call."""
    async with product_run(env, tmp_path, "public-cloud", "immediate", {"savings_plan": True}) as run:
        told = await _decided(run, "preflight.check-options")
        await to_phase(run, Phase.GRACE)
        in_grace = calls(run)
        await confirm(run)
        confirmed = await run.until("the confirmation", lambda _: any("onfirm" in call for call in calls(run)))

        assert "Savings Plan" in [finding.subject for finding in run.plan.facts.findings]
        assert "is ACTIVE until" in told
        assert in_grace == []
        assert confirmed.state.parked == {}
