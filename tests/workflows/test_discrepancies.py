"""What fits and what does not: runs as Temporal shows them against services as their providers show them."""

from datetime import UTC, datetime

import pytest

from unrack.contracts.reconciliation import (
    Discrepancy,
    How,
    Interference,
    Mismatch,
    ReconcileReport,
    RunSeen,
    ServiceSeen,
)
from unrack.model.lifecycle import Outcome, Phase
from unrack.model.service import ServiceRef
from workflows.discrepancies import Services, judge, to_read

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
SERVICE = ServiceRef(provider="test", product="thing", service="svc-1")
ALIVE = ServiceSeen(service=SERVICE, read=True, there=True, words="active")
ENDING = ALIVE.model_copy(update={"ending": True})
GONE = ServiceSeen(service=SERVICE, read=True, words="no such service")
UNREAD = ServiceSeen(service=SERVICE, read=False, words="no credential")
END = Interference(how=How.TERMINATED, run_id="r-1", at=NOW, by="ui", changed=("detach.pops",))


def run(**more: object) -> RunSeen:
    """An open run in grace, unless said otherwise."""
    values = {"run": "test-thing/svc-1", "run_id": "r-1", "runbook": "test-thing", "since": NOW}
    return RunSeen.model_validate({**values, "service": SERVICE, "phase": Phase.GRACE, "open": True, **more})


def shown(*services: ServiceSeen) -> Services:
    """The services by what names them."""
    return {each.service: each for each in services}


def kinds(seen: RunSeen, service: ServiceSeen) -> list[Mismatch]:
    """What does not fit."""
    return [each.kind for each in judge((seen,), shown(service), None)]


@pytest.mark.parametrize(
    ("seen", "service", "expected"),
    [
        (run(), ALIVE, []),
        (run(scheduled=True), ENDING, []),
        (run(scheduled=True), ALIVE, [Mismatch.END_LOST]),
        (run(scheduled=True), ALIVE.model_copy(update={"renews": False}), []),
        (run(scheduled=True, no_return=True), GONE, []),
        (run(), GONE, [Mismatch.SERVICE_LOST]),
        (run(open=False, outcome=Outcome.CLOSED), GONE, []),
        (run(open=False, outcome=Outcome.CLOSED), ALIVE, [Mismatch.STILL_THERE]),
        (run(open=False, outcome=Outcome.REACTIVATED), ALIVE, []),
        (run(open=False, outcome=Outcome.REACTIVATED), ENDING, [Mismatch.STILL_ENDING]),
        (run(open=False, outcome=Outcome.ABORTED), ENDING, []),
        (run(open=False, interference=END), ALIVE, [Mismatch.HALF_REMOVED]),
        (run(open=False, interference=END.model_copy(update={"changed": ()})), ALIVE, [Mismatch.GONE_UNTOUCHED]),
        (run(interference=END.model_copy(update={"how": How.RESET})), ALIVE, [Mismatch.RESET]),
        (run(stuck="its code failed 4 times in a row"), ALIVE, [Mismatch.STUCK]),
    ],
)
def test_what_does_not_fit(seen: RunSeen, service: ServiceSeen, expected: list[Mismatch]) -> None:
    """Each pair of run and service: found exactly where a person has to look."""
    assert kinds(seen, service) == expected


@pytest.mark.parametrize("seen", [run(scheduled=True), run(open=False, outcome=Outcome.CLOSED)])
def test_what_could_not_be_read_proves_nothing(seen: RunSeen) -> None:
    """No finding from silence: not from an unread service, not from one that nobody asked for."""
    assert kinds(seen, UNREAD) == []
    assert judge((seen,), {}, None) == ()


def test_a_run_that_is_gone_is_told_without_its_provider() -> None:
    """That the run is gone is known from Temporal alone; an unreadable state counts as touched."""
    unreadable = END.model_copy(update={"changed": (), "unreadable": "no worker read its history"})

    assert kinds(run(open=False, interference=END), UNREAD) == [Mismatch.HALF_REMOVED]
    assert kinds(run(open=False, interference=unreadable), UNREAD) == [Mismatch.HALF_REMOVED]


def test_what_was_half_removed_is_remembered_until_it_is_dealt_with() -> None:
    """The server forgot the run: it stays told until the service is gone, or a later run is there."""
    (was,) = judge((run(open=False, interference=END),), shown(ALIVE), None)
    before = ReconcileReport(at=NOW, queue="q", found=(was,))

    def now(runs: tuple[RunSeen, ...], service: ServiceSeen) -> list[Mismatch]:
        return [each.kind for each in judge(runs, shown(service), before)]

    assert to_read((), before) == (SERVICE,)
    assert now((), ALIVE) == [Mismatch.HISTORY_GONE]
    assert now((), UNREAD) == [Mismatch.HISTORY_GONE]
    assert now((), GONE) == []
    assert now((run(run_id="r-2"),), ALIVE) == []


def test_a_finding_is_the_same_when_it_is_seen_again() -> None:
    """By kind, run and execution, whatever the words: people are told once."""
    seen = run(open=False, interference=END)
    (first,) = judge((seen,), shown(ALIVE), None)
    (second,) = judge((seen,), shown(GONE), None)

    assert isinstance(first, Discrepancy)
    assert first.text != second.text
    assert first.key == second.key
