"""What a run takes the provider's time to be, by what it read and when."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.workflows.plans import plan
from unrack.contracts.workflows import RunStart
from unrack.model.decision import Actor
from unrack.model.service import ProviderClock
from workflows.context import RunContext

BEGIN = datetime(2026, 11, 23, 9, tzinfo=UTC)
LONG = timedelta(hours=10)


class Engine:
    """The engine's clock, as the workflow sees it."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.time = BEGIN
        monkeypatch.setattr("workflows.context.workflow.now", lambda: self.time)


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> Engine:
    """Begins at BEGIN and stands still until a test moves it."""
    return Engine(monkeypatch)


def begun() -> RunContext:
    """A run at a provider whose clock shows the time of here."""
    return RunContext(RunStart(plan=plan(shown=BEGIN), launched_by=Actor(name="lea")))


def shown(at: datetime) -> ProviderClock:
    """A clock that was read then, and right."""
    return ProviderClock(read_at=at, shown=at)


def test_an_answer_that_lay_for_hours_does_not_make_the_run_late(engine: Engine) -> None:
    """The clock was read, and no worker took the answer up for ten hours: it counts from when it was read."""
    run = begun()

    engine.time += LONG
    run.set_clock(shown(BEGIN + timedelta(seconds=2)), asked=BEGIN)

    assert run.now() == engine.time


def test_a_clock_that_is_behind_does_not_make_the_run_early(engine: Engine) -> None:
    """In the first task after a worker's death the engine shows an earlier time: what is read then is no head start."""
    run = begun()

    run.set_clock(shown(BEGIN + LONG), asked=BEGIN)
    engine.time += LONG + timedelta(seconds=1)

    assert run.now() == engine.time


def test_a_reader_out_of_step_does_not_count(engine: Engine) -> None:
    """The reader's own time lies before the question: only what the provider's clock showed counts, from now on."""
    run = begun()

    engine.time += LONG
    read = ProviderClock(read_at=BEGIN, shown=BEGIN + timedelta(days=20))
    run.set_clock(read, asked=engine.time)

    assert run.now() == BEGIN + timedelta(days=20)


def test_what_is_new_came_after_the_task_before(engine: Engine) -> None:
    """However long no worker was there; a query, which no replay sees, leaves no trace."""
    run = begun()

    first = run.task_before()
    engine.time += LONG
    run.now()
    engine.time += LONG
    second = (run.task_before(), run.task_before())
    engine.time += LONG

    assert first is None
    assert second == (BEGIN, BEGIN)
    assert run.task_before() == BEGIN + 2 * LONG


@pytest.mark.usefixtures("engine")
async def test_a_wait_is_judged_by_what_holds_not_by_what_came_first(monkeypatch: pytest.MonkeyPatch) -> None:
    """Timer and decision came while no worker ran: the engine gives both at once, the time-out perhaps first."""
    run, decided = begun(), False

    async def both_at_once(*_: object, **__: object) -> None:
        nonlocal decided
        decided = True
        raise TimeoutError

    monkeypatch.setattr("workflows.context.workflow.wait_condition", both_at_once)

    assert await run.pause(lambda: decided, LONG, "until it is too late")
    assert run.time() >= BEGIN + LONG
    assert not await run.pause(lambda: False, LONG, "until it is too late")


def test_no_wait_is_too_short_and_none_is_nothing_where_a_clock_runs_fast() -> None:
    """Rounded down to nothing, a run would look up again and again without a moment's wait."""
    clock = ProviderClock(read_at=BEGIN, shown=BEGIN, scale=86_400)
    soon = BEGIN + timedelta(milliseconds=40)

    assert clock.until(soon, BEGIN) == timedelta(microseconds=1)
    assert clock.at(BEGIN + clock.until(soon, BEGIN)) >= soon


def test_a_moment_beyond_the_last_one_is_the_last_one() -> None:
    """As the end of a hold of the whole installation in a rehearsal, whose clock runs fast: no run stops for it."""
    clock = ProviderClock(read_at=BEGIN, shown=BEGIN, scale=86_400)

    assert clock.at(BEGIN + timedelta(days=60)) > BEGIN + timedelta(days=365 * 7000)
