"""Whatever is sent, and however often: what a run remembers stays small, and its answers stay right."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError
from temporalio.exceptions import ApplicationError

from tests.unit.workflows.judging import ANN, BOB, NINA, OMAR, Judged
from tests.unit.workflows.test_consent import ATTEST, CHECK, asking, graced
from tests.workflows.plans import CABLE, plan
from unrack.contracts.installation_holds import HOLD_SIGNAL, NoOrderError, order_of
from unrack.contracts.workflows import Resumption, RunStart
from unrack.model import bounds, remembering, window
from unrack.model.decision import Actor, Assurance, Decision, DecisionResult, Envelope, Verdict
from unrack.model.grace import HoldEffect
from unrack.model.installation_hold import PlaceHold
from unrack.model.state import JournalEntry
from workflows.decisions.envelope import envelope_of
from workflows.decisions.judge import judge

MANY = 2_000
SMALL = 600_000
"""Bytes that no flood of one kind may fill; the server takes two million."""

_DECISION: TypeAdapter[Decision] = TypeAdapter(Decision)
_ENDLESS = re.compile(r"(.)\1{60}")
LONG = "x" * 4000
NAMED = Actor(name="y" * 200)


def weight(run: Judged) -> int:
    """Bytes of the state, as it is handed on."""
    return len(run.state.model_dump_json())


def told(run: Judged, kind: str, by: Actor, **more: object) -> DecisionResult:
    """Decides, and writes the journal as a run does."""
    answer = run.decide(kind, by, **more)
    refused = answer.verdict is not Verdict.ACCEPTED
    what = f"{kind}: {answer.message}"
    remembering.enter(run.state, JournalEntry(at=run.now, what=what, by=by, answer=answer, refused=refused))
    return answer


def again(run: Judged, decision_id: str, kind: str, by: Actor = OMAR, **more: object) -> DecisionResult:
    """Sends a decision under an id of the test's own."""
    said = {"kind": kind, "id": decision_id, "by": by.model_dump(mode="json"), **more}
    return judge(run.plan, run.state, _DECISION.validate_python(said), run.now)


def test_thousands_of_refusals_leave_the_last_ones_and_a_count() -> None:
    """Short and long ones: the state stays small, what happened stays in the journal, and all of them are counted."""
    run = Judged()
    remembering.enter(run.state, JournalEntry(at=run.now, what="the one fact"))
    told(run, "note", OMAR, text="the one remark")
    for number in range(MANY):
        step = f"no.such-{number}" if number % 2 else "z" * 500
        assert told(run, "reject", NAMED, step=step, reason=LONG).verdict is Verdict.NOT_OPEN

    assert weight(run) < SMALL
    assert run.state.refused == MANY
    assert run.state.written == MANY + 2
    assert sum(entry.refused for entry in run.state.journal) == remembering.LAST
    assert {"the one fact", "note: omar remarks: the one remark"} <= {entry.what for entry in run.state.journal}
    assert len(run.state.answers) == remembering.LAST + 1


def test_an_accepted_decision_gets_its_answer_whatever_came_in_between() -> None:
    """After thousands of refusals the same words; after hundreds of accepted ones still that it was accepted."""
    run = Judged()
    first = again(run, "the-first-one", "hold", reason="audit")
    for number in range(MANY):
        again(run, f"refused-{number}", "approve", plan="sha256:other")
    after_refusals = again(run, "the-first-one", "hold", reason="audit")
    for number in range(remembering.LAST + 1):
        again(run, f"accepted-{number}", "note", text="a remark")
    after_all = again(run, "the-first-one", "hold", reason="audit")
    other = again(run, "the-first-one", "release")

    assert first == after_refusals
    assert after_all.verdict is Verdict.ACCEPTED
    assert other.verdict is Verdict.CONFLICT
    assert len(run.state.holds) == 1


def test_an_old_refusal_is_judged_anew_and_a_late_one_is_not() -> None:
    """What was refused long ago is judged by what stands now; among the last ones it gets the answer of then."""
    run = Judged()
    old = again(run, "refused-of-old", "withdraw", reason="wrong", by=ANN)
    for number in range(remembering.LAST):
        again(run, f"refused-{number}", "withdraw", reason="wrong")
    assert again(run, "given-now", "approve", by=ANN, plan=run.plan.digest).good

    assert old.verdict is Verdict.NOT_OPEN
    assert again(run, "refused-199", "withdraw", reason="wrong").verdict is Verdict.NOT_OPEN
    assert again(run, "refused-of-old", "withdraw", reason="wrong", by=ANN).verdict is Verdict.ACCEPTED


def _remarks(run: Judged) -> None:
    told(run, "note", NAMED, text=LONG)


def _holds_and_releases(run: Judged) -> None:
    told(run, "hold", NAMED, reason=LONG)
    run.later(timedelta(seconds=1))
    told(run, "release", NAMED, reason=LONG)
    run.later(timedelta(seconds=1))


def _holds(run: Judged) -> None:
    number = run.state.judged
    until = (run.now + timedelta(days=1 + number)).isoformat() if number % 3 else None
    scope = "all" if number % 2 else "purge"
    of_all = {"from_all": f"a{number + 1}"} if number % 5 == 0 else {}
    told(run, "hold", Actor(name=f"{NAMED.name[:190]}{number}"), reason=LONG, scope=scope, until=until, **of_all)


def _freezes(run: Judged) -> None:
    times = {"begins": run.now, "ends": run.now + timedelta(days=1 + run.state.judged % 300)}
    told(run, "freeze", NAMED, name="n" * 200, reason=LONG, **times)
    if run.state.freezes and run.state.judged % 2:
        told(run, "unfreeze", NAMED, freeze=run.state.freezes[-1].freeze.id, reason=LONG)


def _moves(run: Judged) -> None:
    told(run, "extend", NAMED, by_span=timedelta(seconds=1), reason=LONG)
    if run.state.grace.extensions and run.state.judged % 3:
        told(run, "withdraw", NAMED, extension=run.state.grace.extensions[-1].id, reason=LONG)


def _rejections(run: Judged) -> None:
    if ATTEST not in run.state.parked:
        run.open(ATTEST)
    told(run, "reject", Actor(name=f"{'n' * 180}{run.state.judged}"), step=ATTEST, reason=LONG)
    told(run, "resolve", NINA, step=ATTEST, remedy="retry", reason=LONG)


def _amendments(run: Judged) -> None:
    if run.state.step(ATTEST).done_by is None:
        run.open(ATTEST)
        told(run, "complete", OMAR, step=ATTEST, fields={"who": LONG})
    told(run, "amend", NAMED, step=ATTEST, fields={"who": f"{run.state.judged}{LONG[:3900]}"}, reason=LONG)


def _approvals(run: Judged) -> None:
    who = Actor(name=f"{'n' * 180}{run.state.judged}")
    told(run, "approve", who, plan=run.plan.digest, revision=run.state.revision)
    told(run, "withdraw", who, reason=LONG)


@pytest.mark.parametrize(
    ("made", "flood"),
    [
        (Judged, _remarks),
        pytest.param(graced, _holds_and_releases, marks=pytest.mark.long),
        (graced, _holds),
        (graced, _freezes),
        (graced, _moves),
        pytest.param(asking, _rejections, marks=pytest.mark.long),
        (asking, _amendments),
        (Judged, _approvals),
    ],
)
def test_thousands_of_accepted_decisions_leave_the_state_small(
    made: Callable[[], Judged], flood: Callable[[Judged], None]
) -> None:
    """Each kind that a run accepts again and again, with the longest texts that it takes."""
    run = made()
    for _ in range(MANY // 2):
        flood(run)

    assert weight(run) < SMALL


def test_a_hold_that_stops_more_is_never_refused_for_those_that_stop_less() -> None:
    """Somebody fills a run with holds of the purge, and with holds that end soon: a full one without an end stands."""
    run = graced()
    for number in range(60):
        until = run.now + timedelta(days=1, seconds=number)
        run.decide("hold", Actor(name=f"n{number}"), reason="x", scope="purge")
        run.decide("hold", Actor(name=f"n{number}"), reason="x", until=until)

    assert run.decide("hold", OMAR, reason="incident").good
    assert run.decide("hold", OMAR, reason="all of it", from_all="a1").good


def test_time_in_which_old_holds_stood_still_counts() -> None:
    """Of hundreds of holds the last are listed; the clock of grace stood still under each of them."""
    run = graced()
    grace = run.plan.grace.model_copy(update={"holds": HoldEffect.STOP_THE_CLOCK})
    run.plan = run.plan.model_copy(update={"grace": grace})
    before = window.grace_end(run.plan, run.state)
    for _ in range(bounds.MOST_RELEASED * 2):
        run.decide("hold", OMAR, reason="audit")
        run.later(timedelta(seconds=2))
        run.decide("release", OMAR)
        run.later(timedelta(seconds=1))

    assert len(run.state.released) == bounds.MOST_RELEASED
    assert before is not None
    assert window.grace_end(run.plan, run.state) == before + timedelta(seconds=2 * 2 * bounds.MOST_RELEASED)
    assert run.decide("hold", OMAR, reason="one more").message.startswith(f"hold h{bounds.MOST_RELEASED * 2 + 1} ")


def test_who_stated_something_long_ago_still_does_not_wave_it_through() -> None:
    """An amendment that is not kept any more counts as its author's statement all the same."""
    run = asking()
    run.open(ATTEST)
    assert run.decide("complete", OMAR, step=ATTEST, fields={"who": "Omar"}).good
    assert run.decide("amend", BOB, step=ATTEST, fields={"who": "Bob"}, reason="a slip").good
    for number in range(bounds.MOST_REPLACED + 1):
        assert run.decide("amend", ANN, step=ATTEST, fields={"who": f"Ann {number}"}, reason="a slip").good
    run.park("purge.unchanged")

    assert len(run.state.step(ATTEST).replaced) == bounds.MOST_REPLACED
    assert run.decide("resolve", BOB, step="purge.unchanged", remedy="skip", reason="fine").verdict is Verdict.REFUSED


_REFUSED: list[dict[str, Any]] = [
    {"kind": "complete", "step": "z" * 500, "fields": {"k" * 500: "v" * 4000}},
    {"kind": "complete", "step": CABLE, "fields": {"k" * 500: LONG, "removed-on": LONG, "order-number": "1"}},
    {"kind": "amend", "step": "z" * 500, "fields": {"k": LONG}, "reason": LONG},
    {"kind": "reject", "step": "z" * 500, "reason": LONG},
    {"kind": "resolve", "step": "z" * 500, "remedy": "skip", "reason": LONG},
    {"kind": "approve", "plan": "p" * 500},
    {"kind": "withdraw", "reason": LONG},
    {"kind": "withdraw", "reason": LONG, "extension": "e" * 500},
    {"kind": "unfreeze", "freeze": "f" * 500, "reason": LONG},
    {"kind": "release", "reason": LONG, "hold": "h" * 500},
    {"kind": "release", "reason": LONG, "owner": "o" * 500},
    {"kind": "note", "text": LONG},
    {"kind": "hold", "reason": LONG},
]


@pytest.mark.parametrize("said", _REFUSED, ids=lambda said: said["kind"])
def test_answers_are_short_and_repeat_nothing_at_length(said: dict[str, Any]) -> None:
    """Of what was sent an answer repeats the beginning at most; a remark, which is kept for readers, a little more."""
    run = Judged()
    run.decide("hold", NAMED, reason=LONG)
    run.open(CABLE)

    message = again(run, "an-id-of-its-own", by=NAMED, **said).message

    assert len(message) <= 600
    assert said["kind"] == "note" or not _ENDLESS.search(message)


@pytest.mark.parametrize(
    "given",
    [
        {"decision": {"kind": "k" * 5000, "id": "12345678", "by": {"name": "omar"}}},
        {"decision": {"kind": "note", "id": "12345678", "by": {"name": "omar"}, "text": "x", "f" * 5000: 1}},
        {"decision": {"kind": "note", "id": "i" * 5000, "by": {"name": "omar"}, "text": LONG * 2}},
        {"f" * 5000: {"g" * 5000: 1}},
        {"decision": {"kind": "note", "id": "12 45678", "by": {"name": "\u001b[31m"}, "text": "x"}},
    ],
)
def test_what_is_no_decision_is_refused_in_few_words(given: dict[str, Any]) -> None:
    """Made-up names and tags are quoted at their beginning only."""
    with pytest.raises(ApplicationError) as caught:
        envelope_of((given,))
    assert len(caught.value.message) < 900
    assert not re.search(r"(.)\1{150}", caught.value.message)
    assert "\u001b" not in caught.value.message


def test_what_is_no_order_to_the_installation_is_refused_in_few_words() -> None:
    """The register of the installation's holds, too."""
    with pytest.raises(NoOrderError) as caught:
        order_of(HOLD_SIGNAL, ({"f" * 5000: 1},))
    assert not _ENDLESS.search(str(caught.value))


def test_nobody_is_verified_because_the_sender_says_so() -> None:
    """Decisions, orders, launches and resumptions are taken in as stated, by nobody's word but the sender's."""
    claims = Actor(name="omar", assurance=Assurance.VOUCHED, issuer="https://id.example")
    by = claims.model_dump(mode="json")
    run = Judged()
    start = RunStart.model_validate({"plan": plan(), "launched_by": by})
    sent = envelope_of(({"decision": {"kind": "hold", "id": "12345678", "by": by, "reason": "x"}},)).decision
    order = PlaceHold.model_validate({"id": "12345678", "by": by, "reason": "x"})
    resumption = Resumption.model_validate(
        {"run_id": "r", "how": "terminated", "died_at": run.now, "by": by, "reason": "x"}
    )

    taken_in = [start.launched_by, sent.by, order.by, resumption.by]

    assert {(who.name, who.assurance, who.issuer) for who in taken_in} == {("omar", Assurance.STATED, None)}
    assert judge(run.plan, run.state, sent, run.now).good
    assert run.state.holds[0].by == Actor(name="omar")


def test_ids_are_visible_words() -> None:
    """They are repeated in terminals as they came."""
    for bad in ("has space", "\u001b[31mred", "näm-lich", "short"):
        with pytest.raises(ValidationError):
            Envelope.model_validate({"decision": {"kind": "note", "id": bad, "by": {"name": "o"}, "text": "x"}})


def test_a_state_that_weighs_too_much_lets_go_of_its_oldest_entries() -> None:
    """The last resort before it is handed on: the server would refuse it, and the run could never go on."""
    run = Judged()
    for number in range(300):
        remembering.enter(run.state, JournalEntry(at=run.now, what=f"{number} {'x' * 500}"))
    before = run.state.written

    bounds.fit(run.state, most=40_000)

    assert weight(run) <= 40_000
    assert run.state.written == before
    assert run.state.journal[-1].what.startswith("299 ")


def test_news_are_what_was_written_since() -> None:
    """However much of the journal went meanwhile."""
    run = Judged()
    for number in range(MANY):
        remembering.enter(run.state, JournalEntry(at=run.now, what=str(number)))
    seen = run.state.written
    remembering.enter(run.state, JournalEntry(at=run.now, what="new"))

    assert [entry.what for entry in remembering.news(run.state, seen)] == ["new"]
    assert remembering.news(run.state, run.state.written) == []
    assert len(remembering.news(run.state, 0)) == len(run.state.journal)


def test_a_check_that_was_left_out_keeps_its_reason_short() -> None:
    """The whole text stands in the history."""
    run = Judged()
    run.park(CHECK)
    assert run.decide("resolve", NINA, step=CHECK, remedy="skip", reason=LONG).good
    assert len(run.state.step(CHECK).skipped_because or "") < 700
