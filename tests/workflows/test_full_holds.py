"""Stop means stop: a full hold stops every call that would change the service forward, by the provider's ledger."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any, cast

import pytest
from temporalio.testing import WorkflowEnvironment

from activities.commit import Commit
from tests.workflows.conftest import Launch
from tests.workflows.fake_provider import StandIn
from tests.workflows.harness import ON_CALL, Trial, cable_done, fresh
from tests.workflows.plans import CABLE, END_OF_TERM, IMMEDIATE, plan, step
from tests.workflows.rehearsal import Rehearsed, rehearsal
from unrack import simulator as sim
from unrack.contracts.calls import CommitResult, NoticeKind, StepCall
from unrack.model.decision import Actor, Hold, HoldScope, Reactivate, Release, Remedy, Resolve, Verdict
from unrack.model.evidence import EvidenceRef
from unrack.model.lifecycle import Outcome, Phase, StepKind, StepStatus, Timing
from unrack.model.plan import Plan, Undo
from unrack.model.service import Finding
from unrack.providers.base import Materials
from unrack.providers.permission import may_send

CONNECT = "ovhcloud-connect-direct.yaml"
EXTRAS = "detach.remove-extras"
DEBT = Finding(subject="debt", text="a debt is open", blocking=True)


def hold(reason: str = "incident: stop everything", **more: object) -> Hold:
    """On call holds the run."""
    return Hold.model_validate({"id": fresh(), "by": ON_CALL, "reason": reason, **more})


def release(**more: object) -> Release:
    """On call lets it go on."""
    return Release.model_validate({"id": fresh(), "by": ON_CALL, **more})


def waits_for_people(*, quorum: int = 0, timing: Timing = Timing.END_OF_TERM) -> Plan:
    """A plan whose run waits for a person before it changes anything: until then it can be held."""
    steps = END_OF_TERM if timing is Timing.END_OF_TERM else IMMEDIATE
    asked = step("preflight.attest", StepKind.TASK, task={"instructions": "Say that nobody needs it."})
    return plan(quorum=quorum, timing=timing, steps=(steps[0], asked, *steps[1:]))


async def attested(trial: Trial) -> None:
    """A person lets the run begin."""
    await trial.until("the attestation", lambda report: "preflight.attest" in report.state.tasks)
    answer = await trial.decide(
        cable_done().model_copy(update={"step": "preflight.attest", "fields": {}, "evidence": ()})
    )
    assert answer.good, answer.message


async def test_nothing_is_changed_while_a_hold_stands(launch: Launch) -> None:
    """Reading goes on, so that captures are kept; the first change waits, and goes on when the hold is lifted."""
    trial = await launch(waits_for_people())
    await trial.decide(hold())
    await attested(trial)
    held = await trial.until("captured", lambda report: report.state.phase is Phase.DETACH)
    await trial.forward(timedelta(minutes=50))
    ledger = list(trial.world.ledger)
    await trial.decide(release())
    await trial.until("the cable", lambda report: CABLE in report.state.tasks)

    assert ledger == []
    assert held.state.step("capture.configuration").status is StepStatus.DONE
    assert trial.world.ledger == ["change detach.pops", "change detach.vrack", "change request.schedule"]


async def test_a_purge_only_hold_stops_the_purge_alone(launch: Launch) -> None:
    """Everything before the purge goes on, as holds did before they had a scope."""
    trial = await launch(waits_for_people(timing=Timing.IMMEDIATE))
    await trial.decide(hold(scope=HoldScope.PURGE))
    await attested(trial)
    await trial.complete_cable()
    await trial.forward(timedelta(days=8))
    report = await trial.report()

    assert trial.world.ledger == ["change detach.pops", "change detach.vrack"]
    assert report.state.phase is Phase.GRACE


async def test_the_call_under_way_is_stopped_after_the_request_that_is_being_sent(
    env: WorkflowEnvironment, tmp_path: Path
) -> None:
    """Of four deletions in one call the first one completes; the others come after the hold. Status says what stops."""
    async with rehearsal(env, tmp_path, CONNECT, sim.Seed(expires_in=timedelta(days=300))) as run:
        await run.to_approval()
        run.simulator.inject(sim.Fault(kind=sim.FaultKind.DELAY_AFTER, method="DELETE", seconds=6, times=1))
        await run.approve()
        await _sent(run)
        accepted = await run.decide(hold())
        stopping = await run.report()
        stopped = await run.until("stopped", lambda report: report.state.stopping is None)
        ledger = run.calls
        await asyncio.sleep(2)
        later = run.calls
        await run.decide(release())
        await run.until(
            "detached", lambda report: report.state.step("detach.dissociate-vrack").status is StepStatus.DONE
        )

        assert accepted.verdict is Verdict.ACCEPTED
        assert stopping.state.stopping == EXTRAS
        assert stopped.state.step(EXTRAS).status is StepStatus.PENDING
        assert len(ledger) == 1
        assert later == ledger
        assert len(run.calls) > len(ledger)


async def _sent(run: Rehearsed) -> None:
    """Waits until the first deletion has taken effect, and its answer has not come."""
    async with asyncio.timeout(60):
        while not run.calls:  # noqa: ASYNC110 - the simulator has no event for it
            await asyncio.sleep(0.02)


async def test_tasks_are_not_opened_or_chased_while_held(launch: Launch) -> None:
    """The cable's task waits for the release; once open, a hold stops its clock, and nobody is told that it is late."""
    trial = await launch(plan())
    opened = await trial.until("the cable", lambda report: CABLE in report.state.tasks)
    await trial.decide(hold())
    await trial.forward(timedelta(days=12))
    late = [notice for notice in trial.world.told if notice.kind is NoticeKind.OVERDUE]
    await trial.decide(release())
    released = await trial.report()
    await trial.forward(timedelta(days=10, hours=1))
    await trial.until("chased", lambda _: any(notice.kind is NoticeKind.OVERDUE for notice in trial.world.told))

    assert late == []
    given_back = released.state.tasks[CABLE].deadline - opened.state.tasks[CABLE].deadline
    assert given_back >= timedelta(days=12)


async def test_a_completion_while_held_is_what_happened_and_is_marked(launch: Launch) -> None:
    """The technician was on the way already: the cable is out, and the record says under which hold."""
    trial = await launch(plan())
    await trial.until("the cable", lambda report: CABLE in report.state.tasks)
    await trial.decide(hold())
    answer = await trial.complete_cable()
    report = await trial.report()

    assert answer.verdict is Verdict.ACCEPTED
    assert report.state.step(CABLE).while_held == ("h1",)
    assert "h1" in answer.message


async def test_a_hold_ends_by_itself_at_its_time(launch: Launch) -> None:
    """``--until``: nothing is changed before, and nobody has to release it."""
    trial = await launch(waits_for_people())
    began = (await trial.report()).state.launched_at
    await trial.decide(hold(until=began + timedelta(days=2)))
    await attested(trial)
    await trial.until("held", lambda report: report.state.phase is Phase.DETACH)
    await trial.forward(timedelta(days=1))
    before = list(trial.world.ledger)
    await trial.forward(timedelta(days=1, hours=1))
    report = await trial.until("the cable", lambda report: CABLE in report.state.tasks)

    assert before == []
    assert report.state.holds == []
    assert [each.hold.id for each in report.state.released] == ["h1"]


async def test_people_are_told_of_hold_and_release(launch: Launch) -> None:
    """Those who look after the run hear of both, with the reason."""
    trial = await launch(plan())
    await trial.until("the cable", lambda report: CABLE in report.state.tasks)
    await trial.decide(hold("audit until Friday"))
    await trial.decide(release(reason="the audit is over"))
    await trial.until("told", lambda _: any(each.kind is NoticeKind.RELEASE for each in trial.world.told))
    told = {each.kind: each.text for each in trial.world.told}

    assert "audit until Friday" in told[NoticeKind.HOLD]
    assert "the audit is over" in told[NoticeKind.RELEASE]


async def test_rollback_goes_on_while_held(launch: Launch) -> None:
    """A hold protects the service; what brings it back is not stopped."""
    trial = await launch(plan())
    await trial.until("the cable", lambda report: CABLE in report.state.tasks)
    await trial.decide(hold())
    await trial.decide(Reactivate(id=fresh(), by=ON_CALL, reason="still needed"))
    report = await trial.ended()

    assert report.outcome is Outcome.REACTIVATED
    assert trial.world.ledger[-3:] == ["undo request.schedule", "undo detach.vrack", "undo detach.pops"]


async def test_the_last_call_is_made_while_held(launch: Launch) -> None:
    """The scheduled end is taken back in time: else doing nothing would purge the service."""
    trial = await launch(plan())
    await trial.complete_cable()
    answer = await trial.decide(hold())
    await trial.forward(timedelta(days=30))
    await trial.until("taken back", lambda _: "undo request.schedule" in trial.world.ledger)

    assert "the scheduled end is revoked" in answer.message
    assert "is billed" in answer.message
    assert not any(line.startswith("commit") for line in trial.world.ledger)


async def test_what_restores_goes_on_while_held(launch: Launch) -> None:
    """Ports that a scream test locked are unlocked, whoever holds the run."""
    locked = step("detach.lock", StepKind.CHANGE, undo=Undo(title="unlock"))
    watched = step("detach.watch", StepKind.WAIT, action=None, wait_for=timedelta(hours=4))
    unlock = step("detach.unlock", StepKind.CHANGE, restores=True)
    trial = await launch(plan(steps=(*END_OF_TERM[:2], locked, watched, unlock, *END_OF_TERM[2:])))
    await trial.until("locked", lambda report: report.state.step("detach.watch").status is StepStatus.WAITING)
    await trial.decide(hold())
    await trial.forward(timedelta(hours=6))
    await trial.until("unlocked", lambda report: report.state.step("detach.unlock").status is StepStatus.DONE)
    await trial.forward(timedelta(minutes=10))

    assert trial.world.ledger == ["change detach.lock", "change detach.unlock"]


async def test_preflight_is_read_again_after_a_long_hold_and_differences_park(launch: Launch) -> None:
    """What was opened while the run was held is a person's to judge before anything is changed; a short hold is not."""
    trial = await launch(waits_for_people())
    await trial.decide(hold())
    await attested(trial)
    await trial.until("held", lambda report: report.state.phase is Phase.DETACH)
    trial.world.findings["preflight.status"] = (Finding(subject="options", text="a new option is billed"),)
    await trial.forward(timedelta(hours=2))
    await trial.decide(release())
    parked = await trial.until("parked", lambda report: "preflight.status" in report.state.parked)
    ledger = list(trial.world.ledger)
    somebody = Actor(name="nina")
    skip = Resolve(id=fresh(), by=somebody, step="preflight.status", remedy=Remedy.SKIP, reason="known, and cheap")
    assert (await trial.decide(skip)).good
    await trial.until("the cable", lambda report: CABLE in report.state.tasks)

    assert "a new option is billed" in parked.state.parked["preflight.status"].problem.message
    assert ledger == []


async def test_preflight_is_not_read_again_after_a_short_hold(launch: Launch) -> None:
    """An hour of the provider's time is no reason to ask it everything again."""
    trial = await launch(waits_for_people())
    await trial.decide(hold())
    await attested(trial)
    await trial.until("held", lambda report: report.state.phase is Phase.DETACH)
    await trial.forward(timedelta(minutes=30))
    await trial.decide(release())
    await trial.until("the cable", lambda report: CABLE in report.state.tasks)

    assert trial.world.calls.count("check preflight.status") == 1


class _Slow:
    """A provider whose irreversible call reads for a while before it is sent."""

    def __init__(self, world: StandIn) -> None:
        self.world, self.reading, self.go_on = world, asyncio.Event(), asyncio.Event()

    def acting(self, _: StepCall) -> "_Slow":
        """The one provider there is."""
        return self

    async def commit(self, call: StepCall, _: Materials) -> CommitResult:
        """Reads until it is told to go on; then it asks, as every adapter does, and sends."""
        self.reading.set()
        await self.go_on.wait()
        await may_send()
        return await self.world.commit(call)


class _Evidence:
    async def get(self, _: EvidenceRef) -> bytes:
        """What was captured says nothing here."""
        return b""


async def test_a_commit_that_was_not_sent_yet_is_not_sent_and_the_point_of_no_return_is_not_passed(
    launch: Launch, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was reading when the hold came. After the release it passes the whole gate again, and is sent once."""
    slow: list[_Slow] = []
    played = StandIn.every

    def every(world: StandIn) -> Sequence[Callable[..., Any]]:
        slow.append(_Slow(world))
        commit = Commit(cast("Any", slow[0]), cast("Any", _Evidence()))
        return [commit.commit if each == world.commit else each for each in played(world)]

    monkeypatch.setattr(StandIn, "every", every)
    steps = tuple(each for each in IMMEDIATE if each.id not in ("purge.ask", "purge.token"))
    trial = await launch(plan(timing=Timing.IMMEDIATE, steps=steps))
    await trial.complete_cable()
    passing = asyncio.create_task(trial.forward(timedelta(days=8)))  # no time passes while the call is under way
    await asyncio.wait_for(slow[0].reading.wait(), 30)
    await trial.decide(hold())
    slow[0].go_on.set()
    held = await trial.until("not passed", lambda report: report.state.passed_no_return_at is None)
    await passing
    ledger = list(trial.world.ledger)
    await trial.decide(release())
    report = await trial.ended()

    assert held.state.stopping is None
    assert not any(line.startswith("commit") for line in ledger)
    assert trial.world.ledger.count("commit purge.confirm") == 1
    assert report.outcome is Outcome.CLOSED


async def test_nothing_passes_the_point_of_no_return_while_held(launch: Launch) -> None:
    """No call is made there, and all the same the run does not pass it."""
    trial = await launch(plan())
    await trial.complete_cable()
    await trial.forward(timedelta(days=27))
    await trial.decide(hold())
    await trial.forward(timedelta(days=1, hours=8))
    report = await trial.report()

    assert report.state.passed_no_return_at is None
    assert any(item.subject == "hold" for item in report.purge_blockers)


@pytest.mark.parametrize("name", ["ovhcloud-connect-direct.yaml"])
async def test_after_a_long_hold_nothing_that_the_run_did_itself_parks(
    env: WorkflowEnvironment, tmp_path: Path, name: str
) -> None:
    """Held for a day before the cable, and again in grace: what preflight shows otherwise is the run's own doing."""
    async with rehearsal(env, tmp_path, name, sim.Seed(expires_in=timedelta(days=60))) as run:
        await run.to_handover()
        await run.decide(hold())
        await run.forward(timedelta(days=1))
        await run.decide(release())
        await run.complete("handover.remove-cross-connect")
        await run.until_phase(Phase.GRACE)
        await run.decide(hold("again"))
        await run.forward(timedelta(days=1))
        await run.decide(release())
        await run.forward(timedelta(days=60))
        await run.complete("verify.check-routing")
        report = await run.ended()

        assert report.outcome is Outcome.CLOSED


async def test_what_was_checked_just_before_a_short_hold_is_checked_again(launch: Launch) -> None:
    """The run waited for the release between its last check and the call: what the check saw is old by then."""
    trial = await launch(plan(timing=Timing.IMMEDIATE), findings={"purge.unchanged": (DEBT,)})
    await trial.complete_cable()
    await trial.forward(timedelta(days=8))
    await trial.until("parked", lambda report: "purge.unchanged" in report.state.parked)
    trial.world.findings.clear()
    await trial.decide(hold())
    retry = Resolve(id=fresh(), by=ON_CALL, step="purge.unchanged", remedy=Remedy.RETRY, reason="it is paid")
    assert (await trial.decide(retry)).good
    await trial.until("read", lambda report: report.state.step("purge.unchanged").status is StepStatus.DONE)
    await trial.forward(timedelta(minutes=50))
    trial.world.findings["purge.unchanged"] = (DEBT,)
    await trial.decide(release())
    await trial.until("parked again", lambda report: "purge.unchanged" in report.state.parked)

    assert not any(line.startswith("commit") for line in trial.world.ledger)
