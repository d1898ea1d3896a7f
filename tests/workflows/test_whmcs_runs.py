"""Services in a WHMCS from plan to proof: real runbook, workflow and adapter over HTTP, on the simulator."""

from datetime import UTC, datetime, time, timedelta
from pathlib import Path

import pytest
from temporalio.testing import WorkflowEnvironment

from tests.conformance.dns_world import ZONE, built
from tests.workflows.driving import closed, driven, in_phase, reactivated
from tests.workflows.harness import ON_CALL, fresh
from tests.workflows.rehearsal import Rehearsed, rehearsal
from unrack import simulator as sim
from unrack.model.decision import Hold, Remedy, Resolve
from unrack.model.lifecycle import Outcome, ParkReason, Phase
from unrack.simulator import whmcs

END_OF_TERM = "whmcs-service.yaml"
IMMEDIATE = "whmcs-service-immediate.yaml"

SUSPENDED = "POST /whmcs/ModuleSuspend"
UNSUSPENDED = "POST /whmcs/ModuleUnsuspend"
UNDO_REQUEST = "undo.request.request-cancellation"
ASKED = "POST /whmcs/AddCancelRequest"
DOMAIN_SET = "POST /whmcs/UpdateClientDomain"
TOLD = "POST /whmcs/OpenTicket"
ANSWERED = "POST /whmcs/AddTicketReply"
TERMINATED = "POST /whmcs/ModuleTerminate"
INVOICE_CHANGED = "POST /whmcs/UpdateInvoice"

BY_HAND = {"automatic": False}
"""A WHMCS whose daily run carries out no cancellation requests."""

NO_CRON = {"cron-ends": False}
"""The parameters of a request for such a one."""


def seeded(**fields: object) -> sim.Seed:
    """A WHMCS that looks like `fields` of `whmcs.WhmcsSeed`."""
    return sim.Seed(vendors={"whmcs": whmcs.WhmcsSeed.model_validate(fields).model_dump(mode="json")})


def service(run: Rehearsed) -> whmcs.Service:
    """The service by the simulator's own account."""
    return run.simulator.tables_for(whmcs.Tables).services[whmcs.SERVICE]


def standing(run: Rehearsed) -> object:
    """What reactivation must restore; a due date moves with every payment."""
    tables = run.simulator.tables_for(whmcs.Tables)
    domains = [domain.model_dump() for domain in tables.domains]
    return service(run).model_dump(exclude={"next_due"}), domains, [one.service for one in tables.requests]


async def test_a_service_ends_with_the_daily_run_of_its_due_date(env: WorkflowEnvironment, tmp_path: Path) -> None:
    """S1.3, S1.7, S4.1 to S4.4: a scream test, a request, the domain's renewal; S4.2, S4.3: the WHMCS does the rest."""
    async with rehearsal(env, tmp_path, END_OF_TERM, seeded()) as run:
        due = service(run).next_due
        in_grace = await in_phase(run, Phase.GRACE)
        in_use = service(run).status
        report = await closed(run)

        ended, tables = service(run), run.simulator.tables_for(whmcs.Tables)
        assert due is not None
        assert ended.ended_at is not None
        assert in_grace.state.effective_at is not None
        assert in_grace.state.effective_at.date() == due
        assert in_use == "Active"
        assert run.calls == [SUSPENDED, UNSUSPENDED, ASKED, DOMAIN_SET, TOLD]
        assert (ended.status, ended.ended_at.date()) == ("Cancelled", due)
        assert [domain.do_not_renew for domain in tables.domains] == [True]
        assert [ticket.status for ticket in tables.tickets] == ["Open"]
        assert report.state.step("purge.terminate").note.startswith("the service had ended")
        proof = report.state.step("verify.verify-no-invoice")
        assert [kept.type for kept in proof.evidence] == ["invoices"]


async def test_where_the_daily_run_carries_out_nothing_the_run_terminates(
    env: WorkflowEnvironment, tmp_path: Path
) -> None:
    """S4.4, S4.7: after the due date, once, by the server module."""
    async with rehearsal(env, tmp_path, END_OF_TERM, seeded(settings=BY_HAND), parameters=NO_CRON) as run:
        due = service(run).next_due
        await closed(run)

        assert due is not None
        assert run.calls == [ASKED, TERMINATED]
        assert run.ledger[-1].at.date() >= due
        assert service(run).status == "Terminated"


async def test_at_once_the_service_is_suspended_through_grace_and_then_ended(
    env: WorkflowEnvironment, tmp_path: Path
) -> None:
    """S1.4, S4.3, S4.5: nothing is lost during grace; the immediate request is carried out by the next daily run."""
    async with rehearsal(env, tmp_path, IMMEDIATE, seeded(unpaid=True)) as run:
        in_grace = await in_phase(run, Phase.GRACE)
        suspended, before = service(run), run.calls
        grace_ends = (await run.report()).purge_not_before
        await closed(run)

        ended, tables = service(run), run.simulator.tables_for(whmcs.Tables)
        asked = next(entry for entry in run.ledger if entry.path.endswith("AddCancelRequest"))
        assert in_grace.state.passed_no_return_at is None
        assert (suspended.status, suspended.ended_at) == ("Suspended", None)
        assert before == [SUSPENDED, TOLD]
        assert run.calls == [SUSPENDED, TOLD, ASKED]
        assert asked.body["type"] == "Immediate"
        assert grace_ends is not None
        assert asked.at >= grace_ends
        assert ended.ended_at is not None
        assert asked.at < ended.ended_at <= asked.at + timedelta(hours=24)
        ours = [one for one in tables.invoices if one.lines[0].relid == whmcs.SERVICE]
        assert [invoice.status for invoice in ours] == ["Cancelled"]


@pytest.mark.long
async def test_of_a_mixed_invoice_only_the_services_line_goes(env: WorkflowEnvironment, tmp_path: Path) -> None:
    """S1.8, S4.9: what a WHMCS without the automation leaves unpaid, the run takes out; others' lines stay."""
    seed = seeded(settings=BY_HAND, unpaid=True, mixed=True, due_in=timedelta(days=12))
    async with rehearsal(env, tmp_path, IMMEDIATE, seed, parameters=NO_CRON) as run:
        await closed(run)

        invoice = next(iter(run.simulator.tables_for(whmcs.Tables).invoices))
        assert run.calls == [SUSPENDED, ASKED, TERMINATED, INVOICE_CHANGED]
        assert [line.relid for line in invoice.lines] == [whmcs.OTHER_SERVICE]
        assert service(run).status == "Terminated"


@pytest.mark.parametrize("request_file", [END_OF_TERM, IMMEDIATE])
async def test_reactivation_restores_the_service(env: WorkflowEnvironment, tmp_path: Path, request_file: str) -> None:
    """S4.3: until the point of no return the service comes back as it was; what staff must do is read back."""
    async with rehearsal(env, tmp_path, request_file, seeded()) as run:
        before = standing(run)
        await in_phase(run, Phase.GRACE)
        changed = standing(run)
        if request_file == END_OF_TERM:
            assert (await run.reactivate()).good
            await driven(run, lambda seen: "undo.request.request-cancellation" in seen.state.tasks)
            run.simulator.happen(lambda world, now: whmcs.delete_request(world, now, whmcs.SERVICE))
            report = await driven(run, lambda _: False)
        else:
            report = await reactivated(run)

        assert changed != before
        assert standing(run) == before
        assert report.outcome is Outcome.REACTIVATED
        assert [found for found in report.state.differences if not found.expected] == []
        assert [ticket.status for ticket in run.simulator.tables_for(whmcs.Tables).tickets] == ["Closed"]


@pytest.mark.long
async def test_a_request_that_staff_forgot_to_delete_is_found_out(env: WorkflowEnvironment, tmp_path: Path) -> None:
    """S0.7: a completed task is not believed; the WHMCS is read, and when the request is gone the run goes on."""
    async with rehearsal(env, tmp_path, END_OF_TERM, seeded()) as run:
        await in_phase(run, Phase.GRACE)
        assert (await run.reactivate()).good
        await driven(run, lambda seen: "undo.request.request-cancellation" in seen.state.tasks)
        await run.complete("undo.request.request-cancellation")
        report = await run.until("it is parked", lambda seen: bool(seen.state.parked))
        run.simulator.happen(lambda world, now: whmcs.delete_request(world, now, whmcs.SERVICE))
        assert (await run.decide(read_again())).good
        ended = await driven(run, lambda _: False)

        parked = report.state.parked[UNDO_REQUEST]
        assert parked.reason is ParkReason.REFUSED
        assert "still stands" in parked.problem.message
        assert ended.outcome is Outcome.REACTIVATED


async def test_at_the_last_call_a_completed_task_is_not_believed(env: WorkflowEnvironment, tmp_path: Path) -> None:
    """S0.7: staff says that the request is deleted, and it is not: that is told while it can still be deleted."""
    async with rehearsal(env, tmp_path, END_OF_TERM, seeded()) as run:
        await in_phase(run, Phase.GRACE)
        assert (await run.decide(Hold(id=fresh(), by=ON_CALL, reason="the client called"))).good
        await forward_past_the_last_call(run)
        await run.complete(UNDO_REQUEST)
        report = await run.until("it is parked", lambda seen: UNDO_REQUEST in seen.state.parked)
        seen_at, due = run.simulator.clock.now(), service(run).next_due
        run.simulator.happen(lambda world, now: whmcs.delete_request(world, now, whmcs.SERVICE))
        assert (await run.decide(read_again())).good
        await run.until("taken back", lambda seen: UNDO_REQUEST not in seen.state.steps)
        await run.forward(timedelta(days=4))

        assert "still stands" in report.state.parked[UNDO_REQUEST].problem.message
        assert due is not None
        assert seen_at.date() < due
        assert service(run).status == "Active"


async def forward_past_the_last_call(run: Rehearsed) -> None:
    """To the day before the due date: S4.1 ends a service at midnight, whatever the time of day is now."""
    due = service(run).next_due
    assert due is not None
    await run.forward(datetime.combine(due, time(), UTC) - timedelta(days=1) - run.simulator.clock.now())


def read_again() -> Resolve:
    """An operator has the provider read once more."""
    return Resolve(id=fresh(), by=ON_CALL, step=UNDO_REQUEST, remedy=Remedy.RETRY, reason="deleted now")


async def test_at_the_last_call_staff_is_told_to_delete_the_request(env: WorkflowEnvironment, tmp_path: Path) -> None:
    """S0.7: a held run must not let the due date come; the API cannot take the request back, so people are told."""
    async with rehearsal(env, tmp_path, END_OF_TERM, seeded()) as run:
        await in_phase(run, Phase.GRACE)
        assert (await run.decide(Hold(id=fresh(), by=ON_CALL, reason="the client called"))).good
        await forward_past_the_last_call(run)
        key = "undo.request.request-cancellation"
        task = await run.until_task(key)
        still_time = service(run).next_due
        run.simulator.happen(lambda world, now: whmcs.delete_request(world, now, whmcs.SERVICE))
        await run.complete(key)
        await run.forward(timedelta(days=4))

        assert "admin area" in task.form.instructions
        assert still_time is not None
        assert task.since.date() < still_time
        assert service(run).status == "Active"
        assert run.calls.count(ASKED) == 1


@pytest.mark.long
@pytest.mark.parametrize(("kind", "received"), [(sim.FaultKind.CUT_AFTER, 1), (sim.FaultKind.CUT_BEFORE, 2)])
async def test_a_lost_answer_terminates_once(
    env: WorkflowEnvironment, tmp_path: Path, kind: sim.FaultKind, received: int
) -> None:
    """DESIGN 2: after silence the service is read; it is terminated by one call, however many were sent."""
    async with rehearsal(env, tmp_path, IMMEDIATE, seeded(settings=BY_HAND), parameters=NO_CRON) as run:
        await in_phase(run, Phase.GRACE)
        run.simulator.inject(sim.Fault(kind=kind, path="/whmcs/ModuleTerminate"))
        await closed(run)

        sent = [entry for entry in run.simulator.ledger() if entry.path.endswith("ModuleTerminate")]
        assert run.calls.count(TERMINATED) == 1
        assert len(sent) == received


async def test_a_suspension_taken_back_by_staff_stops_the_run(env: WorkflowEnvironment, tmp_path: Path) -> None:
    """S4.3: the service is in use again, so nothing is terminated until somebody has asked."""
    async with rehearsal(env, tmp_path, IMMEDIATE, seeded()) as run:
        await in_phase(run, Phase.GRACE)
        run.simulator.happen(lambda world, now: whmcs.unsuspend_by_hand(world, now, whmcs.SERVICE))
        await run.forward(timedelta(days=7, hours=1))
        report = await run.until("it is parked", lambda seen: bool(seen.state.parked))

        assert "suspension" in report.state.parked["purge.check-unchanged"].problem.message
        assert run.calls == [SUSPENDED, TOLD]


@pytest.mark.long
async def test_a_clients_own_request_is_carried_out(env: WorkflowEnvironment, tmp_path: Path) -> None:
    """S4.1, S4.2: what the client asked in the Client Area is the request; none is added."""
    async with rehearsal(env, tmp_path, END_OF_TERM, seeded(), parameters={}) as run:
        run.simulator.happen(
            lambda world, now: whmcs.client_asks(world, now, whmcs.SERVICE, "End of Billing Period", "too dear")
        )
        report = await closed(run)

        assert run.calls == []
        assert "too dear" in report.state.step("preflight.check-cancellation").note
        assert service(run).status == "Cancelled"


@pytest.mark.long
async def test_an_account_whose_server_still_answers_for_a_zone_is_not_ended(
    env: WorkflowEnvironment, tmp_path: Path
) -> None:
    """S4.8: looked at on real name servers, before anything is asked and again before the end; moved, it ends."""
    world = built(tmp_path / "dns")
    parameters = {"zone": ZONE, "leaving-name-servers": "ns1.leaving.test"}
    dns = world.environment()
    try:
        await world.delegate("ns1.leaving.test")
        await world.served_by_leaving()
        await world.resolving()
        async with rehearsal(env, tmp_path, IMMEDIATE, seeded(), environment=dns, parameters=parameters) as run:
            await in_phase(run, Phase.GRACE)
            told = (await run.report()).state.step("preflight.check-dns").findings
            await run.forward(timedelta(days=7, hours=1))
            step = "purge.check-not-serving"
            parked = await run.until("it is parked", lambda seen: step in seen.state.parked)
            in_use = run.calls
            await world.delegate("ns1.coming.test")
            await world.served_by_coming()
            await world.resolving("127.0.0.4")
            again = Resolve(id=fresh(), by=ON_CALL, step=step, remedy=Remedy.RETRY, reason="the client moved it")
            assert (await run.decide(again)).good
            await closed(run)

            assert any("ns1.leaving.test" in finding.text for finding in told)
            assert parked.state.parked[step].reason is ParkReason.BLOCKED
            assert in_use == [SUSPENDED]
            assert service(run).status == "Cancelled"
    finally:
        await world.close()
