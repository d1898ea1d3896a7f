"""The audit tells every decision in one line."""

from datetime import UTC, datetime, timedelta
from typing import get_args

import pytest

from unrack.audit.wording import RESULTS, decided, ended, resulted
from unrack.contracts.installation_holds import HoldActivities, HoldsResult
from unrack.contracts.verifying import AdmitResult, Checked, VerifyResult
from unrack.model.assurance import Assurance
from unrack.model.authority import Access
from unrack.model.decision import (
    Actor,
    Amend,
    Approve,
    Decision,
    Extend,
    FreezeRun,
    Hold,
    HoldScope,
    Note,
    Release,
    Shorten,
    Unfreeze,
    Withdraw,
)
from unrack.model.installation_hold import InstallationHold, Selector
from unrack.model.lifecycle import Outcome
from unrack.model.policy_ref import PolicyRef
from unrack.model.service import ProviderClock
from unrack.model.state import Difference, RunReport, RunState
from unrack.model.statement import Refusal

OMAR = Actor(name="omar")
AT = datetime(2026, 12, 24, 18, tzinfo=UTC)
TOLD: tuple[tuple[Decision, str], ...] = (
    (Extend(id="00000001", by=OMAR, by_span=timedelta(days=7), reason="late"), "extends grace by 7 days: late"),
    (Shorten(id="00000002", by=OMAR, to=AT, reason="agreed"), "shortens grace to 2026-12-24 18:00 UTC: agreed"),
    (
        FreezeRun(id="00000003", by=OMAR, begins=AT, ends=AT + timedelta(days=1), name="Audit", reason="as said"),
        "freezes the run from 2026-12-24 18:00 UTC to 2026-12-25 18:00 UTC (Audit): as said",
    ),
    (Unfreeze(id="00000004", by=OMAR, freeze="f1", reason="over"), "takes freeze f1 off: over"),
    (Release(id="00000005", by=OMAR, hold="h2", reason="agreed"), "releases hold h2: agreed"),
    (Release(id="00000006", by=OMAR, owner="dana", reason="left"), "releases the holds of dana: left"),
    (Release(id="00000007", by=OMAR), "releases their own hold"),
    (Release(id="00000008", by=OMAR, everyone=True, reason="over"), "releases everybody's holds: over"),
    (Release(id="00000009", by=OMAR, from_all="a1", reason="over"), "lifts hold a1 of the whole installation: over"),
    (Hold(id="00000010", by=OMAR, reason="incident"), "holds the run: incident"),
    (
        Hold(id="00000011", by=OMAR, reason="audit", scope=HoldScope.PURGE, until=AT),
        "holds the purge of the run until 2026-12-24 18:00 UTC: audit",
    ),
    (
        Hold(id="00000012", by=OMAR, reason="incident", from_all="a1"),
        "holds the run (hold a1 of the whole installation): incident",
    ),
)
RECORDED: tuple[tuple[Decision, str], ...] = (
    (
        Approve(id="00000001", by=OMAR, plan="sha256:" + "0" * 64, revision=2),
        "approves the plan sha256:000000000000… at consent revision 2",
    ),
    (Withdraw(id="00000002", by=OMAR, reason="wrong port"), "takes the approval back: wrong port"),
    (Withdraw(id="00000003", by=OMAR, extension="e1", reason="done"), "takes extension e1 back: done"),
    (
        Amend(id="00000004", by=OMAR, step="handover.remove", fields={"removed-on": "2026-11-20"}, reason="a slip"),
        "amends handover.remove (removed-on): a slip",
    ),
    (Note(id="00000005", by=OMAR, text="the NOC called"), "remarks: the NOC called"),
)


@pytest.mark.parametrize(("decision", "line"), TOLD)
def test_decisions_on_the_window_are_told(decision: Decision, line: str) -> None:
    """With how far, until when, and why."""
    assert decided(decision) == line


@pytest.mark.parametrize(("decision", "line"), RECORDED)
def test_decisions_on_consent_and_record_are_told(decision: Decision, line: str) -> None:
    """Which revision was approved, which extension went back, which fields were replaced."""
    assert decided(decision) == line


def test_every_kind_of_decision_has_a_line() -> None:
    """A decision that the audit cannot tell would stop a timeline."""
    union, _ = get_args(Decision)

    for kind in get_args(union):
        given = {"begins": AT, "ends": AT + timedelta(days=1), "by_span": timedelta(days=1), "evidence": ()}
        values = {name: given.get(name, "x" * 8) for name, field in kind.model_fields.items() if field.is_required()}
        values |= {"by": OMAR} | ({"by_span": timedelta(days=1)} if "by_span" in kind.model_fields else {})
        values |= {"fields": {"removed-on": "2026-11-20"}} if "fields" in kind.model_fields else {}
        if "remedy" in values:
            values["remedy"] = "retry"
        assert decided(kind.model_validate(values))


def test_a_run_that_no_signal_reached_tells_the_holds_that_it_took_over() -> None:
    """A hold of the whole installation is in the history of each run, that of a resumed one too."""
    hold = InstallationHold(
        id="a1", scope=HoldScope.ALL, which=Selector(), by=OMAR, reason="incident", since=AT, order="order-01"
    )
    definition = getattr(HoldActivities.installation_holds, "__temporal_activity_definition")

    assert RESULTS[definition.name] is HoldsResult
    assert resulted(HoldsResult(standing=(hold,))) == "a1 by omar: incident"
    assert resulted(HoldsResult()) == "none"


def test_what_a_worker_found_of_who_decides_is_told() -> None:
    """Of the launch and of each decision: who it is proved to be from, by which policy, or why it is not."""
    ref = PolicyRef(version=3, digest="sha256:" + "a" * 64)
    lea, omar = (Actor(name=name, assurance=Assurance.SIGNED) for name in ("lea", "omar"))
    unknown = Checked(id="b" * 8, why=Refusal.KEY_UNKNOWN, words="the policy does not know this key")

    assert (
        resulted(AdmitResult(access=Access(stated=False, policy=ref), by=lea)) == "yes: lea, signed (policy version 3)"
    )
    assert "nobody verifies who decides" in resulted(AdmitResult(access=Access(allowed_stated=True)))
    assert resulted(AdmitResult(access=Access())) == "yes; no policy rules, names count as they are stated"
    assert resulted(AdmitResult(why=Refusal.UNSIGNED, words="it is not signed")) == "no: unsigned: it is not signed"
    assert resulted(VerifyResult(checked=(Checked(id="a" * 8, by=omar), unknown), policy=ref)) == (
        "omar, signed; key-unknown: the policy does not know this key (policy version 3)"
    )


def test_what_the_provider_numbers_anew_is_not_told_as_different() -> None:
    """A reactivation that restored everything must not read as one that did not."""
    state = RunState(
        plan_digest="sha256:0", launched_by=OMAR, launched_at=AT, clock=ProviderClock(read_at=AT, shown=AT)
    )
    report = RunReport(run="a/b", plan_digest="sha256:0", outcome=Outcome.REACTIVATED, state=state)
    state.differences = [Difference(field="pop[1].id", before="1", after="2", expected=True)]
    assert ended(report) == "ended: reactivated"

    state.differences.append(Difference(field="pop[1].subnet", before="a", after="b"))
    assert ended(report) == "ended: reactivated; 1 field of the configuration is not as before"
