"""A run that a policy rules: a decision counts because of a signature, and what does not count changes nothing."""

import asyncio
import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from tests.workflows.conftest import Launch
from tests.workflows.harness import ON_CALL, Trial, approval, cable_done, fresh
from tests.workflows.office import (
    ANN,
    EVE,
    FAY,
    GROUPS,
    INSTALLATION,
    LEA,
    OMAR,
    Office,
    forged,
    policy,
    public,
    signed,
)
from tests.workflows.plans import plan
from unrack.audit.decided import decisions_of
from unrack.audit.deciders import Deciders
from unrack.audit.decision_export import export_decisions
from unrack.cli.app import app
from unrack.contracts.calls import NoticeKind
from unrack.contracts.installation_holds import HoldsResult
from unrack.contracts.workflows import MEMO_VIEW
from unrack.model.assurance import Assurance
from unrack.model.decision import (
    Actor,
    Amend,
    Decision,
    DecisionResult,
    Hold,
    HoldScope,
    Note,
    Reactivate,
    Reject,
    Release,
    Remedy,
    Resolve,
    Verdict,
)
from unrack.model.installation_hold import InstallationHold, PlaceHold, Selector, told_as
from unrack.model.lifecycle import Outcome, Phase
from unrack.model.plan import Plan
from unrack.model.state import RunView
from unrack.model.statement import HoldAllStatement, Proof, Refusal, act_of
from unrack.operations.admitting import Started, admissions


async def _begun(trial: Trial) -> None:
    await trial.until("it was admitted", lambda report: not report.state.access.stated)


async def _decide(trial: Trial, office: Office, decision: Decision, by: str, **how: Any) -> DecisionResult:  # noqa: ANN401
    state = (await trial.report()).state
    return await trial.decide(office.sign(trial.plan, state, decision, by, **how))


async def test_a_run_is_led_by_signatures(launch: Launch) -> None:
    """Launched, approved and completed by keys that the policy names: the record says by which, and by what policy."""
    office = Office()
    trial = await launch(plan(quorum=2), office=office)
    await _begun(trial)

    answers = [await _decide(trial, office, approval(trial.plan, name), name) for name in (ANN, FAY)]
    await trial.until("the cable's task", lambda report: "handover.remove-cable" in report.state.tasks)
    answers.append(await _decide(trial, office, cable_done(), OMAR))
    report = await trial.ended()

    assert [answer.verdict for answer in answers] == [Verdict.ACCEPTED] * 3
    assert {(answer.assurance, answer.policy) for answer in answers} == {(Assurance.SIGNED, report.state.access.policy)}
    assert report.outcome is Outcome.CLOSED
    assert report.state.launched_by.name == LEA
    assert [given.by.assurance for given in report.state.approvals] == [Assurance.SIGNED] * 2


@pytest.mark.parametrize(
    ("proof", "why"),
    [
        (lambda _, __: None, "unsigned"),
        (lambda office, made: office.launch(made, OMAR), "key-unknown"),  # Lea launches, and Omar signs
        (lambda office, made: office.launch(made, with_key=EVE), "key-unknown"),
        (lambda office, _: office.launch(plan(service="other"), LEA), "foreign-run"),
        (lambda office, made: office.launch(made.model_copy(update={"runbook_version": 2})), "foreign-plan"),
    ],
)
async def test_a_launch_that_does_not_count_touches_nothing(
    launch: Launch, proof: Callable[[Office, Plan], Proof | None], why: str
) -> None:
    """The run ends aborted before its first step, and says in words why."""
    office = Office()
    trial = await launch(plan(), office=office, proof=lambda made: proof(office, made))

    report = await trial.handle.result()

    assert report.outcome is Outcome.ABORTED
    assert not trial.world.ledger
    assert not any(call.startswith(("check", "capture")) for call in trial.world.calls)
    assert f"not begun: {why}" in report.state.journal[-1].what
    assert report.state.not_begun is not None
    assert report.state.not_begun.why == why
    assert report.state.not_begun.next(report.run) in trial.world.told[0].text
    shown = await (await trial.handle.describe()).memo_value(MEMO_VIEW, type_hint=RunView)
    assert shown.not_begun.startswith(why)
    assert await _told(trial) == [(Verdict.REFUSED, why, office.policy.digest)]
    assert [notice.kind for notice in trial.world.told] == [NoticeKind.INTERFERENCE]


async def _told(trial: Trial) -> list[tuple[Verdict | None, str | None, str | None]]:
    """Verdict, why, and by which policy, of every decision that the history holds."""
    told = decisions_of((await trial.handle.fetch_history(),))
    return [(each.verdict, each.why, each.policy.digest if each.policy else None) for each in told]


async def test_what_came_of_a_start_is_told_and_for_how_long_it_is_waited(launch: Launch) -> None:
    """Accepted with the person, refused with the word; where no worker says anything in time, that nobody has."""
    shut = asyncio.Event()
    good, bad = await launch(plan(), office=Office()), await launch(plan(), office=Office(), proof=lambda _: None)
    open_ = await launch(plan(), office=Office(shut=shut))
    heard: list[timedelta] = []
    started = [Started(each.handle.id, each.handle.first_execution_run_id or "") for each in (good, bad, open_)]
    await bad.handle.result()
    await _begun(good)

    told = await admissions(good.env.client, started, within=timedelta(seconds=4), waiting=heard.append)
    not_admitted = [(await each.report()).not_admitted for each in (good, open_)]
    shut.set()

    assert [each.verdict for each in told] == [Verdict.ACCEPTED, Verdict.REFUSED, None]
    assert told[0].by is not None
    assert (told[0].by.name, told[0].by.assurance) == (LEA, Assurance.SIGNED)
    assert told[0].policy == told[1].policy
    assert (told[1].why, "--key" in told[1].next) == (Refusal.UNSIGNED, True)
    assert "no worker has said yet" in told[2].words
    assert not_admitted == [False, True]
    assert heard == [timedelta(seconds=4)]


async def test_who_has_no_right_launches_nothing(launch: Launch) -> None:
    """Knowing a key is not enough: somebody must have given its owner the right."""
    office = Office(policy=policy(grants=[{"actions": ["approve"], "groups": ["network"]}]))
    trial = await launch(plan(), office=office)

    report = await trial.handle.result()

    assert report.outcome is Outcome.ABORTED
    assert "right-missing" in report.state.journal[-1].what


async def test_without_a_policy_only_rehearsals_run(launch: Launch, tmp_path: Path) -> None:
    """A run on a real provider does not begin, unless the worker was told otherwise; then it is marked, exports too."""
    refused = await launch(plan(), office=Office(rules=False), proof=lambda _: None)
    allowed = await launch(plan(), office=Office(rules=False, allow_stated=True), proof=lambda _: None)

    report = await refused.handle.result()
    marked = await allowed.until("it was admitted", lambda report: report.state.access.allowed_stated)

    assert report.outcome is Outcome.ABORTED
    assert "only rehearsals" in report.state.journal[-1].what
    assert marked.state.access.stated
    history = await allowed.handle.fetch_history()
    assert Deciders((history,)).allowed_stated
    assert not Deciders((await refused.handle.fetch_history(),)).allowed_stated
    export_decisions((history,), decisions_of((history,)), {}, tmp_path / "out")
    assert json.loads((tmp_path / "out" / "manifest.json").read_text())["nobody_verifies"] is True
    file = tmp_path / "run.json"
    file.write_text(history.to_json())
    listed = await asyncio.to_thread(CliRunner().invoke, app, ["decisions", str(file)])
    assert "Nobody verifies who decides" in listed.stderr


_BY_LOOKING = {
    Refusal.UNSIGNED: {},
    Refusal.FOREIGN_RUN: {"execution": "another"},
    Refusal.FOREIGN_PLAN: {"plan": "sha256:" + "7" * 64},
    Refusal.ALTERED: {"act": {"kind": "note"}},
    Refusal.NAMESPACE: {"namespace": "file"},
    Refusal.EXPIRED: {"at": timedelta(days=-3)},
    Refusal.AHEAD: {"at": timedelta(hours=1)},
}


@pytest.mark.parametrize("why", _BY_LOOKING)
async def test_what_looking_refuses_costs_no_verification(launch: Launch, why: Refusal) -> None:
    """It is answered at once and in its own words, and changes nothing but the record."""
    office, how = Office(), dict(_BY_LOOKING[why])
    trial = await launch(plan(quorum=1), office=office)
    await trial.until("it waits for approval", lambda report: report.state.phase is Phase.APPROVAL)
    if isinstance(shift := how.pop("at", None), timedelta):
        how |= {"at": office.clock() + shift, "expires": office.clock() + shift + timedelta(days=1)}
    before = (await trial.report()).state
    sent = office.sign(trial.plan, before, Hold(id=fresh(), by=ON_CALL, reason="stop"), OMAR, **how)
    if why is Refusal.UNSIGNED:
        sent = sent.model_copy(update={"proof": None})

    answer = await trial.decide(sent)
    after = (await trial.report()).state

    assert (answer.verdict, answer.why) == (Verdict.REFUSED, why)
    assert not office.batches
    assert after.journal[-1].answer == answer
    assert _but_the_record(after) == _but_the_record(before)


def _but_the_record(state: object) -> str:
    return state.model_dump_json(exclude={"journal", "refused", "denied", "denials", "left_out"})  # type: ignore[attr-defined]


_BY_VERIFYING = {
    Refusal.KEY_UNKNOWN: ({"with_key": EVE}, OMAR),
    Refusal.RIGHT_MISSING: ({}, EVE),
    Refusal.KEY_REVOKED: ({"with_key": "revoked"}, OMAR),
    Refusal.KEY_EXPIRED: ({"with_key": "old"}, OMAR),
    Refusal.KEY_NOT_YET: ({"with_key": "new"}, OMAR),
}


@pytest.mark.parametrize("why", _BY_VERIFYING)
async def test_what_a_worker_refuses_changes_nothing(launch: Launch, why: Refusal) -> None:
    """Keys and rights count as they were when the decision arrived; the answer names the policy that says so."""
    office = Office(policy=policy(keys={OMAR: _keys()}))
    trial = await launch(plan(quorum=1), office=office)
    await trial.until("it waits for approval", lambda report: report.state.phase is Phase.APPROVAL)
    before = (await trial.report()).state
    how, by = _BY_VERIFYING[why]

    answer = await _decide(trial, office, Hold(id=fresh(), by=ON_CALL, reason="stop"), by, **how)
    after = (await trial.report()).state

    assert (answer.verdict, answer.why) == (Verdict.REFUSED, why)
    assert answer.policy == after.access.policy is not None
    assert _but_the_record(after) == _but_the_record(before)


def _keys() -> list[dict[str, object]]:
    return [
        {"key": public(OMAR)},
        {"key": public("revoked"), "revoked": {"at": "2026-01-01T00:00:00Z", "why": "lost"}},
        {"key": public("old"), "valid-before": "2026-01-01T00:00:00Z"},
        {"key": public("new"), "valid-after": "2090-01-01T00:00:00Z"},
    ]


async def test_a_forged_signature_is_altered(launch: Launch) -> None:
    """A public key is public: who writes one into a signature has not signed."""
    office = Office()
    trial = await launch(plan(quorum=1), office=office)
    await _begun(trial)
    sent = office.sign(trial.plan, (await trial.report()).state, Hold(id=fresh(), by=ON_CALL, reason="x"), OMAR)
    assert sent.proof is not None
    fake = sent.proof.model_copy(update={"signature": forged(OMAR)})

    answer = await trial.decide(sent.model_copy(update={"proof": fake}))

    assert answer.why is Refusal.ALTERED
    assert not (await trial.report()).state.holds


async def test_one_person_with_two_keys_and_two_names_never_makes_two(launch: Launch) -> None:
    """The quorum counts people: another key, or another name, of Ann is Ann."""
    office = Office()
    trial = await launch(plan(quorum=2), office=office)
    await _begun(trial)

    first = await _decide(trial, office, approval(trial.plan, ANN), ANN)
    again = [
        await _decide(trial, office, approval(trial.plan, ANN), name, with_key=with_key)
        for name, with_key in ((ANN, "ann's second"), ("ann", "ann's second"), ("ann", ANN))
    ]
    report = await trial.report()

    assert first.verdict is Verdict.ACCEPTED
    assert [answer.why for answer in again] == [Refusal.SAME_PERSON] * 3
    assert report.state.phase is Phase.APPROVAL
    assert len(report.state.approvals) == 1


async def test_who_launched_does_not_approve(launch: Launch) -> None:
    """Separation of duties, unless the policy says otherwise."""
    office = Office()
    trial = await launch(plan(quorum=1), office=office)
    await _begun(trial)
    lenient = Office(policy=policy(duties={"launcher": False}))
    other = await launch(plan(quorum=1), office=lenient)
    await _begun(other)

    refused = await _decide(trial, office, approval(trial.plan, LEA), LEA)
    accepted = await _decide(other, lenient, approval(other.plan, LEA), LEA)
    await other.until("it goes on", lambda report: report.state.phase is not Phase.APPROVAL)

    assert (refused.verdict, refused.why) == (Verdict.REFUSED, Refusal.DUTY)
    assert accepted.good


async def test_who_rejected_a_task_does_not_complete_it(launch: Launch) -> None:
    """Whoever says that it cannot be done as written is not the one to say that it was."""
    office = Office()
    trial = await launch(plan(), office=office)
    await trial.until("the cable's task", lambda report: "handover.remove-cable" in report.state.tasks)
    step = "handover.remove-cable"
    await _decide(trial, office, Reject(id=fresh(), by=ON_CALL, step=step, reason="wrong rack"), OMAR)
    again = Resolve(id=fresh(), by=ON_CALL, step=step, remedy=Remedy.RETRY, reason="settled")
    await _decide(trial, office, again, ANN)
    await trial.until("it opens again", lambda report: step in report.state.tasks)

    answer = await _decide(trial, office, cable_done(), OMAR)

    assert answer.why is Refusal.DUTY
    assert (await _decide(trial, office, cable_done(), ANN)).good


async def test_a_quorum_of_groups_wants_somebody_of_each(launch: Launch) -> None:
    """Two of network are not one of network and one of finance."""
    office = Office(policy=policy(quorums=[{"of": {"network": 1, "finance": 1}}]))
    trial = await launch(plan(), office=office)
    await _begun(trial)

    answers = [await _decide(trial, office, approval(trial.plan, name), name) for name in (ANN, OMAR)]
    waits = await trial.report()
    answers.append(await _decide(trial, office, approval(trial.plan, FAY), FAY))
    await trial.until("it goes on", lambda report: report.state.phase is not Phase.APPROVAL)

    assert all(answer.good for answer in answers)
    assert waits.state.phase is Phase.APPROVAL
    assert [each.text for each in waits.purge_blockers if each.subject == "approval"] == [
        "approvals of this plan are missing: 1 of finance"
    ]


async def test_a_hold_of_all_runs_that_comes_late_is_read_in_the_register(launch: Launch) -> None:
    """No worker ran for days: what the run was told is expired by then, and the hold stands all the same."""
    office = Office()
    trial = await launch(plan(quorum=1), office=office)
    await _begun(trial)
    await _decide(trial, office, approval(trial.plan, ANN), ANN)
    report = await trial.until("the cable's task", lambda report: "handover.remove-cable" in report.state.tasks)
    by, since = Actor(name=OMAR), office.clock() - timedelta(days=3)
    order = PlaceHold(id="hold-1234", by=by, reason="fire")
    statement = HoldAllStatement(
        installation=INSTALLATION, order=act_of(order), signer=OMAR, at=since, expires=since + timedelta(days=1)
    )
    said = {"by": by, "reason": "fire", "proof": signed(statement, OMAR)}
    stands = InstallationHold(id="a1", scope=HoldScope.ALL, which=Selector(), since=since, order=order.id, **said)
    trial.world.whole = HoldsResult(standing=(stands,))
    late = await trial.decide(Hold(id=told_as(order.id, report.run), from_all="a1", **said))

    await _decide(trial, office, cable_done(), OMAR)
    await trial.forward(timedelta(days=28, hours=2))
    held = await trial.until("it is held", lambda report: bool(report.state.holds) or report.outcome is not None)

    assert late.why is Refusal.EXPIRED
    assert [hold.from_all for hold in held.state.holds] == ["a1"]
    assert held.state.passed_no_return_at is None


async def test_a_stale_approval_is_refused(launch: Launch) -> None:
    """What was signed for the plan as it was before a task's answer was corrected is not signed for what it is now."""
    office = Office()
    trial = await launch(plan(quorum=1), office=office)
    await trial.until("it waits for approval", lambda report: report.state.phase is Phase.APPROVAL)
    old = office.sign(trial.plan, (await trial.report()).state, approval(trial.plan, FAY), FAY)
    await _decide(trial, office, approval(trial.plan, ANN), ANN)
    await trial.until("the cable's task", lambda report: "handover.remove-cable" in report.state.tasks)
    await _decide(trial, office, Hold(id=fresh(), by=ON_CALL, reason="audit"), ANN)
    assert (await _decide(trial, office, cable_done(), OMAR)).good
    fields = {"removed-on": "2026-11-21"}
    amended = Amend(id=fresh(), by=ON_CALL, step="handover.remove-cable", fields=fields, reason="a day later")
    assert (await _decide(trial, office, amended, OMAR)).good

    answer = await trial.decide(old)

    assert (await trial.report()).state.revision > 1
    assert (answer.verdict, answer.why) == (Verdict.REFUSED, Refusal.STALE)


async def test_an_id_that_was_used_is_replayed(launch: Launch) -> None:
    """However well the second decision is signed, an id that was accepted means the first one."""
    office = Office()
    trial = await launch(plan(quorum=1), office=office)
    await trial.until("it waits for approval", lambda report: report.state.phase is Phase.APPROVAL)
    key = fresh()
    assert (await _decide(trial, office, Hold(id=key, by=ON_CALL, reason="audit"), OMAR)).good
    before = (await trial.report()).state

    answer = await _decide(trial, office, Release(id=key, by=ON_CALL, reason="over", everyone=True), OMAR)

    assert (answer.verdict, answer.why) == (Verdict.CONFLICT, Refusal.REPLAYED)
    assert _but_the_record((await trial.report()).state) == _but_the_record(before)
    assert (await _told(trial))[-1][:2] == (Verdict.CONFLICT, Refusal.REPLAYED)


async def test_an_emergency_right_marks_the_run_for_ever(launch: Launch) -> None:
    """Who breaks the glass is heard, those passed over are told, and the run says so to its end."""
    glass = {"group": "emergency", "actions": ["hold"]}
    office = Office(policy=policy(groups=GROUPS, break_glass=glass))
    trial = await launch(plan(quorum=1), office=office)
    await trial.until("it waits for approval", lambda report: report.state.phase is Phase.APPROVAL)

    answer = await _decide(trial, office, Hold(id=fresh(), by=ON_CALL, reason="fire"), EVE)
    report = await trial.until("people are told", lambda report: bool(report.state.access.glass))

    assert answer.verdict is Verdict.ACCEPTED
    (broken,) = report.state.access.broken_glass
    assert set(broken.passed_over) == {LEA, ANN, OMAR}
    await trial.until("it is told", lambda _: any("emergency" in notice.title for notice in trial.world.told))
    told = next(notice for notice in trial.world.told if "emergency" in notice.title)
    assert set(told.people) == {LEA, ANN, OMAR}
    assert EVE not in told.people


async def test_who_launches_by_an_emergency_right_is_heard(launch: Launch) -> None:
    """The mark and the notice are the same, whatever the right was used for."""
    groups = GROUPS | {"network": (ANN, OMAR), "emergency": (LEA,)}
    office = Office(policy=policy(groups=groups, break_glass={"group": "emergency", "actions": ["launch"]}))
    trial = await launch(plan(quorum=1), office=office)
    await trial.until("it waits for approval", lambda report: report.state.phase is Phase.APPROVAL)
    report = await trial.until("it is told", lambda _: any("emergency" in each.title for each in trial.world.told))

    (broken,) = report.state.access.broken_glass
    assert (broken.by.name, broken.action) == (LEA, "launch")
    told = next(notice for notice in trial.world.told if "emergency" in notice.title)
    assert set(told.people) == {ANN, OMAR}


async def test_the_same_signed_decision_twice_is_one(launch: Launch) -> None:
    """Sent again, as an update or as a signal, it gets the answer that it had; copied for another run, none."""
    office = Office()
    trial = await launch(plan(quorum=2), office=office)
    await _begun(trial)
    sent = office.sign(trial.plan, (await trial.report()).state, approval(trial.plan, ANN), ANN)

    first = await trial.decide(sent)
    await trial.signal(sent)
    again = await trial.decide(sent)
    other = await launch(plan(quorum=2), office=office)
    await _begun(other)

    assert first == again
    assert len((await trial.report()).state.approvals) == 1
    assert (await other.decide(sent)).why is Refusal.FOREIGN_RUN


async def test_a_copied_id_uses_nothing_up(launch: Launch) -> None:
    """Who sees a decision on its way cannot spoil it by sending its id, or its text without the signature, first."""
    office = Office()
    trial = await launch(plan(quorum=2), office=office)
    await _begun(trial)
    sent = office.sign(trial.plan, (await trial.report()).state, approval(trial.plan, ANN), ANN)

    stripped = await trial.decide(sent.model_copy(update={"proof": None}))
    other = await trial.decide(Note(id=sent.id, by=ON_CALL, text="mine first"))
    answer = await trial.decide(sent)

    assert [stripped.why, other.why] == [Refusal.UNSIGNED] * 2
    assert answer.verdict is Verdict.ACCEPTED


async def test_a_reactivation_is_signed_like_the_rest(launch: Launch) -> None:
    """The way back is a right, too."""
    office = Office()
    trial = await launch(plan(), office=office)
    await trial.until("the cable's task", lambda report: "handover.remove-cable" in report.state.tasks)

    refused = await _decide(trial, office, Reactivate(id=fresh(), by=ON_CALL, reason="keep it"), EVE)
    accepted = await _decide(trial, office, Reactivate(id=fresh(), by=ON_CALL, reason="keep it"), OMAR)

    assert refused.why is Refusal.RIGHT_MISSING
    assert accepted.good


async def test_a_cancel_request_counts_for_nobody(launch: Launch) -> None:
    """Temporal does not say who asked, and nobody signed: it is recorded, and the run goes on."""
    office = Office()
    trial = await launch(plan(quorum=1), office=office)
    await _begun(trial)

    await trial.handle.cancel()
    report = await trial.until(
        "the request is recorded",
        lambda report: any("cancel request" in str(each.what) for each in report.state.journal),
    )
    answer = await _decide(trial, office, approval(trial.plan, ANN), ANN)

    assert report.state.rollback is None
    assert answer.verdict is Verdict.ACCEPTED
