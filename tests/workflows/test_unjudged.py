"""Decisions that nobody has judged yet: what would stop a run keeps it from beginning anything."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from tests.workflows.conftest import Launch
from tests.workflows.fake_provider import failure
from tests.workflows.forging import like
from tests.workflows.harness import ON_CALL, Trial, approval, cable_done, fresh
from tests.workflows.office import ANN, EVE, GROUPS, LEA, OMAR, Office, forged, policy, public
from tests.workflows.plans import CABLE, plan
from unrack.contracts.calls import NoticeKind
from unrack.contracts.verifying import MOST_TOGETHER
from unrack.model.decision import Abort, Decision, DecisionResult, FreezeRun, Hold, Note, Reactivate, Unfreeze, Verdict
from unrack.model.errors import Category
from unrack.model.lifecycle import Outcome, Phase
from unrack.model.statement import Refusal


@pytest.fixture
def office() -> Office:
    """A worker that verifies at once, until a test shuts it."""
    return Office()


async def _waiting(launch: Launch, office: Office) -> Trial:
    """A run that waits for its one approval."""
    trial = await launch(plan(quorum=1), office=office)
    await trial.until("it waits for approval", lambda report: report.state.phase is Phase.APPROVAL)
    return trial


async def _at(launch: Launch, office: Office, step: str) -> Trial:
    """An approved run whose call of `step` is under way: it is answered three times that it is not done yet."""
    trial = await _waiting(launch, office)
    going = asyncio.Event()
    trial.world.faults[step] += [_not_yet(going)] * 3
    await trial.decide(await _sent(trial, office, approval(trial.plan, ANN), ANN))
    await trial.until(f"{step} is under way", lambda _: going.is_set())
    return trial


async def _sent(trial: Trial, office: Office, decision: Decision, by: str, *, forge: bool = False) -> Decision:
    sent = office.sign(trial.plan, (await trial.report()).state, decision, by)
    if not forge or sent.proof is None:
        return sent
    return sent.model_copy(update={"proof": sent.proof.model_copy(update={"signature": forged(by)})})


def _hold(reason: str = "stop") -> Hold:
    return Hold(id=fresh(), by=ON_CALL, reason=reason)


async def test_a_hold_keeps_the_first_change_from_beginning_until_it_is_judged(launch: Launch, office: Office) -> None:
    """It came before the change: whether or not it counts, the change waits, and then the hold stands."""
    trial = await _at(launch, office, "capture.configuration")
    office.shut = asyncio.Event()

    deciding = asyncio.create_task(trial.decide(await _sent(trial, office, _hold(), OMAR)))
    shown = await trial.until("the change waits", lambda report: "wait" in report.state.journal[-1].what)
    office.shut.set()
    answer = await deciding
    await trial.until("it is held", lambda report: "holds the run" in report.state.journal[-1].what)

    assert [each.blocks for each in shown.state.unjudged] == [True]
    assert any(each.subject == "unjudged" for each in shown.purge_blockers)
    assert answer.verdict is Verdict.ACCEPTED
    assert not trial.world.ledger


async def test_a_hold_with_a_strange_key_blocks_nothing(launch: Launch, office: Office) -> None:
    """Anybody can make a key: what it signs is verified, and nobody waits for it."""
    trial = await _waiting(launch, office)
    yes = await _sent(trial, office, approval(trial.plan, ANN), ANN)
    strange = office.sign(trial.plan, (await trial.report()).state, _hold(), OMAR, with_key="nobody's")
    await trial.decide(yes)
    office.shut = asyncio.Event()

    deciding = asyncio.create_task(trial.decide(strange))
    await trial.until("the cable's task", lambda report: CABLE in report.state.tasks)
    office.shut.set()

    assert (await deciding).why is Refusal.KEY_UNKNOWN
    assert "change detach.pops" in trial.world.ledger


async def test_a_call_under_way_is_not_stopped_by_what_nobody_has_judged(launch: Launch, office: Office) -> None:
    """Only a hold that counts stops a call; one that waits keeps the next from beginning."""
    trial = await _at(launch, office, "detach.pops")
    office.shut = asyncio.Event()

    deciding = asyncio.create_task(trial.decide(await _sent(trial, office, _hold(), OMAR)))
    await trial.until("it waits", lambda report: any(each.blocks for each in report.state.unjudged))
    await trial.until("the change is done", lambda _: "change detach.pops" in trial.world.ledger)
    await trial.until("the next waits", lambda report: "wait" in report.state.journal[-1].what)
    ledger = list(trial.world.ledger)
    office.shut.set()

    assert (await deciding).verdict is Verdict.ACCEPTED
    assert ledger == ["change detach.pops"]
    assert trial.world.ledger == ["change detach.pops"]


def _not_yet(going: asyncio.Event) -> Callable[[], None]:
    def raise_() -> None:
        going.set()
        raise failure(Category.NOT_YET)

    return raise_


async def test_the_last_call_is_not_delayed(launch: Launch, office: Office) -> None:
    """Nobody verifies the hold; the scheduled end is revoked in time all the same."""
    trial = await launch(plan(), office=office)
    trial.world.ends_at = trial.world.term_end
    await trial.until("the cable's task", lambda report: CABLE in report.state.tasks)
    away = failure(Category.UNAVAILABLE, again_in=timedelta(days=60))
    office.failing = [away] * 20
    await trial.signal(await _sent(trial, office, _hold(), OMAR))
    await trial.until("it waits", lambda report: any(each.blocks for each in report.state.unjudged))

    await trial.forward(timedelta(days=29, hours=2))
    report = await trial.until("the end is revoked", lambda _: "undo request.schedule" in trial.world.ledger)

    assert any(each.blocks for each in report.state.unjudged)


async def test_a_worker_that_does_not_answer_is_told_once(launch: Launch, office: Office) -> None:
    """After a minute people are told; the gate stays shut, nothing is lost, and the answer counts when it comes."""
    trial = await _waiting(launch, office)
    office.failing = [failure(Category.UNAVAILABLE, "this worker has version 1, 2 rules")] * 12
    sent = await _sent(trial, office, approval(trial.plan, ANN), ANN)

    deciding = asyncio.create_task(trial.decide(sent))
    await trial.until("it waits", lambda report: bool(report.state.unjudged))
    passing = asyncio.create_task(trial.forward(timedelta(minutes=20)))
    answer = await deciding
    passing.cancel()

    overdue = [each for each in trial.world.told if each.kind is NoticeKind.OVERDUE]
    assert answer.verdict is Verdict.ACCEPTED
    assert [each.title for each in overdue if "verified" in each.title] == [
        f"decisions on {trial.handle.id} wait to be verified"
    ]


async def test_nothing_changes_while_no_worker_verifies_a_hold(launch: Launch, office: Office) -> None:
    """Minutes go by, and people are told: the first change has not begun, and then the hold stands."""
    trial = await _at(launch, office, "capture.configuration")
    office.failing = [failure(Category.UNAVAILABLE, "this worker has version 1, 2 rules")] * 12

    deciding = asyncio.create_task(trial.decide(await _sent(trial, office, _hold(), OMAR)))
    await trial.until("the change waits", lambda report: "wait" in report.state.journal[-1].what)
    passing = asyncio.create_task(trial.forward(timedelta(minutes=20)))
    answer = await deciding
    passing.cancel()

    assert any("verified" in each.title for each in trial.world.told if each.kind is NoticeKind.OVERDUE)
    assert answer.verdict is Verdict.ACCEPTED
    assert not trial.world.ledger


async def test_what_comes_before_it_is_known_who_decides_waits_in_order(launch: Launch, office: Office) -> None:
    """Arrivals while the launch is being verified are judged after it, first come first."""
    office.shut = asyncio.Event()
    trial = await launch(plan(quorum=1), office=office)
    await trial.until("it is asked", lambda _: bool(office.admitted))
    unsigned = [Note(id=fresh(), by=ON_CALL, text=f"note {number}") for number in range(3)]

    deciding = list[asyncio.Task[DecisionResult]]()
    for count, each in enumerate(unsigned, 1):
        deciding.append(asyncio.create_task(trial.decide(each)))
        await trial.until("it waits", lambda report, count=count: len(report.state.unjudged) == count)
    waits = await trial.report()
    office.shut.set()
    answers = await asyncio.gather(*deciding)

    assert [each.id for each in waits.state.unjudged] == [each.id for each in unsigned]
    assert {answer.why for answer in answers} == {Refusal.UNSIGNED}


async def test_nothing_is_verified_for_a_run_that_has_ended(launch: Launch, office: Office) -> None:
    """The run ends though a decision waits for a worker that never answers: it gets its answer, and changes nothing."""
    trial = await launch(plan(), office=office)
    await trial.until("the cable's task", lambda report: CABLE in report.state.tasks)
    await trial.decide(await _sent(trial, office, cable_done(), OMAR))
    await trial.until("grace", lambda report: report.state.phase is Phase.GRACE)
    office.failing = [failure(Category.UNAVAILABLE, again_in=timedelta(days=60))] * 20
    note = await _sent(trial, office, Note(id=fresh(), by=ON_CALL, text="too late"), OMAR)

    deciding = asyncio.create_task(trial.decide(note))
    await trial.until("it waits", lambda report: bool(report.state.unjudged))
    report = await trial.ended()
    answer = await deciding

    assert report.outcome is Outcome.CLOSED
    assert (answer.verdict, answer.message) == (Verdict.NOT_OPEN, "the run has ended: closed")
    assert not report.state.unjudged
    assert office.failing, "workers were asked on and on for a run that had ended"


async def test_decisions_are_judged_in_the_order_of_their_arrival(launch: Launch, office: Office) -> None:
    """A reactivation that came before the approval wins, though both were verified in one call."""
    trial = await _waiting(launch, office)
    state = (await trial.report()).state
    first = office.sign(trial.plan, state, Reactivate(id=fresh(), by=ON_CALL, reason="keep"), OMAR)
    second = office.sign(trial.plan, state, approval(trial.plan, ANN), ANN)
    office.shut = asyncio.Event()

    await trial.signal(office.sign(trial.plan, state, Note(id=fresh(), by=ON_CALL, text="hello"), ANN))
    await trial.until("one is being verified", lambda _: bool(office.batches))
    await trial.signal(first)
    await trial.signal(second)
    await trial.until("both wait", lambda report: len(report.state.unjudged) == 3)
    office.shut.set()
    report = await trial.handle.result()

    assert report.outcome is Outcome.REACTIVATED
    assert not report.state.approvals


async def test_what_was_signed_before_others_were_judged_is_stale(launch: Launch, office: Office) -> None:
    """Both were verified in one call: who took the freeze off had not seen that it was set."""
    trial = await _waiting(launch, office)
    state, now = (await trial.report()).state, datetime.now(UTC)
    begins, ends = now + timedelta(days=1), now + timedelta(days=9)
    sets = FreezeRun(id=fresh(), by=ON_CALL, begins=begins, ends=ends, name="sale", reason="sale")
    takes_off = Unfreeze(id=fresh(), by=ON_CALL, freeze="f1", reason="no sale")
    office.shut = asyncio.Event()

    deciding = list[asyncio.Task[DecisionResult]]()
    for count, each in enumerate((approval(trial.plan, ANN), sets, takes_off), 1):
        deciding.append(asyncio.create_task(trial.decide(office.sign(trial.plan, state, each, ANN))))
        await trial.until("it waits", lambda report, count=count: len(report.state.unjudged) == count)
    office.shut.set()
    answers = await asyncio.gather(*deciding)

    assert [answer.verdict for answer in answers[:2]] == [Verdict.ACCEPTED] * 2
    assert answers[2].why is Refusal.STALE


async def test_a_flood_of_forged_holds_does_not_hurt(launch: Launch, office: Office) -> None:
    """They are verified in batches, the rest is refused at once, and the run goes on and ends as it would."""
    trial = await _waiting(launch, office)
    fake = await _sent(trial, office, _hold(), OMAR, forge=True)
    yes = await _sent(trial, office, approval(trial.plan, ANN), ANN)
    await trial.decide(yes)

    await asyncio.gather(*(trial.signal(like(fake)) for _ in range(300)))
    report = await trial.until("all are answered", lambda report: report.state.denials >= 300)
    await trial.until("the cable's task", lambda report: CABLE in report.state.tasks)

    assert not report.state.holds
    assert len(report.state.denied) <= 20
    assert max(len(call.decisions) for call in office.batches) <= MOST_TOGETHER


async def test_a_flood_delays_a_change_by_what_had_arrived(launch: Launch, office: Office) -> None:
    """Forged holds arrive without end, each worth waiting for by its looks: the change begins all the same."""
    trial = await _waiting(launch, office)
    fake = await _sent(trial, office, _hold(), OMAR, forge=True)
    yes = await _sent(trial, office, approval(trial.plan, ANN), ANN)

    async def flood() -> None:
        while True:
            await asyncio.gather(*(trial.signal(like(fake)) for _ in range(10)))
            await asyncio.sleep(0.02)

    flooding = asyncio.create_task(flood())
    try:
        await trial.until("it is flooded", lambda report: report.state.denials > 0)
        while (await trial.decide(yes)).why is Refusal.FLOOD:
            await trial.report()
        report = await trial.until("it is changed", lambda _: "change detach.pops" in trial.world.ledger)
    finally:
        flooding.cancel()

    assert not report.state.holds


async def test_two_decide_at_once_and_one_wins(launch: Launch, office: Office) -> None:
    """A reactivation and the purge's last approval, sent together: one of them decides the run, whatever the order."""
    trial = await _waiting(launch, office)
    state = (await trial.report()).state
    stop = office.sign(trial.plan, state, Abort(id=fresh(), by=ON_CALL, reason="keep"), OMAR)
    back = office.sign(trial.plan, state, Reactivate(id=fresh(), by=ON_CALL, reason="keep"), ANN)

    answers = await asyncio.gather(trial.decide(stop), trial.decide(back))

    verdicts = {answer.verdict for answer in answers}
    assert verdicts in ({Verdict.ACCEPTED, Verdict.CONFLICT}, {Verdict.ACCEPTED, Verdict.NOT_OPEN})
    assert (await trial.handle.result()).outcome in (Outcome.ABORTED, Outcome.REACTIVATED)


async def test_a_key_that_is_revoked_in_the_middle_of_a_quorum(launch: Launch) -> None:
    """What it approved before stays; what it signs afterwards counts no more, and the record names both policies."""
    office = Office()
    trial = await launch(plan(quorum=2), office=office)
    await trial.until("it waits for approval", lambda report: report.state.phase is Phase.APPROVAL)
    first = await trial.decide(await _sent(trial, office, approval(trial.plan, ANN), ANN))
    lost = {"key": public(ANN), "revoked": {"at": "2026-01-01T00:00:00Z", "why": "lost"}}
    office.policy = policy(2, keys={ANN: [lost]})

    later = await trial.decide(await _sent(trial, office, _hold(), ANN))
    second = await trial.decide(await _sent(trial, office, approval(trial.plan, OMAR), OMAR))
    report = await trial.until("it goes on", lambda report: report.state.phase is not Phase.APPROVAL)

    assert [answer.good for answer in (first, second)] == [True, True]
    assert later.why is Refusal.KEY_REVOKED
    assert [answer.policy.version for answer in (first, second) if answer.policy] == [1, 2]
    assert report.state.access.policy is not None
    assert report.state.access.policy.version == 2
    told = [notice for notice in trial.world.told if "counts no more" in notice.title]
    assert [("an approval" in notice.text, "is revoked: lost" in notice.text) for notice in told] == [(True, True)]


async def test_a_colleague_steps_in_for_an_approver_who_is_away(launch: Launch) -> None:
    """Ann has approved and is away; Eve, whom the next version puts into the group, gives the approval that lacks."""
    office = Office()
    trial = await launch(plan(quorum=2), office=office)
    await trial.until("it waits for approval", lambda report: report.state.phase is Phase.APPROVAL)
    first = await trial.decide(await _sent(trial, office, approval(trial.plan, ANN), ANN))
    early = await trial.decide(await _sent(trial, office, approval(trial.plan, EVE), EVE))
    office.policy = policy(2, groups={**GROUPS, "network": (LEA, EVE, OMAR)})

    second = await trial.decide(await _sent(trial, office, approval(trial.plan, EVE), EVE))
    report = await trial.until("it goes on", lambda report: report.state.phase is not Phase.APPROVAL)

    assert (first.good, early.why, second.good) == (True, Refusal.RIGHT_MISSING, True)
    assert [given.by.name for given in report.state.approvals] == [ANN, EVE]


async def test_who_lost_every_key_is_let_in_again_by_the_next_version(launch: Launch) -> None:
    """No key is needed to give workers another policy: with new keys in it, a run that is open goes on."""
    office = Office()
    trial = await launch(plan(quorum=1), office=office)
    await trial.until("it waits for approval", lambda report: report.state.phase is Phase.APPROVAL)
    gone = {"revoked": {"at": "2026-01-01T00:00:00Z", "why": "the building burnt down"}}
    fresh_keys = {each: [{"key": public(each), **gone}, {"key": public(f"{each}'s next")}] for each in (LEA, ANN, OMAR)}
    office.policy = policy(2, keys=fresh_keys)

    lost = await trial.decide(await _sent(trial, office, approval(trial.plan, ANN), ANN))
    state = (await trial.report()).state
    found = await trial.decide(office.sign(trial.plan, state, approval(trial.plan, ANN), ANN, with_key=f"{ANN}'s next"))

    assert lost.why is Refusal.KEY_REVOKED
    assert found.good
    await trial.until("it goes on", lambda report: report.state.phase is not Phase.APPROVAL)


async def test_a_person_whom_a_later_policy_calls_otherwise_counts_once(launch: Launch) -> None:
    """Ann approved as one principal, and approves again as the other that the next version calls her."""
    office = Office()
    trial = await launch(plan(quorum=2), office=office)
    await trial.until("it waits for approval", lambda report: report.state.phase is Phase.APPROVAL)
    await trial.decide(await _sent(trial, office, approval(trial.plan, ANN), ANN))
    content = policy(2).model_dump(mode="json")
    for person in content["people"]:
        if person["principal"] == ANN:
            person["principal"], person["names"] = "ann.new@example.org", [ANN]
    content["groups"]["network"] = [LEA, "ann.new@example.org", OMAR]
    office.policy = type(office.policy).model_validate(content)

    again = office.sign(
        trial.plan, (await trial.report()).state, approval(trial.plan, ANN), "ann.new@example.org", with_key=ANN
    )
    answer = await trial.decide(again)

    assert answer.why is Refusal.SAME_PERSON


async def test_a_clock_that_is_an_hour_off(launch: Launch, office: Office) -> None:
    """Ahead of the server's it is refused; behind it, the decision only lives shorter."""
    trial = await _waiting(launch, office)
    office.clock = lambda: datetime.now(UTC) + timedelta(hours=1)
    ahead = await trial.decide(await _sent(trial, office, approval(trial.plan, ANN), ANN))
    office.clock = lambda: datetime.now(UTC) - timedelta(hours=1)
    behind = await trial.decide(await _sent(trial, office, approval(trial.plan, ANN), ANN))

    assert ahead.why is Refusal.AHEAD
    assert behind.verdict is Verdict.ACCEPTED
