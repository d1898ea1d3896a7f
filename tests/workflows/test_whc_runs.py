"""WHC from plan to proof: real runbooks and workflow; people act, and nothing is ever called at a provider."""

from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest
from temporalio.testing import WorkflowEnvironment

from tests.workflows.by_people import by_people, has_ended, in_phase, term_end, walk
from tests.workflows.harness import ON_CALL, fresh
from tests.workflows.rehearsal import Rehearsed
from unrack.model.decision import Abort, Hold, Reject, Release, Remedy, Resolve, Verdict
from unrack.model.lifecycle import Outcome, Phase, StepStatus
from unrack.model.state import RunReport

pytestmark = pytest.mark.long  # whole runs, some seconds of CPU each

WORDPRESS = (
    "preflight.compare-facts",
    "preflight.attest-unused",
    "capture.save-wordpress",
    "request.submit-request",
    "request.domain-not-renewed",
    "confirm.read-confirmation",
)
"""S1.1, S1.2, S1.3: what people do for a WordPress plan with its domain, in order."""
PLAN_GONE = ("verify.verify-gone", "verify.verify-billing-stopped")
SIMPLE = ("preflight.compare-facts", "preflight.attest-unused")

END_OF_TERM = [
    pytest.param("whc-hosting", {}, WORDPRESS, id="S1.2, S1.3: WordPress with its domain"),
    pytest.param(
        "whc-hosting",
        {"parameters": {"product-kind": "weebly"}},
        (*SIMPLE, "capture.save-weebly", "request.submit-request", "confirm.read-confirmation"),
        id="S1.2: Weebly",
    ),
    pytest.param(
        "whc-hosting",
        {"parameters": {}},
        (*SIMPLE, "capture.save-hosting", "request.submit-request", "confirm.read-confirmation"),
        id="S1.2: hosting",
    ),
    pytest.param(
        "whc-ssl", {}, (*SIMPLE, "request.submit-request", "confirm.read-confirmation"), id="S1.5: certificate"
    ),
    *(
        pytest.param(
            "whc-app",
            {"parameters": {"app": app}, "timing": "end-of-term"},
            (*SIMPLE, *before, "request.submit-request", "confirm.read-confirmation"),
            id=f"S1.6: {app}",
        )
        for app, before in (
            ("MailerMojo", ("capture.save-mailermojo",)),
            ("RankingCoach", ("capture.save-rankingcoach",)),
            ("Anti-spam", ("detach.route-mail-past",)),
            ("SiteSafe", ("detach.take-sitesafe-off",)),
        )
    ),
    pytest.param(
        "whc-domain",
        {},
        (
            *SIMPLE,
            "capture.save-zone",
            "request.turn-off-renewal",
            "confirm.check-renewal-invoice",
            "confirm.read-due-date",
        ),
        id="S1.7, S1.8: domain",
    ),
]


def _effective() -> datetime:
    return datetime.combine(term_end(), time(), UTC)


async def _to_grace(run: Rehearsed) -> list[str]:
    return await walk(run, in_phase(Phase.GRACE), effective_date=term_end().isoformat())


@pytest.mark.parametrize(("example", "changed", "steps"), END_OF_TERM)
async def test_an_end_by_itself(
    env: WorkflowEnvironment, tmp_path: Path, example: str, changed: dict[str, Any], steps: tuple[str, ...]
) -> None:
    """People ask for the end, the run waits for the confirmed date, and nothing is called at any provider.

    Rules: S1.1, S1.2, S1.3, S1.4, S1.5, S1.6, S1.7, S1.8.
    """
    async with by_people(env, tmp_path, example, **changed) as run:
        done = await _to_grace(run)
        await run.forward(timedelta(days=80))
        in_grace = await run.report()
        await run.forward(timedelta(days=30))
        after = await walk(run, has_ended)
        report = await run.handle.result()

        assert tuple(done) == steps
        assert tuple(after) == PLAN_GONE
        assert in_grace.state.phase is Phase.GRACE
        assert in_grace.state.effective_at == _effective()
        assert report.outcome is Outcome.CLOSED
        assert report.state.passed_no_return_at is not None
        assert report.state.passed_no_return_at < _effective()
        assert run.simulator.ledger() == []


IMMEDIATE = [
    pytest.param("whc-hosting-immediate", {}, "purge.submit-immediate", id="S1.2, S1.4: hosting"),
    pytest.param("whc-ssl", {"timing": "immediate"}, "purge.submit-immediate", id="S1.4, S1.5: certificate"),
    pytest.param("whc-app", {}, "purge.submit-immediate", id="S1.4, S1.6: application"),
    pytest.param("whc-domain-immediate", {}, "purge.ask-deletion", id="S1.9: domain"),
]


@pytest.mark.parametrize(("example", "changed", "last"), IMMEDIATE)
async def test_an_immediate_end(
    env: WorkflowEnvironment, tmp_path: Path, example: str, changed: dict[str, Any], last: str
) -> None:
    """Nobody is asked to submit anything before grace is over; from then on nothing is taken back (S1.4, S1.9)."""
    async with by_people(env, tmp_path, example, **changed) as run:
        before = await walk(run, in_phase(Phase.GRACE))
        await run.forward(run.plan.grace.offset - timedelta(hours=1))
        in_grace = await run.report()
        await run.forward(timedelta(hours=2))
        await run.until_task(last)
        refused = await run.reactivate()
        after = await walk(run, has_ended)
        report = await run.handle.result()

        assert not any(step.startswith(("request.", "confirm.")) for step in before)
        assert in_grace.state.tasks == {}
        assert refused.verdict is Verdict.REFUSED
        assert after == [last, *PLAN_GONE]
        assert report.outcome is Outcome.CLOSED


async def test_a_refund_is_a_run_of_its_own_after_the_cancellation(env: WorkflowEnvironment, tmp_path: Path) -> None:
    """S1.10: the cancellation tells of it when it ends; the refund has its own window, request and proof."""
    async with by_people(env, tmp_path / "plan", "whc-hosting-immediate") as run:
        planned = run.plan.follow_ups
        await walk(run, in_phase(Phase.GRACE))
        await run.forward(timedelta(days=8))
        await walk(run, has_ended)
        told = [entry.what for entry in (await run.handle.result()).state.journal if "follow up" in entry.what]
    async with by_people(env, tmp_path / "refund", "whc-refund") as refund:
        done = await walk(refund, has_ended)
        report = await refund.handle.result()

    assert [each.runbook for each in planned] == ["whc-refund"]
    assert len(told) == 1
    assert "whc-refund" in told[0]
    assert done == [
        "preflight.check-window-hosting",
        "purge.ask-billing",
        "verify.await-answer",
        "verify.see-the-money",
    ]
    assert report.outcome is Outcome.CLOSED


SUBMITTED = "undo.request.submit-request"


@pytest.mark.parametrize(
    ("example", "changed", "undone"),
    [
        ("whc-hosting", {}, [SUBMITTED, "undo.request.domain-not-renewed"]),
        ("whc-ssl", {}, [SUBMITTED]),
        ("whc-app", {"timing": "end-of-term"}, [SUBMITTED, "undo.detach.route-mail-past"]),
        ("whc-app", {"timing": "immediate"}, ["undo.detach.route-mail-past"]),
        ("whc-domain", {}, ["undo.request.turn-off-renewal"]),
    ],
)
async def test_reactivation_asks_people_to_take_it_back(
    env: WorkflowEnvironment, tmp_path: Path, example: str, changed: dict[str, Any], undone: list[str]
) -> None:
    """What people did people undo, the provider's end before everything else (S0.7, S1.7)."""
    async with by_people(env, tmp_path, example, **changed) as run:
        await _to_grace(run)
        assert (await run.reactivate()).good
        done = await walk(run, has_ended)
        report = await run.handle.result()

        assert done == undone
        assert report.outcome is Outcome.REACTIVATED
        assert [report.state.step(step).status for step in undone] == [StepStatus.DONE] * len(undone)


async def test_a_request_that_may_have_been_submitted_is_asked_about(env: WorkflowEnvironment, tmp_path: Path) -> None:
    """A person may have submitted the request before saying so: no abort, and the way back asks about it (S0.5)."""
    submit = "request.submit-request"
    async with by_people(env, tmp_path, "whc-hosting") as run:
        await walk(run, lambda report: submit in report.state.tasks)
        aborted = await run.decide(Abort(id=fresh(), by=ON_CALL, reason="wrong plan"))
        assert (await run.reactivate()).good
        done = await walk(run, has_ended)

        assert aborted.verdict is Verdict.REFUSED
        assert done == [f"undo.{submit}"]


def _undoing(report: RunReport) -> bool:
    return "undo.request.turn-off-renewal" in report.state.tasks


async def test_a_held_run_has_the_end_taken_back_by_a_person_in_time(env: WorkflowEnvironment, tmp_path: Path) -> None:
    """S1.7, S0.7: the undo opens for a person days before the provider's last moment; then the next term is planned."""
    undo = "undo.request.turn-off-renewal"
    async with by_people(env, tmp_path, "whc-domain") as run:
        await _to_grace(run)
        held = await run.decide(Hold(id=fresh(), by=ON_CALL, reason="legal looks at it"))
        await run.forward(timedelta(days=92))
        before = await run.report()
        await run.forward(timedelta(days=5))
        opened = (await run.until("the undo opens", _undoing)).state.tasks[undo]
        await run.complete(undo)
        back = await run.until("taken back", lambda report: not report.state.tasks)
        await run.decide(Release(id=fresh(), by=ON_CALL))
        await run.forward(timedelta(days=10))
        again = await run.until_task("request.turn-off-renewal")

        assert held.good
        assert before.state.tasks == {}
        assert opened.deadline == _effective() - timedelta(days=2)
        assert opened.deadline - opened.since >= timedelta(days=3)
        assert back.state.scheduled is False
        assert back.state.passed_no_return_at is None
        assert again.since > _effective()
        assert any("done by hand" in entry.what for entry in back.state.journal)


async def test_turned_round_while_a_person_takes_the_end_back_asks_once_more(
    env: WorkflowEnvironment, tmp_path: Path
) -> None:
    """The open undo goes over to the way back: nothing is lost between the two, and it is asked for until done."""
    undo = "undo.request.turn-off-renewal"
    async with by_people(env, tmp_path, "whc-domain") as run:
        await _to_grace(run)
        await run.decide(Hold(id=fresh(), by=ON_CALL, reason="legal looks at it"))
        await run.forward(timedelta(days=97))
        await run.until("the undo opens", _undoing)
        assert (await run.reactivate()).good
        done = await walk(run, has_ended)
        report = await run.handle.result()

        assert done == [undo]
        assert report.outcome is Outcome.REACTIVATED


async def test_a_person_who_cannot_take_it_back_parks_the_undo(env: WorkflowEnvironment, tmp_path: Path) -> None:
    """Rejected, the undo waits for an operator and can be asked for again; the run purges nothing meanwhile."""
    undo = "undo.request.turn-off-renewal"
    async with by_people(env, tmp_path, "whc-domain") as run:
        await _to_grace(run)
        await run.decide(Hold(id=fresh(), by=ON_CALL, reason="legal looks at it"))
        await run.forward(timedelta(days=97))
        await run.until("the undo opens", _undoing)
        assert (await run.decide(Reject(id=fresh(), by=ON_CALL, step=undo, reason="too late, they say"))).good
        parked = await run.until("parked", lambda report: undo in report.state.parked)
        await run.forward(timedelta(days=20))
        later = await run.report()
        retried = await run.decide(
            Resolve(id=fresh(), by=ON_CALL, step=undo, remedy=Remedy.RETRY, reason="they let us redeem it")
        )
        again = await run.until("the undo opens again", _undoing)

        assert retried.good
        assert again.state.parked == {}
        assert parked.state.parked[undo].may_skip
        assert undo in later.state.parked
        assert later.state.passed_no_return_at is None
        assert later.state.step("purge.await-expiry").status is StepStatus.PENDING
