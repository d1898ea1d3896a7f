"""AWS Marketplace agreements from plan to proof: real runbook, workflow, adapter and `boto3`, on the simulator."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest
from temporalio.testing import WorkflowEnvironment

from tests.workflows.driving import closed, driven, in_phase, reactivated
from tests.workflows.harness import ON_CALL, fresh
from tests.workflows.rehearsal import Rehearsed, rehearsal
from unrack import simulator as sim
from unrack.model.decision import Remedy, Resolve
from unrack.model.lifecycle import Outcome, ParkReason, Phase
from unrack.simulator import awsmarketplace as aws
from unrack.simulator.world import World

pytestmark = pytest.mark.long  # whole runs, some seconds of CPU each

END_OF_TERM = "awsmarketplace-agreement.yaml"
BUYER = "awsmarketplace-agreement-immediate.yaml"
SELLER = "awsmarketplace-agreement-seller.yaml"

QUOTED = "POST /aws-marketplace/CreateAgreementRequest"
ACCEPTED = "POST /aws-marketplace/AcceptAgreementRequest"
CANCELLED = "POST /aws-marketplace/CancelAgreement"
ANSWERED = "POST /aws-marketplace/AcceptAgreementCancellationRequest"
LAST_LOOK = "verify.check-none-goes-on"
REJECTED = "POST /aws-marketplace/RejectAgreementCancellationRequest"


def seeded(**fields: object) -> sim.Seed:
    """A world whose agreements look like `fields` of `aws.AwsSeed`."""
    return sim.Seed(vendors={"awsmarketplace": aws.AwsSeed.model_validate(fields).model_dump(mode="json")})


def agreement(run: Rehearsed, name: str) -> aws.Agreement:
    """The agreement by the simulator's own account."""
    return run.simulator.tables_for(aws.Tables).agreements[name]


@pytest.mark.long
async def test_a_contract_runs_out_at_its_end_date(env: WorkflowEnvironment, tmp_path: Path) -> None:
    """The renewal is turned off and nothing else is called; the run ends when no charge came after the end."""
    async with rehearsal(env, tmp_path, END_OF_TERM, seeded()) as run:
        ends = agreement(run, aws.CONTRACT).ends_at
        in_grace = await in_phase(run, Phase.GRACE)
        report = await closed(run)

        assert ends is not None
        assert in_grace.state.effective_at is not None
        assert abs(in_grace.state.effective_at - ends) < timedelta(seconds=1)
        assert run.calls == [QUOTED, ACCEPTED]
        assert agreement(run, aws.CONTRACT).status == "EXPIRED"
        proof = report.state.step("verify.verify-billing-stopped")
        assert proof.ended_at is not None
        assert proof.ended_at > ends + timedelta(days=30)
        assert [kept.type for kept in proof.evidence] == ["charges"]


async def test_a_buyer_cancels_where_aws_lets_the_buyer(env: WorkflowEnvironment, tmp_path: Path) -> None:
    """S3.7: one call, after grace; the charge for the use before the end does not count against it."""
    async with rehearsal(env, tmp_path, BUYER, seeded()) as run:
        await in_phase(run, Phase.GRACE)
        in_grace = run.calls
        grace_ends = (await run.report()).purge_not_before
        report = await closed(run)

        assert in_grace == []
        assert run.calls == [CANCELLED]
        assert grace_ends is not None
        assert run.ledger[0].at >= grace_ends
        assert agreement(run, aws.METERED).status == "CANCELLED"
        shown = report.state.step("verify.verify-billing-stopped").findings
        assert shown
        assert not any(finding.blocking for finding in shown)


@pytest.mark.long
async def test_where_only_the_seller_may_begin_its_request_is_accepted(
    env: WorkflowEnvironment, tmp_path: Path
) -> None:
    """S3.7: a person asks the seller; the run waits for the request, and accepts it once grace is over."""
    async with rehearsal(env, tmp_path, SELLER, seeded(seller_asks_in=timedelta(days=9))) as run:
        await in_phase(run, Phase.GRACE)
        asked = run.simulator.clock.now()
        before = run.calls
        await closed(run)

        assert asked - run.began >= timedelta(days=9)
        assert before == []
        assert run.calls == [ANSWERED]
        assert agreement(run, aws.CONTRACT).status == "CANCELLED"


@pytest.mark.long
@pytest.mark.parametrize("answer_lost", [True, False])
async def test_a_lost_answer_cancels_once(env: WorkflowEnvironment, tmp_path: Path, answer_lost: bool) -> None:
    """DESIGN 2: CancelAgreement has no client token; after silence the agreement is read, never cancelled blindly."""
    kind = sim.FaultKind.CUT_AFTER if answer_lost else sim.FaultKind.CUT_BEFORE
    async with rehearsal(env, tmp_path, BUYER, seeded()) as run:
        await in_phase(run, Phase.GRACE)
        run.simulator.inject(sim.Fault(kind=kind, path="/aws-marketplace/CancelAgreement"))
        report = await closed(run)

        received = [entry for entry in run.simulator.ledger() if entry.path.endswith("CancelAgreement")]
        assert run.calls == [CANCELLED]
        assert len(received) == (1 if answer_lost else 2)
        assert any("no answer" in entry.what for entry in report.state.journal)


async def test_what_only_the_seller_can_begin_stops_the_buyer_before_anything_is_touched(
    env: WorkflowEnvironment, tmp_path: Path
) -> None:
    """S3.7: the check says who can begin instead; nothing was asked of AWS."""
    async with rehearsal(env, tmp_path, SELLER, seeded(), parameters={"cancelled-by": "buyer"}) as run:
        report = await run.until("it is parked", lambda seen: bool(seen.state.parked))

        parked = report.state.parked["preflight.check-way"]
        assert parked.reason is ParkReason.BLOCKED
        assert "cancelled-by: seller" in parked.problem.message
        assert run.simulator.ledger() == []


async def test_the_renewal_is_on_again_after_reactivation(env: WorkflowEnvironment, tmp_path: Path) -> None:
    """Until the last call everything is as it was, and people start again what they stopped."""
    async with rehearsal(env, tmp_path, END_OF_TERM, seeded()) as run:
        await in_phase(run, Phase.GRACE)
        off = agreement(run, aws.CONTRACT).auto_renew
        report = await reactivated(run)

        assert not off
        assert agreement(run, aws.CONTRACT).auto_renew
        assert run.calls == [QUOTED, ACCEPTED] * 2
        assert report.state.step("undo.detach.stop-using").fields["started"]


async def test_a_request_of_the_seller_is_rejected_on_reactivation(env: WorkflowEnvironment, tmp_path: Path) -> None:
    """Before it is accepted nothing ended; the way back is the buyer's no."""
    async with rehearsal(env, tmp_path, SELLER, seeded(seller_asks_in=timedelta(hours=2))) as run:
        await in_phase(run, Phase.GRACE)
        await reactivated(run)

        assert run.calls == [REJECTED]
        assert agreement(run, aws.CONTRACT).status == "ACTIVE"


async def test_a_metered_agreement_is_untouched_by_reactivation(env: WorkflowEnvironment, tmp_path: Path) -> None:
    """Nothing is asked of AWS before grace is over, so nothing needs to be taken back."""
    async with rehearsal(env, tmp_path, BUYER, seeded()) as run:
        await in_phase(run, Phase.GRACE)
        await reactivated(run)

        assert run.simulator.ledger() == []
        assert agreement(run, aws.METERED).status == "ACTIVE"


async def test_a_renewal_turned_on_by_hand_stops_the_run_before_the_end(
    env: WorkflowEnvironment, tmp_path: Path
) -> None:
    """Somebody needs it: the run parks and says so instead of waiting for an end that will not come."""
    async with rehearsal(env, tmp_path, END_OF_TERM, seeded()) as run:
        await in_phase(run, Phase.GRACE)
        contract = agreement(run, aws.CONTRACT)
        run.simulator.happen(
            lambda world, _: world.tables_for(aws.Tables).agreements.change(contract, auto_renew=True) and None
        )
        await run.forward(timedelta(days=58, hours=12))
        report = await driven(run, lambda seen: bool(seen.state.parked))

        assert report.outcome is not Outcome.CLOSED
        assert "renewal" in report.state.parked["purge.check-unchanged"].problem.message


@pytest.mark.long
async def test_a_renewal_accepted_in_advance_stops_the_run_before_it_closes(
    env: WorkflowEnvironment, tmp_path: Path
) -> None:
    """The plan tells it; the last step parks until a person says that the other agreement is meant to stay."""
    async with rehearsal(env, tmp_path, END_OF_TERM, seeded()) as run:
        run.simulator.happen(_accepted_in_advance)
        report = await driven(run, lambda seen: LAST_LOOK in seen.state.parked)

        parked = report.state.parked[LAST_LOOK]
        assert parked.reason is ParkReason.BLOCKED
        assert [found.subject for found in parked.findings if found.blocking] == ["other agreement"]
        assert any(
            "for the same product" in found.text for found in report.state.step("preflight.check-others").findings
        )
        skip = Resolve(id=fresh(), by=ON_CALL, step=LAST_LOOK, remedy=Remedy.SKIP, reason="the team keeps it next year")
        assert (await run.decide(skip)).good
        await closed(run)


def _accepted_in_advance(world: World, now: datetime) -> None:
    aws.accept_in_advance(world, now, aws.CONTRACT)
