"""A run whose provider is not what its plan says: the step parks with the reason, and nothing is sent."""

from pathlib import Path

from temporalio.testing import WorkflowEnvironment

from tests.workflows.harness import ON_CALL, fresh
from tests.workflows.rehearsal import rehearsal
from tests.workflows.test_with_simulator import END_OF_TERM
from unrack import simulator as sim
from unrack.model.decision import Remedy, Resolve
from unrack.model.lifecycle import ParkReason


async def test_an_address_that_turns_out_real_parks_the_first_change(env: WorkflowEnvironment, tmp_path: Path) -> None:
    """The plan says simulated; the address does not prove it any more. Once it does again, a retry goes on."""
    async with rehearsal(env, tmp_path, END_OF_TERM, sim.Seed()) as run:
        await run.to_approval()
        key = run.simulator.key_file.read_bytes()
        run.simulator.key_file.write_bytes(b"of another simulator")
        await run.approve()
        report = await run.until("it is parked", lambda seen: bool(seen.state.parked))
        sent = run.simulator.ledger()
        run.simulator.key_file.write_bytes(key)
        for step in report.state.parked:
            retry = Resolve(id=fresh(), by=ON_CALL, step=step, remedy=Remedy.RETRY, reason="the tunnel is gone")
            assert (await run.decide(retry)).good
        await run.until("it goes on", lambda _: bool(run.ledger))

    (parked,) = report.state.parked.values()
    assert parked.reason is ParkReason.REFUSED
    assert "leads to a real provider, and the plan was made for a simulator" in parked.problem.message
    assert sent == []
