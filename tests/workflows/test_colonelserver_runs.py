"""Colonelserver from plan to proof: people act, and where the service ran DNS, real name servers answer for it."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, time, timedelta
from pathlib import Path

import pytest
from temporalio.testing import WorkflowEnvironment

from tests.conformance.dns_world import ZONE, World, built
from tests.workflows.by_people import by_people, has_ended, in_phase, term_end, walk
from tests.workflows.harness import ON_CALL, fresh
from tests.workflows.rehearsal import Rehearsed
from unrack.model.decision import Hold, Remedy, Resolve, Verdict
from unrack.model.lifecycle import Outcome, ParkReason, Phase
from unrack.model.state import RunReport

pytestmark = pytest.mark.long  # whole runs, some seconds of CPU each

GRACE = timedelta(days=10)
"""Colonelserver's grace period in the example request, as support said."""
BEFORE = (
    "preflight.try-support-first",
    "preflight.compare-facts",
    "preflight.ask-grace-period",
    "preflight.attest-unused",
    "capture.save-data",
    "request.submit-request",
    "confirm.read-confirmation",
)
GONE = ("verify.verify-gone", "verify.verify-billing-stopped")
UNDO = "undo.request.submit-request"


def _removed() -> datetime:
    """When the data is removed: the end of the period, and Colonelserver's grace after it."""
    return datetime.combine(term_end(), time(), UTC) + GRACE


async def _to_grace(run: Rehearsed) -> list[str]:
    return await walk(run, in_phase(Phase.GRACE), effective_date=_removed().date().isoformat())


async def test_the_end_of_the_period_with_its_grace(env: WorkflowEnvironment, tmp_path: Path) -> None:
    """Suspended at the end of the period, removed only when the provider's own grace is over, as a person confirmed.

    Rules: S4.1, S4.2, S4.3, S4.4, S4.7, S4.9, S4.10.
    """
    async with by_people(env, tmp_path, "colonelserver-service") as run:
        planned = {date.name: date.at for date in run.plan.dates}
        done = await _to_grace(run)
        await run.forward(timedelta(days=103))
        suspended = await run.report()
        await run.forward(timedelta(days=12))
        after = await walk(run, has_ended)
        report = await run.handle.result()

        assert planned["end-of-term"] == _removed() - GRACE
        assert planned["effective-date"] == suspended.state.effective_at == _removed()
        assert tuple(done) == BEFORE
        assert suspended.state.passed_no_return_at is None
        assert tuple(after) == GONE
        assert report.outcome is Outcome.CLOSED
        assert report.state.passed_no_return_at is not None
        assert _removed() - GRACE < report.state.passed_no_return_at < _removed()
        assert run.simulator.ledger() == []


async def test_a_suspended_service_is_reactivated_by_its_owner(env: WorkflowEnvironment, tmp_path: Path) -> None:
    """S4.3: after the end of the period the data is intact, and a person reactivates the service."""
    async with by_people(env, tmp_path, "colonelserver-service") as run:
        await _to_grace(run)
        await run.forward(timedelta(days=102))
        assert (await run.reactivate()).good
        done = await walk(run, has_ended)
        report = await run.handle.result()

        assert run.simulator.clock.now() > _removed() - GRACE
        assert done == [UNDO]
        assert report.outcome is Outcome.REACTIVATED


async def test_a_held_run_is_taken_back_by_a_person_before_the_data_goes(
    env: WorkflowEnvironment, tmp_path: Path
) -> None:
    """S4.3, S4.7: what cannot be restored later is taken back in time, by a person, since no API does it."""

    def opened(report: RunReport) -> bool:
        return UNDO in report.state.tasks

    async with by_people(env, tmp_path, "colonelserver-service") as run:
        await _to_grace(run)
        assert (await run.decide(Hold(id=fresh(), by=ON_CALL, reason="an auditor wants a look"))).good
        await run.forward(timedelta(days=107))
        task = (await run.until("the undo opens", opened)).state.tasks[UNDO]
        await run.complete(UNDO)
        report = await run.until("taken back", lambda report: not report.state.scheduled)

        assert task.deadline == _removed() - timedelta(days=1)
        assert task.deadline - task.since >= timedelta(days=2, hours=23)
        assert report.state.passed_no_return_at is None


async def test_an_immediate_end_is_asked_of_billing_after_grace(env: WorkflowEnvironment, tmp_path: Path) -> None:
    """Nothing is kept, so nothing is asked before grace is over; then by ticket, and never taken back.

    Rules: S4.5, S4.6, S4.7.
    """
    async with by_people(env, tmp_path, "colonelserver-service-immediate") as run:
        before = await walk(run, in_phase(Phase.GRACE))
        await run.forward(timedelta(days=7, hours=-1))
        in_grace = await run.report()
        await run.forward(timedelta(hours=2))
        ticket = await run.until_task("purge.ask-billing")
        refused = await run.reactivate()
        after = await walk(run, has_ended)

        assert tuple(before) == tuple(
            step for step in BEFORE if not step.startswith(("request", "confirm")) and "grace" not in step
        )
        assert in_grace.state.tasks == {}
        assert "ticket" in ticket.form.instructions
        assert refused.verdict is Verdict.REFUSED
        assert after == ["purge.ask-billing", *GONE]


@asynccontextmanager
async def _running_dns(env: WorkflowEnvironment, folder: Path) -> AsyncGenerator[tuple[Rehearsed, World]]:
    """A run of a service that answers for ``shop.test``, on real name servers and resolvers."""
    world = built(folder / "dns")
    try:
        await world.delegate("ns1.leaving.test")
        await world.served_by_leaving()
        await world.resolving()
        environment = world.environment()
        parameters = {"zone": ZONE, "leaving-name-servers": "ns1.leaving.test"}
        async with by_people(env, folder, "colonelserver-service-immediate", environment, parameters=parameters) as run:
            yield run, world
    finally:
        await world.close()


async def _move(world: World) -> None:
    await world.delegate("ns1.coming.test")
    await world.served_by_coming()
    await world.resolving("127.0.0.4")


@pytest.mark.long
async def test_dns_moves_before_the_service_that_ran_it_ends(env: WorkflowEnvironment, tmp_path: Path) -> None:
    """S4.8: the zone is kept, people move it, the run waits for the world to see it, and only then asks for the end."""
    async with _running_dns(env, tmp_path) as (run, world):
        await walk(run, lambda report: "detach.move-dns" in report.state.tasks)
        zone = (await run.report()).state.step("capture.zone").evidence
        await run.complete("detach.move-dns")
        await run.forward(timedelta(hours=3))
        unmoved = await run.report()
        await _move(world)
        await run.forward(timedelta(hours=3))
        await run.until_phase(Phase.GRACE)
        await run.forward(timedelta(days=8))
        after = await walk(run, has_ended)

        assert [kept.type for kept in zone] == ["dns-zone"]
        assert unmoved.state.phase is Phase.DETACH
        assert after == ["purge.ask-billing", *GONE]


@pytest.mark.long
async def test_a_service_that_still_answers_for_a_zone_does_not_end(env: WorkflowEnvironment, tmp_path: Path) -> None:
    """S4.8: somebody delegated the zone back during grace: nobody is asked to end it, but for an operator's reason."""
    async with _running_dns(env, tmp_path) as (run, world):
        await walk(run, lambda report: "detach.move-dns" in report.state.tasks)
        await _move(world)
        await run.complete("detach.move-dns")
        await run.forward(timedelta(hours=3))
        await run.until_phase(Phase.GRACE)
        await world.delegate("ns1.leaving.test")
        await world.resolving()
        await run.forward(timedelta(days=8))
        step = "purge.check-not-serving"
        report = await run.until("parked", lambda report: step in report.state.parked)

        assert report.state.parked[step].reason is ParkReason.BLOCKED
        assert report.state.passed_no_return_at is None
        assert report.state.tasks == {}

        reason = "the shop is closed; nobody minds"
        skip = Resolve(id=fresh(), by=ON_CALL, step=step, remedy=Remedy.SKIP, reason=reason)
        assert (await run.decide(skip)).good
        after = await walk(run, has_ended)
        ended = await run.handle.result()

        assert after == ["purge.ask-billing", *GONE]
        assert ended.state.step(step).skipped_because == reason


@pytest.mark.long
async def test_moved_dns_is_moved_back_or_left_when_the_service_stays(env: WorkflowEnvironment, tmp_path: Path) -> None:
    """S4.8, S0.7: turned round in grace, a person says what becomes of the domains; nothing else was done."""
    async with _running_dns(env, tmp_path) as (run, world):
        await walk(run, lambda report: "detach.move-dns" in report.state.tasks)
        await _move(world)
        await run.complete("detach.move-dns")
        await run.forward(timedelta(hours=3))
        await run.until_phase(Phase.GRACE)
        assert (await run.reactivate()).good
        task = await run.until_task("undo.detach.move-dns")
        done = await walk(run, has_ended, decision="set back")
        report = await run.handle.result()

        assert task.form.shows == ("dns-zone",)
        assert done == ["undo.detach.move-dns"]
        assert report.state.step("undo.detach.move-dns").fields["decision"] == "set back"
        assert report.outcome is Outcome.REACTIVATED
