"""Any OVHcloud service through ``/services/{id}``, from plan to proof, for every timing; and back."""

from datetime import timedelta
from pathlib import Path

import pytest
from temporalio.testing import WorkflowEnvironment

from tests.workflows.ovh_products import TERM, calls, configuration, confirm, product_run, reactivated, to_phase
from unrack.model.lifecycle import Outcome, Phase

pytestmark = pytest.mark.long  # one product more each, from plan to proof

PRODUCT = "any-service"
COMMITTED = {"engaged_for": timedelta(days=100)}
SCHEDULED = "PUT /services/5001 terminationPolicy=terminateAtExpirationDate"
RULED = "PUT /services/5001/billing/engagement/endRule strategy=CANCEL_SERVICE"
NOT_RENEWED = "PUT /services/5001 renew={'mode': 'manual', 'period': 'P1M'}"


@pytest.mark.parametrize(
    ("timing", "seed", "call", "days"),
    [
        ("end-of-term", {}, SCHEDULED, 40),
        ("end-of-commitment", COMMITTED, RULED, 100),
        ("let-expire", {}, NOT_RENEWED, 40),
    ],
)
async def test_a_service_ends_by_its_own_dates(  # noqa: PLR0913, PLR0917  # one row of a table
    env: WorkflowEnvironment, tmp_path: Path, timing: str, seed: dict[str, object], call: str, days: int
) -> None:
    """S0.2, S0.5: one call, and OVHcloud ends the service at the provider's date; the proof is the next bill."""
    async with product_run(env, tmp_path, PRODUCT, timing, seed) as run:
        await to_phase(run, Phase.GRACE)
        report = await run.ended()

        assert report.outcome is Outcome.CLOSED
        assert calls(run) == [call]
        assert report.state.effective_at is not None
        assert abs(report.state.effective_at - run.began - timedelta(days=days)) < timedelta(minutes=5)


@pytest.mark.parametrize(
    ("timing", "seed", "back"),
    [
        ("end-of-term", {}, "PUT /services/5001 terminationPolicy=empty"),
        (
            "end-of-commitment",
            COMMITTED,
            "PUT /services/5001/billing/engagement/endRule strategy=STOP_ENGAGEMENT_KEEP_PRICE",
        ),
        ("let-expire", {}, "PUT /services/5001 renew={'mode': 'automatic', 'period': 'P1M'}"),
    ],
)
async def test_a_planned_end_is_taken_back(
    env: WorkflowEnvironment, tmp_path: Path, timing: str, seed: dict[str, object], back: str
) -> None:
    """S0.7: from grace, the service is again what it was, by the provider's own account."""
    async with product_run(env, tmp_path, PRODUCT, timing, seed) as run:
        before = configuration(run)
        await to_phase(run, Phase.GRACE)
        planned = configuration(run)
        await reactivated(run)

        assert planned != before
        assert configuration(run) == before
        assert calls(run)[-1] == back
        assert len(calls(run)) == len([planned, back])


async def test_an_immediate_end_by_token(env: WorkflowEnvironment, tmp_path: Path) -> None:
    """S0.4, S0.6: nothing before grace is over; the reason is a survey apart, the confirmation takes a token only."""
    async with product_run(env, tmp_path, PRODUCT, "immediate", parameters={"skip-retention": True}) as run:
        await to_phase(run, Phase.GRACE)
        in_grace = calls(run)
        await confirm(run)
        report = await run.ended()

        assert in_grace == []
        assert [entry.path for entry in run.ledger] == [
            "/services/5001/form/termination/answer",
            "/services/5001/terminate",
            "/services/5001/terminate/confirm",
            "/services/5001/terminate/skipRetentionPeriod",
        ]
        assert run.ledger[0].body["answers"][0] == {"question": "reason", "value": "NOT_NEEDED_ANYMORE"}
        assert list(run.ledger[2].body) == ["token"]
        assert report.outcome is Outcome.CLOSED
        assert report.state.effective_at is not None
        assert report.state.effective_at < run.began + TERM
