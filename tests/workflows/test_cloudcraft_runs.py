"""Cloudcraft subscriptions from plan to proof: people act in the app, the run saves the diagrams over the real API."""

import io
import json
import zipfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from temporalio.testing import WorkflowEnvironment

from tests.workflows.driving import closed, driven, in_phase, reactivated
from tests.workflows.rehearsal import Rehearsed, rehearsal
from unrack import simulator as sim
from unrack.model.lifecycle import Outcome, ParkReason, Phase
from unrack.model.stated import Stated
from unrack.simulator import cloudcraft

pytestmark = pytest.mark.long  # whole runs, some seconds of CPU each

DIRECT = "cloudcraft-subscription.yaml"
DATADOG = "cloudcraft-subscription-datadog.yaml"
AWS = "cloudcraft-subscription-aws-marketplace.yaml"
REFUND = "cloudcraft-subscription-refund.yaml"

_MOMENT = timedelta(seconds=30)
"""A run takes an end for the first moment of a day; in these worlds it comes just before that."""


def first_moment() -> datetime:
    """The day on which the cycle ends; the dates of the examples grow old."""
    return (datetime.now(UTC) + timedelta(days=30)).replace(hour=0, minute=0, second=0, microsecond=0)


def seeded(**fields: object) -> sim.Seed:
    """An account whose cycle ends with the day before `first_moment`."""
    ends_in = first_moment() - _MOMENT - datetime.now(UTC)
    seed = cloudcraft.CloudcraftSeed.model_validate({"cycle_ends_in": ends_in, **fields})
    return sim.Seed(vendors={"cloudcraft": seed.model_dump(mode="json")})


def stated() -> Stated:
    """The facts, as the owner sees them."""
    return Stated(
        by="ann", title="Cloudcraft Pro", owner=cloudcraft.OWNER, expires_at=first_moment(), renewal_period="P1M"
    )


def ends_on(run: Rehearsed) -> str:
    """The day on which the paid plan ends, as Subscription Settings shows it."""
    return (run.simulator.tables_for(cloudcraft.Tables).subscription.cycle_ends_at + _MOMENT).date().isoformat()


def plan(run: Rehearsed) -> str:
    """The account's plan by the simulator's own account."""
    return run.simulator.tables_for(cloudcraft.Tables).subscription.plan


async def cancelled_in_the_app(run: Rehearsed) -> dict[str, dict[str, str]]:
    """The owner cancels when the task opens; gives what people then write down."""
    task = "request.cancel-subscription"
    await driven(run, lambda seen: task in seen.state.tasks)
    run.simulator.happen(cloudcraft.cancel)
    return {"confirm.read-end": {"effective-date": ends_on(run)}}


async def test_a_subscription_bought_in_the_app_ends_with_its_cycle(env: WorkflowEnvironment, tmp_path: Path) -> None:
    """S3.1, S3.2, S3.5: the owner cancels; the account is on the free plan after the cycle, and nothing was deleted."""
    async with rehearsal(env, tmp_path, DIRECT, seeded(), stated=stated()) as run:
        answers = await cancelled_in_the_app(run)
        ends = run.simulator.tables_for(cloudcraft.Tables).subscription.cycle_ends_at
        still_paid = plan(run)
        in_grace = await in_phase(run, Phase.GRACE, answers)
        report = await closed(run, answers)

        tables = run.simulator.tables_for(cloudcraft.Tables)
        begun = in_grace.state.grace.begun_at
        assert still_paid == "pro"
        assert begun is not None
        assert begun.date() >= ends.date()
        assert (tables.subscription.plan, len(list(tables.blueprints))) == ("free", 3)
        assert "free plan" in report.state.step("handover.check-api").note
        assert run.simulator.ledger() == []
        assert not [step for step in report.state.steps if "erasure" in step]


async def test_every_diagram_is_saved_before_anything_ends(env: WorkflowEnvironment, tmp_path: Path) -> None:
    """S3.3: data, budget and pictures of every diagram are evidence before the cancelling task opens."""
    async with rehearsal(env, tmp_path, DIRECT, seeded(rendering=5), stated=stated()) as run:
        report = await driven(run, lambda seen: "request.cancel-subscription" in seen.state.tasks)
        kept = {
            evidence.type: await run.evidence.get(evidence)
            for step in ("capture.blueprints", "capture.images", "capture.inventory")
            for evidence in report.state.step(step).evidence
        }
        names = {
            kind: zipfile.ZipFile(io.BytesIO(kept[kind])).namelist() for kind in ("blueprints", "blueprint-images")
        }
        inventory = json.loads(kept["configuration"])

        endings = sorted({name.rsplit(".", 1)[1] for files in names.values() for name in files})
        assert endings == ["csv", "json", "pdf", "png", "svg"]
        assert len(names["blueprints"]) == 1 + 2 * 3
        assert len(names["blueprint-images"]) == 1 + 3 * 3
        assert [cloud["cloud"] for cloud in inventory["clouds"]] == ["AWS", "Azure"]
        assert plan(run) == "pro"


@pytest.mark.long
async def test_bought_through_datadog_it_expires_by_itself_and_is_erased_when_asked(
    env: WorkflowEnvironment, tmp_path: Path
) -> None:
    """S3.6, S3.8: nothing is cancelled; erasing is a ticket of its own, after the point of no return."""
    async with rehearsal(env, tmp_path, DATADOG, seeded(renews=False), stated=stated()) as run:
        await driven(run, lambda seen: "confirm.read-expiry" in seen.state.tasks)
        answers = {"confirm.read-expiry": {"effective-date": ends_on(run)}}
        asked = await driven(run, lambda seen: "purge.request-erasure" in seen.state.tasks, answers)
        before = len(list(run.simulator.tables_for(cloudcraft.Tables).blueprints))
        run.simulator.happen(cloudcraft.erase)
        report = await closed(run, answers)

        assert asked.state.passed_no_return_at is not None
        assert before == 3
        assert plan(run) == "free"
        assert "request.cancel-subscription" not in report.state.steps
        assert report.state.step("purge.request-erasure").fields["ticket"]


@pytest.mark.long
async def test_bought_through_aws_it_is_cancelled_there(env: WorkflowEnvironment, tmp_path: Path) -> None:
    """S3.7: the agreement's own run cancels; this one records it and waits for the free plan."""
    async with rehearsal(env, tmp_path, AWS, seeded(), stated=stated()) as run:
        await driven(run, lambda seen: "request.cancel-at-aws" in seen.state.tasks)
        run.simulator.happen(cloudcraft.cancel)
        answers = {
            "request.cancel-at-aws": {"agreement-run": "awsmarketplace-agreement/agmt-1demometered"},
            "confirm.read-end": {"effective-date": ends_on(run)},
        }
        report = await closed(run, answers)

        recorded = report.state.step("request.cancel-at-aws").fields["agreement-run"]
        assert recorded == "awsmarketplace-agreement/agmt-1demometered"
        assert plan(run) == "free"


@pytest.mark.long
async def test_a_refund_is_asked_for_instead_of_cancelling(env: WorkflowEnvironment, tmp_path: Path) -> None:
    """S3.4: no cancellation in the app; the support is asked after grace, and that is the point of no return."""
    async with rehearsal(env, tmp_path, REFUND, seeded(), stated=stated()) as run:
        asked = await driven(run, lambda seen: "purge.ask-refund" in seen.state.tasks)
        run.simulator.happen(cloudcraft.refund)
        report = await closed(run)

        assert asked.state.passed_no_return_at is not None
        assert "request.cancel-subscription" not in report.state.steps
        assert plan(run) == "free"


@pytest.mark.parametrize(
    ("request_file", "channel", "words"),
    [(DIRECT, "datadog", "expires by itself"), (DATADOG, "direct", "renews"), (REFUND, "aws-marketplace", "AWS")],
)
async def test_the_wrong_way_for_the_channel_stops_before_anything(
    env: WorkflowEnvironment, tmp_path: Path, request_file: str, channel: str, words: str
) -> None:
    """S3.6, S3.7: how it was bought decides how it ends; the run says what to ask for instead."""
    parameters = {"channel": channel}
    async with rehearsal(env, tmp_path, request_file, seeded(), stated=stated(), parameters=parameters) as run:
        report = await run.until("it is parked", lambda seen: bool(seen.state.parked))

        parked = report.state.parked["preflight.check-channel"]
        assert parked.reason is ParkReason.BLOCKED
        assert words in parked.problem.message


@pytest.mark.long
async def test_the_owner_subscribes_again_on_reactivation(env: WorkflowEnvironment, tmp_path: Path) -> None:
    """S3.3: even after the downgrade nothing was deleted; with a subscription everything is there again."""
    async with rehearsal(env, tmp_path, DIRECT, seeded(), stated=stated()) as run:
        answers = await cancelled_in_the_app(run)
        await in_phase(run, Phase.GRACE, answers)
        free = plan(run)
        assert (await run.reactivate()).good
        await driven(run, lambda seen: "undo.request.cancel-subscription" in seen.state.tasks)
        run.simulator.happen(cloudcraft.subscribe)
        report = await driven(run, lambda _: False)

        assert free == "free"
        assert report.outcome is Outcome.REACTIVATED
        assert report.state.differences == []
        assert plan(run) == "pro"


@pytest.mark.long
async def test_bought_through_datadog_it_is_renewed_there_on_reactivation(
    env: WorkflowEnvironment, tmp_path: Path
) -> None:
    """S3.6: nothing was cancelled, but somebody was told; the same person tells them that it is wanted."""
    async with rehearsal(env, tmp_path, DATADOG, seeded(renews=False), stated=stated()) as run:
        await driven(run, lambda seen: "confirm.read-expiry" in seen.state.tasks)
        answers = {"confirm.read-expiry": {"effective-date": ends_on(run)}}
        await in_phase(run, Phase.GRACE, answers)
        assert (await run.reactivate()).good
        await driven(run, lambda seen: "undo.request.tell-datadog" in seen.state.tasks)
        run.simulator.happen(cloudcraft.subscribe)
        report = await driven(run, lambda _: False)

        assert report.outcome is Outcome.REACTIVATED
        assert report.state.differences == []
        assert plan(run) == "pro"
        assert len(list(run.simulator.tables_for(cloudcraft.Tables).blueprints)) == 3


@pytest.mark.long
async def test_bought_through_aws_the_agreements_run_is_turned_round(env: WorkflowEnvironment, tmp_path: Path) -> None:
    """S3.7: what another run cancelled that run takes back; this one asks for it and compares."""
    async with rehearsal(env, tmp_path, AWS, seeded(), stated=stated()) as run:
        await driven(run, lambda seen: "request.cancel-at-aws" in seen.state.tasks)
        run.simulator.happen(cloudcraft.cancel)
        await in_phase(run, Phase.GRACE, {"confirm.read-end": {"effective-date": ends_on(run)}})
        assert (await run.reactivate()).good
        await driven(run, lambda seen: "undo.request.cancel-at-aws" in seen.state.tasks)
        run.simulator.happen(cloudcraft.subscribe)
        report = await driven(run, lambda _: False)

        assert report.outcome is Outcome.REACTIVATED
        assert report.state.differences == []
        assert plan(run) == "pro"


async def test_a_refund_that_was_not_asked_for_needs_no_way_back(env: WorkflowEnvironment, tmp_path: Path) -> None:
    """S3.4: before grace is over nobody was asked, so turning round asks nobody either."""
    async with rehearsal(env, tmp_path, REFUND, seeded(), stated=stated()) as run:
        await in_phase(run, Phase.GRACE)
        report = await reactivated(run)

        assert not [step for step in report.state.steps if step.startswith("undo.") and step != "undo.compare"]
        assert plan(run) == "pro"
