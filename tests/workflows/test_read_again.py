"""What allowed an irreversible call is read again before each time that it is sent, and no more once it took effect."""

import asyncio
from collections.abc import Callable
from datetime import timedelta

from temporalio.exceptions import ApplicationError

from tests.workflows.conftest import Launch
from tests.workflows.fake_provider import failure
from tests.workflows.harness import ON_CALL, Trial, fresh
from tests.workflows.plans import END_OF_TERM, plan, step
from unrack.contracts.calls import EffectStatus
from unrack.model.decision import Complete, Hold, HoldScope, Release, Remedy, Resolve
from unrack.model.errors import Category
from unrack.model.lifecycle import Outcome, Phase, StepKind, StepStatus, Timing
from unrack.model.service import Finding
from unrack.model.state import RunReport

CHECK, ASK, CONFIRM, RELEASE = "purge.unchanged", "purge.ask", "purge.confirm", "purge.release"
LIGHT = Finding(subject="light", text="port 1 is lit", blocking=True, item="1", before="down", now="up")
OWNER = Finding(subject="owner", text="was aa1, is bb2", blocking=True, before="aa1", now="bb2")
CUT = failure(Category.UNKNOWN_OUTCOME, "connection cut")


def resolving(where: str, remedy: Remedy) -> Resolve:
    """An operator's decision on a parked step."""
    return Resolve(id=fresh(), by=ON_CALL, step=where, remedy=remedy, reason="as agreed on the telephone")


def parked(where: str) -> Callable[[RunReport], bool]:
    """Whether a report shows `where` parked."""
    return lambda report: where in report.state.parked


def plugged_in(trial: Trial, error: ApplicationError) -> Callable[[], None]:
    """A call that fails, and somebody uses the service again at that moment."""

    def fail() -> None:
        trial.world.findings[CHECK] = (LIGHT,)
        raise error

    return fail


async def immediate(launch: Launch) -> Trial:
    """A run in grace that asks and confirms afterwards."""
    trial = await launch(plan(timing=Timing.IMMEDIATE))
    await trial.complete_cable()
    await trial.until("grace", lambda report: report.state.phase is Phase.GRACE)
    return trial


async def confirmed(trial: Trial) -> None:
    """The token is handed over, and the call that ends the service is sent."""
    await trial.forward(timedelta(days=7, minutes=1))
    await handed_over(trial)
    await trial.until("sent", lambda _: f"commit {CONFIRM}" in trial.world.calls)


async def handed_over(trial: Trial) -> None:
    """Somebody hands the token over, when it is asked for."""
    await trial.until("the token is asked for", lambda report: "purge.token" in report.state.tasks)
    token = {"token": "handover:" + "0" * 32}
    assert (await trial.decide(Complete(id=fresh(), by=ON_CALL, step="purge.token", fields=token))).good


async def test_it_is_read_again_when_a_hold_on_the_purge_is_lifted(launch: Launch) -> None:
    """All was well when the run came to the call; somebody plugs in while it is held: lifted, it is not sent."""
    trial = await immediate(launch)
    await trial.forward(timedelta(days=7, minutes=1))
    await trial.until("the token is asked for", lambda report: "purge.token" in report.state.tasks)
    await trial.decide(Hold(id=fresh(), by=ON_CALL, reason="an audit", scope=HoldScope.PURGE))
    await handed_over(trial)
    await trial.until("held at the call", lambda report: _looks(trial) > 1 and report.state.step(CONFIRM).tries == 0)
    trial.world.findings[CHECK] = (LIGHT,)
    await trial.forward(timedelta(days=1))

    await trial.decide(Release(id=fresh(), by=ON_CALL))
    seen = await trial.until("parked, or sent", lambda report: CHECK in report.state.parked or _sent(trial, CONFIRM))

    assert seen.state.parked[CHECK].findings == (LIGHT,)
    assert seen.state.passed_no_return_at is None
    assert not _sent(trial, CONFIRM)


async def test_it_is_read_again_when_a_short_full_hold_is_lifted(launch: Launch) -> None:
    """Held for half an hour between the check and the call that it lets go on: it is too old by then, too."""
    trial = await immediate(launch)
    trial.world.checking[CHECK] = asyncio.Event()
    await trial.forward(timedelta(days=7, minutes=1))
    await trial.until("under way", lambda _: _looks(trial) > 0)
    await trial.decide(Hold(id=fresh(), by=ON_CALL, reason="an incident"))
    trial.world.checking.pop(CHECK).set()
    await trial.until("held at the call", lambda report: report.state.step(CHECK).status is StepStatus.DONE)
    trial.world.findings[CHECK] = (LIGHT,)
    await trial.forward(timedelta(minutes=30))

    await trial.decide(Release(id=fresh(), by=ON_CALL))
    seen = await trial.until("parked, or sent", lambda report: CHECK in report.state.parked or _sent(trial, ASK))

    assert seen.state.parked[CHECK].findings == (LIGHT,)
    assert not _sent(trial, ASK)


async def test_it_is_read_again_when_a_call_was_not_sent(launch: Launch) -> None:
    """The provider could not be reached; somebody plugged in meanwhile: it is not asked again, and the run parks."""
    trial = await immediate(launch)
    trial.world.faults[ASK].append(plugged_in(trial, failure(Category.UNAVAILABLE, "connection refused")))
    await trial.forward(timedelta(days=7, hours=2))

    seen = await trial.until("parked", parked(CHECK))

    assert seen.state.parked[CHECK].findings == (LIGHT,)
    assert trial.world.calls.count(f"commit {ASK}") == 1


async def test_it_is_read_again_when_the_provider_denies_a_call_without_an_answer(launch: Launch) -> None:
    """The call that ends the service got no answer and took no effect: an hour later the service is in use again."""
    trial = await immediate(launch)
    trial.world.faults[CONFIRM].append(plugged_in(trial, CUT))
    await confirmed(trial)
    await trial.forward(timedelta(hours=3))

    await trial.until("parked", parked(CHECK))
    sent = trial.world.calls.count(f"commit {CONFIRM}")
    trial.world.findings.clear()
    await trial.decide(resolving(CHECK, Remedy.RETRY))
    report = await trial.ended()

    assert sent == 1
    assert trial.world.ledger.count(f"commit {CONFIRM}") == 1
    assert report.outcome is Outcome.CLOSED


async def test_it_is_read_again_when_a_refused_call_is_retried(launch: Launch) -> None:
    """The token had expired; a week later, when a new one is there, the service is in use again."""
    trial = await immediate(launch)
    trial.world.faults[CONFIRM].append(plugged_in(trial, failure(Category.INVALID, "the token has expired")))
    await confirmed(trial)
    await trial.until("refused", parked(CONFIRM))
    await trial.forward(timedelta(days=7))
    await trial.decide(resolving(CONFIRM, Remedy.RETRY))
    await handed_over(trial)

    await trial.until("parked", parked(CHECK))

    assert trial.world.calls.count(f"commit {CONFIRM}") == 1


async def test_nothing_is_read_again_when_the_call_may_have_taken_effect(launch: Launch) -> None:
    """Nobody can tell; an operator has it sent again: a service that has ended since must not stop that for ever."""
    trial = await immediate(launch)
    trial.world.standing[CONFIRM] = EffectStatus.UNKNOWN
    trial.world.faults[CONFIRM].append(plugged_in(trial, CUT))
    await confirmed(trial)
    await trial.forward(timedelta(hours=3))
    await trial.until("unknown", parked(CONFIRM))

    await trial.decide(resolving(CONFIRM, Remedy.RETRY))
    await handed_over(trial)
    report = await trial.ended()

    assert report.outcome is Outcome.CLOSED


async def test_what_is_released_after_the_end_does_not_ask_for_the_service(launch: Launch) -> None:
    """A hold between the end and the release goes: the service is gone, as it should be, and nothing parks for that."""
    trial = await launch(plan(), term_end=timedelta(days=30))
    await trial.complete_cable()
    await trial.forward(timedelta(days=29))
    await trial.until("no return", lambda report: report.state.passed_no_return_at is not None)
    await trial.decide(Hold(id=fresh(), by=ON_CALL, reason="an audit of the retained data"))
    trial.world.findings[CHECK] = (Finding(subject="status", text="the service has ended", blocking=True),)
    await trial.forward(timedelta(days=3))

    await trial.decide(Release(id=fresh(), by=ON_CALL))
    report = await trial.ended()

    assert report.outcome is Outcome.CLOSED
    assert not [entry for entry in report.state.journal if entry.what.startswith("parked")]


async def test_a_skip_accepts_what_was_shown_and_not_what_came_until_then(launch: Launch) -> None:
    """Parked for a week with the light; then the owner changed; the operator, who saw only the light, accepts that."""
    trial = await immediate(launch)
    trial.world.findings[CHECK] = (LIGHT,)
    await trial.forward(timedelta(days=8))
    await trial.until("parked", parked(CHECK))
    trial.world.findings[CHECK] = (LIGHT, OWNER)
    await trial.forward(timedelta(days=7))

    await trial.decide(resolving(CHECK, Remedy.SKIP))
    seen = await trial.until("parked again", lambda report: OWNER in _shown(report))
    asked = f"commit {ASK}" in trial.world.ledger
    await trial.decide(resolving(CHECK, Remedy.SKIP))
    await trial.until("asked", lambda _: f"commit {ASK}" in trial.world.ledger)

    assert seen.state.passed_no_return_at is None
    assert not asked


async def test_checks_that_cannot_be_read_can_be_skipped(launch: Launch) -> None:
    """Of several checks one is refused by the provider for ever: whoever skips it is not asked again and again."""
    ahead = [each.id for each in END_OF_TERM].index(CHECK)
    steps = (*END_OF_TERM[:ahead], step("purge.idle", StepKind.CHECK), *END_OF_TERM[ahead:])
    refused = [failure(Category.DENIED, "a right is missing")] * 20
    trial = await launch(plan(steps=steps), faulty={"purge.idle": refused})
    await trial.complete_cable()
    await trial.forward(timedelta(days=28, hours=1))
    await trial.until("parked", parked("purge.idle"))

    await trial.decide(resolving("purge.idle", Remedy.SKIP))
    report = await trial.ended()

    assert report.outcome is Outcome.CLOSED
    assert [told.title for told in trial.world.told].count("purge.idle is parked") == 1


def _looks(trial: Trial) -> int:
    return trial.world.calls.count(f"check {CHECK}")


def _sent(trial: Trial, step: str) -> bool:
    return f"commit {step}" in trial.world.calls


def _shown(report: RunReport) -> tuple[Finding, ...]:
    shown = report.state.parked.get(CHECK)
    return shown.findings if shown else ()
