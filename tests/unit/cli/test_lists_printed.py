"""Lists as printed: one JSON document written as it comes, and tables that fit 80 columns to the last row."""

import json
from collections.abc import AsyncGenerator
from io import StringIO

import pytest

from tests.unit.cli.test_screens import NOW, ROOT, RUN, SERVICE, connection
from unrack.cli.render.runbooks import show_catalogue
from unrack.cli.render.tables import RunTable, TaskTable
from unrack.cli.screen import Spoken
from unrack.cli.streaming import JsonList, pour
from unrack.model.lifecycle import Phase, Timing
from unrack.model.state import OpenTask, RunView
from unrack.operations.listing import Listed, WaitingTask
from unrack.runbook.describe import describe
from unrack.runbook.load import valid_runbooks

MANY = 250
"""More than are printed together."""


async def numbers(many: int) -> AsyncGenerator[int]:
    """The first `many` numbers."""
    for number in range(many):
        yield number


@pytest.mark.parametrize(("many", "limit", "count", "more"), [(0, None, 0, False), (3, 2, 2, True), (2, 2, 2, False)])
async def test_a_list_is_one_document_with_a_count(
    capsys: pytest.CaptureFixture[str], many: int, limit: int | None, count: int, *, more: bool
) -> None:
    """Valid JSON whatever its length, and it says whether it was cut."""
    document = JsonList[int]("runs", lambda number: {"number": number, "text": "a\u2028b\nc"})
    document.end(more=await pour(numbers(many), document, limit))
    written = json.loads(capsys.readouterr().out)

    assert written == {
        "runs": [{"number": number, "text": "a\u2028b\nc"} for number in range(count)],
        "count": count,
        "more": more,
    }


async def test_a_list_is_written_while_it_is_read(capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing is kept for the end."""
    document = JsonList[int]("runs", lambda number: number)

    async def watched() -> AsyncGenerator[int]:
        for number in range(3):
            written = capsys.readouterr().out
            assert (str(number - 1) in written) is (number > 0)
            yield number

    assert await pour(watched(), document, None) is False


async def test_a_list_ends_once_nobody_reads(monkeypatch: pytest.MonkeyPatch) -> None:
    """What nobody sees is not asked for either."""
    monkeypatch.setattr("unrack.cli.streaming.nobody_reads", lambda: True)
    asked: list[int] = []

    async def counted() -> AsyncGenerator[int]:
        async for number in numbers(10):
            asked.append(number)
            yield number

    assert await pour(counted(), JsonList[int]("runs", lambda number: number), None) is False
    assert asked == [0]


def view(number: int) -> RunView:
    """A run as lists show it."""
    return RunView(
        service=SERVICE,
        provider="ovhcloud",
        product="connect-direct",
        title=f"Connect {number}, Paris",
        phase=Phase.HANDOVER,
        timing="end-of-term",
        waiting_for=("task:handover.remove-cross-connect",),
        due=NOW,
        ticket="CHG-4711",
        owner="Network team",
    )


def waiting(number: int) -> WaitingTask:
    """A task of the run `number`."""
    step = connection(Timing.END_OF_TERM).step("handover.remove-cross-connect")
    assert step.task is not None
    task = OpenTask(step=step.id, title=step.title, since=NOW, deadline=NOW, form=step.task)
    return WaitingTask(
        run=f"{RUN[:-4]}{number:04}",
        service=SERVICE,
        rehearsal=False,
        ticket="CHG-4711",
        owner="Network team",
        task=task,
    )


@pytest.mark.parametrize("width", [80, *(pytest.param(wide, marks=pytest.mark.long) for wide in (120, 160))])
def test_a_long_table_is_as_one(width: int) -> None:
    """One head, every column at one place, no line too long, every name whole, and how many there are."""
    out = StringIO()
    runs, tasks = RunTable(Spoken(file=out, width=width)), TaskTable(Spoken(file=out, width=width))
    for number in range(MANY):
        runs.add(Listed(run=RUN, run_id="r", open=True, started_at=NOW, view=view(number)))
    runs.end()
    for number in range(MANY):
        tasks.add(waiting(number))
    tasks.end()
    text = out.getvalue()

    assert max(map(len, text.splitlines())) <= width
    assert (text.count("Phase, waits for"), text.count("Task, run")) == (1, 1)
    assert text.count(SERVICE) == MANY
    assert [number for number in range(MANY) if f"{SERVICE[:-4]}{number:04}" not in text] == []
    assert len({line.index("handover.") for line in text.splitlines() if " UTC   handover." in line}) == 1
    assert (text.count("CHG-4711"), text.count("Network team")) == (2 * MANY, 2 * MANY)
    assert (f"{MANY} runs" in text, f"{MANY} tasks" in text) == (True, True)
    assert "unrack tasks RUN TASK, or --full" in text
    assert "--limit" not in text


def test_a_table_that_was_cut_says_so() -> None:
    """With how many there are, where that is known."""
    out = StringIO()
    runs, tasks = RunTable(Spoken(file=out, width=80)), TaskTable(Spoken(file=out, width=80))
    runs.add(Listed(run=RUN, run_id="r", open=True, started_at=NOW, view=view(1)))
    runs.end(of=5000)
    tasks.add(waiting(1))
    tasks.end(more=True)

    assert "1 of 5000 runs" in out.getvalue()
    assert out.getvalue().count("There are more: raise --limit, or leave it out.") == 2


def test_a_list_marks_a_run_whose_deciders_nobody_verifies() -> None:
    """And one in which an emergency right was used: both marks stay for as long as the run is listed."""
    out = StringIO()
    runs = RunTable(Spoken(file=out, width=160))
    shown = view(1).model_copy(update={"allowed_stated": True, "broken_glass": True})
    runs.add(Listed(run=RUN, run_id="r", open=False, started_at=NOW, view=shown))
    runs.end()
    text = " ".join(out.getvalue().split())

    assert "nobody verifies who decides" in text
    assert "an emergency right was used" in text


def test_a_run_that_cannot_be_read_stands_in_the_table() -> None:
    """With the reason, and without what nobody knows."""
    out = StringIO()
    runs = RunTable(Spoken(file=out, width=80))
    runs.add(Listed(run=RUN, run_id="r", open=True, started_at=NOW, view=None, unreadable="it cannot be read"))
    runs.end()

    assert SERVICE in out.getvalue()
    assert "it cannot be read" in out.getvalue()


def test_the_list_of_runbooks_breaks_no_name() -> None:
    """What is copied from it is a name that another command takes, on 80 columns, too."""
    found = [describe(each) for each in valid_runbooks([ROOT / "runbooks"])]
    out = StringIO()

    show_catalogue(Spoken(file=out, width=80), found)

    assert {each.name for each in found} <= set(out.getvalue().split())
