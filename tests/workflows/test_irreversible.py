"""Irreversible calls take effect at most once, whatever the answer looks like. The ledger is the judge."""

import asyncio
from datetime import timedelta

import pytest
from temporalio.exceptions import ApplicationError
from temporalio.worker import UnsandboxedWorkflowRunner, WorkflowRunner

from tests.workflows.conftest import Launch
from tests.workflows.fake_provider import failure
from tests.workflows.harness import ON_CALL, Trial, fresh
from tests.workflows.plans import END_OF_TERM, plan
from unrack.contracts.calls import EffectStatus, NoticeKind
from unrack.contracts.workflows import WAITING, WAKE_SIGNAL
from unrack.model.decision import Hold, Release, Remedy, Resolve, Verdict
from unrack.model.errors import Category, Problem
from unrack.model.lifecycle import Outcome, ParkReason, StepStatus
from unrack.model.plan import PlannedStep
from unrack.model.state import StepState
from workflows.context import RunContext
from workflows.steps import in_doubt as unanswered_calls

RELEASE = "purge.release"
PATIENT = tuple(
    each.model_copy(update={"answer_within": timedelta(hours=2)} if each.id == RELEASE else {}) for each in END_OF_TERM
)


async def purging(launch: Launch, *failures: ApplicationError) -> Trial:
    """A run that comes to its irreversible call."""
    trial = await launch(plan(), faulty={RELEASE: failures})
    await trial.complete_cable()
    await trial.forward(timedelta(days=30, hours=6))
    return trial


async def test_no_answer_but_it_happened(launch: Launch) -> None:
    """After a lost answer the provider's state shows that it happened: done, and not asked again."""
    trial = await launch(plan())
    trial.world.faults[RELEASE].append(lambda: _effect_without_answer(trial))
    await trial.complete_cable()

    report = await trial.ended()

    assert trial.world.ledger.count(f"commit {RELEASE}") == 1
    assert trial.world.calls.count(f"commit {RELEASE}") == 1
    assert report.outcome is Outcome.CLOSED


async def test_no_answer_and_it_did_not_happen(launch: Launch) -> None:
    """The provider's state keeps saying no: it is acted once more, and takes effect once."""
    trial = await purging(launch, failure(Category.UNKNOWN_OUTCOME, "connection cut"))

    report = await trial.ended()

    assert trial.world.calls.count(f"commit {RELEASE}") == 2
    assert trial.world.ledger.count(f"commit {RELEASE}") == 1
    assert report.outcome is Outcome.CLOSED


async def test_no_answer_twice_parks(launch: Launch) -> None:
    """Two lost answers in a row are for a person to judge."""
    lost = failure(Category.UNKNOWN_OUTCOME, "connection cut")
    trial = await purging(launch, lost, lost)

    await trial.forward(timedelta(days=1))
    report = await trial.until("parked", lambda report: RELEASE in report.state.parked)

    assert report.state.parked[RELEASE].reason is ParkReason.OUTCOME_UNKNOWN
    assert trial.world.ledger.count(f"commit {RELEASE}") == 0


async def test_a_provider_that_cannot_tell_is_not_asked_again(launch: Launch) -> None:
    """Unknown after unknown: nothing is sent again until an operator says so."""
    trial = await launch(plan(), faulty={RELEASE: [failure(Category.UNKNOWN_OUTCOME, "cut")]})
    trial.world.standing[RELEASE] = EffectStatus.UNKNOWN
    await trial.complete_cable()
    await trial.forward(timedelta(days=32))
    await trial.until("parked", lambda report: RELEASE in report.state.parked)
    asked = trial.world.calls.count(f"commit {RELEASE}")

    await trial.decide(
        Resolve(id=fresh(), by=ON_CALL, step=RELEASE, remedy=Remedy.SKIP, reason="the panel shows it released")
    )
    report = await trial.ended()

    assert asked == 1
    assert report.outcome is Outcome.CLOSED


async def test_what_was_surely_not_sent_is_sent_again(launch: Launch) -> None:
    """A refused connection had no effect: it is repeated within the step's timeout, without parking."""
    down = failure(Category.UNAVAILABLE, "connection refused")
    trial = await purging(launch, down, down)

    report = await trial.ended()

    assert trial.world.ledger.count(f"commit {RELEASE}") == 1
    assert report.outcome is Outcome.CLOSED


@pytest.mark.long
async def test_what_is_not_sent_for_a_day_leaves_room_in_the_history(launch: Launch) -> None:
    """The provider cannot be reached for longer than its timeout: it parks after some attempts, not 1,440."""
    patient = tuple(
        each.model_copy(update={"timeout": timedelta(days=1)} if each.id == RELEASE else {}) for each in END_OF_TERM
    )
    down = [failure(Category.UNAVAILABLE, "connection refused")] * 2000
    trial = await launch(plan(steps=patient), faulty={RELEASE: down})
    await trial.complete_cable()
    await trial.forward(timedelta(days=32))

    report = await trial.until("parked", lambda report: RELEASE in report.state.parked)

    assert report.state.parked[RELEASE].reason is ParkReason.RETRIES_EXHAUSTED
    assert trial.world.calls.count(f"commit {RELEASE}") == 1 + 60 + 23
    begun = report.state.step(RELEASE).begun_at
    assert begun is not None
    assert report.state.parked[RELEASE].since - begun >= timedelta(hours=23)


async def test_a_hold_that_came_meanwhile_stops_the_repeat(launch: Launch) -> None:
    """Not sent, sent again every minute, then held: the next attempt waits for the release, however long it takes."""
    busy = [failure(Category.RATE_LIMITED, "too many requests")] * 60
    trial = await launch(plan(), faulty={RELEASE: busy})
    await trial.complete_cable()
    await trial.forward(timedelta(days=30, minutes=10))
    await trial.until("asked", lambda _: f"commit {RELEASE}" in trial.world.calls)
    assert (await trial.decide(Hold(id=fresh(), by=ON_CALL, reason="a complaint came in"))).good
    await trial.forward(timedelta(minutes=2))

    asked = trial.world.calls.count(f"commit {RELEASE}")
    await trial.forward(timedelta(days=3))
    held = trial.world.calls.count(f"commit {RELEASE}")
    trial.world.faults[RELEASE].clear()
    assert (await trial.decide(Release(id=fresh(), by=ON_CALL))).good
    report = await trial.ended()

    assert held == asked
    assert trial.world.ledger.count(f"commit {RELEASE}") == 1
    assert report.outcome is Outcome.CLOSED


async def unanswered(
    launch: Launch, standing: EffectStatus = EffectStatus.UNKNOWN, runner: WorkflowRunner | None = None
) -> Trial:
    """A run whose irreversible call got no answer, with a provider that shows `standing`."""
    lost = [failure(Category.UNKNOWN_OUTCOME, "connection cut")]
    trial = await launch(plan(steps=PATIENT), faulty={RELEASE: lost}, runner=runner)
    trial.world.standing[RELEASE] = standing
    await trial.complete_cable()
    passing = asyncio.create_task(trial.forward(timedelta(days=30, minutes=6)))
    await trial.until("asked", lambda report: report.state.step(RELEASE).status is StepStatus.IN_DOUBT)
    await passing
    return trial


async def test_asked_without_an_answer_is_a_state_of_its_own(launch: Launch) -> None:
    """It has a deadline, which lists show; people are told what to type; at the deadline it parks, and is chased."""
    trial = await unanswered(launch)
    report = await trial.report()
    shown = await trial.handle.describe()
    asked = report.state.step(RELEASE)
    told = [notice for notice in trial.world.told if notice.kind is NoticeKind.IN_DOUBT]

    await trial.forward(timedelta(hours=1, minutes=50))
    reading = await trial.report()
    await trial.forward(timedelta(minutes=20))
    parked = await trial.report()
    await trial.forward(timedelta(days=3))
    chased = [notice for notice in trial.world.told if notice.kind is NoticeKind.OVERDUE]

    assert asked.asked_at is not None
    assert asked.late_at == asked.asked_at + timedelta(hours=2)
    assert shown.typed_search_attributes[WAITING] == [f"in-doubt:{RELEASE}", "in-doubt"]
    assert f"unrack resolve {trial.plan.run_id} {RELEASE} …" in told[0].text
    assert reading.state.parked == {}
    assert parked.state.parked[RELEASE].reason is ParkReason.OUTCOME_UNKNOWN
    assert len(chased) == 3
    assert trial.world.calls.count(f"commit {RELEASE}") == 1


async def test_a_person_may_take_over_before_the_deadline(launch: Launch) -> None:
    """Who knows that it took effect says so: nothing more is read or sent for it, and the run goes on."""
    trial = await unanswered(launch)
    assert (await trial.decide(resolving(Remedy.SKIP))).good
    report = await trial.ended()

    assert trial.world.calls.count(f"commit {RELEASE}") == 1
    assert report.state.step(RELEASE).status is StepStatus.SKIPPED
    assert not [entry for entry in report.state.journal if "parked" in entry.what]
    assert report.outcome is Outcome.CLOSED


async def test_a_person_may_have_it_sent_again_before_the_deadline(launch: Launch) -> None:
    """Who knows that it did not take effect has it sent again at once; it takes effect once."""
    trial = await unanswered(launch, EffectStatus.NOT_DONE)
    before = trial.world.calls.count(f"commit {RELEASE}")
    assert (await trial.decide(resolving(Remedy.RETRY))).good
    report = await trial.until("sent", lambda report: report.state.step(RELEASE).status is StepStatus.DONE)

    assert before == 1
    assert trial.world.ledger.count(f"commit {RELEASE}") == 1
    assert report.state.parked == {}


async def test_what_must_not_be_skipped_is_not_taken_for_done(launch: Launch) -> None:
    """A step that the runbook does not let anybody skip is not settled by somebody's word; the reading goes on."""
    strict = tuple(each.model_copy(update={"skippable": each.id != RELEASE}) for each in PATIENT)
    trial = await launch(plan(steps=strict), faulty={RELEASE: [failure(Category.UNKNOWN_OUTCOME, "cut")]})
    trial.world.standing[RELEASE] = EffectStatus.UNKNOWN
    await trial.complete_cable()
    await trial.forward(timedelta(days=30, minutes=6))

    answer = await trial.decide(resolving(Remedy.SKIP))

    assert answer.verdict is Verdict.REFUSED
    assert (await trial.report()).state.step(RELEASE).status is StepStatus.IN_DOUBT


async def test_a_wake_up_reads_at_once(launch: Launch) -> None:
    """Whoever sees in the panel that it took effect need not wait for the next read."""
    trial = await unanswered(launch)
    trial.world.standing.pop(RELEASE)
    trial.world.ledger.append(f"commit {RELEASE}")
    await trial.handle.signal(WAKE_SIGNAL)
    report = await trial.until("seen", lambda report: report.state.step(RELEASE).status is StepStatus.DONE)

    assert "no answer came" in report.state.step(RELEASE).note
    assert trial.world.calls.count(f"commit {RELEASE}") == 1


async def test_a_clock_that_was_behind_decides_nothing(launch: Launch, monkeypatch: pytest.MonkeyPatch) -> None:
    """After a worker's death the engine's clock may be behind: the history replays all the same (the fixture does)."""
    real = unanswered_calls.mark

    def behind(run: RunContext, step: PlannedStep, state: StepState, problem: Problem) -> None:
        real(run, step, state, problem)
        assert state.late_at is not None
        state.late_at -= timedelta(seconds=10)

    monkeypatch.setattr(unanswered_calls, "mark", behind)
    trial = await unanswered(launch, EffectStatus.NOT_DONE, UnsandboxedWorkflowRunner())
    await trial.forward(timedelta(hours=3))
    report = await trial.until("sent again", lambda report: report.state.step(RELEASE).status is StepStatus.DONE)
    monkeypatch.undo()

    assert trial.world.calls.count(f"commit {RELEASE}") == 2
    assert report.state.parked == {}


def resolving(remedy: Remedy) -> Resolve:
    """An operator's word on the irreversible call."""
    return Resolve(id=fresh(), by=ON_CALL, step=RELEASE, remedy=remedy, reason="seen in the panel")


def _effect_without_answer(trial: Trial) -> None:
    trial.world.ledger.append(f"commit {RELEASE}")
    raise failure(Category.UNKNOWN_OUTCOME, "the answer was lost")
