"""A bounded part of the kill matrix; ``make chaos`` plays the whole of it. Real processes, real SIGKILL."""

import pytest

from chaos.death import Place
from chaos.playing import play
from chaos.rows import every_event, row_named, rows

pytestmark = [pytest.mark.durability, pytest.mark.timeout(300)]

_WORST = (
    "worker/end-of-term/request.schedule-termination-1-after",
    "worker/immediate/purge.confirm-termination-1-after",
    "simulator/end-of-term-reactivated/call-12-after",
    "server/immediate/purge",
)
"""The moments at which most is at stake: the provider has acted, and nobody has heard of it."""


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


def test_each_batch_of_events_is_killed_at_once() -> None:
    """Two tasks that saw the same history are one place."""
    assert every_event([3, 3, 7, 12]) == [3, 7, 12]


@pytest.mark.parametrize("name", ["worker/nowhere/event-1", "nobody/immediate/event-1", "worker/immediate/x-1-during"])
def test_a_row_that_does_not_exist_is_refused(name: str) -> None:
    """With the reason, before anything is started."""
    with pytest.raises(ValueError, match=r"row|before or after"):
        row_named(name)
