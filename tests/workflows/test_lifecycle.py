"""The lifecycle, from launch to its end, with the provider played in memory and years passing in seconds."""

from datetime import UTC, datetime, timedelta

import pytest
from temporalio.worker import WorkflowRunner

from tests.workflows.conftest import Launch
from tests.workflows.fake_provider import failure
from tests.workflows.harness import ON_CALL, Trial, approval, cable_done, fresh, strict_runner
from tests.workflows.plans import CABLE, IMMEDIATE, plan, step
from unrack.contracts.calls import NoticeKind
from unrack.contracts.workflows import MEMO_VIEW, shown_by
from unrack.model.decision import Complete, Hold, Reactivate, Reject, Remedy, Resolve, Verdict
from unrack.model.errors import Category
from unrack.model.lifecycle import Outcome, StepKind, StepStatus, Timing
from unrack.model.service import Finding
from unrack.model.state import RunView


@pytest.fixture
def sandbox() -> WorkflowRunner:
    """The strict one: what no replay goes through, queries and refusals among it, keeps to it as well."""
    return strict_runner()


async def test_end_of_term_runs_to_closed(launch: Launch) -> None:
    """A run detaches, schedules, waits for the cable and for grace, lets the provider end it, releases and verifies."""
    trial = await launch(plan(quorum=2))
    await trial.until("approval", lambda report: report.state.phase == "approval")
    assert (await trial.decide(approval(trial.plan, "ann"))).good
    assert (await trial.decide(approval(trial.plan, "bob"))).good
    assert (await trial.complete_cable()).good

    report = await trial.ended()

    assert report.outcome is Outcome.CLOSED
    assert trial.world.ledger == [
        "change detach.pops",
        "change detach.vrack",
        "change request.schedule",
        "commit purge.release",
    ]


async def test_a_year_of_waiting_passes(launch: Launch) -> None:
    """A term that ends in 300 days is waited for, to the provider's date; nothing is purged before (S2.4)."""
    trial = await launch(plan(), term_end=timedelta(days=300))
    await trial.complete_cable()

    await trial.forward(timedelta(days=297))
    waiting = await trial.report()
    purged = "commit purge.release" in trial.world.calls
    report = await trial.ended()

    assert waiting.state.passed_no_return_at is None
    assert not purged
    released = report.state.steps["purge.release"].begun_at
    assert released is not None
    assert released >= datetime.now(UTC) + timedelta(days=299)


async def test_immediate_asks_for_the_token_only_after_grace(launch: Launch) -> None:
    """Nothing irreversible happens in an immediate cancellation before grace is over; then the token is asked for."""
    trial = await launch(plan(timing=Timing.IMMEDIATE))
    await trial.complete_cable()
    await trial.forward(timedelta(days=6))
    during_grace = list(trial.world.ledger)
    await trial.forward(timedelta(days=2))
    await trial.until("the token's task", lambda report: "purge.token" in report.state.tasks)

    answer = await trial.decide(Complete(id=fresh(), by=ON_CALL, step="purge.token", fields={"token": "handover:abc"}))
    report = await trial.ended()

    assert during_grace == ["change detach.pops", "change detach.vrack"]
    assert answer.verdict is Verdict.ACCEPTED
    assert trial.world.ledger[2:] == ["commit purge.ask", "commit purge.confirm"]
    assert report.outcome is Outcome.CLOSED


async def test_a_secret_in_a_form_is_refused(launch: Launch) -> None:
    """A token typed in clear is refused: a form takes a reference, so that no secret is used from the history."""
    trial = await launch(plan(timing=Timing.IMMEDIATE))
    await trial.complete_cable()
    await trial.forward(timedelta(days=8))
    await trial.until("the token's task", lambda report: "purge.token" in report.state.tasks)

    answer = await trial.decide(Complete(id=fresh(), by=ON_CALL, step="purge.token", fields={"token": "s3cret"}))

    assert answer.verdict is Verdict.INVALID
    assert "unrack secret" in answer.message
    assert "commit purge.confirm" not in trial.world.ledger


async def test_a_refused_token_is_asked_for_again(launch: Launch) -> None:
    """When the provider refuses the token, retrying the step opens the task for a new one first."""
    trial = await launch(plan(timing=Timing.IMMEDIATE))
    trial.world.fail("purge.confirm", failure(Category.INVALID, "wrong token"))
    await trial.complete_cable()
    await trial.forward(timedelta(days=8))
    for reference in ("handover:old", "handover:new"):
        await trial.until("the token's task", lambda report: "purge.token" in report.state.tasks)
        await trial.decide(Complete(id=fresh(), by=ON_CALL, step="purge.token", fields={"token": reference}))
        if reference == "handover:old":
            await trial.until("the step parks", lambda report: "purge.confirm" in report.state.parked)
            again = Resolve(
                id=fresh(), by=ON_CALL, step="purge.confirm", remedy=Remedy.RETRY, reason="a new token is here"
            )
            assert (await trial.decide(again)).good

    report = await trial.ended()

    assert report.outcome is Outcome.CLOSED
    assert trial.world.ledger.count("commit purge.confirm") == 1


async def test_when_no_token_came_the_provider_is_asked_again(launch: Launch) -> None:
    """Rejecting the token's task and retrying it makes the run ask the provider for another mail, then the person."""
    trial = await launch(plan(timing=Timing.IMMEDIATE))
    await trial.complete_cable()
    await trial.forward(timedelta(days=8))
    await trial.until("the token's task", lambda report: "purge.token" in report.state.tasks)
    await trial.decide(Reject(id=fresh(), by=ON_CALL, step="purge.token", reason="no mail came"))
    await trial.until("parked", lambda report: "purge.token" in report.state.parked)

    again = Resolve(id=fresh(), by=ON_CALL, step="purge.token", remedy=Remedy.RETRY, reason="ask again")
    answer = await trial.decide(again)
    await trial.until("the task opens again", lambda report: "purge.token" in report.state.tasks)
    await trial.decide(Complete(id=fresh(), by=ON_CALL, step="purge.token", fields={"token": "handover:2"}))
    report = await trial.ended()

    assert answer.good
    assert trial.world.ledger[2:] == ["commit purge.ask", "commit purge.ask", "commit purge.confirm"]
    assert report.outcome is Outcome.CLOSED


async def test_lists_show_what_a_run_waits_for(launch: Launch) -> None:
    """What lists read stands in memo and search attributes: the open task, the hold, and nothing once it has ended."""
    trial = await launch(plan())
    await trial.until("the cable's task", lambda report: CABLE in report.state.tasks)
    await trial.decide(Hold(id=fresh(), by=ON_CALL, reason="audit"))
    waiting = await _listed(trial)
    await trial.decide(Reactivate(id=fresh(), by=ON_CALL, reason="still needed"))
    await trial.handle.result()
    ended = await _listed(trial)

    assert waiting.waiting_for == (f"task:{CABLE}", "hold:h1")
    assert [task.step for task in waiting.tasks] == [CABLE]
    assert (ended.waiting_for, ended.outcome, ended.tasks) == ((), Outcome.REACTIVATED, ())


async def _listed(trial: Trial) -> RunView:
    description = await trial.handle.describe()
    return shown_by(await description.memo_value(MEMO_VIEW, type_hint=RunView), description.typed_search_attributes)


async def test_checks_next_to_each_other_are_read_together_and_judged_apart(launch: Launch) -> None:
    """One call reads them; those that pass are noted at once, each that does not parks by itself."""
    names = ("preflight.one", "preflight.two", "preflight.three", "preflight.four")
    steps = (*(step(name, StepKind.CHECK) for name in names), *plan().steps[1:])
    debt = Finding(subject="debt", text="a bill is open", blocking=True)
    trial = await launch(
        plan(steps=steps),
        findings={"preflight.one": (debt,), "preflight.three": (debt,)},
        faulty={"preflight.four": [failure(Category.UNAVAILABLE)]},
    )
    parked = await trial.until("both are parked", lambda report: len(report.state.parked) == 2)
    passed = parked.state.steps["preflight.two"].status
    trial.world.findings["preflight.one"] = ()
    for name, remedy in (("preflight.one", Remedy.RETRY), ("preflight.three", Remedy.SKIP)):
        await trial.decide(Resolve(id=fresh(), by=ON_CALL, step=name, remedy=remedy, reason="it is paid"))
    await trial.until("the cable's task", lambda report: CABLE in report.state.tasks)

    assert passed is StepStatus.DONE
    assert set(parked.state.parked) == {"preflight.one", "preflight.three"}
    assert trial.world.calls[:4] == [f"check {name}" for name in names]
    assert trial.world.calls[4:6] == ["check preflight.one", "check preflight.four"]


async def test_the_handover_must_be_proved(launch: Launch) -> None:
    """The cable's removal needs order, dates in order and the operator's confirmation (S2.10, S2.12, S2.13)."""
    trial = await launch(plan())
    await trial.until("the cable's task", lambda report: CABLE in report.state.tasks)
    wrong = Complete(
        id=fresh(),
        by=ON_CALL,
        step=CABLE,
        fields={"removed-on": "2026-11-20", "charged-until": "2026-11-01", "colour": "blue"},
    )

    answer = await trial.decide(wrong)

    assert answer.verdict is Verdict.INVALID
    for part in ("'colour'", "'order-number' is missing", "is before 'removed-on'", "'confirmation' is missing"):
        assert part in answer.message
    assert (await trial.decide(cable_done())).verdict is Verdict.ACCEPTED


async def test_a_late_task_is_chased_and_stays_open(launch: Launch) -> None:
    """Past its deadline a task waits on, and people are told again; nothing is decided by a clock."""
    trial = await launch(plan(), term_end=timedelta(days=300))
    await trial.until("the cable's task", lambda report: CABLE in report.state.tasks)

    await trial.forward(timedelta(days=25))

    kinds = [notice.kind for notice in trial.world.told]
    assert kinds.count(NoticeKind.OVERDUE) == 2
    assert CABLE in (await trial.report()).state.tasks


async def test_a_set_wait_lasts_its_time_and_can_be_turned_round(launch: Launch) -> None:
    """A scream test waits as long as the request says, no shorter."""
    watch = step("detach.watch", StepKind.WAIT, wait_for=timedelta(days=2))
    trial = await launch(plan(timing=Timing.IMMEDIATE, steps=(*IMMEDIATE[:2], watch, *IMMEDIATE[2:])))
    await trial.until("the watch", lambda report: report.state.step("detach.watch").status is StepStatus.WAITING)

    await trial.forward(timedelta(days=1, hours=23))
    before = list(trial.world.ledger)
    await trial.forward(timedelta(hours=2))
    await trial.until("detached", lambda report: "handover.remove-cable" in report.state.tasks)

    assert before == []
    assert trial.world.ledger == ["change detach.pops", "change detach.vrack"]
