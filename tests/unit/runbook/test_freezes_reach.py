"""How far freezes are known, and what becomes of a run that goes on for longer."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.unit.runbook.conftest import NOW, ROOT, SERVICE
from tests.unit.runbook.icalendars import calendar
from tests.unit.runbook.test_every_event import EASTER, WEEKEND
from unrack.model.calendar import NEVER, Freeze, FreezeCalendar, Zone
from unrack.model.decision import Actor
from unrack.model.known_days import known_days
from unrack.model.lifecycle import Phase, Timing
from unrack.model.plan import Plan
from unrack.model.request import Request, RequestedService
from unrack.model.service import ProviderClock, ServiceFacts
from unrack.model.state import LiftedFreeze, ReasonKind, RunState
from unrack.model.window import freezes_of, next_change, purge_not_before, reasons
from unrack.operations.planning import read_request
from unrack.runbook import compile_plan, load_runbook
from workflows.gates.guard import window_blockers

DAY = timedelta(days=1)
AT = datetime(2026, 11, 30, 12, tzinfo=UTC)
HOURS = (
    "UID:hours@board\nDTSTART;TZID=Europe/Paris:20260105T080000\nDTEND;TZID=Europe/Paris:20260105T180000\n"
    "RRULE:FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR\nSUMMARY:No changes in business hours"
)
REQUEST = """\
runbook: whc-domain
service:
  id: old-brand.example
timing: let-expire
reason: The brand was given up.
ticket: CHG-1
owner: web-team
stated:
  by: Ann Roy
  seen-on: 2026-11-20
  title: old-brand.example
  owner: ann@example.org
  expires-at: EXPIRES
  renewal-period: P1Y
  renews-automatically: true
freezes: board.ics
"""


def planned(folder: Path, *events: str, expires: str = "2027-04-02", at: datetime = AT) -> Plan:
    """The plan for a domain that is left to expire, with these events in its calendar."""
    (folder / "board.ics").write_text(calendar(*events), encoding="utf-8")
    path = folder / "request.yaml"
    path.write_text(REQUEST.replace("EXPIRES", expires), encoding="utf-8")
    wish = read_request(path, [ROOT / "runbooks"])
    assert wish.request.stated is not None
    facts = wish.request.stated.facts(wish.service, ProviderClock(read_at=at, shown=at))
    return compile_plan(wish.runbook, wish.request, facts, wish.freezes)


@pytest.mark.parametrize("events", [("UID:\n" + EASTER, "UID:\n" + WEEKEND), ("UID:x\n" + WEEKEND, "UID:x\n" + EASTER)])
def test_an_end_in_a_freeze_with_anothers_uid_is_told(tmp_path: Path, events: tuple[str, ...]) -> None:
    """The service would end within Easter: the plan says that the end is then taken back."""
    told = [each.text for each in planned(tmp_path, *events).warnings if each.subject == "freeze"]

    assert any("falls into the freeze 'Easter'" in text for text in told)


def test_no_changes_in_business_hours_makes_a_plan(tmp_path: Path) -> None:
    """Written out from this month on, as far as the run can reach with another term, and no further."""
    (known,) = planned(tmp_path, HOURS).freezes

    assert known.freezes[0].begins == datetime(2026, 11, 2, 7, tzinfo=UTC)
    assert datetime(2028, 4, 1, tzinfo=UTC) < known.until < datetime(2029, 4, 1, tzinfo=UTC)
    assert known.until - known.freezes[-1].ends < 4 * DAY
    assert len(known.model_dump_json()) < 150_000


def test_a_plan_made_a_day_later_is_the_same_plan(tmp_path: Path) -> None:
    """Working days that have passed since do not make it another one."""
    first, second = (planned(tmp_path, HOURS, at=AT - days * DAY) for days in (9, 2))

    assert first.digest == second.digest


@pytest.mark.parametrize("expires", ["9999-12-31", "2200-01-01"])
def test_dates_that_never_come_are_no_reach(tmp_path: Path, expires: str) -> None:
    """They block the plan, as they did; nothing is reckoned to the end of the years."""
    plan = planned(tmp_path, "UID:x\n" + EASTER, expires=expires)

    assert "expires-at" in [each.subject for each in plan.blockers]
    assert plan.freezes[0].until < AT + timedelta(days=5000)


@pytest.fixture
def small_plan(small: str, write: Callable[[str], Path], facts: Callable[..., ServiceFacts]) -> Callable[..., Plan]:
    """Compiles the small runbook, with a zone and for an end at once."""
    runbook = load_runbook(write(small.replace("approval:\n", "calendar:\n  zone: Europe/Paris\napproval:\n")))
    asked = Request(
        runbook="small", service=RequestedService(id=SERVICE), reason="Not used any more.", timing=Timing.IMMEDIATE
    )
    return lambda **known: compile_plan(runbook, asked, facts(**known))


def test_a_providers_date_at_the_end_of_the_years_makes_a_plan(small_plan: Callable[..., Plan]) -> None:
    """Providers write 9999-12-31 for what has no term."""
    assert small_plan(expires_at=datetime(9999, 12, 31, 23, 59, tzinfo=UTC)).grace.calendar.zone.name == "Europe/Paris"


BOARD = FreezeCalendar(source="board.ics", sha256="b" * 64, until=NOW + 20 * DAY)


@pytest.fixture
def open_plan(small_plan: Callable[..., Plan]) -> Plan:
    """A plan with a week of grace, whose calendar is known for twenty days and has no freeze."""
    return small_plan().model_copy(update={"freezes": (BOARD,)})


def in_grace(since: datetime) -> RunState:
    """A run whose grace began then."""
    state = RunState(
        plan_digest="a" * 64,
        launched_by=Actor(name="Ann"),
        launched_at=since,
        clock=ProviderClock(read_at=since, shown=since),
        phase=Phase.GRACE,
    )
    state.grace.begun_at = since
    return state


def test_before_the_calendar_ends_the_purge_is_free(open_plan: Plan) -> None:
    """By the dates that it knows."""
    state = in_grace(NOW)

    assert purge_not_before(open_plan, state) == NOW + 7 * DAY
    assert window_blockers(open_plan, state, NOW + 8 * DAY) == ()


@pytest.mark.parametrize("later", [20 * DAY, 21 * DAY, 4000 * DAY])
def test_past_its_calendar_a_run_does_not_purge(open_plan: Plan, later: timedelta) -> None:
    """A run that was held for long: nobody knows which freezes came since, so it waits and says what to do."""
    state = in_grace(NOW)

    (only,) = window_blockers(open_plan, state, NOW + later)

    assert only.subject == "freeze"
    assert "the freeze calendar board.ics ends 2026-03-21 13:00 CET" in only.text
    assert "make a plan with a newer calendar" in only.text
    assert BOARD.beyond.id in only.text


def test_grace_that_ends_past_the_calendar_has_no_date(open_plan: Plan) -> None:
    """Time alone does not open the window; no timer waits for the end of the years."""
    state = in_grace(NOW + 15 * DAY)

    assert purge_not_before(open_plan, state) is None
    assert next_change(open_plan, state, NOW + 16 * DAY) == NOW + 20 * DAY
    assert next_change(open_plan, state, NOW + 25 * DAY) is None
    told = [each for each in reasons(open_plan, state, NOW + 16 * DAY) if each.kind is ReasonKind.FREEZE]
    assert [each.until for each in told] == [None]


def test_a_person_who_looked_takes_the_end_of_the_calendar_off(open_plan: Plan) -> None:
    """As any freeze: by its id, which the status shows."""
    state = in_grace(NOW)
    off = LiftedFreeze(freeze=BOARD.beyond.id, by=Actor(name="Bea"), reason="no freeze in April", at=NOW + 21 * DAY)
    state.lifted.append(off)

    assert freezes_of(open_plan, state) == ()
    assert window_blockers(open_plan, state, NOW + 21 * DAY) == ()
    assert purge_not_before(open_plan, state) == NOW + 7 * DAY


def test_each_calendar_ends_by_itself() -> None:
    """Taking one off does not take another off."""
    other = BOARD.model_copy(update={"source": "company.ics"})
    newer = BOARD.model_copy(update={"until": BOARD.until + DAY})

    assert len({each.beyond.id for each in (BOARD, other, newer)}) == 3
    assert all(re.fullmatch("e[0-9a-f]{10}", each.beyond.id) for each in (BOARD, other, newer))
    assert BOARD.beyond.ends == NEVER
    assert BOARD.forbids == (BOARD.beyond,)
    assert "until 2026-03-02 00:00 UTC" in Freeze(
        id="c1", name="x", source="y", begins=NOW, ends=datetime(2026, 3, 2, tzinfo=UTC)
    ).words(Zone())


@pytest.mark.parametrize(
    ("zone", "begins"),
    [("Asia/Tokyo", "2027-04-01T15:00"), ("Europe/Paris", "2027-04-01T22:00"), ("America/Toronto", "2027-04-02T04:00")],
)
def test_a_stated_day_begins_in_the_providers_zone(tmp_path: Path, zone: str, begins: str) -> None:
    """Where the runbook names one; a moment that is stated with its time stays what it is."""
    text = (ROOT / "runbooks" / "whc-domain.yaml").read_text(encoding="utf-8")
    named = text.replace("\napproval:\n", f"\ncalendar:\n  zone: {zone}\napproval:\n", 1)
    assert named != text
    (tmp_path / "whc-domain.yaml").write_text(named, encoding="utf-8")
    request = REQUEST.replace("EXPIRES", "2027-04-02").replace("freezes: board.ics\n", "")
    path = tmp_path / "request.yml"
    path.write_text(request.replace("2026-11-20", "2026-11-20T09:30:00Z"), encoding="utf-8")
    wish = read_request(path, [tmp_path])
    assert wish.stated is not None

    facts = wish.stated.facts(wish.service, ProviderClock(read_at=AT, shown=AT))
    plan = compile_plan(wish.runbook, wish.request, facts, wish.freezes)

    assert facts.expires_at == datetime.fromisoformat(f"{begins}:00+00:00")
    assert wish.stated.seen_on == datetime(2026, 11, 20, 9, 30, tzinfo=UTC)
    assert known_days(plan, in_grace(AT), AT).days["expiry"].isoformat() == "2027-04-02"
    assert ServiceFacts.model_validate_json(facts.model_dump_json()).expires_at == facts.expires_at
