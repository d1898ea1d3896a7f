"""From plan to proof: real runbook, real workflow, real adapter over HTTP on the simulator, with virtual time."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path

import pytest
from temporalio.testing import WorkflowEnvironment

from tests.workflows.office import Office
from tests.workflows.rehearsal import EXAMPLES, RUNBOOKS, Rehearsed, rehearsal
from unrack import simulator as sim
from unrack.audit.decided import decisions_of
from unrack.model.assurance import Assurance
from unrack.model.decision import Verdict
from unrack.model.lifecycle import Outcome, Phase, StepStatus
from unrack.operations.listing import Filter, list_runs, open_tasks
from unrack.operations.planning import make_plan, read_request
from unrack.operations.reporting import plan_of, report_of

END_OF_TERM = "ovhcloud-connect-direct.yaml"
IMMEDIATE = "ovhcloud-connect-direct-immediate.yaml"

DETACHED = (
    *["DELETE /ovhCloudConnect/*/config/pop/*/datacenter/*/extra/*"] * 4,
    *["DELETE /ovhCloudConnect/*/config/pop/*/datacenter/*"] * 2,
    "DELETE /ovhCloudConnect/*/config/pop/*",
    "DELETE /vrack/*/ovhCloudConnect/*",
)
"""S2.5, S2.6: inside out."""

LOCKED_AND_UNLOCKED = (
    *["POST /ovhCloudConnect/*/interface/*/lock"] * 2,
    *["POST /ovhCloudConnect/*/interface/*/unlock"] * 2,
)
SCHEDULED = "PUT /services/*"
ASKED = "POST /ovhCloudConnect/*/terminate"
CONFIRMED = "POST /ovhCloudConnect/*/confirmTermination"
RELEASED = "POST /services/*/terminate/skipRetentionPeriod"


async def test_a_simulated_year_passes(env: WorkflowEnvironment, tmp_path: Path) -> None:
    """An end in 300 days comes at the provider's date, nothing is released before; a bill weeks later closes the run.

    Rules: S2.4, S2.9, S2.14, S2.15.
    """
    seed = sim.Seed(expires_in=timedelta(days=300), next_bill_in=timedelta(days=20))
    async with rehearsal(env, tmp_path, END_OF_TERM, seed) as run:
        await run.to_grace()
        await run.forward(timedelta(days=297))
        in_grace = await run.report()
        await run.forward(timedelta(days=5))
        await run.complete("verify.check-routing")
        report = await run.ended()

        ends = run.began + timedelta(days=300)
        assert in_grace.state.passed_no_return_at is None
        assert report.outcome is Outcome.CLOSED
        assert run.calls == [*DETACHED, SCHEDULED, RELEASED]
        assert run.ledger[-2].body == {"terminationPolicy": "terminateAtExpirationDate"}
        assert run.ledger[-2].at < run.began + timedelta(days=1)
        assert ends - timedelta(minutes=1) <= run.ledger[-1].at < ends + timedelta(hours=3)
        closed = report.state.step("verify.verify-billing-stopped").ended_at
        assert closed is not None
        assert closed > ends + timedelta(days=7)


async def test_a_run_on_the_simulator_is_led_by_signatures(env: WorkflowEnvironment, tmp_path: Path) -> None:
    """Whoever launches, approves and completes signs: the run comes to the same end, and nothing in it is stated."""
    seed = sim.Seed(expires_in=timedelta(days=30))
    async with rehearsal(env, tmp_path, END_OF_TERM, seed, office=Office()) as run:
        await run.to_grace()
        await run.forward(timedelta(days=29))
        await run.forward(timedelta(days=2))
        await run.complete("verify.check-routing")
        report = await run.ended()
        told, calls = decisions_of((await run.handle.fetch_history(),)), run.calls

    assert report.outcome is Outcome.CLOSED
    assert calls == [*DETACHED, SCHEDULED, RELEASED]
    assert {(each.assurance, each.verdict, each.why) for each in told} == {(Assurance.SIGNED, Verdict.ACCEPTED, None)}
    assert len(told) >= 5


async def test_an_immediate_end_with_the_mailed_token(env: WorkflowEnvironment, tmp_path: Path) -> None:
    """Nothing is asked of the provider before grace is over; the token passes through the handover, not the history.

    Rules: S2.8, S2.17.
    """
    async with rehearsal(env, tmp_path, IMMEDIATE, sim.Seed(expires_in=timedelta(days=300))) as run:
        await _immediate_to_grace(run)
        grace_ends = (await run.report()).purge_not_before
        await run.forward(timedelta(days=6))
        in_grace = run.calls
        await run.forward(timedelta(days=1, hours=1))
        await run.until_task("purge.enter-token")
        token = await run.token()
        reference = await run.evidence.hand_over(token)
        await run.complete("purge.enter-token", token=reference)
        await run.complete("verify.check-routing")
        report = await run.ended()

        asked, confirmed, released = run.ledger[-3:]
        events = (await env.client.get_workflow_handle(run.handle.id).fetch_history()).events
        history = b"".join(event.SerializeToString() for event in events)
        assert in_grace == [*LOCKED_AND_UNLOCKED, *DETACHED]
        assert run.calls == [*in_grace, ASKED, CONFIRMED, RELEASED]
        assert report.outcome is Outcome.CLOSED
        assert grace_ends is not None
        assert grace_ends <= asked.at < confirmed.at < released.at
        assert report.state.effective_at is not None
        assert abs(report.state.effective_at - confirmed.at) < timedelta(minutes=1)
        assert token.encode() not in history
        assert reference.encode() in history
        assert not list((tmp_path / "evidence" / "handover").iterdir())


async def _immediate_to_grace(run: Rehearsed) -> None:
    await _to_scream_test(run)
    await run.forward(timedelta(days=1, minutes=1))
    await run.complete("handover.remove-cross-connect")
    await run.until_phase(Phase.GRACE)


async def _to_approval(run: Rehearsed) -> None:
    await run.to_approval()


async def _to_first_deletion(run: Rehearsed) -> None:
    """Approved and captured; the first deletion is refused."""
    await run.to_approval()
    run.simulator.inject(sim.Fault(kind=sim.FaultKind.ERROR_BEFORE, method="DELETE", status=400))
    await _approve_and_park(run, "detach.remove-extras")


async def _to_the_middle_of_detaching(run: Rehearsed) -> None:
    """BGP and data centres are gone; the provider's task that deletes the PoP failed."""
    await run.to_approval()
    pop = run.simulator.configuration(sim.DEMO_SERVICE)["pops"][0]["id"]
    path = f"/ovhCloudConnect/{sim.DEMO_SERVICE}/config/pop/{pop}"
    run.simulator.inject(sim.Fault(kind=sim.FaultKind.TASK_ERROR, method="DELETE", path=path))
    await _approve_and_park(run, "detach.remove-pops")


async def _to_request(run: Rehearsed) -> None:
    """The end is scheduled, and the provider's answer said otherwise."""
    await run.to_approval()
    run.simulator.inject(sim.Fault(kind=sim.FaultKind.ERROR_AFTER, method="PUT", path="/services/*", status=400))
    await _approve_and_park(run, "request.schedule-termination")
    assert run.calls[-1] == SCHEDULED


async def _approve_and_park(run: Rehearsed, step: str) -> None:
    await run.approve()
    await run.until(f"{step} is parked", lambda report: step in report.state.parked)


async def _to_handover(run: Rehearsed) -> None:
    await run.to_handover()


async def _to_grace(run: Rehearsed) -> None:
    await run.to_grace()


async def _to_scream_test(run: Rehearsed) -> None:
    """The ports are locked, and who notices has a day to say so."""
    await run.to_approval()
    await run.approve()
    watch = "detach.watch-locked"
    await run.until(watch, lambda report: report.state.step(watch).status is StepStatus.WAITING)


@pytest.mark.parametrize(
    ("request_file", "go_to"),
    [
        pytest.param(END_OF_TERM, _to_approval, marks=pytest.mark.long),
        (END_OF_TERM, _to_the_middle_of_detaching),
        (END_OF_TERM, _to_grace),
        pytest.param(END_OF_TERM, _to_first_deletion, marks=pytest.mark.long),
        pytest.param(END_OF_TERM, _to_request, marks=pytest.mark.long),
        pytest.param(END_OF_TERM, _to_handover, marks=pytest.mark.long),
        pytest.param(IMMEDIATE, _to_scream_test, marks=pytest.mark.long),
        pytest.param(IMMEDIATE, _immediate_to_grace, marks=pytest.mark.long),
    ],
)
async def test_reactivation_restores_field_for_field(
    env: WorkflowEnvironment, tmp_path: Path, request_file: str, go_to: Callable[[Rehearsed], Awaitable[None]]
) -> None:
    """From wherever the run is rolled back, the provider's configuration is again what it was (S0.4)."""
    async with rehearsal(env, tmp_path, request_file, sim.Seed()) as run:
        before = run.configuration()
        await go_to(run)
        handed_over = "handover.remove-cross-connect"
        cable_gone = (await run.report()).state.step(handed_over).status is StepStatus.DONE

        assert (await run.reactivate()).good
        if cable_gone:
            await run.complete(f"undo.{handed_over}")
        report = await run.until("the run ends", lambda report: report.outcome is not None or bool(report.state.parked))

        assert report.state.parked == {}
        assert report.outcome is Outcome.REACTIVATED
        assert run.configuration() == before
        assert [found for found in report.state.differences if not found.expected] == []


async def test_after_the_point_of_no_return_reactivation_is_refused(env: WorkflowEnvironment, tmp_path: Path) -> None:
    """Once the last call is past, the run says so and goes on; the provider hears nothing."""
    async with rehearsal(env, tmp_path, END_OF_TERM, sim.Seed()) as run:
        await run.to_grace()
        await run.forward(timedelta(days=28, hours=12))
        await run.until("no return", lambda report: report.state.passed_no_return_at is not None)
        before = run.calls

        answer = await run.reactivate()
        await run.forward(timedelta(hours=1))

        assert answer.verdict is Verdict.REFUSED
        assert "point of no return" in answer.message
        assert run.calls == before
        assert run.simulator.configuration(sim.DEMO_SERVICE)["terminationPolicy"] == "terminateAtExpirationDate"


async def test_looking_adds_nothing_to_the_ledger(env: WorkflowEnvironment, tmp_path: Path) -> None:
    """Planning, reports, plans, lists and tasks: the provider's ledger, refused calls included, stays as it was."""
    async with rehearsal(env, tmp_path, END_OF_TERM, sim.Seed()) as run:
        planned = run.simulator.ledger()
        await run.to_handover()
        before = run.simulator.ledger()

        await make_plan(env.client, read_request(EXAMPLES / END_OF_TERM, [RUNBOOKS]), run.queue)
        await report_of(env.client, run.handle.id)
        await plan_of(env.client, run.handle.id)
        _ = [each async for each in list_runs(env.client, Filter())]
        _ = [each async for each in open_tasks(env.client, run.handle.id)]

        assert planned == []
        assert len(before) == len([*DETACHED, SCHEDULED])
        assert run.simulator.ledger() == before
