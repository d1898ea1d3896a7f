"""Decisions that come before people were told of what they decide on: the run does not take one for another."""

import asyncio
from datetime import timedelta

import pytest

from tests.workflows.conftest import Launch
from tests.workflows.fake_provider import failure
from tests.workflows.harness import ON_CALL, Trial, cable_done, fresh
from tests.workflows.plans import CABLE, END_OF_TERM, plan, step
from unrack.model.decision import Complete, Reactivate, Reject, Remedy, Resolve
from unrack.model.errors import Category
from unrack.model.lifecycle import Outcome, StepKind, StepStatus, Timing
from unrack.model.plan import TaskForm, Undo

UNDO = "undo.request.schedule"


@pytest.fixture
def heard() -> asyncio.Event:
    """Whether people have heard what they are told."""
    event = asyncio.Event()
    event.set()
    return event


async def _rejected_and_opened_again(trial: Trial, task: str, heard: asyncio.Event) -> None:
    """Somebody rejects a task and an operator opens it again while people are still being told."""
    await trial.until("the task opens", lambda report: task in report.state.tasks)
    heard.clear()
    assert (await trial.decide(Reject(id=fresh(), by=ON_CALL, step=task, reason="wrong rack"))).good
    await _retried(trial, task)
    heard.set()


async def _retried(trial: Trial, key: str) -> None:
    again = Resolve(id=fresh(), by=ON_CALL, step=key, remedy=Remedy.RETRY, reason="settled by telephone")
    assert (await trial.decide(again)).good


async def test_a_task_that_is_opened_again_at_once_is_not_done(launch: Launch, heard: asyncio.Event) -> None:
    """Rejected and retried in a moment, a task waits for its proof as before."""
    trial = await launch(plan(), heard=heard)

    await _rejected_and_opened_again(trial, CABLE, heard)
    open_again = await trial.until("it opens again", lambda report: CABLE in report.state.tasks)
    await trial.decide(cable_done())
    report = await trial.ended()

    assert open_again.state.step(CABLE).status is StepStatus.WAITING
    assert [kept.type for kept in report.state.step(CABLE).evidence] == ["confirmation"]
    assert report.outcome is Outcome.CLOSED


async def test_a_way_back_that_is_opened_again_at_once_is_not_done(launch: Launch, heard: asyncio.Event) -> None:
    """What a person must take back is not taken for taken back because its task was rejected and retried."""
    trial = await launch(plan(), heard=heard)
    await trial.complete_cable()
    await trial.until("the cable is done", lambda report: report.state.step(CABLE).status is StepStatus.DONE)
    await trial.decide(Reactivate(id=fresh(), by=ON_CALL, reason="still needed"))
    undo = f"undo.{CABLE}"

    await _rejected_and_opened_again(trial, undo, heard)
    await trial.until("it opens again", lambda report: undo in report.state.tasks)
    await trial.decide(Complete(id=fresh(), by=ON_CALL, step=undo, fields={}))
    report = await trial.ended()

    assert report.outcome is Outcome.REACTIVATED
    assert report.state.step(undo).done_by == ON_CALL


async def test_an_end_to_take_back_by_hand_is_asked_for_again(launch: Launch, heard: asyncio.Event) -> None:
    """At the last call an end that only a person can take back stays to be taken back until somebody did."""
    by_hand = step(
        "request.schedule",
        StepKind.TASK,
        task=TaskForm(instructions="Ask for the end."),
        undo=Undo(title="have the end called off", task=TaskForm(instructions="Have it called off.")),
    )
    steps = tuple(by_hand if each.id == "request.schedule" else each for each in END_OF_TERM)
    trial = await launch(plan(steps=steps), heard=heard)
    trial.world.ends_at = trial.world.term_end
    await trial.until("the request's task", lambda report: "request.schedule" in report.state.tasks)
    await trial.decide(Complete(id=fresh(), by=ON_CALL, step="request.schedule", fields={}))
    await trial.until("the cable's task", lambda report: CABLE in report.state.tasks)
    await trial.forward(timedelta(days=28, hours=20))
    await trial.until("the undo's task", lambda report: UNDO in report.state.tasks)
    heard.clear()
    passing = asyncio.create_task(trial.forward(timedelta(hours=5)))  # no time passes while people are being told
    await trial.until("it is overdue", lambda report: "overdue" in report.state.journal[-1].what)

    await _rejected_and_opened_again(trial, UNDO, heard)
    open_again = await trial.until("it opens again", lambda report: UNDO in report.state.tasks)
    await passing

    assert "undo request.schedule" not in trial.world.ledger
    assert not open_again.state.scheduled


async def test_a_secret_is_renewed_however_fast_it_is_asked_for(launch: Launch, heard: asyncio.Event) -> None:
    """A token that the provider refused is not sent again, though the operator retried before anybody was told."""
    trial = await launch(plan(timing=Timing.IMMEDIATE), heard=heard)
    trial.world.fail("purge.confirm", failure(Category.INVALID, "wrong token"))
    await trial.complete_cable()
    await trial.forward(timedelta(days=8))
    await _token(trial, "handover:old")
    heard.clear()
    await trial.until("the step parks", lambda report: "purge.confirm" in report.state.parked)
    await _retried(trial, "purge.confirm")
    heard.set()

    await _token(trial, "handover:new")
    report = await trial.ended()

    assert report.outcome is Outcome.CLOSED
    assert trial.world.ledger[2:] == ["commit purge.ask", "commit purge.confirm"]


async def test_another_mail_is_asked_for_however_fast_it_is_rejected(launch: Launch, heard: asyncio.Event) -> None:
    """When no mail came, retrying the task asks the provider again, though the operator was faster than the notice."""
    trial = await launch(plan(timing=Timing.IMMEDIATE), heard=heard)
    await trial.complete_cable()
    await trial.forward(timedelta(days=8))

    await _rejected_and_opened_again(trial, "purge.token", heard)
    await _token(trial, "handover:2")
    report = await trial.ended()

    assert report.outcome is Outcome.CLOSED
    assert trial.world.ledger[2:] == ["commit purge.ask", "commit purge.ask", "commit purge.confirm"]


async def _token(trial: Trial, reference: str) -> None:
    await trial.until("the token's task", lambda report: "purge.token" in report.state.tasks)
    done = Complete(id=fresh(), by=ON_CALL, step="purge.token", fields={"token": reference})
    assert (await trial.decide(done)).good
