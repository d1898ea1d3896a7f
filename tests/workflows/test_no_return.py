"""A call that passes the point of no return and surely took no effect leaves the way back open."""

import asyncio
from datetime import timedelta

import pytest

from tests.workflows.conftest import Launch
from tests.workflows.fake_provider import failure
from tests.workflows.harness import ON_CALL, Trial, fresh
from tests.workflows.plans import CABLE, IMMEDIATE, plan, step
from unrack.audit.entries import EntryKind
from unrack.audit.histories import fetch
from unrack.audit.timeline import timeline
from unrack.contracts.calls import EffectStatus
from unrack.model.decision import Abort, Complete, Extend, Hold, Reactivate, Release, Remedy, Resolve, Verdict
from unrack.model.errors import Category
from unrack.model.lifecycle import Outcome, StepKind, StepStatus, Timing
from unrack.model.plan import PlannedStep
from unrack.model.service import Finding

CONFIRM = "purge.confirm"
DAY = timedelta(days=1)
BACK = Reactivate(id=fresh(), by=ON_CALL, reason="it is needed after all")


SKIPPABLE = tuple(each.model_copy(update={"skippable": True}) if each.id == CONFIRM else each for each in IMMEDIATE)
"""As most runbooks have it: an operator may leave the confirmation out."""


async def refused(
    launch: Launch,
    category: Category,
    shown: EffectStatus | None = None,
    steps: tuple[PlannedStep, ...] | None = None,
) -> Trial:
    """An immediate run whose confirmation failed with `category` while the provider shows `shown`, parked."""
    down = 200 if category is Category.UNAVAILABLE else 1
    faults = [failure(category, "the provider says no")] * down
    trial = await launch(plan(timing=Timing.IMMEDIATE, steps=steps), faulty={CONFIRM: faults})
    if shown is not None:
        trial.world.standing[CONFIRM] = shown
    await trial.complete_cable()
    await trial.forward(7 * DAY + DAY / 24)
    await hand_over(trial)
    await trial.forward(DAY / 8)
    await trial.until("parked", lambda report: CONFIRM in report.state.parked)
    return trial


async def hand_over(trial: Trial) -> None:
    """A person hands over the mailed token."""
    await trial.until("the token's task", lambda report: "purge.token" in report.state.tasks)
    token = {"token": "handover:" + "0" * 32}
    await trial.decide(Complete(id=fresh(), by=ON_CALL, step="purge.token", fields=token))


@pytest.mark.parametrize(
    "category",
    [
        Category.DENIED,
        Category.UNAVAILABLE,
        pytest.param(Category.INVALID, marks=pytest.mark.long),
        pytest.param(Category.CONFLICT, marks=pytest.mark.long),
    ],
)
async def test_a_refused_confirmation_can_still_be_turned_round(launch: Launch, category: Category) -> None:
    """The call took no effect and the provider's state says so: the team may keep the service."""
    trial = await refused(launch, category)
    parked = await trial.report()

    turned = await trial.decide(BACK)
    await trial.until("the cable goes back", lambda report: f"undo.{CABLE}" in report.state.tasks)
    await trial.decide(Complete(id=fresh(), by=ON_CALL, step=f"undo.{CABLE}"))
    report = await trial.ended()

    assert parked.state.passed_no_return_at is None
    assert any("took no effect" in entry.what for entry in parked.state.journal)
    assert turned.verdict is Verdict.ACCEPTED
    assert report.outcome is Outcome.REACTIVATED
    assert f"commit {CONFIRM}" not in trial.world.ledger


@pytest.mark.parametrize("shown", [EffectStatus.UNKNOWN, EffectStatus.DONE])
async def test_no_way_back_where_the_provider_does_not_deny_the_end(launch: Launch, shown: EffectStatus) -> None:
    """A refusal alone proves nothing: the provider's own state must say that the service was not ended."""
    trial = await refused(launch, Category.CONFLICT, shown)

    turned = await trial.decide(BACK)

    assert turned.verdict is Verdict.REFUSED
    assert (await trial.report()).state.passed_no_return_at is not None


@pytest.mark.parametrize(
    "category", [Category.GONE, Category.FAILED, pytest.param(Category.NOT_FOUND, marks=pytest.mark.long)]
)
async def test_no_way_back_from_what_may_have_ended(launch: Launch, category: Category) -> None:
    """A service that is gone, cannot be found or failed half-way may have ended, whatever its state shows now."""
    trial = await refused(launch, category)

    assert (await trial.decide(BACK)).verdict is Verdict.REFUSED


async def test_what_is_retried_passes_the_point_of_no_return_again(launch: Launch) -> None:
    """The retry judges everything anew, marks the point of no return and ends the service once."""
    trial = await refused(launch, Category.DENIED)
    read = trial.world.calls.count("check purge.unchanged")

    await trial.decide(Resolve(id=fresh(), by=ON_CALL, step=CONFIRM, remedy=Remedy.RETRY, reason="right granted"))
    await hand_over(trial)
    report = await trial.ended()

    assert report.outcome is Outcome.CLOSED
    assert report.state.passed_no_return_at is not None
    assert trial.world.calls.count("check purge.unchanged") > read
    assert trial.world.ledger.count(f"commit {CONFIRM}") == 1


async def test_no_way_back_after_an_answer_that_was_lost_before_the_refusal(launch: Launch) -> None:
    """Sent once without an answer, sent again by an operator and refused: the first one may still take effect."""
    trial = await launch(plan(timing=Timing.IMMEDIATE))
    trial.world.fail(CONFIRM, failure(Category.UNKNOWN_OUTCOME, "no answer"), failure(Category.CONFLICT, "token used"))
    trial.world.standing[CONFIRM] = EffectStatus.UNKNOWN
    await trial.complete_cable()
    await trial.forward(7 * DAY + DAY / 24)
    await hand_over(trial)
    await trial.until("no answer", lambda report: CONFIRM in report.state.in_doubt)
    trial.world.standing[CONFIRM] = EffectStatus.NOT_DONE

    await trial.decide(Resolve(id=fresh(), by=ON_CALL, step=CONFIRM, remedy=Remedy.RETRY, reason="not sent"))
    await trial.until("parked", lambda report: CONFIRM in report.state.parked)

    assert (await trial.decide(BACK)).verdict is Verdict.REFUSED
    assert (await trial.report()).state.passed_no_return_at is not None


async def test_no_way_back_once_an_operator_says_that_it_ended(launch: Launch) -> None:
    """Whoever skips the refused call ended the service by hand: nothing is undone from there, as if the run had."""
    trial = await refused(launch, Category.DENIED, steps=SKIPPABLE)
    trial.world.fail("verify.gone", failure(Category.DENIED, "a right is missing"))

    skip = Resolve(id=fresh(), by=ON_CALL, step=CONFIRM, remedy=Remedy.SKIP, reason="ended in the provider's panel")
    skipped = await trial.decide(skip)
    await trial.until("the proof", lambda report: "verify.gone" in report.state.parked)
    turned = await trial.decide(BACK)

    assert skipped.verdict is Verdict.ACCEPTED
    assert turned.verdict is Verdict.REFUSED
    assert (await trial.report()).state.passed_no_return_at is not None
    assert not [entry for entry in trial.world.ledger if entry.startswith("undo")]


async def test_what_was_promised_not_to_be_purged_yet_is_not_skipped_past(launch: Launch) -> None:
    """Grace was moved after the refusal: the point of no return is not passed by a skip before that."""
    trial = await refused(launch, Category.DENIED, steps=SKIPPABLE)
    moved = await trial.decide(Extend(id=fresh(), by=ON_CALL, by_span=5 * DAY, reason="still in use"))

    skip = Resolve(id=fresh(), by=ON_CALL, step=CONFIRM, remedy=Remedy.SKIP, reason="ended in the provider's panel")
    skipped = await trial.decide(skip)

    assert moved.verdict is Verdict.ACCEPTED
    assert skipped.verdict is Verdict.REFUSED
    assert "grace" in skipped.message
    assert CONFIRM in (await trial.report()).state.parked


async def test_a_skip_leaves_the_way_back_open_where_a_later_call_ends_the_service(launch: Launch) -> None:
    """Skipped in favour of another irreversible call: what that one goes by is read again, and it passes the point."""
    later = step("purge.terminate", StepKind.COMMIT, point_of_no_return=True)
    trial = await refused(launch, Category.DENIED, steps=(*SKIPPABLE[:-1], later, SKIPPABLE[-1]))
    read = trial.world.calls.count("check purge.unchanged")

    skip = Resolve(id=fresh(), by=ON_CALL, step=CONFIRM, remedy=Remedy.SKIP, reason="terminated by the other call")
    await trial.decide(skip)
    report = await trial.ended()

    assert report.outcome is Outcome.CLOSED
    assert report.state.passed_no_return_at is not None
    assert trial.world.calls.count("check purge.unchanged") == read + 1


async def test_the_timeline_tells_each_passing_and_what_was_taken_back_between(launch: Launch) -> None:
    """From the recorded events alone, of a run that is still open: nobody reads that nothing can be undone any more."""
    trial = await refused(launch, Category.DENIED)
    await trial.decide(Resolve(id=fresh(), by=ON_CALL, step=CONFIRM, remedy=Remedy.RETRY, reason="right granted"))
    await trial.until("the token's task", lambda report: "purge.token" in report.state.tasks)
    open_still = timeline(await fetch(trial.env.client, trial.handle.id))
    await hand_over(trial)
    await trial.ended()
    whole = timeline(await fetch(trial.env.client, trial.handle.id))

    told = [[entry.what for entry in story if "point of no return" in entry.what] for story in (open_still, whole)]
    passed, back, *again = told[1]
    assert told[0] == [passed, back]
    assert again == [passed]
    assert "not passed" in back
    assert [entry.kind for entry in whole if entry.what == passed] == [EntryKind.NO_RETURN] * 2


async def test_a_refused_call_counts_as_nothing_touched(launch: Launch) -> None:
    """A run whose only call was refused at the point of no return has touched nothing: it may be aborted."""
    kept = ("purge.unchanged", CONFIRM, "verify.gone")
    steps = tuple(each for each in SKIPPABLE if each.id in kept)
    trial = await launch(plan(timing=Timing.IMMEDIATE, steps=steps), faulty={CONFIRM: [failure(Category.DENIED)]})
    await trial.forward(7 * DAY + DAY / 24)
    await trial.until("parked", lambda report: CONFIRM in report.state.parked)

    aborted = await trial.decide(Abort(id=fresh(), by=ON_CALL, reason="not the right time"))

    assert aborted.verdict is Verdict.ACCEPTED
    assert (await trial.ended()).outcome is Outcome.ABORTED


async def not_sent(launch: Launch, times: int = 1) -> Trial:
    """An immediate run whose confirmation could not be sent `times` so far; it is about to be repeated in a minute."""
    down = [failure(Category.UNAVAILABLE, "no connection")] * times
    trial = await launch(plan(timing=Timing.IMMEDIATE), faulty={CONFIRM: down})
    await trial.complete_cable()
    await trial.forward(7 * DAY + DAY / 24)
    await hand_over(trial)
    await trial.until("not sent", lambda _: f"commit {CONFIRM}" in trial.world.calls)
    return trial


async def test_what_stops_the_repetition_of_a_call_leaves_the_way_back_open(launch: Launch) -> None:
    """Not sent, and before it is sent again a check shows that the service is in use: the team may keep it."""
    trial = await not_sent(launch)
    trial.world.findings["purge.unchanged"] = (Finding(subject="traffic", text="light is back", blocking=True),)
    await trial.forward(DAY / 24)
    await trial.until("the check parks", lambda report: "purge.unchanged" in report.state.parked)

    assert (await trial.decide(BACK)).verdict is Verdict.ACCEPTED
    await trial.until("the cable goes back", lambda report: f"undo.{CABLE}" in report.state.tasks)
    await trial.decide(Complete(id=fresh(), by=ON_CALL, step=f"undo.{CABLE}"))

    assert (await trial.ended()).outcome is Outcome.REACTIVATED
    assert f"commit {CONFIRM}" not in trial.world.ledger


async def test_a_hold_between_two_attempts_leaves_the_way_back_open_until_it_is_released(launch: Launch) -> None:
    """Not sent, then held: nothing is passed while the hold stands; released, the call is made once and passes it."""
    trial = await not_sent(launch)
    await trial.decide(Hold(id=fresh(), by=ON_CALL, reason="is it still needed?"))
    await trial.forward(DAY / 24)
    held = await trial.until("held", lambda report: report.state.passed_no_return_at is None)
    await trial.decide(Release(id=fresh(), by=ON_CALL))
    report = await trial.ended()

    assert held.state.steps[CONFIRM].status is StepStatus.PENDING
    assert report.outcome is Outcome.CLOSED
    assert report.state.passed_no_return_at is not None
    assert trial.world.ledger.count(f"commit {CONFIRM}") == 1


async def test_a_hold_after_a_lost_answer_opens_no_way_back(launch: Launch) -> None:
    """Sent, no answer, denied until the deadline, then held before it is sent again: it may have taken effect."""
    trial = await launch(plan(timing=Timing.IMMEDIATE))
    trial.world.fail(CONFIRM, failure(Category.UNKNOWN_OUTCOME, "no answer"))
    await trial.complete_cable()
    await trial.forward(7 * DAY + DAY / 24)
    await hand_over(trial)
    await trial.until("no answer", lambda report: CONFIRM in report.state.in_doubt)
    await trial.decide(Hold(id=fresh(), by=ON_CALL, reason="is it still needed?"))
    await trial.forward(DAY / 8)
    held = await trial.until("held", lambda report: CONFIRM not in report.state.in_doubt)

    assert held.state.passed_no_return_at is not None
    assert (await trial.decide(BACK)).verdict is Verdict.REFUSED


async def test_what_is_decided_while_the_provider_is_asked_finds_the_point_passed(launch: Launch) -> None:
    """Until the provider's state is read nobody knows: refused in order; a hold counts, the way back opens after."""
    trial = await launch(plan(timing=Timing.IMMEDIATE), faulty={CONFIRM: [failure(Category.DENIED)]})
    read = trial.world.probing[CONFIRM] = asyncio.Event()
    await trial.complete_cable()
    await trial.forward(7 * DAY + DAY / 24)
    await hand_over(trial)
    await trial.until("it is read", lambda _: f"probe {CONFIRM}" in trial.world.calls)

    early = [
        await trial.decide(BACK),
        await trial.decide(Abort(id=fresh(), by=ON_CALL, reason="not the right time")),
        await trial.decide(Extend(id=fresh(), by=ON_CALL, by_span=DAY, reason="still in use")),
        await trial.decide(Resolve(id=fresh(), by=ON_CALL, step=CONFIRM, remedy=Remedy.RETRY, reason="right granted")),
    ]
    await trial.handle.cancel()
    held = await trial.decide(Hold(id=fresh(), by=ON_CALL, reason="is it still needed?"))
    read.set()
    parked = await trial.until("parked", lambda report: CONFIRM in report.state.parked)
    later = await trial.decide(Reactivate(id=fresh(), by=ON_CALL, reason="it is needed after all"))

    assert [answer.verdict for answer in early] == [*[Verdict.REFUSED] * 3, Verdict.NOT_OPEN]
    assert held.verdict is Verdict.ACCEPTED
    assert parked.state.rollback is None
    assert parked.state.passed_no_return_at is None
    assert later.verdict is Verdict.ACCEPTED
    await trial.until("the cable goes back", lambda report: f"undo.{CABLE}" in report.state.tasks)


async def test_a_run_turned_while_its_new_token_is_awaited_closes_that_task(launch: Launch) -> None:
    """Retried, then turned before the token came: nobody is asked for it any more, and nothing is confirmed."""
    trial = await refused(launch, Category.DENIED)
    await trial.decide(Resolve(id=fresh(), by=ON_CALL, step=CONFIRM, remedy=Remedy.RETRY, reason="right granted"))
    await trial.until("the token's task", lambda report: "purge.token" in report.state.tasks)

    turned = await trial.decide(BACK)
    back = await trial.until("the cable goes back", lambda report: f"undo.{CABLE}" in report.state.tasks)
    await trial.decide(Complete(id=fresh(), by=ON_CALL, step=f"undo.{CABLE}"))

    assert turned.verdict is Verdict.ACCEPTED
    assert "purge.token" not in back.state.tasks
    assert (await trial.ended()).outcome is Outcome.REACTIVATED
    assert f"commit {CONFIRM}" not in trial.world.ledger
