"""Web hosting with the MX Plan inside it, stand-alone MX Plan, Public Cloud project: from plan to proof, and back."""

import re
from datetime import timedelta
from pathlib import Path

import httpx2
import pytest
from temporalio.testing import WorkflowEnvironment

from tests.workflows.ovh_products import calls, configuration, confirm, product_run, reactivated, to_phase
from tests.workflows.rehearsal import Rehearsed
from unrack import simulator as sim
from unrack.model.decision import Verdict
from unrack.model.lifecycle import Outcome, Phase, StepStatus
from unrack.simulator.ovhcloud.tables import Tables

pytestmark = pytest.mark.long  # one product more each, from plan to proof

PATHS = {
    "web-hosting": "/hosting/web/demo.cluster031.hosting.example",
    "mx-plan": "/email/domain/demo-mail.example",
    "public-cloud": f"/cloud/project/{sim.DEMOS['public-cloud'].name}",
}
SURVEYS = {
    "web-hosting": {"token", "reason", "futureUse", "commentary"},
    "mx-plan": {"token", "reason", "commentary"},
}


def _number(run: Rehearsed) -> int:
    return (
        run.simulator._provider.world.tables_for(Tables)
        .assets[f"{run.plan.product}/{run.plan.service.service}"]
        .service
    )


@pytest.mark.parametrize("product", ["web-hosting", "mx-plan"])
async def test_it_ends_with_its_term(env: WorkflowEnvironment, tmp_path: Path, product: str) -> None:
    """S0.2, S0.5: one call schedules it; OVHcloud ends it at the provider's date; the next bill is the proof."""
    async with product_run(env, tmp_path, product, "end-of-term") as run:
        number = _number(run)
        await to_phase(run, Phase.GRACE)
        report = await run.ended()

        assert report.outcome is Outcome.CLOSED
        assert calls(run) == [f"PUT /services/{number} terminationPolicy=terminateAtExpirationDate"]
        assert "mail-accounts" in {proof.type for step in report.state.steps.values() for proof in step.evidence}


@pytest.mark.parametrize("product", ["web-hosting", "mx-plan"])
async def test_it_ends_at_once_by_token(env: WorkflowEnvironment, tmp_path: Path, product: str) -> None:
    """S0.4, S0.6: nothing before grace is over; the confirmation takes what this product's takes, and no more."""
    async with product_run(env, tmp_path, product, "immediate", parameters={"skip-retention": True}) as run:
        number = _number(run)
        await to_phase(run, Phase.GRACE)
        in_grace = calls(run)
        await confirm(run)
        report = await run.ended()

        assert in_grace == []
        assert [(entry.method, entry.path) for entry in run.ledger] == [
            ("POST", f"{PATHS[product]}/terminate"),
            ("POST", f"{PATHS[product]}/confirmTermination"),
            ("POST", f"/services/{number}/terminate/skipRetentionPeriod"),
        ]
        assert run.ledger[1].body.keys() == SURVEYS[product]
        assert report.outcome is Outcome.CLOSED


@pytest.mark.parametrize("product", ["web-hosting", "mx-plan"])
async def test_a_planned_end_is_taken_back(env: WorkflowEnvironment, tmp_path: Path, product: str) -> None:
    """S0.7: the service is again what it was, by the provider's own account."""
    async with product_run(env, tmp_path, product, "end-of-term") as run:
        before = configuration(run)
        await to_phase(run, Phase.GRACE)
        await reactivated(run)

        assert configuration(run) == before
        assert calls(run)[-1].endswith("terminationPolicy=empty")


async def test_the_mail_inside_a_hosting_ends_by_its_mailed_link(env: WorkflowEnvironment, tmp_path: Path) -> None:
    """S0.2: an option has no call that confirms it; a person follows the link, and from there nothing turns round."""
    async with product_run(env, tmp_path, "web-hosting", "end-of-term", parameters={"end-mail-option": True}) as run:
        await to_phase(run, Phase.GRACE)
        await run.forward(timedelta(days=38, hours=6))
        await run.until_task("purge.follow-link")
        refused = await run.reactivate()
        await _follow_the_link(run)
        await run.complete("purge.follow-link")
        report = await run.ended()

        assert refused.verdict is Verdict.REFUSED
        assert calls(run)[-1] == f"POST {PATHS['web-hosting']}/emailOption/31/terminate"
        assert report.state.step("purge.await-mail-option").status is StepStatus.DONE
        assert report.outcome is Outcome.CLOSED


async def _follow_the_link(run: Rehearsed) -> None:
    run.simulator.set_clock(advance=timedelta(minutes=30))
    link = re.findall(r"http://\S+/_simulator/confirm/\S+", run.simulator.mail()[-1].body)[-1]
    async with httpx2.AsyncClient() as browser:
        assert (await browser.get(link)).text == "confirmed"


async def test_a_project_is_suspended_then_deleted(env: WorkflowEnvironment, tmp_path: Path) -> None:
    """S0.4, S0.5: the token suspends it; a week later its end is final; OVHcloud deletes it; the bills stop."""
    async with product_run(env, tmp_path, "public-cloud", "immediate") as run:
        await to_phase(run, Phase.GRACE)
        await confirm(run)
        report = await run.ended()

        assert [entry.path.removeprefix(PATHS["public-cloud"]) for entry in run.ledger] == [
            "/terminate",
            "/confirmTermination",
        ]
        confirmed, passed = run.ledger[-1].at, report.state.passed_no_return_at
        assert report.outcome is Outcome.CLOSED
        assert passed is not None
        assert passed - confirmed > timedelta(days=7) - timedelta(seconds=2), "OVHcloud's clock shows whole seconds"
        assert report.state.effective_at is not None
        assert abs(report.state.effective_at - confirmed) < timedelta(minutes=5)


async def test_a_suspended_project_is_retained(env: WorkflowEnvironment, tmp_path: Path) -> None:
    """S0.5, S0.7: an immediate end that can be taken back: `retain` is its undo, and the project is as it was."""
    async with product_run(env, tmp_path, "public-cloud", "immediate") as run:
        before = configuration(run)
        await to_phase(run, Phase.GRACE)
        await confirm(run)
        watch = "purge.watch-suspended"
        await run.until(watch, lambda report: report.state.step(watch).status is StepStatus.WAITING)
        suspended = configuration(run)
        await reactivated(run)

        assert suspended != before
        assert configuration(run) == before
        assert run.ledger[-1].path.endswith("/retain")
