"""A cable that is said to be out, and light at the port that says otherwise (S2.12)."""

import re
from datetime import datetime, timedelta
from pathlib import Path

from temporalio.testing import WorkflowEnvironment

from tests.workflows.harness import ON_CALL, fresh
from tests.workflows.rehearsal import CABLE, Rehearsed, completion, rehearsal
from tests.workflows.test_with_simulator import END_OF_TERM
from unrack import simulator as sim
from unrack.model.decision import Remedy, Resolve
from unrack.model.lifecycle import ParkReason, Phase, StepStatus
from unrack.model.state import RunReport

LOOK = "handover.check-port-dark"


async def said_to_be_out(run: Rehearsed) -> None:
    """Somebody completes the task though the cable is still in."""
    await run.to_handover()
    task = await run.until_task(CABLE)
    assert (await run.decide(await completion(run.evidence, task, run.simulator.clock.now()))).good


async def parked(run: Rehearsed) -> RunReport:
    """Waits until light was seen twice."""
    await run.until("read once", lambda report: report.state.step(LOOK).status is StepStatus.WAITING)
    await run.forward(timedelta(minutes=11))
    return await run.until("parked", lambda report: LOOK in report.state.parked)


async def test_light_in_two_readings_parks_until_the_cable_is_out(env: WorkflowEnvironment, tmp_path: Path) -> None:
    """S2.12: ten minutes apart; a retry goes on once the port is dark, and parks again as long as it is not."""
    async with rehearsal(env, tmp_path, END_OF_TERM, sim.Seed()) as run:
        await said_to_be_out(run)
        first = (await parked(run)).state
        retry = Resolve(id=fresh(), by=ON_CALL, step=LOOK, remedy=Remedy.RETRY, reason="the operator looked")
        assert (await run.decide(retry)).good
        again = (
            await run.until(
                "parked again", lambda report: report.state.step(LOOK).tries > 1 and LOOK in report.state.parked
            )
        ).state
        run.light(on=False)
        assert (await run.decide(retry.model_copy(update={"id": fresh()}))).good
        report = await run.until_phase(Phase.GRACE)

        message = first.parked[LOOK].problem.message
        one, two = (datetime.fromisoformat(each) for each in re.findall(r"\d{4}-\d\d-\d\d \d\d:\d\d", message))
        assert first.parked[LOOK].reason is ParkReason.BLOCKED
        assert "in two readings" in message
        assert two - one >= timedelta(minutes=10)
        assert first.parked[LOOK].may_skip
        assert again.parked[LOOK].reason is ParkReason.BLOCKED
        assert report.state.step(LOOK).status is StepStatus.DONE


async def test_a_cable_that_is_pulled_between_the_readings_stops_nothing(
    env: WorkflowEnvironment, tmp_path: Path
) -> None:
    """S2.12: what was seen is told; dark in one of the two is enough."""
    async with rehearsal(env, tmp_path, END_OF_TERM, sim.Seed()) as run:
        await said_to_be_out(run)
        await run.until("read once", lambda report: report.state.step(LOOK).status is StepStatus.WAITING)
        run.light(on=False)
        await run.forward(timedelta(minutes=11))
        report = await run.until_phase(Phase.GRACE)

        assert report.state.step(LOOK).status is StepStatus.DONE
        assert "a hint that the cable is gone" in report.state.step(LOOK).note


async def test_a_dark_port_is_not_read_twice(env: WorkflowEnvironment, tmp_path: Path) -> None:
    """S2.12: the run goes on at once when the cable is out."""
    async with rehearsal(env, tmp_path, END_OF_TERM, sim.Seed()) as run:
        await run.to_grace()
        state = (await run.report()).state.step(LOOK)

        assert state.begun_at is not None
        assert state.ended_at is not None
        assert state.ended_at - state.begun_at < timedelta(minutes=1)
