"""What a run weighs: events, bytes, and calls of its provider. Each of them is paid by every run of a campaign."""

from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest
from temporalio.client import WorkflowHandle, WorkflowHistory
from temporalio.testing import WorkflowEnvironment

from tests.workflows.conftest import Launch
from tests.workflows.harness import ON_CALL, Trial, fresh
from tests.workflows.plans import CABLE, END_OF_TERM, IMMEDIATE, plan, step
from tests.workflows.rehearsal import rehearsal
from unrack import simulator as sim
from unrack.model.decision import Complete, Remedy, Resolve
from unrack.model.lifecycle import Outcome, ParkReason, Phase, StepKind, Timing
from unrack.model.plan import Plan

MONTH = timedelta(days=30)
MOST_CALLS, MOST_EVENTS, MOST_BYTES = 120, 210, 95_000
DARK = "handover.dark"
_INVENTED = "a" * 64

_AFTER_CABLE = [each.id for each in END_OF_TERM].index(CABLE) + 1
LOOKED_AT = (*END_OF_TERM[:_AFTER_CABLE], step(DARK, StepKind.AWAIT), *END_OF_TERM[_AFTER_CABLE:])
"""The provider is looked at right after the cable's task."""


async def history_of(handle: WorkflowHandle[object, object]) -> WorkflowHistory:
    """The history, without what only a virtual clock adds."""
    history = await handle.fetch_history()
    ours = [each for each in history.events if "time_skipping" not in str(each.WhichOneof("attributes"))]
    return WorkflowHistory(history.workflow_id, ours)


def calls_of(history: WorkflowHistory) -> Counter[str]:
    """The activities by their ids."""
    return Counter(
        event.activity_task_scheduled_event_attributes.activity_id
        for event in history.events
        if event.HasField("activity_task_scheduled_event_attributes")
    )


@pytest.mark.timeout(200)
async def test_connect_direct_is_light(env: WorkflowEnvironment, tmp_path: Path) -> None:
    """From plan to proof, without faults: so many calls of OVHcloud, so many events, so many bytes, and no more."""
    async with rehearsal(env, tmp_path, "ovhcloud-connect-direct.yaml", sim.Seed(expires_in=MONTH)) as run:
        planned = len(run.simulator.calls())
        await run.to_grace()
        await run.forward(MONTH - timedelta(days=1))
        await run.forward(timedelta(days=2))
        await run.complete("verify.check-routing")
        report = await run.ended()
        history = await history_of(run.handle)
        asked = [call for call in run.simulator.calls()[planned:] if not call.path.startswith("/_simulator")]

    assert report.outcome is Outcome.CLOSED
    assert len(asked) <= MOST_CALLS
    assert len(history.events) <= MOST_EVENTS
    assert sum(event.ByteSize() for event in history.events) <= MOST_BYTES


async def test_one_call_makes_captures_that_stand_next_to_each_other(launch: Launch) -> None:
    """Each is kept, and judged, as if it had been made by itself; one that goes by another's evidence waits for it."""
    kinds = ("capture.costs", "capture.people")
    steps = (*END_OF_TERM[:2], *(step(each, StepKind.CAPTURE) for each in kinds), *END_OF_TERM[2:])
    later = step("capture.later", StepKind.CAPTURE, reads_evidence=("record",))
    trial = await launch(plan(steps=(*steps[:4], later, *steps[4:])))
    report = await trial.until("the cable's task", lambda report: CABLE in report.state.tasks)
    calls = calls_of(await history_of(trial.handle))

    assert [each for each in calls if each.startswith("capture.")] == ["capture.captures", "capture.later"]
    assert all(report.state.step(each).evidence for each in ("capture.configuration", *kinds, "capture.later"))


async def test_the_look_after_a_task_looks_for_its_proof_too(launch: Launch) -> None:
    """One call does both; the provider is not looked at a second time for the same answer."""
    trial = await launch(plan(steps=LOOKED_AT))
    await trial.complete_cable()
    await trial.until("grace", lambda report: report.state.phase is Phase.GRACE)
    calls = calls_of(await history_of(trial.handle))

    assert calls[DARK] == 1
    assert f"{CABLE}.evidence" not in calls
    assert f"locate {DARK}" in trial.world.calls


async def test_a_proof_that_such_a_look_does_not_find_parks_the_task(launch: Launch) -> None:
    """As if it had been looked for by itself: the task is asked again, and the look made again after it."""
    trial = await launch(plan(steps=LOOKED_AT))
    trial.world.lost.add(_INVENTED)
    await trial.complete_cable()
    parked = await trial.until("parked", lambda report: bool(report.state.parked))
    trial.world.lost.clear()
    await trial.decide(Resolve(id=fresh(), by=ON_CALL, step=CABLE, remedy=Remedy.RETRY, reason="the file is there"))
    await trial.complete_cable()
    report = await trial.until("grace", lambda report: report.state.phase is Phase.GRACE)

    assert [(each.step, each.reason) for each in parked.state.parked.values()] == [(CABLE, ParkReason.NOT_ALLOWED)]
    assert report.state.parked == {}
    assert calls_of(await history_of(trial.handle))[DARK] == 2


async def test_the_last_check_before_the_providers_own_end_looks_for_all_evidence(launch: Launch) -> None:
    """One call does both."""
    trial = await launch(plan(), term_end=timedelta(days=20))
    await _ended(trial)
    calls = calls_of(await history_of(trial.handle))

    assert "locate purge.unchanged" in trial.world.calls
    assert "purge.end.evidence" not in calls
    assert "purge.release.evidence" not in calls  # past the point of no return


@pytest.mark.parametrize("checks", [1, 2])
async def test_the_checks_before_an_irreversible_call_look_for_all_evidence(launch: Launch, checks: int) -> None:
    """One call does both, anew before each irreversible call; also where it reads several checks."""
    trial = await launch(_asked_twice(checks))
    await _asked(trial)
    first = Counter(trial.world.calls)
    await _token(trial)
    await trial.ended()
    calls, located = calls_of(await history_of(trial.handle)), "locate purge.unchanged"

    assert not {"purge.ask.evidence", "purge.confirm.evidence"} & set(calls)
    assert calls["purge.checks" if checks > 1 else "purge.unchanged"] == 2
    assert (first[located], Counter(trial.world.calls)[located]) == (1, 2)


@pytest.mark.parametrize("checks", [1, pytest.param(2, marks=pytest.mark.long)])
async def test_evidence_that_such_a_check_does_not_find_stops_the_irreversible_call(
    launch: Launch, checks: int
) -> None:
    """It was there before the first one; lost before the second, it parks that one, and the mark is not set."""
    trial = await launch(_asked_twice(checks))
    await _asked(trial)
    trial.world.lost.add(_INVENTED)
    await _token(trial)
    parked = await trial.until("parked", lambda report: bool(report.state.parked))
    kept = list(trial.world.ledger)
    trial.world.lost.clear()
    retry = Resolve(id=fresh(), by=ON_CALL, step="purge.confirm", remedy=Remedy.RETRY, reason="the file is back")
    await trial.decide(retry)
    await trial.until("the token's task", lambda report: "purge.token" in report.state.tasks)
    await _token(trial)
    report = await trial.ended()

    assert [(each.step, each.reason) for each in parked.state.parked.values()] == [
        ("purge.confirm", ParkReason.NOT_ALLOWED)
    ]
    assert parked.state.passed_no_return_at is None
    assert "commit purge.confirm" not in kept
    assert report.outcome is Outcome.CLOSED


def _asked_twice(checks: int) -> Plan:
    """A plan with two irreversible calls, and so many checks before them."""
    first = [each.id for each in IMMEDIATE].index("purge.unchanged") + 1
    more = tuple(step(f"purge.still-{number}", StepKind.CHECK) for number in range(1, checks))
    return plan(timing=Timing.IMMEDIATE, steps=(*IMMEDIATE[:first], *more, *IMMEDIATE[first:]))


async def _asked(trial: Trial) -> None:
    """The first irreversible call was made; a person is awaited before the second."""
    await trial.complete_cable()
    await trial.until("grace", lambda report: report.state.phase is Phase.GRACE)
    await trial.forward(timedelta(days=8))
    await trial.until("the token's task", lambda report: "purge.token" in report.state.tasks)


async def _token(trial: Trial) -> None:
    token = Complete(id=fresh(), by=ON_CALL, step="purge.token", fields={"token": "handover:" + "0" * 32})
    assert (await trial.decide(token)).good


async def test_the_providers_own_end_is_looked_for_at_its_date(launch: Launch) -> None:
    """Days lie between the end of grace and it: the first look is the one that finds it."""
    trial = await launch(plan(), term_end=timedelta(days=20))
    await _ended(trial)

    assert calls_of(await history_of(trial.handle))["purge.end"] == 1


async def _ended(trial: Trial) -> None:
    await trial.complete_cable()
    await trial.ended()
