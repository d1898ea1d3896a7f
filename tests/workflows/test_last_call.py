"""Where the provider ends the service by itself, a run that may not go on takes the scheduled end back in time."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from tests.workflows.conftest import Launch
from tests.workflows.fake_provider import failure
from tests.workflows.harness import ON_CALL, Trial, cable_done, fresh
from tests.workflows.plans import CABLE, END_OF_TERM, plan, step
from unrack.contracts.calls import NoticeKind
from unrack.model.decision import Complete, Extend, Hold, Reactivate, Release, Remedy, Resolve, Verdict
from unrack.model.errors import Category
from unrack.model.lifecycle import Outcome, Phase, StepKind, StepStatus
from unrack.model.service import Finding

UNDO = "undo.request.schedule"


async def test_a_hold_keeps_the_service_and_the_next_term_ends_it(launch: Launch) -> None:
    """Held over the last call: taken back; released: scheduled again for the next term, and closed."""
    trial = await launch(plan(), term_end=timedelta(days=30))
    await trial.complete_cable()
    await trial.decide(Hold(id=fresh(), by=ON_CALL, reason="audit"))

    await trial.forward(timedelta(days=29))
    held = list(trial.world.ledger)
    await trial.decide(Release(id=fresh(), by=ON_CALL))
    report = await trial.ended()

    assert held[-1] == "undo request.schedule"
    assert trial.world.ledger.count("change request.schedule") == 2
    assert trial.world.ledger[-1] == "commit purge.release"
    assert report.outcome is Outcome.CLOSED


async def test_an_open_handover_keeps_the_service(launch: Launch) -> None:
    """The cable is still there at the last call: the provider must not end the service; nothing is purged."""
    trial = await launch(plan(), term_end=timedelta(days=20))
    await trial.until("the cable's task", lambda report: CABLE in report.state.tasks)

    await trial.forward(timedelta(days=25))
    kept = list(trial.world.ledger)
    await trial.decide(cable_done())
    report = await trial.ended()

    assert kept == ["change detach.pops", "change detach.vrack", "change request.schedule", "undo request.schedule"]
    assert trial.world.ends_at is not None
    assert report.outcome is Outcome.CLOSED


async def test_an_extension_over_the_term_moves_the_end_to_the_next_term(launch: Launch) -> None:
    """Nothing is purged before the extended end, though the provider's own date comes first."""
    trial = await launch(plan(), term_end=timedelta(days=30))
    await trial.complete_cable()
    await trial.until("grace", lambda report: report.state.phase == "grace")

    answer = await trial.decide(Extend(id=fresh(), by=ON_CALL, by_span=timedelta(days=7), reason="late migration"))
    too_far = await trial.decide(Extend(id=fresh(), by=ON_CALL, by_span=timedelta(days=29), reason="more"))
    await trial.forward(timedelta(days=31))
    kept = list(trial.world.ledger)
    report = await trial.ended()

    assert answer.verdict is Verdict.ACCEPTED
    assert "next term" in answer.message
    assert too_far.verdict is Verdict.REFUSED
    assert "undo request.schedule" in kept
    assert "commit purge.release" not in kept
    assert report.outcome is Outcome.CLOSED


async def test_past_the_point_of_no_return_nothing_is_turned_round(launch: Launch) -> None:
    """Between the end of grace and the provider's end, reactivation and extension are refused with the reason."""
    trial = await launch(plan(), term_end=timedelta(days=30))
    await trial.complete_cable()
    await trial.forward(timedelta(days=29))
    await trial.until("no return", lambda report: report.state.passed_no_return_at is not None)

    turn = await trial.decide(Reactivate(id=fresh(), by=ON_CALL, reason="too late"))
    more = await trial.decide(Extend(id=fresh(), by=ON_CALL, by_span=timedelta(days=1), reason="too late"))
    report = await trial.ended()

    assert turn.verdict is Verdict.REFUSED
    assert "point of no return" in turn.message
    assert more.verdict is Verdict.REFUSED
    assert report.outcome is Outcome.CLOSED


async def test_while_the_end_is_being_taken_back_nothing_passes(launch: Launch) -> None:
    """The hold goes while the scheduled end is being taken back: the run must not pass its point of no return."""
    slow = [failure(Category.NOT_YET, "the provider works on it") for _ in range(3)]
    trial = await launch(plan(), term_end=timedelta(days=30))
    await trial.complete_cable()
    await trial.decide(Hold(id=fresh(), by=ON_CALL, reason="audit"))
    await trial.forward(timedelta(days=28, hours=1))
    trial.world.fail("request.schedule", *slow)
    await trial.forward(timedelta(hours=17, minutes=1))
    await trial.until("taken back", lambda report: not report.state.scheduled)

    await trial.decide(Release(id=fresh(), by=ON_CALL))
    passed = (await trial.report()).state.passed_no_return_at
    report = await trial.ended()

    assert passed is None
    assert trial.world.ledger.count("undo request.schedule") == 1
    assert trial.world.ledger.count("change request.schedule") == 2
    assert report.outcome is Outcome.CLOSED


async def test_a_take_back_that_fails_is_parked_and_repeated(launch: Launch) -> None:
    """The provider refuses to take the end back: people are told at once, and it is tried again when they say so."""
    trial = await launch(plan(), term_end=timedelta(days=30))
    await trial.complete_cable()
    await trial.decide(Hold(id=fresh(), by=ON_CALL, reason="audit"))
    trial.world.fail("request.schedule", failure(Category.DENIED, "a right is missing"))
    await trial.forward(timedelta(days=28, hours=19))
    await trial.until("parked", lambda report: "undo.request.schedule" in report.state.parked)

    retry = Resolve(id=fresh(), by=ON_CALL, step="undo.request.schedule", remedy=Remedy.RETRY, reason="right granted")
    await trial.decide(retry)
    await trial.until("done", lambda report: "undo.request.schedule" not in report.state.steps)

    assert trial.world.ledger[-1] == "undo request.schedule"
    await trial.until(
        "people are told twice", lambda _: [told.kind for told in trial.world.told].count(NoticeKind.PARKED) == 2
    )


async def test_a_purge_that_is_parked_over_the_last_call_goes_back_to_grace(launch: Launch) -> None:
    """Blocked just before the point of no return until the last call: kept, and ended at the next term when settled."""
    traffic = Finding(subject="traffic", text="light is back", blocking=True)
    trial = await launch(plan(), term_end=timedelta(days=30), findings={"purge.unchanged": (traffic,)})
    await trial.complete_cable()
    await trial.forward(timedelta(days=28, hours=3))
    await trial.until("parked", lambda report: "purge.unchanged" in report.state.parked)

    await trial.forward(timedelta(days=1))
    kept = await trial.until("back in grace", lambda report: report.state.phase is Phase.GRACE)
    trial.world.findings.clear()
    report = await trial.ended()

    assert kept.state.parked == {}
    assert trial.world.ledger.count("undo request.schedule") == 1
    assert trial.world.ledger[-2:] == ["change request.schedule", "commit purge.release"]
    assert report.outcome is Outcome.CLOSED


async def test_a_reactivation_finishes_a_take_back_that_was_parked(launch: Launch) -> None:
    """The provider refused to take the end back; the run is rolled back: it must not end as kept while it is not."""
    trial = await launch(plan(), term_end=timedelta(days=30))
    await trial.complete_cable()
    await trial.decide(Hold(id=fresh(), by=ON_CALL, reason="audit"))
    trial.world.fail("request.schedule", failure(Category.DENIED, "a right is missing"))
    await trial.forward(timedelta(days=28, hours=19))
    await trial.until("parked", lambda report: "undo.request.schedule" in report.state.parked)

    await trial.decide(Reactivate(id=fresh(), by=ON_CALL, reason="still needed"))
    await trial.until("undone", lambda report: "undo.request.schedule" not in report.state.parked)
    await trial.until("the cable's undo", lambda report: f"undo.{CABLE}" in report.state.tasks)
    await trial.decide(Complete(id=fresh(), by=ON_CALL, step=f"undo.{CABLE}"))
    report = await trial.ended()

    assert trial.world.ledger.count("undo request.schedule") == 1
    assert report.outcome is Outcome.REACTIVATED


@pytest.mark.parametrize("stuck", ["confirm.read-date", "request.more"])
async def test_a_date_that_cannot_be_read_back_does_not_let_the_end_come(launch: Launch, stuck: str) -> None:
    """The end is scheduled and its date never read: parked over the last call, it is taken back by the planned date."""
    unreadable = [failure(Category.CONFLICT)]
    scheduled = [each.id for each in END_OF_TERM].index("request.schedule") + 1
    dated = plan(steps=(*END_OF_TERM[:scheduled], step("request.more", StepKind.CHECK), *END_OF_TERM[scheduled:]))
    term = {"expires_at": datetime.now(UTC) + timedelta(days=30), "renewal_period": "P1M"}
    dated = dated.model_copy(update={"facts": dated.facts.model_copy(update=term)})
    trial = await launch(dated, term_end=timedelta(days=30), faulty={stuck: unreadable})
    await trial.until("parked", lambda report: stuck in report.state.parked)

    await trial.forward(timedelta(days=29))
    kept = list(trial.world.ledger)
    assert (await trial.complete_cable()).good
    report = await trial.ended()

    assert kept == ["change detach.pops", "change detach.vrack", "change request.schedule", "undo request.schedule"]
    assert trial.world.ledger[4:] == ["change request.schedule", "commit purge.release"]
    assert report.outcome is Outcome.CLOSED


async def test_an_end_is_watched_from_the_moment_its_date_is_read(launch: Launch) -> None:
    """No date was known when the plan was made; it is read, and the step after that parks over the last call."""
    read = [each.id for each in END_OF_TERM].index("confirm.read-date") + 1
    steps = (*END_OF_TERM[:read], step("confirm.told", StepKind.CAPTURE), *END_OF_TERM[read:])
    trial = await launch(plan(steps=steps), faulty={"confirm.told": [failure(Category.CONFLICT)] * 2})
    await trial.until("parked", lambda report: "confirm.told" in report.state.parked)

    await trial.forward(timedelta(days=29))

    assert trial.world.ledger[-1] == "undo request.schedule"


async def test_a_reactivation_waits_for_the_taking_back_that_is_under_way(launch: Launch) -> None:
    """At the last call the end is being taken back when somebody reactivates: it is taken back once."""
    trial = await launch(plan(), term_end=timedelta(days=30))
    await trial.until("the cable's task", lambda report: CABLE in report.state.tasks)
    answered = trial.world.undoing["request.schedule"] = asyncio.Event()
    passing = asyncio.create_task(trial.forward(timedelta(days=29)))  # no time passes while an undo is under way
    await trial.until("being taken back", lambda _: "undo request.schedule" in trial.world.calls)

    assert (await trial.decide(Reactivate(id=fresh(), by=ON_CALL, reason="still needed"))).good
    answered.set()
    await passing
    report = await trial.handle.result()

    assert report.outcome is Outcome.REACTIVATED
    assert trial.world.ledger.count("undo request.schedule") == 1
    assert trial.world.ledger[-2:] == ["undo detach.vrack", "undo detach.pops"]


async def test_a_reactivation_stops_the_watch_though_people_are_being_told(launch: Launch) -> None:
    """Taking the end back was refused, and people are just being told when somebody reactivates: it is undone once."""
    trial = await launch(plan(), term_end=timedelta(days=30))
    await trial.complete_cable()
    await trial.decide(Hold(id=fresh(), by=ON_CALL, reason="audit"))
    heard = trial.world.heard = asyncio.Event()
    trial.world.fail("request.schedule", failure(Category.DENIED, "a right is missing"))
    passing = asyncio.create_task(trial.forward(timedelta(days=28, hours=19)))  # no time passes while people are told
    await trial.until("parked", lambda report: UNDO in report.state.parked)

    assert (await trial.decide(Reactivate(id=fresh(), by=ON_CALL, reason="still needed"))).good
    heard.set()
    await passing
    await trial.until("the cable's undo", lambda report: f"undo.{CABLE}" in report.state.tasks)
    await trial.decide(Complete(id=fresh(), by=ON_CALL, step=f"undo.{CABLE}"))
    report = await trial.ended()

    assert trial.world.ledger.count("undo request.schedule") == 1
    assert report.outcome is Outcome.REACTIVATED


async def lost_to_the_provider(launch: Launch, *, cable: bool = True) -> Trial:
    """A held run whose scheduled end the provider refuses to take back, parked beyond the end."""
    trial = await launch(plan(), term_end=timedelta(days=30))
    await trial.until("the cable's task", lambda report: CABLE in report.state.tasks)
    if cable:
        await trial.complete_cable()
    await trial.decide(Hold(id=fresh(), by=ON_CALL, reason="audit"))
    trial.world.fail("request.schedule", failure(Category.DENIED, "less than 24 hours are left"))
    await trial.forward(timedelta(days=31))
    await trial.until("parked", lambda report: UNDO in report.state.parked)
    return trial


@pytest.mark.parametrize("cable", [True, False])
async def test_an_end_that_the_provider_brought_is_proved_and_nothing_is_purged(launch: Launch, *, cable: bool) -> None:
    """Nobody could take it back: an operator says so, the run schedules and purges nothing more, and proves the end."""
    trial = await lost_to_the_provider(launch, cable=cable)
    before = list(trial.world.ledger)
    answer = await trial.decide(ending(UNDO))
    if not cable:
        await trial.complete_cable()
    report = await trial.ended()

    assert answer.good, answer.message
    assert report.outcome is Outcome.CLOSED
    assert report.state.ended_by_provider is not None
    assert report.state.passed_no_return_at is None
    assert trial.world.ledger == before
    assert report.state.step("purge.release").skipped_because == "the provider ended the service by itself"
    assert [report.state.step(each.id).status for each in trial.plan.in_phase(Phase.VERIFY)] == [StepStatus.DONE]
    assert [told for told in trial.world.told if told.title == "The scheduled end was taken back"] == []


async def test_a_reactivation_that_comes_with_the_last_proof_is_not_lost(launch: Launch) -> None:
    """It was accepted while the last step was under way: the run goes back, and does not end as if nobody had asked."""
    trial = await lost_to_the_provider(launch)
    proved = trial.world.looking["verify.gone"] = asyncio.Event()
    await trial.decide(ending(UNDO))
    await trial.until("the proof", lambda _: "poll verify.gone" in trial.world.calls)

    assert (await trial.decide(Reactivate(id=fresh(), by=ON_CALL, reason="the provider restores it"))).good
    proved.set()
    await trial.until("the cable's undo", lambda report: f"undo.{CABLE}" in report.state.tasks)
    await trial.decide(Complete(id=fresh(), by=ON_CALL, step=f"undo.{CABLE}"))
    report = await trial.ended()

    assert report.outcome is Outcome.REACTIVATED


async def test_an_end_that_was_noticed_only_in_the_next_term_is_proved(launch: Launch) -> None:
    """By somebody's word the end was taken back, but the service is gone when the next one is scheduled."""
    trial = await lost_to_the_provider(launch)
    trial.world.fail("request.schedule", failure(Category.GONE, "the service has expired"))
    await trial.decide(Resolve(id=fresh(), by=ON_CALL, step=UNDO, remedy=Remedy.SKIP, reason="by hand"))
    await trial.decide(Release(id=fresh(), by=ON_CALL))
    await trial.forward(timedelta(days=1))
    await trial.until("parked", lambda report: "request.schedule" in report.state.parked)

    assert (await trial.decide(ending("request.schedule"))).good
    report = await trial.ended()

    assert report.outcome is Outcome.CLOSED
    assert report.state.step("request.schedule").status is StepStatus.SKIPPED


async def test_only_an_end_that_comes_by_itself_can_have_come(launch: Launch) -> None:
    """A step that has nothing to do with it is retried or skipped; a run that is rolled back goes back."""
    trial = await launch(plan(), faulty={"detach.vrack": [failure(Category.FAILED)]})
    await trial.until("parked", lambda report: "detach.vrack" in report.state.parked)

    answer = await trial.decide(ending("detach.vrack"))
    early = await trial.decide(ending("request.schedule"))

    assert answer.verdict is Verdict.REFUSED
    assert early.verdict is Verdict.NOT_OPEN
    assert (await trial.report()).state.ended_by_provider is None


async def test_what_makes_the_provider_end_the_service_is_not_skipped(launch: Launch) -> None:
    """Without it nothing ends: grace would look for its end for ever, and the run would answer nobody any more."""
    trial = await launch(plan(), faulty={"request.schedule": [failure(Category.DENIED, "a right is missing")]})
    parked = await trial.until("parked", lambda report: "request.schedule" in report.state.parked)

    skip = await trial.decide(resolving("request.schedule", Remedy.SKIP))
    await trial.decide(resolving("request.schedule", Remedy.RETRY))
    await trial.complete_cable()
    report = await trial.ended()

    assert not parked.state.parked["request.schedule"].may_skip
    assert skip.verdict is Verdict.REFUSED
    assert report.outcome is Outcome.CLOSED


def resolving(step: str, remedy: Remedy) -> Resolve:
    """An operator's decision on a parked step."""
    return Resolve(id=fresh(), by=ON_CALL, step=step, remedy=remedy, reason="settled by telephone")


def ending(step: str) -> Resolve:
    """An operator's word that the provider ended the service by itself."""
    return Resolve(id=fresh(), by=ON_CALL, step=step, remedy=Remedy.ENDED, reason="too late, the panel shows it gone")
