"""What an approver agrees to, and what an amendment or an extension would do: gathered from plan and state alone."""

from datetime import timedelta

import pytest

from tests.unit.model.test_billing import END, NOW, connection, in_grace
from unrack.model.decision import Actor, Extend
from unrack.model.errors import UnrackError
from unrack.model.evidence import EvidenceRef
from unrack.model.form import Known
from unrack.model.known_days import known_days
from unrack.model.lifecycle import Outcome, StepStatus
from unrack.model.plan import Plan
from unrack.model.state import (
    ConsentChange,
    GivenApproval,
    Replaced,
    Rollback,
    RunState,
    StepState,
    VoidedApproval,
)
from unrack.operations.amending import amendment, check_amended
from unrack.operations.consent import FactsNow, agreement, compared
from unrack.operations.extending import prolonged

ALICE, BOB, DANA, OMAR = (Actor(name=name) for name in ("alice", "bob", "dana", "omar"))
CABLE = "handover.remove-cross-connect"
REMOVED = {"operator": "Equinix PA3", "order-number": "1-2", "removed-on": "2026-11-20", "charged-until": "2026-12-20"}
READ = FactsNow(asked=True)


@pytest.fixture(scope="module")
def plan() -> Plan:
    """A plan for the end of a term."""
    return connection()


@pytest.fixture
def state(plan: Plan) -> RunState:
    """A run in grace, whose cable somebody removed."""
    state = in_grace(plan)
    state.steps[CABLE] = StepState(
        status=StepStatus.DONE, ended_at=NOW, done_by=OMAR, fields=dict(REMOVED), evidence=(proof("first.pdf"),)
    )
    return state


def proof(name: str) -> EvidenceRef:
    """A proof of the removal."""
    return EvidenceRef(
        type="removal-confirmation",
        sha256=name.encode().hex().ljust(64, "0")[:64],
        size=3,
        media_type="application/pdf",
        name=name,
        taken_at=NOW,
        source="person:omar",
    )


def test_everything_that_changed_is_gathered(plan: Plan, state: RunState) -> None:
    """Skipped and rejected steps, amended fields, voided approvals, what is missing, and dates that have passed."""
    approval = GivenApproval(by=ALICE, plan=plan.digest, at=NOW)
    state.approvals = [GivenApproval(by=BOB, plan=plan.digest, at=NOW, revision=2)]
    state.voided = [VoidedApproval(approval=approval, at=NOW, why="omar amended it")]
    state.consent = [ConsentChange(revision=2, at=NOW, what="omar amended it", by=OMAR, voids=True)]
    state.revision = 2
    state.steps["preflight.check-debt"] = StepState(
        status=StepStatus.SKIPPED, done_by=DANA, skipped_because="paid", rejected_by=(OMAR,)
    )

    shown = agreement(plan, state, READ, END + timedelta(days=365))

    assert (shown.revision, shown.missing) == (2, plan.approval.quorum - 1)
    assert [(each.step, each.by, each.why) for each in shown.skipped] == [("preflight.check-debt", DANA, "paid")]
    assert [(each.step, each.by) for each in shown.rejected] == [("preflight.check-debt", (OMAR,))]
    assert [each.approval.by for each in shown.voided] == [ALICE]
    assert shown.changes == tuple(state.consent)
    assert {date.name for date in shown.passed} == {date.name for date in plan.dates if date.at is not None}
    assert agreement(plan, state, READ, NOW - timedelta(days=365)).passed == ()


def test_each_amendment_tells_old_and_new(plan: Plan, state: RunState) -> None:
    """Amended twice, each stands against the version after it; proofs by name and digest."""
    standing = state.steps[CABLE]
    first, second = {**REMOVED, "removed-on": "2026-11-18"}, {**REMOVED, "removed-on": "2026-11-19"}
    given = {"by": OMAR, "amended_by": DANA, "amended_at": NOW}
    standing.replaced = (
        Replaced(fields=first, evidence=(proof("a.pdf"),), reason="one", **given),
        Replaced(fields=second, evidence=(proof("first.pdf"),), reason="two", **given),
    )

    told = [
        (each.name, each.before[:10], each.after[:10], each.reason)
        for each in agreement(plan, state, READ, NOW).amended
    ]

    assert told == [
        ("removed-on", "2026-11-18", "2026-11-19", "one"),
        ("removal-confirmation", "a.pdf (sha", "first.pdf ", "one"),
        ("removed-on", "2026-11-19", "2026-11-20", "two"),
    ]


def test_facts_are_compared_without_the_time_of_reading(plan: Plan) -> None:
    """Only what the provider says counts."""
    later = plan.facts.model_copy(update={"clock": plan.facts.clock.model_copy(update={"shown": END})})

    assert compared(plan.facts, later).differences == ()
    (moved,) = compared(plan.facts, later.model_copy(update={"owner": "zz1-ovh"})).differences
    assert (moved.field, moved.before, moved.after) == ("owner", "ab12345-ovh", "zz1-ovh")


def test_an_amendment_tells_what_follows(plan: Plan, state: RunState) -> None:
    """Old and new, what goes by it and is done again, and which approvals were given on it."""
    early = GivenApproval(by=ALICE, plan=plan.digest, at=NOW - timedelta(hours=1))
    late = GivenApproval(by=BOB, plan=plan.digest, at=NOW + timedelta(hours=1))
    state.approvals = [early, late]

    told = amendment(plan, state, CABLE, {"removed-on": "2026-11-19"}, {"removal-confirmation": "new.pdf"})

    assert told is not None
    assert [(each.name, each.before, each.after) for each in told.changes] == [
        ("removed-on", "2026-11-20", "2026-11-19"),
        ("removal-confirmation", "first.pdf", "new.pdf"),
    ]
    assert told.approvals == (late,)
    assert not told.record_only


@pytest.mark.parametrize("over", ["no-return", "turned"])
def test_late_an_amendment_corrects_the_record_alone(plan: Plan, state: RunState, over: str) -> None:
    """After the point of no return, and during the rollback: nothing is voided, nothing is done again."""
    state.approvals = [GivenApproval(by=BOB, plan=plan.digest, at=NOW)]
    if over == "no-return":
        state.passed_no_return_at = NOW
    else:
        state.rollback = Rollback(to=Outcome.REACTIVATED, by=OMAR, reason="needed", at=NOW)

    told = amendment(plan, state, CABLE, {"removed-on": "2026-11-19"}, {})

    assert told is not None
    assert (told.record_only, told.approvals, told.again) == (True, (), ())


def test_what_is_not_done_is_not_amended(plan: Plan, state: RunState) -> None:
    """There is nothing to replace: the run says so."""
    state.steps[CABLE].status = StepStatus.WAITING

    assert amendment(plan, state, CABLE, {"operator": "x"}, {}) is None
    assert amendment(plan, state, "preflight.attest-moved", {"operator": "x"}, {}) is None


def test_an_amended_form_is_judged_whole(plan: Plan, state: RunState) -> None:
    """With the fields and proofs that stay; what is wrong names the field."""
    form, standing = plan.step(CABLE).task, state.steps[CABLE]
    assert form is not None
    known: Known = known_days(plan, state, NOW)

    check_amended(form, standing, {"removed-on": "2026-11-19"}, (), known)
    with pytest.raises(UnrackError, match="removed-on"):
        check_amended(form, standing, {"removed-on": "yesterday"}, (), known)


def test_an_extension_tells_where_grace_ends_and_what_it_bills(plan: Plan, state: RunState) -> None:
    """Before anybody asks for it; nothing of what the run refuses anyway."""
    week = Extend(id="00000001", by=OMAR, by_span=timedelta(days=7), reason="late")
    hour = week.model_copy(update={"by_span": timedelta(hours=1)})
    century = week.model_copy(update={"by_span": timedelta(days=40_000)})
    past = week.model_copy(update={"by_span": None, "to": NOW})

    told = prolonged(plan, state, week, NOW)

    assert told is not None
    assert told.would_end - told.ends == timedelta(days=7)
    assert told.billed is not None
    assert (brief := prolonged(plan, state, hour, NOW)) is not None
    assert brief.billed is None
    assert [prolonged(plan, state, each, NOW) for each in (century, past)] == [None, None]
    state.effective_at = None
    assert prolonged(plan, state, week, NOW) is None
