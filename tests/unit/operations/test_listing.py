"""Lists of any length: every open run, in the order of due dates, and no more of them in memory than a page."""

import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import accumulate

import pytest
from temporalio.client import Client

from tests.unit.operations.played_visibility import PlayedVisibility, Shown
from unrack.contracts.workflows import waited_for, waiting_words
from unrack.model.lifecycle import Phase
from unrack.model.plan import TaskForm
from unrack.model.state import OpenTask, RunView
from unrack.operations.listing import Filter, Listed, Waiting, WaitingTask, count_runs, list_runs, open_tasks
from unrack.temporal.executions import PAGE

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)
LATE = datetime.max.replace(tzinfo=UTC)


def task(step: str, deadline: datetime) -> OpenTask:
    """A task that waits for a person."""
    return OpenTask(step=step, title=step, since=NOW, deadline=deadline, form=TaskForm(instructions="do it"))


def shown(number: int, due: datetime | None, tasks: tuple[OpenTask, ...] = (), **changes: object) -> Shown:
    """A run that visibility shows, started `number` seconds after the first."""
    waiting = tuple(f"task:{each.step}" for each in tasks) or ("grace",)
    view = RunView(
        service=f"s{number}",
        provider="ovhcloud",
        product="ip",
        title="an address",
        phase=Phase.GRACE,
        timing="immediate",
        waiting_for=waiting,
        due=due,
        tasks=tasks,
    ).model_copy(update=changes)
    return Shown(f"ovhcloud-ip/s{number}", view, NOW + timedelta(seconds=number), f"r{number}")


def many(due: Callable[[int], datetime | None], runs: int = 3 * PAGE + 1) -> PlayedVisibility:
    """More open runs than three pages hold."""
    return PlayedVisibility([shown(number, due(number)) for number in range(runs)])


async def listed(client: Client, wanted: Filter | None = None) -> list[Listed]:
    """All of a list."""
    return [each async for each in list_runs(client, wanted or Filter())]


SPREAD = random.Random(7)  # noqa: S311 - the same each time
DUES: dict[str, Callable[[int], datetime | None]] = {
    "spread over a year": lambda _: NOW + timedelta(seconds=SPREAD.randrange(31_536_000)),
    "all at one moment": lambda _: NOW,
    "most at one moment": lambda number: NOW + timedelta(days=number % 100 if number % 10 == 0 else 0),
    "the oldest due last": lambda number: NOW - timedelta(minutes=number),
    "none at all": lambda _: None,
    "some without": lambda number: None if number % 3 == 0 else NOW + timedelta(hours=number % 7),
    "a microsecond apart": lambda number: NOW + timedelta(microseconds=number),
    "just before a second": lambda number: NOW + timedelta(seconds=number // 700, microseconds=-(number % 9)),
    "a quarter second apart": lambda number: NOW + timedelta(milliseconds=250 * number, microseconds=number),
    "at the end of time": lambda number: LATE if number % 2 else LATE - timedelta(microseconds=1),
}


@pytest.mark.parametrize(
    ("due", "runs"),
    [
        *(pytest.param(due, 3 * PAGE + 1, id=name) for name, due in DUES.items()),
        pytest.param(DUES["spread over a year"], 5000, id="5,000", marks=pytest.mark.long),
    ],
)
async def test_every_open_run_is_listed_in_order(due: Callable[[int], datetime | None], runs: int) -> None:
    """All of them, once each, the nearest due date first, those without one last."""
    service = many(due, runs)
    found = await listed(service.client())

    assert sorted(each.run for each in found) == sorted(each.run for each in service.executions)
    dates = [(each.view.due if each.view else None) or LATE for each in found]
    assert all(latest - at < timedelta(seconds=1) for at, latest in zip(dates, accumulate(dates, max), strict=True))


async def test_only_pages_are_held() -> None:
    """The first run comes after a few pages, and not after all of them."""
    service = many(DUES["spread over a year"])
    async for _ in list_runs(service.client(), Filter()):
        break

    assert service.answered <= 4 * PAGE


@pytest.mark.parametrize(
    "name",
    [
        "spread over a year",
        "due as they began",
        pytest.param("due against how they began", marks=pytest.mark.long),
        pytest.param("due loosely as they began", marks=pytest.mark.long),
    ],
)
async def test_a_long_list_costs_little_more_than_its_rows(name: str) -> None:
    """However due dates go with the beginnings of runs: hardly a row is asked for twice."""
    draw = random.Random(11)  # noqa: S311 - the same each time
    dues: dict[str, Callable[[int], datetime]] = {
        "spread over a year": lambda _: NOW + timedelta(seconds=draw.randrange(31_536_000)),
        "due as they began": lambda number: NOW + timedelta(hours=number),
        "due against how they began": lambda number: NOW - timedelta(hours=number),
        "due loosely as they began": lambda number: NOW + timedelta(hours=number + draw.randrange(700)),
    }
    service = many(dues[name], 4000)

    assert len(await listed(service.client())) == 4000
    assert service.answered <= 1.25 * 4000 + PAGE


async def test_few_runs_are_one_query() -> None:
    """However many windows there could be."""
    service = PlayedVisibility([shown(number, NOW) for number in range(3)])

    assert len(await listed(service.client())) == 3
    assert len(service.queries) == 1


async def test_a_run_that_moves_while_it_is_listed_is_listed() -> None:
    """Into a window that was read, into a later one, and into a fresh history."""
    service = many(DUES["spread over a year"])
    every = {each.run for each in service.executions}
    moving = sorted(service.executions, key=lambda each: each.view.due if each.view and each.view.due else LATE)

    def meanwhile(number: int) -> None:
        if number == 6:
            for each, due in ((moving[-1], NOW - timedelta(days=1)), (moving[0], NOW + timedelta(days=500))):
                assert each.view is not None
                each.view = each.view.model_copy(update={"due": due})
            moving[-2].run_id, moving[-2].started_at = "fresh", NOW + timedelta(days=1)

    service.before_page = meanwhile
    found = [each.run for each in await listed(service.client())]

    assert set(found) == every
    assert len(found) == len(every)


async def test_filters_are_part_of_the_query() -> None:
    """What is waited for, too: the server sends only what is asked for."""
    runs = [shown(number, NOW, (task("handover.x", NOW),) if number == 1 else ()) for number in range(10)]
    service = PlayedVisibility(runs)
    wanted = Filter(provider="ovhcloud", phase=Phase.GRACE, due_before=NOW + timedelta(days=1), waiting=Waiting.TASK)

    assert [each.run for each in await listed(service.client(), wanted)] == ["ovhcloud-ip/s1"]
    assert service.answered == 1
    assert await count_runs(service.client(), wanted) == 1


async def test_runs_that_ended_are_listed_when_asked_for() -> None:
    """After the open ones; a history that went on in a fresh one is no run that ended."""
    service = PlayedVisibility([shown(number, NOW) for number in range(4)])
    for each, status in zip(service.executions, ("Running", "Completed", "Terminated", "ContinuedAsNew"), strict=True):
        each.status = status

    assert [each.run for each in await listed(service.client())] == ["ovhcloud-ip/s0"]
    everything = await listed(service.client(), Filter(closed_too=True))
    assert [each.run for each in everything] == ["ovhcloud-ip/s0", "ovhcloud-ip/s2", "ovhcloud-ip/s1"]
    assert [each.open for each in everything] == [True, False, False]
    assert await count_runs(service.client(), Filter(closed_too=True)) == 3


@pytest.mark.parametrize("memo", [b"42", b'{"x": 1}', b"not JSON", None])
async def test_a_run_that_shows_nothing_readable_is_listed_as_that(memo: bytes | None) -> None:
    """A stranger's memo neither hides the run nor ends the list."""
    stranger = Shown("ovhcloud-ip/x", None, NOW, "rx", memo=memo)
    found = await listed(PlayedVisibility([stranger, shown(1, NOW)]).client())

    assert {each.run: bool(each.unreadable) for each in found} == {"ovhcloud-ip/x": True, "ovhcloud-ip/s1": False}


async def test_tasks_come_by_their_deadlines_whatever_else_their_run_waits_for() -> None:
    """A run that is due for something else keeps its later task back until it is its turn."""
    draw = random.Random(3)  # noqa: S311 - the same each time

    def run(number: int) -> Shown:
        deadlines = [NOW + timedelta(minutes=draw.randrange(100_000)) for _ in range(1 + number % 2)]
        due = NOW - timedelta(days=1) if number % 5 == 0 else min(deadlines)
        return shown(number, due, tuple(task(f"handover.t{each}", at) for each, at in enumerate(deadlines)))

    service = PlayedVisibility([run(number) for number in range(1200)])
    tasks = [each async for each in open_tasks(service.client())]
    deadlines = [each.task.deadline for each in tasks]

    assert len(tasks) == 1800
    assert deadlines == sorted(deadlines)


async def test_of_a_run_that_waits_and_cannot_be_read_it_is_told() -> None:
    """Its task is not shown, and whoever looks hears of it."""
    unreadable = shown(1, NOW, (task("handover.x", NOW),))
    unreadable.memo = b"42"
    unread: list[Listed] = []
    found: list[WaitingTask] = [
        each async for each in open_tasks(PlayedVisibility([unreadable]).client(), unread=unread.append)
    ]

    assert found == []
    assert [each.run for each in unread] == ["ovhcloud-ip/s1"]


def test_kinds_stand_beside_what_is_waited_for() -> None:
    """Lists are queried by whole words; what people read has none of the kinds twice."""
    waiting = ("task:handover.x", "task:handover.y", "grace", "hold:h1")

    assert set(waiting_words(waiting)) == {*waiting, "task", "hold"}
    assert waited_for(waiting_words(waiting)) == waiting
    assert waited_for(waiting_words(())) == ()
