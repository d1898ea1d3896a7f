"""An immediate end that nobody has asked the provider for yet: turned round in grace, and what had moved is back."""

from pathlib import Path
from typing import Any

import pytest
from temporalio.testing import WorkflowEnvironment

from tests.workflows.by_people import by_people, has_ended, in_phase, walk
from tests.workflows.ovh_products import calls, configuration, product_run, reactivated, to_phase
from unrack.model.lifecycle import Outcome, Phase, StepStatus


@pytest.mark.parametrize(
    "product",
    [
        "any-service",
        *(pytest.param(name, marks=pytest.mark.long) for name in ("web-hosting", "mx-plan", "dns-zone", "vrack")),
    ],
)
async def test_ovhcloud_never_hears_of_it(env: WorkflowEnvironment, tmp_path: Path, product: str) -> None:
    """S0.5, S0.7: what ends at once by a token is asked for after grace; turned round before, no call was ever made."""
    async with product_run(env, tmp_path, product, "immediate") as run:
        before = configuration(run)
        await to_phase(run, Phase.GRACE)
        await reactivated(run)

        assert configuration(run) == before
        assert calls(run) == []


async def test_a_partnered_connection_is_put_together_again(env: WorkflowEnvironment, tmp_path: Path) -> None:
    """S0.7, S2.18: all was taken apart before grace; the API restores OVHcloud's side, a person the partner's."""
    async with product_run(env, tmp_path, "connect-provider", "immediate") as run:
        before = configuration(run)
        await to_phase(run, Phase.GRACE)
        apart = configuration(run)
        report = await reactivated(run)

        assert apart != before
        assert configuration(run) == before
        assert report.state.step("undo.handover.cancel-at-megaport").status is StepStatus.DONE
        assert not [call for call in calls(run) if "terminate" in call or "confirm" in call]


@pytest.mark.parametrize(
    ("example", "changed", "phase"),
    [
        ("whc-hosting-immediate", {}, Phase.GRACE),
        pytest.param("whc-ssl", {"timing": "immediate"}, Phase.GRACE, marks=pytest.mark.long),
        pytest.param("whc-domain-immediate", {}, Phase.GRACE, marks=pytest.mark.long),
        ("whc-refund", {}, Phase.APPROVAL),  # no grace: a refund takes nothing away
        ("colonelserver-service-immediate", {}, Phase.GRACE),
    ],
)
async def test_people_are_asked_for_nothing(
    env: WorkflowEnvironment, tmp_path: Path, example: str, changed: dict[str, Any], phase: Phase
) -> None:
    """S0.7, S1.4, S4.6: nobody submitted anything before grace was over, so nobody has anything to take back."""
    async with by_people(env, tmp_path, example, **changed) as run:
        await walk(run, in_phase(phase))
        assert (await run.reactivate()).good
        asked = await walk(run, has_ended)
        report = await run.handle.result()

        assert asked == []
        assert report.outcome is Outcome.REACTIVATED
        assert report.state.passed_no_return_at is None
