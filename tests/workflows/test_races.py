"""Decisions that are sent at the same moment, and decisions against time: one wins, and both senders are told."""

import asyncio
from datetime import timedelta

import pytest

from tests.workflows.conftest import Launch
from tests.workflows.fake_provider import failure
from tests.workflows.harness import ON_CALL, Trial, cable_done, fresh
from tests.workflows.plans import CABLE, plan
from unrack.model.decision import Actor, Complete, Decision, DecisionResult, Reactivate, Remedy, Resolve, Verdict
from unrack.model.errors import Category
from unrack.model.ids import undo_id
from unrack.model.lifecycle import Outcome, Timing
from unrack.model.state import RunReport

BOB = Actor(name="bob")
ORDERS = pytest.mark.parametrize("order", [1, -1])
CONFIRMED, PROOF = "commit purge.confirm", "verify.gone"


@ORDERS
async def test_of_a_reactivation_and_the_token_one_wins(launch: Launch, order: int) -> None:
    """Whichever is judged first: the run ends reactivated with nothing confirmed, or closed and the other refused."""
    trial = await launch(plan(timing=Timing.IMMEDIATE), term_end=timedelta(days=60))
    await trial.complete_cable()
    await trial.forward(timedelta(days=7, minutes=1))
    await trial.until("the token's task", lambda report: "purge.token" in report.state.tasks)
    trial.world.fail(PROOF, failure(Category.DENIED, "a right is missing"))  # else it may end before both are judged
    turn = Reactivate(id=fresh(), by=BOB, reason="still needed")
    token = Complete(id=fresh(), by=ON_CALL, step="purge.token", fields={"token": "handover:1"})
    rivals: list[Decision] = [turn, token]

    answers = dict(zip((each.id for each in rivals[::order]), await _at_once(trial, rivals[::order]), strict=True))
    turned = answers[turn.id].verdict is Verdict.ACCEPTED
    report = await (_put_back(trial) if turned else _proved(trial))

    assert turned or answers[turn.id].verdict is Verdict.REFUSED
    assert turned or answers[token.id].verdict is Verdict.ACCEPTED
    assert report.outcome is (Outcome.REACTIVATED if turned else Outcome.CLOSED)
    assert trial.world.ledger.count(CONFIRMED) == (0 if turned else 1)


@ORDERS
async def test_of_two_answers_to_a_task_one_wins(launch: Launch, order: int) -> None:
    """Two people complete the same task differently: one stands, and the other hears that."""
    trial = await launch(plan(), term_end=timedelta(days=60))
    await trial.until("the cable's task", lambda report: CABLE in report.state.tasks)
    rivals: list[Decision] = [cable_done(ON_CALL, "1-234", "a"), cable_done(BOB, "9-876", "b")]

    answers = await _at_once(trial, rivals[::order])
    done = (await trial.until("done", lambda report: CABLE not in report.state.tasks)).state.step(CABLE)

    won = [each for each, answer in zip(rivals[::order], answers, strict=True) if answer.verdict is Verdict.ACCEPTED]
    lost = [answer for answer in answers if answer.verdict is not Verdict.ACCEPTED]
    assert [len(won), len(lost)] == [1, 1]
    assert lost[0].verdict is Verdict.CONFLICT
    assert won[0].by.name in lost[0].message
    assert done.done_by == won[0].by


async def test_of_a_reactivation_and_the_end_of_grace_one_wins(launch: Launch) -> None:
    """Sent while time runs over the end of grace: accepted and all undone, or refused and nothing is."""
    trial = await launch(plan(), term_end=timedelta(days=30))
    await trial.complete_cable()
    await trial.forward(timedelta(days=27, hours=23))
    turn = Reactivate(id=fresh(), by=BOB, reason="still needed")

    _, answer = await asyncio.gather(trial.forward(timedelta(hours=2)), trial.decide(turn))
    turned = answer.verdict is Verdict.ACCEPTED
    report = await (_put_back(trial) if turned else trial.ended())

    assert turned or "point of no return" in answer.message
    assert (report.state.passed_no_return_at is None) is turned
    assert trial.world.ledger.count("undo request.schedule") == (1 if turned else 0)
    assert report.outcome is (Outcome.REACTIVATED if turned else Outcome.CLOSED)


async def _at_once(trial: Trial, rivals: list[Decision]) -> list[DecisionResult]:
    return await asyncio.gather(*(trial.decide(each) for each in rivals))


async def _put_back(trial: Trial) -> RunReport:
    """A person has the cable put back, and the run ends."""
    back = undo_id(CABLE)
    await trial.until("the way back", lambda report: back in report.state.tasks)
    await trial.decide(Complete(id=fresh(), by=ON_CALL, step=back))
    return await trial.ended()


async def _proved(trial: Trial) -> RunReport:
    """The proof, which could not be read at first, is read, and the run ends."""
    await trial.until("the proof is parked", lambda report: PROOF in report.state.parked)
    await trial.decide(Resolve(id=fresh(), by=ON_CALL, step=PROOF, remedy=Remedy.RETRY, reason="right granted"))
    return await trial.ended()
