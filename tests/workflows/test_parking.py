"""A run never fails on a step: it parks, tells people, and goes on when an operator decides."""

from datetime import timedelta

import pytest

from tests.workflows.conftest import Launch
from tests.workflows.fake_provider import failure
from tests.workflows.harness import ON_CALL, Trial, fresh
from tests.workflows.plans import CABLE, IMMEDIATE, plan
from unrack.model.decision import DecisionResult, Remedy, Resolve, Verdict
from unrack.model.errors import Category
from unrack.model.evidence import EvidenceWanted
from unrack.model.lifecycle import Outcome, ParkReason, StepStatus, Timing
from unrack.model.service import Finding


async def resolve(trial: Trial, step: str, remedy: Remedy) -> DecisionResult:
    """An operator decides on a parked step."""
    return await trial.decide(Resolve(id=fresh(), by=ON_CALL, step=step, remedy=remedy, reason="settled by telephone"))


async def test_a_blocking_finding_parks_before_anything_is_touched(launch: Launch) -> None:
    """A check that must not be ignored stops the run with its finding; retried once settled, the run goes on."""
    debt = Finding(subject="debt", text="25 EUR are open", blocking=True)
    trial = await launch(plan(), findings={"preflight.status": (debt,)})

    parked = await trial.until("parked", lambda report: "preflight.status" in report.state.parked)
    touched = list(trial.world.ledger)
    trial.world.findings.clear()
    await resolve(trial, "preflight.status", Remedy.RETRY)
    await trial.until("the run goes on", lambda report: CABLE in report.state.tasks)

    assert parked.state.parked["preflight.status"].reason is ParkReason.BLOCKED
    assert parked.state.parked["preflight.status"].findings == (debt,)
    assert touched == []


@pytest.mark.parametrize(
    ("category", "reason"),
    [
        (Category.DENIED, ParkReason.REFUSED),
        pytest.param(Category.FAILED, ParkReason.REFUSED, marks=pytest.mark.long),
        pytest.param(Category.CONFLICT, ParkReason.REFUSED, marks=pytest.mark.long),
        (Category.UNEXPECTED, ParkReason.UNEXPECTED),
    ],
)
async def test_a_failed_change_parks_and_is_retried(launch: Launch, category: Category, reason: ParkReason) -> None:
    """Whatever the provider refuses, the run waits for a decision, tells people, and retries when told to."""
    trial = await launch(plan(), faulty={"detach.pops": [failure(category, "no")]})

    parked = await trial.until("parked", lambda report: "detach.pops" in report.state.parked)
    answer = await resolve(trial, "detach.pops", Remedy.RETRY)
    await trial.until("the run goes on", lambda report: CABLE in report.state.tasks)

    assert parked.state.parked["detach.pops"].reason is reason
    assert parked.state.parked["detach.pops"].problem.message == "no"
    assert answer.verdict is Verdict.ACCEPTED
    assert trial.world.ledger[0] == "change detach.pops"
    assert [notice.step for notice in trial.world.told if notice.kind == "parked"] == ["detach.pops"]


async def test_a_skipped_step_says_why(launch: Launch) -> None:
    """An operator may leave a step out with a reason, which stays with the step."""
    trial = await launch(plan(), faulty={"detach.vrack": [failure(Category.FAILED)]})
    await trial.until("parked", lambda report: "detach.vrack" in report.state.parked)

    await resolve(trial, "detach.vrack", Remedy.SKIP)
    report = await trial.until("the run goes on", lambda report: CABLE in report.state.tasks)

    assert report.state.steps["detach.vrack"].status is StepStatus.SKIPPED
    assert report.state.steps["detach.vrack"].skipped_because == "settled by telephone"


async def test_an_unavailable_provider_is_waited_for(launch: Launch) -> None:
    """No answer is retried by itself within the step's timeout; nobody is bothered."""
    failures = [failure(Category.UNAVAILABLE) for _ in range(3)]
    trial = await launch(plan(), faulty={"detach.pops": failures})

    await trial.forward(timedelta(minutes=5))
    await trial.until("the run goes on", lambda report: CABLE in report.state.tasks)

    assert not [notice for notice in trial.world.told if notice.kind == "parked"]
    assert trial.world.calls.count("change detach.pops") == 4


async def test_a_timeout_ends_in_parking(launch: Launch) -> None:
    """What is not finished within the runbook's time parks as retries exhausted."""
    failures = [failure(Category.NOT_YET, "the provider works on it") for _ in range(500)]
    trial = await launch(plan(), faulty={"detach.pops": failures})

    await trial.forward(timedelta(hours=2))
    report = await trial.until("parked", lambda report: "detach.pops" in report.state.parked)

    assert report.state.parked["detach.pops"].reason is ParkReason.RETRIES_EXHAUSTED


async def test_a_blocked_check_just_before_the_purge_stops_it(launch: Launch) -> None:
    """Preconditions are read again before the point of no return; what changed parks the run, and nothing is lost."""
    trial = await launch(plan(), term_end=timedelta(days=60))
    trial.world.findings["purge.unchanged"] = (Finding(subject="traffic", text="light is back", blocking=True),)
    await trial.complete_cable()

    await trial.forward(timedelta(days=58, hours=6))
    report = await trial.until("parked", lambda report: "purge.unchanged" in report.state.parked)

    assert report.state.parked["purge.unchanged"].reason is ParkReason.BLOCKED
    assert report.state.passed_no_return_at is None
    assert report.state.outcome is not Outcome.CLOSED


async def test_a_capture_that_keeps_nothing_parks_before_anything_is_taken_apart(launch: Launch) -> None:
    """What a reactivation would go by is not there: the service stays as it is until it is, or an operator decides."""
    wanted = (EvidenceWanted(type="letter", title="a letter that nobody captured"),)
    steps = tuple(
        planned.model_copy(update={"evidence": wanted}) if planned.id == "capture.configuration" else planned
        for planned in IMMEDIATE
    )
    trial = await launch(plan(timing=Timing.IMMEDIATE, steps=steps))

    report = await trial.until("parked", lambda report: "capture.configuration" in report.state.parked)

    parked = report.state.parked["capture.configuration"]
    assert parked.reason is ParkReason.NOT_ALLOWED
    assert "lacks its evidence 'letter'" in parked.problem.message
    assert not [entry for entry in trial.world.ledger if entry.startswith("change ")]


async def test_an_outage_ends_by_itself_and_is_told_once(launch: Launch) -> None:
    """Longer than the step's timeout: it parks, people hear it once, and it goes on once the provider answers."""
    failures = [failure(Category.UNAVAILABLE, "no answer") for _ in range(3)]
    for error in failures:
        error._non_retryable = True
    trial = await launch(plan(), faulty={"detach.pops": failures})

    first = await trial.until("parked", lambda report: "detach.pops" in report.state.parked)
    await trial.forward(timedelta(hours=4))
    report = await trial.until("the run goes on", lambda report: CABLE in report.state.tasks)

    parked = first.state.parked["detach.pops"]
    assert parked.reason is ParkReason.RETRIES_EXHAUSTED
    assert parked.again_at is not None
    assert parked.again_at - parked.since == timedelta(minutes=10)
    assert "by itself" in parked.problem.suggestion
    assert [notice.about for notice in trial.world.told if notice.kind == "parked"] == ["test/default"]
    assert trial.world.calls.count("change detach.pops") == 4
    assert report.state.step("detach.pops").away_since is None
    assert any("there is an answer again" in entry.what for entry in report.state.journal)


async def test_what_the_provider_refused_is_not_tried_again_by_itself(launch: Launch) -> None:
    """Only silence passes by itself; an answer that says no is a person's to judge."""
    trial = await launch(plan(), faulty={"detach.pops": [failure(Category.DENIED)]})

    await trial.until("parked", lambda report: "detach.pops" in report.state.parked)
    await trial.forward(timedelta(days=2))
    report = await trial.report()

    assert report.state.parked["detach.pops"].again_at is None
    assert trial.world.calls.count("change detach.pops") == 1
