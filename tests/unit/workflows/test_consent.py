"""What approvers agreed to: revisions, approvals that stop counting, and who may leave a step out."""

from datetime import timedelta

import pytest

from tests.unit.workflows.judging import ANN, BEGIN, BOB, LEA, NINA, OMAR, Judged
from tests.workflows.plans import CABLE, END_OF_TERM, IMMEDIATE, plan, step
from unrack.i18n import translate
from unrack.model import approvals
from unrack.model.decision import Actor, Verdict
from unrack.model.evidence import EvidenceRef
from unrack.model.grace import HoldEffect
from unrack.model.ids import undo_id
from unrack.model.lifecycle import Phase, StepKind, StepStatus, Timing
from unrack.model.terms import last_call_at
from workflows.gates import guard

DAY = timedelta(days=1)
CHECK = "preflight.status"
ATTEST = "preflight.attest"
RECORD = "confirm.read-date"


def asking() -> Judged:
    """A run with a person's attestation before anything else, on which a later check relies."""
    asked = step(ATTEST, StepKind.TASK, task={"instructions": "Say it.", "fields": [{"name": "who", "label": "Who"}]})
    relies = END_OF_TERM[7].model_copy(update={"relies_on": (ATTEST,)})
    steps = (asked, *END_OF_TERM[:7], relies, *END_OF_TERM[8:])
    return Judged(plan(quorum=2, steps=steps, shown=Judged().now))


def attested(run: Judged, who: str = "Omar") -> None:
    """Omar attests."""
    run.open(ATTEST)
    assert run.decide("complete", OMAR, step=ATTEST, fields={"who": who}).good
    run.later(timedelta(minutes=1))


@pytest.mark.parametrize("name", ["lea", "LEA", " lea ", "\uff4c\uff45\uff41"])
def test_the_launcher_does_not_skip_alone(name: str) -> None:
    """However the name is spelt: somebody else leaves a step out, or it is tried again."""
    run = Judged()
    run.park(CHECK)
    refused = run.decide("resolve", Actor(name=name), step=CHECK, remedy="skip", reason="it is fine")
    accepted = run.decide("resolve", NINA, step=CHECK, remedy="skip", reason="it is fine")

    assert refused.verdict is Verdict.REFUSED
    assert "launched" in refused.message
    assert accepted.good


def test_who_rejected_a_task_does_not_skip_it() -> None:
    """Not even after it was asked again, and parked for another reason."""
    run = asking()
    run.open(ATTEST)
    assert run.decide("reject", OMAR, step=ATTEST, reason="it is in use").good
    first = run.decide("resolve", OMAR, step=ATTEST, remedy="skip", reason="never mind")
    assert run.decide("resolve", LEA, step=ATTEST, remedy="retry", reason="asked again").good
    run.park(ATTEST)
    second = run.decide("resolve", OMAR, step=ATTEST, remedy="skip", reason="never mind")

    assert (first.verdict, second.verdict) == (Verdict.REFUSED, Verdict.REFUSED)


def test_who_completed_a_task_does_not_skip_what_questions_it() -> None:
    """The cable is out, says Omar; a check that sees light is another person's to explain (S2.12)."""
    run = asking()
    attested(run)
    run.park("purge.unchanged")

    assert (
        run.decide("resolve", OMAR, step="purge.unchanged", remedy="skip", reason="it is out").verdict
        is Verdict.REFUSED
    )
    assert run.decide("resolve", NINA, step="purge.unchanged", remedy="skip", reason="a loop in the panel").good


def test_anybody_says_that_an_undo_was_done_by_hand() -> None:
    """Whoever did it, the launcher too; but nobody says alone that the provider ended the service."""
    run = Judged()
    undo = undo_id("detach.pops")
    run.park(undo)
    by_hand = run.decide("resolve", LEA, step=undo, remedy="skip", reason="put back in the panel")
    ends = undo_id("request.schedule")
    run.state.step("request.schedule").tries, run.state.step("request.schedule").status = 1, StepStatus.DONE
    run.park(ends)
    ended = run.decide("resolve", LEA, step=ends, remedy="ended", reason="it ended on the 30th")

    assert by_hand.good
    assert ended.verdict is Verdict.REFUSED
    assert run.decide("resolve", NINA, step=ends, remedy="ended", reason="it ended on the 30th").good


def test_a_call_in_doubt_is_not_skipped_by_the_launcher() -> None:
    """That it took effect is a second person's word."""
    run = Judged(plan(timing=Timing.IMMEDIATE, shown=Judged().now))
    standing = run.state.step("purge.ask")
    standing.status, standing.tries = StepStatus.IN_DOUBT, 1

    assert run.decide("resolve", LEA, step="purge.ask", remedy="skip", reason="I saw it").verdict is Verdict.REFUSED
    assert run.decide("resolve", NINA, step="purge.ask", remedy="skip", reason="I saw it").good


def test_a_skip_makes_older_approvals_stop_counting() -> None:
    """What will be done is another thing now; both must look again, and nothing changes the service until they have."""
    run = Judged()
    run.approved()
    run.state.phase = Phase.DETACH
    run.park(CHECK)
    answer = run.decide("resolve", NINA, step=CHECK, remedy="skip", reason="it is fine")

    assert approvals.standing(run.plan, run.state).people == 2
    assert [each.approval.by.name for each in run.state.voided] == ["ann", "bob"]
    assert "ann and bob" in answer.message
    assert translate(run.state.voided[0].why, "fr") == f"{NINA.short} a passé {CHECK} : it is fine"
    assert guard.stops(run.plan, run.state, run.now) != ()
    run.approved()
    assert guard.stops(run.plan, run.state, run.now) == ()


def test_an_approval_of_what_has_changed_is_refused_and_says_what_changed() -> None:
    """A screen that was opened before the skip approves nothing."""
    run = Judged()
    run.park(CHECK)
    run.decide("resolve", NINA, step=CHECK, remedy="skip", reason="the panel was down")
    stale = run.decide("approve", ANN, plan=run.plan.digest)
    unknown = run.decide("approve", ANN, plan=run.plan.digest, revision=7)

    assert stale.verdict is Verdict.CONFLICT
    assert "the panel was down" in stale.message
    assert unknown.verdict is Verdict.INVALID
    assert run.decide("approve", ANN, plan=run.plan.digest, revision=2).good


@pytest.mark.parametrize("kind", ["retry", "extend", "shorten", "freeze", "withdraw"])
def test_what_does_not_alter_what_will_be_done_is_shown_and_voids_nothing(kind: str) -> None:
    """The revision counts up, so that who looks later sees it; approvals go on counting."""
    run = asking() if kind == "retry" else Judged(plan(quorum=2, timing=Timing.IMMEDIATE, shown=Judged().now))
    run.plan = run.plan.model_copy(update={"grace": run.plan.grace.model_copy(update={"minimum": timedelta(0)})})
    run.state.plan_digest = run.plan.digest
    run.state.grace.begun_at, run.state.phase = run.now, Phase.GRACE
    run.approved()
    before = run.state.revision
    match kind:
        case "retry":
            run.open(ATTEST)
            run.decide("reject", OMAR, step=ATTEST, reason="unclear")
            answer = run.decide("resolve", LEA, step=ATTEST, remedy="retry", reason="clear now")
        case "freeze":
            times = {"begins": run.now + DAY, "ends": run.now + 2 * DAY}
            answer = run.decide("freeze", OMAR, name="board", reason="year end", **times)
        case "withdraw":
            run.decide("extend", OMAR, by_span=DAY, reason="late")
            answer = run.decide("withdraw", OMAR, extension="e1", reason="in time after all")
        case _:
            answer = run.decide(kind, OMAR, by_span=DAY, reason="so be it")

    assert answer.good, answer.message
    assert run.state.revision > before
    assert approvals.standing(run.plan, run.state).people == 0


def test_nothing_is_voided_after_the_point_of_no_return() -> None:
    """What cannot be stopped any more needs no consent; it is told."""
    run = Judged()
    run.approved()
    run.state.passed_no_return_at = run.now
    run.park("purge.unchanged")
    assert run.decide("resolve", NINA, step="purge.unchanged", remedy="skip", reason="gone").good

    assert len(run.state.approvals) == 2
    assert run.state.consent[-1].voids is False


def test_an_amendment_voids_the_approvals_that_relied_on_it_and_no_others() -> None:
    """Ann approved before Omar attested, Bob after: Bob relied on it."""
    run = asking()
    assert run.decide("approve", ANN, plan=run.plan.digest).good
    run.later(timedelta(minutes=1))
    attested(run)
    assert run.decide("approve", BOB, plan=run.plan.digest).good
    run.state.phase = Phase.HANDOVER
    run.later(DAY)
    answer = run.decide("amend", OMAR, step=ATTEST, fields={"who": "W. Zhang"}, reason="I named the wrong person")

    assert answer.good, answer.message
    assert [each.approval.by for each in run.state.voided] == [BOB]
    assert run.state.step(ATTEST).fields == {"who": "W. Zhang"}
    assert run.state.step(ATTEST).replaced[0].fields == {"who": "Omar"}
    assert run.state.step(ATTEST).replaced[0].amended_by == OMAR


def test_what_relied_on_an_amended_task_is_done_again() -> None:
    """A check that named it is due again, and the run goes back to its phase."""
    run = asking()
    attested(run)
    run.approved()
    run.state.phase = Phase.PURGE
    run.state.step("purge.unchanged").status = StepStatus.DONE
    answer = run.decide("amend", OMAR, step=ATTEST, fields={"who": "W. Zhang"}, reason="wrong name")

    assert "purge.unchanged" in answer.message
    assert run.state.step("purge.unchanged").status is StepStatus.PENDING
    assert run.state.go_back_to is Phase.PURGE


def test_a_call_that_was_made_with_what_is_amended_parks_and_is_not_repeated() -> None:
    """Whether it must be made again is a person's to say."""
    run = asking()
    steps = tuple(
        each.model_copy(update={"relies_on": (ATTEST,)}) if each.id == "detach.pops" else each
        for each in run.plan.steps
    )
    run.plan = run.plan.model_copy(update={"steps": steps})
    run = Judged(run.plan)
    attested(run)
    run.state.step("detach.pops").status, run.state.step("detach.pops").tries = StepStatus.DONE, 1
    run.state.phase = Phase.HANDOVER
    assert run.decide("amend", OMAR, step=ATTEST, fields={"who": "W. Zhang"}, reason="wrong name").good

    assert run.state.parked["detach.pops"].may_skip
    assert run.state.go_back_to is Phase.DETACH


def test_nothing_is_purged_within_a_day_of_a_correction() -> None:
    """Neither of an amendment nor of a withdrawal: others can notice it."""
    run = asking()
    attested(run)
    run.approved()
    run.state.phase = Phase.PURGE
    run.decide("amend", OMAR, step=ATTEST, fields={"who": "W. Zhang"}, reason="wrong name")
    soon = {each.subject for each in guard.window_blockers(run.plan, run.state, run.now + timedelta(hours=23))}
    later = {each.subject for each in guard.window_blockers(run.plan, run.state, run.now + timedelta(hours=24))}

    assert "settling" in soon
    assert "settling" not in later


def test_after_the_point_of_no_return_an_amendment_corrects_the_record_only() -> None:
    """Nothing is voided, nothing is done again; the old statement stays in the record."""
    run = asking()
    attested(run)
    run.approved()
    run.state.passed_no_return_at, run.state.phase = run.now, Phase.VERIFY
    run.state.step("purge.unchanged").status = StepStatus.DONE
    answer = run.decide("amend", OMAR, step=ATTEST, fields={"who": "W. Zhang"}, reason="wrong name")

    assert answer.good
    assert run.state.step("purge.unchanged").status is StepStatus.DONE
    assert (run.state.go_back_to, run.state.settles_at, run.state.voided) == (None, None, [])
    assert run.state.step(ATTEST).replaced != ()


def test_what_is_amended_must_fit_the_form() -> None:
    """A field that the task does not have, and a task that nobody completed, change nothing."""
    run = asking()
    attested(run)
    unknown = run.decide("amend", OMAR, step=ATTEST, fields={"whom": "x"}, reason="typo")
    same = run.decide("amend", OMAR, step=ATTEST, fields={"who": "Omar"}, reason="typo")
    early = run.decide("amend", OMAR, step=CABLE, fields={"order-number": "2"}, reason="typo")

    assert (unknown.verdict, same.verdict, early.verdict) == (Verdict.INVALID, Verdict.ALREADY, Verdict.NOT_OPEN)
    assert run.state.step(ATTEST).replaced == ()


def test_a_proof_is_replaced_and_the_other_one_stays() -> None:
    """By its type; the digest of the old one stays in the record."""
    run = Judged(plan(shown=Judged().now))
    run.open(CABLE)
    fields = {"order-number": "1", "removed-on": "2026-11-20", "charged-until": "2026-12-20"}
    assert run.decide("complete", OMAR, step=CABLE, fields=fields, evidence=[_proof("a")]).good
    assert run.decide("amend", OMAR, step=CABLE, evidence=[_proof("b")], reason="the wrong file").good
    standing = run.state.step(CABLE)

    assert [item.sha256 for item in standing.evidence] == ["b" * 64]
    assert [item.sha256 for item in standing.replaced[0].evidence] == ["a" * 64]
    assert standing.fields == fields


def _proof(digit: str) -> EvidenceRef:
    return EvidenceRef(
        type="confirmation",
        sha256=digit * 64,
        size=3,
        media_type="text/plain",
        name="proof.txt",
        taken_at=Judged().now,
        source="person:omar",
    )


def graced() -> Judged:
    """An immediate end, seven days of grace that began now."""
    run = Judged(plan(timing=Timing.IMMEDIATE, steps=IMMEDIATE, shown=Judged().now))
    run.state.phase, run.state.grace.begun_at = Phase.GRACE, run.now
    return run


def test_an_extension_is_taken_back_by_who_made_it() -> None:
    """The end goes back to what stood without it, though the runbook sets no minimum."""
    run = graced()
    before = guard.window.grace_end(run.plan, run.state)
    run.decide("extend", OMAR, by_span=3 * DAY, reason="late")
    run.decide("extend", ANN, by_span=2 * DAY, reason="later")
    assert run.decide("withdraw", OMAR, extension="e1", reason="in time").good
    ends = guard.window.grace_end(run.plan, run.state)

    assert before is not None
    assert ends == before + 2 * DAY
    assert run.plan.grace.minimum is None
    assert run.state.grace.extended_by == 2 * DAY


def test_an_extension_past_the_last_call_says_that_it_bills_the_next_term() -> None:
    """The run takes the end back at its own last call, some time before the provider's."""
    run = Judged()
    run.state.phase, run.state.scheduled, run.state.effective_at = Phase.GRACE, True, run.now + 30 * DAY
    last_call, ends = last_call_at(run.plan, run.state), guard.window.grace_end(run.plan, run.state)
    assert last_call is not None
    assert ends is not None
    just = run.decide("extend", OMAR, to=last_call, reason="a bit later")
    past = run.decide("extend", OMAR, to=last_call + timedelta(minutes=1), reason="later")

    assert (just.good, past.good) == (True, True)
    assert "billed" not in just.message
    assert "revoked at the last call" in past.message


def test_somebody_elses_extension_is_taken_back_by_two_people() -> None:
    """One of them is noted; the one who made it does not count among them."""
    run = graced()
    before = guard.window.grace_end(run.plan, run.state)
    run.decide("extend", OMAR, by_span=3 * DAY, reason="late")
    first = run.decide("withdraw", ANN, extension="e1", reason="no need")
    between = guard.window.grace_end(run.plan, run.state)
    again = run.decide("withdraw", ANN, extension="e1", reason="no need, really")
    second = run.decide("withdraw", BOB, extension="e1", reason="no need")

    assert first.good
    assert "second person" in first.message
    assert between != before
    assert again.verdict is Verdict.ALREADY
    assert second.good
    assert guard.window.grace_end(run.plan, run.state) == before


def test_only_what_is_there_is_taken_back() -> None:
    """An unknown extension, one that is taken back already, and a shortening."""
    run = graced()
    run.plan = run.plan.model_copy(update={"grace": run.plan.grace.model_copy(update={"minimum": DAY})})
    run.decide("extend", OMAR, by_span=3 * DAY, reason="late")
    run.decide("shorten", OMAR, by_span=DAY, reason="early")
    run.decide("withdraw", OMAR, extension="e1", reason="in time")

    assert run.decide("withdraw", OMAR, extension="e9", reason="x").verdict is Verdict.NOT_OPEN
    assert run.decide("withdraw", OMAR, extension="e1", reason="x y").verdict is Verdict.ALREADY
    assert run.decide("withdraw", OMAR, extension="e2", reason="x").verdict is Verdict.REFUSED


def test_a_remark_decides_nothing() -> None:
    """It is kept with who made it, and nothing else changes."""
    run = Judged()
    before = run.state.model_dump(exclude={"answers", "decided", "judged"})
    answer = run.decide("note", OMAR, text="the panel shows two ports")

    assert answer.good
    assert "two ports" in answer.message
    assert run.state.model_dump(exclude={"answers", "decided", "judged"}) == before


@pytest.mark.parametrize(
    "name",
    [
        "",
        "  ",
        "\u200b",
        "bob\u200b",
        "bo\u0007b",
        "bob\n",
        "\u2028bob",
        "bob\u034f",
        "bo\ufe0fb",
        "bob\U000e0100",
        "\u2800",
        "\u3164",
        "lea\ufe0f",
        "lea\U000e0101",
        "le\u034fa",
        "lea\u17b4",
        "preflight.check-status",
        "undo.detach.x",
    ],
)
def test_names_that_nobody_can_tell_apart_are_refused(name: str) -> None:
    """Blank, invisible and control characters wherever they stand, and what looks like a step."""
    with pytest.raises(ValueError, match="name"):
        Actor(name=name)


def test_spaces_around_a_name_are_none_of_it() -> None:
    """Somebody copied it."""
    assert Actor(name=" bob ").name == "bob"


@pytest.mark.parametrize("reason", [" ", "\n\t", "\u200b\u200b", "\u034f\ufe0f"])
def test_a_reason_that_may_be_left_out_is_not_blank(reason: str) -> None:
    """One lifts an own hold without a reason, but not with one that says nothing; no freeze has an empty name."""
    run = Judged()
    run.decide("hold", OMAR, reason="an audit")
    with pytest.raises(ValueError, match="reason"):
        run.decide("release", OMAR, reason=reason)
    with pytest.raises(ValueError, match="name"):
        run.decide("freeze", OMAR, begins=run.now, ends=run.now + DAY, name=reason, reason="year end")
    assert run.decide("release", OMAR).good


@pytest.mark.parametrize("reason", ["", " ", "\n\t", "\u200b\u200b"])
def test_a_blank_reason_is_none(reason: str) -> None:
    """Everybody who reads the history wants to know why."""
    run = Judged()
    with pytest.raises(ValueError, match="reason"):
        run.decide("hold", OMAR, reason=reason)


def test_an_extension_of_an_earlier_end_does_not_eat_up_a_later_one() -> None:
    """The provider's date moved by two weeks after e1; taken back, e2 leaves what stood before it, and no less."""
    run = Judged(plan(quorum=0, shown=BEGIN))
    run.state.phase, run.state.scheduled = Phase.GRACE, True
    run.state.effective_at = BEGIN + 10 * DAY
    assert run.decide("extend", OMAR, to=BEGIN + 9 * DAY, reason="late").good
    run.state.effective_at = BEGIN + 24 * DAY
    stood = guard.window.grace_end(run.plan, run.state)
    assert run.decide("extend", OMAR, by_span=DAY, reason="later").good
    assert run.decide("withdraw", OMAR, extension="e2", reason="in time").good

    assert guard.window.grace_end(run.plan, run.state) == stood == BEGIN + 22 * DAY


@pytest.mark.parametrize("by_span", [True, False])
def test_time_that_a_hold_stopped_stays_given_back_when_an_extension_is_taken_back(by_span: bool) -> None:
    """The clock stood still for four days after e1, whichever way e1 was asked for."""
    run = graced()
    stops = run.plan.grace.model_copy(update={"holds": HoldEffect.STOP_THE_CLOCK})
    run.plan = run.plan.model_copy(update={"grace": stops})
    how = {"by_span": 3 * DAY} if by_span else {"to": BEGIN + 10 * DAY}
    assert run.decide("extend", OMAR, reason="late", **how).good
    assert run.decide("hold", OMAR, reason="audit").good
    run.later(4 * DAY)
    assert run.decide("release", OMAR).good
    stood = guard.window.grace_end(run.plan, run.state)
    assert run.decide("extend", OMAR, by_span=DAY, reason="later").good
    assert run.decide("withdraw", OMAR, extension="e2", reason="in time").good

    assert guard.window.grace_end(run.plan, run.state) == stood == BEGIN + 14 * DAY


def test_a_shortening_never_becomes_an_extension_when_one_is_taken_back() -> None:
    """Grace was extended to day 17 and shortened to day 12; without the extension it ends on day 7."""
    run = graced()
    run.plan = run.plan.model_copy(update={"grace": run.plan.grace.model_copy(update={"minimum": 6 * DAY})})
    assert run.decide("extend", OMAR, by_span=10 * DAY, reason="late").good
    assert run.decide("shorten", OMAR, to=BEGIN + 12 * DAY, reason="not so late").good
    assert run.decide("extend", ANN, by_span=2 * DAY, reason="a holiday").good
    assert run.decide("withdraw", OMAR, extension="e1", reason="in time").good
    first = guard.window.grace_end(run.plan, run.state)
    assert run.decide("withdraw", ANN, extension="e3", reason="no holiday").good

    assert first == BEGIN + 9 * DAY
    assert guard.window.grace_end(run.plan, run.state) == BEGIN + 7 * DAY


def test_too_many_fields_at_once_are_refused_and_do_not_stop_the_run() -> None:
    """Anybody may send anything: together with what was stated they are more than a completion may carry."""
    run = asking()
    attested(run)
    many = {f"field-{number}": "x" for number in range(100)}

    assert run.decide("amend", OMAR, step=ATTEST, fields=many, reason="all of it").verdict is Verdict.INVALID
    assert run.state.step(ATTEST).fields == {"who": "Omar"}


def test_who_amended_a_statement_does_not_skip_what_questions_it() -> None:
    """It is that person's statement now; somebody who stated nothing explains the difference."""
    run = asking()
    attested(run)
    assert run.decide("amend", NINA, step=ATTEST, fields={"who": "W. Zhang"}, reason="wrong name").good
    run.park("purge.unchanged")

    refused = run.decide("resolve", NINA, step="purge.unchanged", remedy="skip", reason="it is out")
    assert refused.verdict is Verdict.REFUSED
    assert run.decide("resolve", BOB, step="purge.unchanged", remedy="skip", reason="a loop in the panel").good
