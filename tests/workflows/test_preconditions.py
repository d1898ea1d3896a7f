"""Immediately before the purge, everything that allowed it is read again at the provider (DESIGN, rule 3)."""

from datetime import timedelta
from pathlib import Path

import pytest
from temporalio.testing import WorkflowEnvironment

from tests.workflows.harness import ON_CALL, fresh
from tests.workflows.rehearsal import Rehearsed, rehearsal
from tests.workflows.test_with_simulator import END_OF_TERM, IMMEDIATE, RELEASED
from unrack import simulator as sim
from unrack.model.decision import Remedy, Resolve
from unrack.model.lifecycle import Outcome, ParkReason, Phase
from unrack.simulator.ovhcloud.scenario_events import ScenarioEvent, happen
from unrack.simulator.ovhcloud.tables import Tables
from unrack.simulator.world import World

CHECK = "purge.check-unchanged"
HANDOVER = "handover.remove-cross-connect"
CHANGES = {
    "light": ScenarioEvent(service=sim.DEMO_SERVICE, light=True),
    "configuration": ScenarioEvent(service=sim.DEMO_SERVICE, connect_to=sim.VRACK),
    "owner": ScenarioEvent(service=sim.DEMO_SERVICE, admin_contact="xy99999-ovh"),
    "planned end": ScenarioEvent(service=sim.DEMO_SERVICE, keep=True),
}


def others(run: Rehearsed, what: ScenarioEvent) -> None:
    """Somebody else does something at the provider, an hour after the run last looked there."""
    run.simulator.set_clock(advance=timedelta(hours=1))
    run.simulator.happen(lambda world, now: happen(world, what, now))


async def cable_pulled(run: Rehearsed) -> None:
    """The operator removes the cable, and the run waits in grace."""
    await run.to_handover()
    others(run, ScenarioEvent(service=sim.DEMO_SERVICE, light=False))
    await run.complete(HANDOVER)
    await run.until_phase(Phase.GRACE)


@pytest.mark.parametrize(
    "subject",
    ["configuration", *(pytest.param(each, marks=pytest.mark.long) for each in CHANGES.keys() - {"configuration"})],
)
async def test_what_changed_in_grace_parks_the_run_with_the_difference(
    env: WorkflowEnvironment, tmp_path: Path, subject: str
) -> None:
    """Traffic, a new dependant, a new owner, the end taken back: nothing irreversible happens, and it is shown why."""
    async with rehearsal(env, tmp_path, END_OF_TERM, sim.Seed()) as run:
        await cable_pulled(run)
        await run.forward(timedelta(days=5))
        others(run, CHANGES[subject])

        await run.forward(timedelta(days=23, hours=1))
        seen = await run.until("parked", lambda report: CHECK in report.state.parked)

        parked = seen.state.parked[CHECK]
        assert parked.reason is ParkReason.BLOCKED
        assert subject in {finding.subject for finding in parked.findings}
        assert all(finding.before and finding.now for finding in parked.findings)
        assert seen.state.passed_no_return_at is None
        assert RELEASED not in run.calls


async def test_the_same_vrack_put_back_in_grace_parks_the_run(env: WorkflowEnvironment, tmp_path: Path) -> None:
    """It was taken out by this run: that it is the vRack of before makes it no less somebody's wish."""
    async with rehearsal(env, tmp_path, END_OF_TERM, sim.Seed()) as run:
        await cable_pulled(run)

        def put_back(world: World) -> None:
            tables = world.tables_for(Tables)
            tables.connections.change(tables.connections[sim.DEMO_SERVICE], vrack=sim.VRACK)

        run.simulator.happen(lambda world, _: put_back(world))
        await run.forward(timedelta(days=28, hours=1))
        seen = await run.until("parked", lambda report: CHECK in report.state.parked)

        assert [found.now for found in seen.state.parked[CHECK].findings if found.blocking] == [f"vrack/{sim.VRACK}"]
        assert seen.state.passed_no_return_at is None


async def test_a_new_owner_who_agrees_lets_the_run_go_on(env: WorkflowEnvironment, tmp_path: Path) -> None:
    """The operator accepts the difference with a reason, which is kept, and the approvers agree to that.

    The service then ends at its date.
    """
    async with rehearsal(env, tmp_path, END_OF_TERM, sim.Seed()) as run:
        await cable_pulled(run)
        others(run, ScenarioEvent(service=sim.DEMO_SERVICE, light=True))
        await run.forward(timedelta(days=28, hours=1))
        await run.until("parked", lambda report: CHECK in report.state.parked)
        skip = Resolve(id=fresh(), by=ON_CALL, step=CHECK, remedy=Remedy.SKIP, reason="a test set of the operator")

        assert (await run.decide(skip)).good
        await run.approve()
        await run.until("no return", lambda report: report.state.passed_no_return_at is not None)
        await run.forward(timedelta(days=3))
        await run.complete("verify.check-routing")
        report = await run.ended()

        assert report.outcome is Outcome.CLOSED
        assert report.state.step(CHECK).skipped_because == skip.reason
        assert run.calls[-1] == RELEASED


async def test_it_is_read_again_after_the_token_was_awaited(env: WorkflowEnvironment, tmp_path: Path) -> None:
    """Everything was well when the token was asked for; a day later somebody plugs in: nothing is confirmed."""
    async with rehearsal(env, tmp_path, IMMEDIATE, sim.Seed(expires_in=timedelta(days=300))) as run:
        await run.to_approval()
        await run.approve()
        await run.until("locked", lambda report: "detach.watch-locked" in report.state.steps)
        await run.forward(timedelta(days=1, minutes=1))
        await run.until_task(HANDOVER)
        others(run, ScenarioEvent(service=sim.DEMO_SERVICE, light=False))
        await run.complete(HANDOVER)
        await run.until_phase(Phase.GRACE)
        await run.forward(timedelta(days=7, hours=1))
        await run.until_task("purge.enter-token")
        await run.forward(timedelta(days=1))
        others(run, ScenarioEvent(service=sim.DEMO_SERVICE, light=True))

        await run.complete("purge.enter-token", token=await run.evidence.hand_over(await run.token()))
        seen = await run.until("parked", lambda report: CHECK in report.state.parked)

        assert seen.state.passed_no_return_at is None
        assert not [call for call in run.calls if "confirmTermination" in call]
