"""What was stated is corrected: the run goes back, does again what relied on it, and purges nothing for a day."""

import asyncio
from datetime import UTC, datetime, timedelta

from tests.workflows.conftest import Launch
from tests.workflows.harness import ON_CALL, Trial, approval, cable_done, fresh
from tests.workflows.plans import CABLE, END_OF_TERM, IMMEDIATE, plan, step
from unrack.contracts.calls import NoticeKind
from unrack.model.decision import Actor, Amend, DecisionResult, Hold, Release, Remedy, Resolve
from unrack.model.lifecycle import Outcome, Phase, StepKind, StepStatus, Timing
from unrack.model.plan import PlannedStep
from unrack.model.service import Finding

ATTEST = "preflight.attest"
NINA = Actor(name="nina")
FORM = {"instructions": "Say who checked it.", "fields": [{"name": "who", "label": "Who"}]}


def relying(*steps: PlannedStep, on: str, which: str) -> tuple[PlannedStep, ...]:
    """`steps`, of which `which` goes by what is stated for `on`."""
    return tuple(each.model_copy(update={"relies_on": (on,)}) if each.id == which else each for each in steps)


async def attested(trial: Trial) -> None:
    """A person answers the first task."""
    await trial.until("the attestation", lambda report: ATTEST in report.state.tasks)
    done = cable_done().model_copy(update={"step": ATTEST, "fields": {"who": "Omar"}, "evidence": ()})
    assert (await trial.decide(done)).good


async def amended(trial: Trial, step: str, **fields: str) -> DecisionResult:
    """Somebody corrects what was stated."""
    answer = await trial.decide(Amend(id=fresh(), by=ON_CALL, step=step, fields=fields, reason="it was the wrong one"))
    assert answer.good, answer.message
    return answer


async def test_a_check_that_relied_on_it_is_read_again(launch: Launch) -> None:
    """In an earlier phase, long after: the run goes back, reads it again, and comes back to where it was."""
    asked = step(ATTEST, StepKind.TASK, task=FORM)
    steps = relying(asked, *END_OF_TERM, on=ATTEST, which="preflight.status")
    trial = await launch(plan(steps=steps))
    await attested(trial)
    await trial.complete_cable()
    await trial.until("grace", lambda report: report.state.phase is Phase.GRACE)
    await amended(trial, ATTEST, who="W. Zhang")
    await trial.until("read again", lambda _: trial.world.calls.count("check preflight.status") == 2)
    report = await trial.ended()

    assert report.outcome is Outcome.CLOSED
    assert trial.world.ledger == [
        "change detach.pops",
        "change detach.vrack",
        "change request.schedule",
        "commit purge.release",
    ]


async def test_a_new_proof_counts_only_when_the_store_has_it(launch: Launch) -> None:
    """Anybody can write down a digest: the step that comes next parks until the proof is there."""
    asked = step(ATTEST, StepKind.TASK, task=FORM | {"evidence": [{"type": "confirmation", "title": "the letter"}]})
    trial = await launch(plan(steps=relying(asked, *END_OF_TERM, on=ATTEST, which="preflight.status")))
    await trial.until("the attestation", lambda report: ATTEST in report.state.tasks)
    done = cable_done(digit="b").model_copy(update={"step": ATTEST, "fields": {"who": "Omar"}})
    assert (await trial.decide(done)).good
    await trial.complete_cable()
    await trial.until("grace", lambda report: report.state.phase is Phase.GRACE)

    trial.world.lost.add("c" * 64)
    new = cable_done(digit="c").evidence
    assert (await trial.decide(Amend(id=fresh(), by=ON_CALL, step=ATTEST, evidence=new, reason="page 2"))).good
    report = await trial.until("parked", lambda report: bool(report.state.parked))

    (parked,) = report.state.parked.values()
    assert "is not in the evidence store" in parked.problem.message
    trial.world.lost.clear()
    retry = Resolve(id=fresh(), by=ON_CALL, step=parked.step, remedy=Remedy.RETRY, reason="it is there now")
    assert (await trial.decide(retry)).good
    assert (await trial.ended()).outcome is Outcome.CLOSED


async def test_a_task_that_relied_on_it_is_asked_again(launch: Launch) -> None:
    """The cable's task names the attestation; its first answer stays in the record."""
    asked = step(ATTEST, StepKind.TASK, task=FORM)
    trial = await launch(plan(steps=relying(asked, *END_OF_TERM, on=ATTEST, which=CABLE)))
    await attested(trial)
    await trial.complete_cable()
    await trial.until("grace", lambda report: report.state.phase is Phase.GRACE)
    await amended(trial, ATTEST, who="W. Zhang")
    again = await trial.until("asked again", lambda report: CABLE in report.state.tasks)
    await trial.complete_cable()
    report = await trial.until("grace again", lambda report: report.state.phase is Phase.GRACE)

    assert again.state.phase is Phase.HANDOVER
    assert len(report.state.step(CABLE).replaced) == 1


async def test_a_change_that_was_made_with_it_parks_and_is_not_repeated(launch: Launch) -> None:
    """A person looks at the provider; left as it is, the run goes on."""
    asked = step(ATTEST, StepKind.TASK, task=FORM)
    trial = await launch(plan(steps=relying(asked, *END_OF_TERM, on=ATTEST, which="detach.pops")))
    await attested(trial)
    await trial.complete_cable()
    await trial.until("grace", lambda report: report.state.phase is Phase.GRACE)
    await amended(trial, ATTEST, who="W. Zhang")
    parked = await trial.until("parked", lambda report: report.state.phase is Phase.DETACH)
    left = Resolve(id=fresh(), by=NINA, step="detach.pops", remedy=Remedy.SKIP, reason="the panel shows the right one")
    assert (await trial.decide(left)).good
    report = await trial.ended()

    assert "detach.pops" in parked.state.parked
    assert trial.world.ledger.count("change detach.pops") == 1
    assert report.outcome is Outcome.CLOSED


async def test_voided_consent_stops_the_run_until_the_quorum_is_complete_again(launch: Launch) -> None:
    """Nothing changes the service meanwhile, people are told, and the end is taken back at the last call."""
    asked = step(ATTEST, StepKind.TASK, task=FORM)
    trial = await launch(plan(quorum=1, steps=(asked, *END_OF_TERM)))
    await attested(trial)
    await trial.until("approval", lambda report: report.state.phase is Phase.APPROVAL)
    assert (await trial.decide(approval(trial.plan, "ann"))).good
    await trial.complete_cable()
    await trial.until("grace", lambda report: report.state.phase is Phase.GRACE)
    await amended(trial, ATTEST, who="W. Zhang")
    await trial.forward(timedelta(days=31))
    await trial.until("taken back", lambda _: "undo request.schedule" in trial.world.ledger)
    told = {notice.kind for notice in trial.world.told if "approved again" in notice.title}
    report = await trial.report()

    assert told == {NoticeKind.APPROVAL}
    assert report.state.passed_no_return_at is None
    assert [each.approval.by.name for each in report.state.voided] == ["ann"]
    assert (await trial.decide(approval(trial.plan, "ann"))).good is False  # revision 1 is not what stands now
    again = approval(trial.plan, "ann").model_copy(update={"revision": report.state.revision})
    assert (await trial.decide(again)).good
    assert (await trial.ended()).outcome is Outcome.CLOSED


async def test_nothing_is_purged_within_a_day(launch: Launch) -> None:
    """Amended an hour before grace ends: the purge waits for the rest of the day, by the ledger."""
    asked = step(ATTEST, StepKind.TASK, task=FORM)
    trial = await launch(plan(timing=Timing.IMMEDIATE, steps=(asked, *IMMEDIATE)))
    await attested(trial)
    await trial.complete_cable()
    await trial.until("grace", lambda report: report.state.phase is Phase.GRACE)
    await trial.forward(timedelta(days=6, hours=23))
    await amended(trial, ATTEST, who="W. Zhang")
    await trial.forward(timedelta(hours=22))
    soon = list(trial.world.ledger)
    await trial.forward(timedelta(hours=3))
    await trial.until("asked", lambda report: report.state.step("purge.ask").status is StepStatus.DONE)

    assert not any(line.startswith("commit") for line in soon)


MAIL = "confirm.read-mail"


def dated() -> tuple[PlannedStep, ...]:
    """An end whose date a person reads in a mail before the run records it."""
    asked = step(MAIL, StepKind.TASK, task=FORM)
    relies = END_OF_TERM[5].model_copy(update={"relies_on": (MAIL,)})
    return (*END_OF_TERM[:5], asked, relies, *END_OF_TERM[6:])


async def read(trial: Trial) -> None:
    """A person reads the mail, and the cable goes."""
    await trial.until("the mail", lambda report: MAIL in report.state.tasks)
    done = cable_done().model_copy(update={"step": MAIL, "fields": {"who": "1 January"}, "evidence": ()})
    assert (await trial.decide(done)).good
    await trial.complete_cable()
    await trial.until("grace", lambda report: report.state.phase is Phase.GRACE)


async def test_an_amended_end_is_recorded_again_and_grace_follows_it(launch: Launch) -> None:
    """The date that was misread was ten days late: grace ends ten days earlier, and the approvers' view says so."""
    trial = await launch(plan(steps=dated()))
    await read(trial)
    before = await trial.report()
    ends = trial.world.ends_at
    assert ends is not None
    trial.world.ends_at = ends - timedelta(days=10)
    await amended(trial, MAIL, who="22 December")
    after = await trial.until("recorded", lambda report: report.state.effective_at == ends - timedelta(days=10))

    assert before.purge_not_before is not None
    assert after.purge_not_before == before.purge_not_before - timedelta(days=10)
    assert any("ends the service" in change.what for change in after.state.consent)


async def test_an_amended_end_whose_last_call_is_past_parks(launch: Launch) -> None:
    """Nothing could take it back in time: a person looks, instead of a call that comes too late."""
    trial = await launch(plan(steps=dated()))
    await read(trial)
    trial.world.ends_at = (await trial.report()).state.now(datetime.now(UTC)) + timedelta(hours=10)
    await amended(trial, MAIL, who="tomorrow")
    parked = await trial.until("parked", lambda report: "confirm.read-date" in report.state.parked)

    assert "last call" in parked.state.parked["confirm.read-date"].problem.message
    assert "undo request.schedule" not in trial.world.ledger


async def test_a_check_before_the_purge_is_read_again_when_the_run_comes_back_to_it(launch: Launch) -> None:
    """It was sent back between the check and the call, and nothing else ran meanwhile: what the check saw is old."""
    asked = step(ATTEST, StepKind.TASK, task=FORM)
    steps = relying(asked, *IMMEDIATE, on=ATTEST, which="detach.pops")
    debt = Finding(subject="debt", text="a debt is open", blocking=True)
    trial = await launch(plan(timing=Timing.IMMEDIATE, steps=steps), findings={"purge.unchanged": (debt,)})
    await attested(trial)
    await trial.complete_cable()
    await trial.forward(timedelta(days=8))
    await trial.until("parked", lambda report: "purge.unchanged" in report.state.parked)
    trial.world.findings.clear()
    await trial.decide(Hold(id=fresh(), by=ON_CALL, reason="wait"))
    await trial.decide(resolved("purge.unchanged", Remedy.RETRY))
    await trial.until("read", lambda report: report.state.step("purge.unchanged").status is StepStatus.DONE)
    await amended(trial, ATTEST, who="W. Zhang")
    await trial.until("sent back", lambda report: report.state.phase is Phase.DETACH)
    trial.world.findings["purge.unchanged"] = (debt,)
    await trial.decide(resolved("detach.pops", Remedy.SKIP))
    await trial.decide(Release(id=fresh(), by=ON_CALL))
    await trial.until("grace", lambda report: report.state.phase is Phase.GRACE)
    await trial.forward(timedelta(days=2))
    await trial.until("parked again", lambda report: "purge.unchanged" in report.state.parked)

    assert not any(line.startswith("commit") for line in trial.world.ledger)


def resolved(step: str, remedy: Remedy) -> Resolve:
    """Nina decides on a parked step."""
    return Resolve(id=fresh(), by=NINA, step=step, remedy=remedy, reason="it was looked into")


async def test_an_end_that_a_person_asked_for_while_the_run_was_sent_back_counts(launch: Launch) -> None:
    """The run stands in an earlier phase when the task is completed: the end is watched, and grace comes to its end."""
    asked = step(ATTEST, StepKind.TASK, task=FORM)
    by_hand = step(
        "request.schedule",
        StepKind.TASK,
        task={"instructions": "Cancel it in the panel."},
        undo={"title": "take it back", "task": {"instructions": "Take it back in the panel."}},
        skippable=False,
    )
    steps = tuple(by_hand if each.id == by_hand.id else each for each in END_OF_TERM)
    trial = await launch(plan(steps=relying(asked, *steps, on=ATTEST, which="preflight.status")))
    await attested(trial)
    await trial.until("the request", lambda report: by_hand.id in report.state.tasks)
    trial.world.findings["preflight.status"] = (Finding(subject="debt", text="a debt is open", blocking=True),)
    await amended(trial, ATTEST, who="W. Zhang")
    await trial.until("sent back", lambda report: "preflight.status" in report.state.parked)
    done = cable_done().model_copy(update={"step": by_hand.id, "fields": {}, "evidence": ()})
    assert (await trial.decide(done)).good
    report = await trial.report()
    trial.world.ends_at = trial.world.term_end
    assert (await trial.decide(resolved("preflight.status", Remedy.SKIP))).good
    await trial.complete_cable()

    assert report.state.scheduled
    assert (await trial.ended()).outcome is Outcome.CLOSED


async def test_an_amendment_that_comes_with_the_last_answer_sends_the_run_back(launch: Launch) -> None:
    """Nothing is left to do but to end when it is taken; where no point of no return was passed it still counts."""
    asked = step(ATTEST, StepKind.TASK, task=FORM)
    steps = (*END_OF_TERM[:4], step("verify.gone", StepKind.AWAIT))
    trial = await launch(
        plan(timing=Timing.IMMEDIATE, steps=relying(asked, *steps, on=ATTEST, which="preflight.status"))
    )
    look = trial.world.looking["verify.gone"] = asyncio.Event()
    await attested(trial)
    passing = asyncio.create_task(trial.forward(timedelta(days=8)))
    await trial.until("the last look", lambda _: "poll verify.gone" in trial.world.calls)
    await amended(trial, ATTEST, who="W. Zhang")
    look.set()
    await passing
    report = await trial.ended()

    assert report.outcome is Outcome.CLOSED
    assert trial.world.calls.count("check preflight.status") == 2
