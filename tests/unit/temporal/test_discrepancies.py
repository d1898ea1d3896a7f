"""What fits and what does not: runs as Temporal shows them against services as their providers show them."""

from datetime import UTC, datetime

import pytest

from unrack.contracts.reconciliation import (
    Discrepancy,
    How,
    Interference,
    Mismatch,
    Pause,
    RunSeen,
    ServiceSeen,
)
from unrack.i18n import translate
from unrack.model.lifecycle import Outcome, Phase
from unrack.model.service import ServiceRef
from unrack.temporal.discrepancies import Services, history_gone, judge

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
    return [each.kind for each in judge((seen,), shown(service))]


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
    assert judge((seen,), {}) == ()


def test_a_run_that_is_gone_is_told_without_its_provider() -> None:
    """That the run is gone is known from Temporal alone; an unreadable state counts as touched."""
    unreadable = END.model_copy(update={"changed": (), "unreadable": "no worker read its history"})

    assert kinds(run(open=False, interference=END), UNREAD) == [Mismatch.HALF_REMOVED]
    assert kinds(run(open=False, interference=unreadable), UNREAD) == [Mismatch.HALF_REMOVED]


def test_what_was_half_removed_is_remembered_until_it_is_dealt_with() -> None:
    """The server forgot the run: it stays told until the service is gone."""
    (was,) = judge((run(open=False, interference=END),), shown(ALIVE))

    still, unread = history_gone(was, ALIVE), history_gone(was, UNREAD)

    assert still is not None
    assert still.kind is Mismatch.HISTORY_GONE
    assert unread is not None
    assert history_gone(was, GONE) is None


@pytest.mark.parametrize(
    "why",
    [
        {"pauses": (Pause(by="ui", reason="why", since=NOW),)},
        {"stuck": "its code failed 4 times in a row"},
        {"open": False, "interference": END},
    ],
)
def test_what_stands_still_with_a_scheduled_end_is_urgent(why: dict[str, object]) -> None:
    """Nobody takes the end back at the last call: that is told as urgent, and past the point of no return no more."""
    before = {"scheduled": True, **why}
    (urgent,) = judge((run(**before),), {})
    (over,) = judge((run(**before, no_return=True),), {})
    (none,) = judge((run(**{**before, "scheduled": False}),), {})

    assert urgent.urgent
    assert "nobody takes that back at the last call" in urgent.text
    assert not over.urgent
    assert not none.urgent


def test_a_paused_call_is_told_with_who_and_why() -> None:
    """The watch over the last call goes on beside a paused call: it is told, and is not urgent."""
    pause = Pause(call="detach.pops", by="maria@host", reason="to look", since=NOW)
    (found,) = judge((run(scheduled=True, pauses=(pause,)),), {})

    assert found.kind is Mismatch.PAUSED
    assert (
        'its call detach.pops is paused in Temporal since 2026-03-01 12:00 UTC by maria@host ("to look")' in found.text
    )
    assert found.todo == "temporal activity unpause --workflow-id 'test-thing/svc-1' --activity-id 'detach.pops'"
    assert not found.urgent


@pytest.mark.parametrize(
    ("seen", "service", "french"),
    [
        (
            run(open=False, scheduled=True, interference=END.model_copy(update={"in_flight": ("purge.end",)})),
            ALIVE,
            (
                "exécution disparue (arrêtée de force dans Temporal le 1er mars 2026 à 12:00 UTC par ui) dans la phase "
                "grace, service à moitié retiré : fait detach.pops ; commencé purge.end. Le fournisseur dit : active. "
                "Urgent : le fournisseur mettra fin au service de lui-même, et personne n'annule cela au dernier appel"
            ),
        ),
        (
            run(open=False, interference=END),
            ALIVE.model_copy(update={"words": ""}),
            (
                "exécution disparue (arrêtée de force dans Temporal le 1er mars 2026 à 12:00 UTC par ui) dans la phase "
                "grace, service à moitié retiré : fait detach.pops"
            ),
        ),
        (
            run(pauses=(Pause(call="detach.pops", by="ui", reason="done by hand", since=NOW),)),
            ALIVE,
            (
                "son appel detach.pops est en pause dans Temporal depuis le 1er mars 2026 à 12:00 UTC par ui "
                '("done by hand") : aucun délai de cet appel ne court jusqu\'à la fin de la pause'
            ),
        ),
    ],
)
def test_a_finding_is_french_down_to_its_last_value(seen: RunSeen, service: ServiceSeen, french: str) -> None:
    """What was done, what was begun, who and since when; people's own words stay theirs."""
    (found,) = judge((seen,), shown(service))

    assert translate(found.text, "fr") == french


def test_a_finding_is_the_same_when_it_is_seen_again() -> None:
    """By kind, run and execution, whatever the words: people are told once."""
    seen = run(open=False, interference=END)
    (first,) = judge((seen,), shown(ALIVE))
    (second,) = judge((seen,), shown(GONE))

    assert isinstance(first, Discrepancy)
    assert first.text != second.text
    assert first.key == second.key
