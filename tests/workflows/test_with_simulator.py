"""From plan to proof: real runbook, real workflow, real adapter over HTTP on the simulator, with virtual time."""

from datetime import timedelta
from pathlib import Path

from temporalio.testing import WorkflowEnvironment

from tests.workflows.rehearsal import rehearsal
from unrack import simulator as sim
from unrack.model.lifecycle import Outcome

END_OF_TERM = "ovhcloud-connect-direct.yaml"
IMMEDIATE = "ovhcloud-connect-direct-immediate.yaml"

DETACHED = (
    *["DELETE /ovhCloudConnect/*/config/pop/*/datacenter/*/extra/*"] * 4,
    *["DELETE /ovhCloudConnect/*/config/pop/*/datacenter/*"] * 2,
    "DELETE /ovhCloudConnect/*/config/pop/*",
    "DELETE /vrack/*/ovhCloudConnect/*",
)
"""S2.5, S2.6: inside out."""

SCHEDULED = "PUT /services/*"
RELEASED = "POST /services/*/terminate/skipRetentionPeriod"


async def test_a_simulated_year_passes(env: WorkflowEnvironment, tmp_path: Path) -> None:
    """An end in 300 days: detached at once, ended by the provider at its date, nothing released before; the bill, weeks
    later, closes the run (S2.4, S2.9, S2.14, S2.15)."""
    seed = sim.Seed(expires_in=timedelta(days=300), next_bill_in=timedelta(days=20))
    async with rehearsal(env, tmp_path, END_OF_TERM, seed) as run:
        await run.to_grace()
        await run.forward(timedelta(days=297))
        in_grace = await run.report()
        await run.forward(timedelta(days=5))
        await run.complete("verify.check-routing")
        report = await run.ended()

        ends = run.began + timedelta(days=300)
        assert in_grace.state.passed_no_return_at is None
        assert report.outcome is Outcome.CLOSED
        assert run.calls == [*DETACHED, SCHEDULED, RELEASED]
        assert run.ledger[-2].body == {"terminationPolicy": "terminateAtExpirationDate"}
        assert run.ledger[-2].at < run.began + timedelta(days=1)
        assert ends - timedelta(minutes=1) <= run.ledger[-1].at < ends + timedelta(hours=3)
        closed = report.state.step("verify.verify-billing-stopped").ended_at
        assert closed is not None
        assert closed > ends + timedelta(days=7)
