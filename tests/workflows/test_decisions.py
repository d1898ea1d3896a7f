"""Decisions are judged by the workflow, once, the same for everybody and for every way of sending them."""

from datetime import timedelta

import pytest
from temporalio.worker import WorkflowRunner

from tests.workflows.conftest import Launch
from tests.workflows.fake_provider import failure
from tests.workflows.harness import LAUNCHER, ON_CALL, approval, cable_done, fresh, strict_runner
from tests.workflows.plans import CABLE, plan
from unrack.contracts.workflows import DECISION_SIGNAL
from unrack.model.decision import (
    Abort,
    Actor,
    Approve,
    Assurance,
    Hold,
    Reactivate,
    Reject,
    Release,
    Remedy,
    Resolve,
    Verdict,
    Withdraw,
)
from unrack.model.errors import Category
from unrack.model.lifecycle import Outcome


@pytest.fixture
def sandbox() -> WorkflowRunner:
    """The strict one: what no replay goes through, queries and refusals among it, keeps to it as well."""
    return strict_runner()


async def test_quorum_is_of_distinct_people_without_the_launcher(launch: Launch) -> None:
    """Two approvals by one person are one; the launcher's own counts for nothing; another plan's digest conflicts."""
    trial = await launch(plan(quorum=2))
    await trial.until("approval", lambda report: report.state.phase == "approval")

    own = await trial.decide(approval(trial.plan, LAUNCHER.name))
    other_plan = await trial.decide(Approve(id=fresh(), by=Actor(name="ann"), plan="sha256:other"))
    first = await trial.decide(approval(trial.plan, "ann"))
    twice = await trial.decide(approval(trial.plan, "Ann"))
    waiting = await trial.report()

    assert [own.verdict, other_plan.verdict, first.verdict, twice.verdict] == [
        Verdict.REFUSED,
        Verdict.CONFLICT,
        Verdict.ACCEPTED,
        Verdict.ALREADY,
    ]
    assert waiting.state.phase == "approval"
    assert trial.world.ledger == []


async def test_another_spelling_is_not_another_person(launch: Launch) -> None:
    """Spaces, letter case, and who vouches for the name make nobody a second approver, nor the launcher a first."""
    trial = await launch(plan(quorum=2))
    await trial.until("approval", lambda report: report.state.phase == "approval")
    vouched = Actor(name=" LEA", assurance=Assurance.VOUCHED, issuer="https://id.example")

    launcher = await trial.decide(Approve(id=fresh(), by=vouched, plan=trial.plan.digest))
    first = await trial.decide(approval(trial.plan, "ann"))
    again = await trial.decide(
        Approve(id=fresh(), by=vouched.model_copy(update={"name": "Ann "}), plan=trial.plan.digest)
    )

    assert [launcher.verdict, first.verdict, again.verdict] == [Verdict.REFUSED, Verdict.ACCEPTED, Verdict.ALREADY]
    assert (await trial.report()).state.phase == "approval"


async def test_an_approval_can_be_withdrawn_while_others_are_missing(launch: Launch) -> None:
    """Somebody who approved by mistake takes it back; the run then waits for two again."""
    trial = await launch(plan(quorum=2))
    await trial.until("approval", lambda report: report.state.phase == "approval")
    await trial.decide(approval(trial.plan, "ann"))

    answer = await trial.decide(Withdraw(id=fresh(), by=Actor(name="ann"), reason="wrong service"))
    await trial.decide(approval(trial.plan, "bob"))

    assert answer.verdict is Verdict.ACCEPTED
    assert (await trial.report()).state.phase == "approval"


async def test_the_same_decision_twice_gets_the_same_answer(launch: Launch) -> None:
    """By id, or by content: nothing changes the second time. A different second completion is a conflict."""
    trial = await launch(plan())
    await trial.until("the cable's task", lambda report: CABLE in report.state.tasks)
    done = cable_done()

    first = await trial.decide(done)
    same_id = await trial.decide(done)
    same_content = await trial.decide(cable_done())
    different = await trial.decide(cable_done(order="9-999"))

    assert first == same_id
    assert same_content.verdict is Verdict.ALREADY
    assert different.verdict is Verdict.CONFLICT
    report = await trial.report()
    assert report.state.steps[CABLE].fields["order-number"] == "1-234"


async def test_a_plain_signal_does_the_same_as_an_update(launch: Launch) -> None:
    """The same payload by signal completes the task, and its answer stands in the journal."""
    trial = await launch(plan())
    await trial.until("the cable's task", lambda report: CABLE in report.state.tasks)
    done = cable_done()

    await trial.signal(done)

    report = await trial.until("done", lambda report: CABLE not in report.state.tasks)
    assert report.state.answers[done.id].verdict is Verdict.ACCEPTED


async def test_a_signal_that_is_no_decision_is_recorded(launch: Launch) -> None:
    """What cannot be read as a decision is refused and stands in the journal; the run goes on."""
    trial = await launch(plan())
    await trial.until("the cable's task", lambda report: CABLE in report.state.tasks)

    await trial.handle.signal(DECISION_SIGNAL, {"decision": {"kind": "explode", "id": "12345678"}})

    await trial.until("recorded", lambda r: any("no decision" in entry.what for entry in r.state.journal))
    assert (await trial.decide(cable_done())).good


async def test_denied_attempts_are_recorded(launch: Launch) -> None:
    """A refusal is an answer in the history and a line in the journal, with who asked."""
    trial = await launch(plan(quorum=1))
    await trial.until("approval", lambda report: report.state.phase == "approval")

    await trial.decide(approval(trial.plan, LAUNCHER.name))

    entries = [entry for entry in (await trial.report()).state.journal if entry.by == LAUNCHER]
    assert len(entries) == 1
    assert entries[0].answer is not None
    assert entries[0].answer.verdict is Verdict.REFUSED


async def test_abort_only_while_nothing_was_touched(launch: Launch) -> None:
    """Before the first change a run can be aborted; afterwards only rolled back."""
    early = await launch(plan(quorum=1))
    late = await launch(plan())
    await early.until("approval", lambda report: report.state.phase == "approval")
    await late.until("the cable's task", lambda report: CABLE in report.state.tasks)

    early_answer = await early.decide(Abort(id=fresh(), by=ON_CALL, reason="changed our mind"))
    late_answer = await late.decide(Abort(id=fresh(), by=ON_CALL, reason="changed our mind"))
    report = await early.handle.result()

    assert early_answer.verdict is Verdict.ACCEPTED
    assert report.outcome is Outcome.ABORTED
    assert early.world.ledger == []
    assert late_answer.verdict is Verdict.REFUSED
    assert "reactivate" in late_answer.message


async def test_a_rejected_task_parks_and_can_be_opened_again(launch: Launch) -> None:
    """Somebody says why a task cannot be done; an operator opens it again; skipping what others rely on is refused."""
    trial = await launch(plan())
    await trial.until("the cable's task", lambda report: CABLE in report.state.tasks)

    rejected = await trial.decide(Reject(id=fresh(), by=ON_CALL, step=CABLE, reason="no access to the rack"))
    parked = await trial.until("parked", lambda report: CABLE in report.state.parked)
    skip = await trial.decide(Resolve(id=fresh(), by=ON_CALL, step=CABLE, remedy=Remedy.SKIP, reason="never mind"))
    retry = await trial.decide(Resolve(id=fresh(), by=ON_CALL, step=CABLE, remedy=Remedy.RETRY, reason="access now"))
    await trial.until("open again", lambda report: CABLE in report.state.tasks)

    assert rejected.verdict is Verdict.ACCEPTED
    assert "no access to the rack" in parked.state.parked[CABLE].problem.message
    assert skip.verdict is Verdict.REFUSED
    assert retry.verdict is Verdict.ACCEPTED
    assert (await trial.decide(cable_done())).good


async def test_decisions_for_steps_that_do_not_wait_say_so(launch: Launch) -> None:
    """Unknown, automatic, finished or future steps get an answer that names what does wait."""
    trial = await launch(plan())
    await trial.until("the cable's task", lambda report: CABLE in report.state.tasks)

    answers = [
        await trial.decide(cable_done().model_copy(update={"id": fresh(), "step": name}))
        for name in ("handover.no-such", "detach.pops", "undo.handover.remove-cable")
    ]
    parked = await trial.decide(Resolve(id=fresh(), by=ON_CALL, step=CABLE, remedy=Remedy.RETRY, reason="why not"))

    assert {answer.verdict for answer in answers} == {Verdict.NOT_OPEN}
    assert "no step 'handover.no-such'; open is handover.remove-cable" in answers[0].message
    assert "automatic" in answers[1].message
    assert parked.verdict is Verdict.NOT_OPEN


async def test_hold_stops_the_purge_and_only_its_owner_or_a_reason_lifts_it(launch: Launch) -> None:
    """Two people hold; each lifts the own hold; lifting another's needs everyone and a reason."""
    trial = await launch(plan(), term_end=timedelta(days=60))
    await trial.complete_cable()
    bob = Actor(name="bob")
    await trial.decide(Hold(id=fresh(), by=ON_CALL, reason="audit"))
    await trial.decide(Hold(id=fresh(), by=bob, reason="legal"))

    own = await trial.decide(Release(id=fresh(), by=ON_CALL))
    others = await trial.decide(Release(id=fresh(), by=ON_CALL))
    unreasoned = await trial.decide(Release(id=fresh(), by=ON_CALL, everyone=True))
    reasoned = await trial.decide(Release(id=fresh(), by=ON_CALL, everyone=True, reason="legal agreed by phone"))

    assert [own.verdict, others.verdict, unreasoned.verdict, reasoned.verdict] == [
        Verdict.ACCEPTED,
        Verdict.REFUSED,
        Verdict.INVALID,
        Verdict.ACCEPTED,
    ]
    assert (await trial.ended()).outcome is Outcome.CLOSED


async def test_reactivate_twice_is_one_reactivation(launch: Launch) -> None:
    """The second request is told who decided it; an abort after it conflicts."""
    trial = await launch(plan())
    await trial.until("the cable's task", lambda report: CABLE in report.state.tasks)
    world = trial.world
    world.fail("detach.vrack", failure(Category.FAILED))

    first = await trial.decide(Reactivate(id=fresh(), by=ON_CALL, reason="still needed"))
    await trial.until("the way back", lambda report: "undo.detach.vrack" in report.state.parked)
    second = await trial.decide(Reactivate(id=fresh(), by=Actor(name="bob"), reason="me too"))
    abort = await trial.decide(Abort(id=fresh(), by=Actor(name="bob"), reason="stop"))
    await trial.decide(
        Resolve(id=fresh(), by=ON_CALL, step="undo.detach.vrack", remedy=Remedy.RETRY, reason="works again")
    )
    report = await trial.handle.result()

    assert [first.verdict, second.verdict, abort.verdict] == [Verdict.ACCEPTED, Verdict.ALREADY, Verdict.CONFLICT]
    assert ON_CALL.name in second.message
    assert report.outcome is Outcome.REACTIVATED
    assert world.ledger.count("undo detach.pops") == 1


async def test_an_id_used_for_something_else_is_a_conflict(launch: Launch) -> None:
    """Another decision under a known id does not get that id's answer, and changes nothing."""
    trial = await launch(plan())
    await trial.until("the cable's task", lambda report: CABLE in report.state.tasks)
    held = Hold(id=fresh(), by=ON_CALL, reason="audit")
    await trial.decide(held)

    answer = await trial.decide(Release(id=held.id, by=ON_CALL))

    assert answer.verdict is Verdict.CONFLICT
    assert len((await trial.report()).state.holds) == 1
