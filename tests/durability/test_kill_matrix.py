"""A bounded part of the kill matrix; ``make chaos`` plays the whole of it. Real processes, real SIGKILL."""

from datetime import UTC, datetime, timedelta

import pytest

from chaos.__main__ import exit_code
from chaos.death import Place
from chaos.judging import too_early
from chaos.playing import Verdict, play
from chaos.rows import every_event, row_named, rows
from unrack.simulator import LedgerEntry

pytestmark = [pytest.mark.durability, pytest.mark.timeout(900)]

_TERMINATE = "/ovhCloudConnect/2f0c9a1e-6b1d-4c55-9a37-0d5e8b7c4f10/terminate"
_WORST = (
    "worker/end-of-term/request.schedule-termination-1-after",
    "worker/immediate/purge.confirm-termination-1-after",
    "simulator/end-of-term-reactivated/call-12-after",
    "server/immediate/purge",
    "server/immediate-reactivated/way-back",
)
"""The moments at which most is at stake: the provider has acted and nobody has heard of it, or half is put back."""


@pytest.mark.long
@pytest.mark.parametrize("name", _WORST)
async def test_a_kill_at_the_worst_moment_changes_nothing(name: str) -> None:
    """By the ledger every call took effect once, the run ended as it must, and its history replays (S0.4)."""
    verdict = await play(row_named(name))

    assert verdict.killed
    assert verdict.violations == ()


def test_every_place_is_a_row_that_can_be_played_again() -> None:
    """What the table names is what ``--only`` takes."""
    course = row_named("server/immediate/purge").course
    worker = [Place("event", 3), Place("event", 9), Place("detach.remove-pops", 2, "before")]

    every = rows(course, worker, [Place("call", 4, "after")])

    assert [row_named(row.name).name for row in every] == [row.name for row in every]
    assert [row.name for row in every][:4] == [
        "worker/immediate/event-0003",
        "worker/immediate/event-0009",
        "worker/immediate/detach.remove-pops-2-before",
        "simulator/immediate/call-4-after",
    ]


def test_the_server_is_killed_on_the_way_back_too() -> None:
    """A run that is rolled back is in the phase where it was turned: the way back has a row of its own."""
    back, forth = (row_named(f"server/{name}/grace").course for name in ("immediate-reactivated", "immediate"))

    assert rows(back, [], [])[-1] == row_named("server/immediate-reactivated/way-back")
    assert not any(row.way_back for row in rows(forth, [], []))


@pytest.mark.parametrize(("days", "told"), [(6, 1), (8, 0)])
def test_a_purge_before_the_end_of_grace_is_told(days: int, told: int) -> None:
    """By the ledger's own dates, from the last call that can be taken back on."""
    detached, asked = _called("DELETE", "/vrack/pn-1/ovhCloudConnect/1", 0), _called("POST", _TERMINATE, days)

    assert len(too_early([detached, asked], timedelta(days=7))) == told
    assert too_early([asked], timedelta(days=7))


def _called(method: str, path: str, day: int) -> LedgerEntry:
    at = datetime(2026, 11, 23, tzinfo=UTC) + timedelta(days=day)
    return LedgerEntry(method=method, path=path, at=at, effect="done", took_effect=True, status=200, query_id="q")


def test_each_batch_of_events_is_killed_at_once() -> None:
    """Two tasks that saw the same history are one place."""
    assert every_event([3, 3, 7, 12]) == [3, 7, 12]


@pytest.mark.parametrize("name", ["worker/nowhere/event-1", "nobody/immediate/event-1", "worker/immediate/x-1-during"])
def test_a_row_that_does_not_exist_is_refused(name: str) -> None:
    """With the reason, before anything is started."""
    with pytest.raises(ValueError, match=r"row|before or after"):
        row_named(name)


@pytest.mark.parametrize(
    ("killed", "violations", "code"), [(True, (), 0), (False, (), 1), (True, ("it ended aborted",), 1)]
)
def test_a_matrix_in_which_nobody_died_proves_nothing(killed: bool, violations: tuple[str, ...], code: int) -> None:
    """Its exit code is that of a failure, as with a violation."""
    verdict = Verdict("worker/immediate/event-1", "worker", "immediate", killed, 1.0, violations=violations)

    assert exit_code([verdict]) == code
