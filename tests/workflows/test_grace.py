"""Grace in a run: moved both ways within bounds, held, frozen; and no timer fires for a date that no longer counts."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest
from temporalio.api.enums.v1 import EventType
from temporalio.api.history.v1 import HistoryEvent
from temporalio.client import Client

from tests.workflows.conftest import Launch
from tests.workflows.harness import ON_CALL, PATIENCE, Trial, approval, fresh
from tests.workflows.plans import CABLE, IMMEDIATE, plan, step
from unrack.model.calendar import Freeze, FreezeCalendar
from unrack.model.decision import (
    Complete,
    Decision,
    Extend,
    FreezeRun,
    Hold,
    Reactivate,
    Release,
    Remedy,
    Resolve,
    Shorten,
    Unfreeze,
    Verdict,
)
from unrack.model.grace import HoldEffect
from unrack.model.lifecycle import Outcome, Phase, StepKind, Timing
from unrack.model.plan import Plan, Undo
from unrack.model.service import Finding
from unrack.model.state import ReasonKind, RunReport

DAY = timedelta(days=1)


def immediate(*freezes: tuple[datetime, datetime], **grace: object) -> Plan:
    """A plan whose grace lasts seven days from its begin, at least two, with freezes of a calendar file."""
    planned = plan(timing=Timing.IMMEDIATE)
    window = planned.grace.model_copy(update={"minimum": 2 * DAY, **grace})
    listed = tuple(
        Freeze(id=f"c{number}", name="Year end", begins=begins, ends=ends, source="board.ics")
        for number, (begins, ends) in enumerate(freezes)
    )
    until = datetime.now(UTC) + 365 * DAY
    calendars = (FreezeCalendar(source="board.ics", sha256="0" * 64, until=until, freezes=listed),) if listed else ()
    return planned.model_copy(update={"grace": window, "freezes": calendars})


async def in_grace(trial: Trial) -> RunReport:
    """The cable is gone; grace has begun."""
    await trial.complete_cable()
    return await trial.until("grace", lambda report: report.state.phase is Phase.GRACE)


def in_purge(report: RunReport) -> bool:
    """Whether the token is asked for: the first irreversible call was made."""
    return "purge.token" in report.state.tasks


def asked(trial: Trial) -> bool:
    """Whether the provider was asked to end the service."""
    return "commit purge.ask" in trial.world.ledger


async def test_grace_is_shortened_but_never_below_the_minimum(launch: Launch) -> None:
    """A shortening counts at once; one below the runbook's minimum is refused with the earliest date."""
    trial = await launch(immediate())
    before = (await in_grace(trial)).purge_not_before

    shorter = await trial.decide(Shorten(id=fresh(), by=ON_CALL, by_span=4 * DAY, reason="everybody agreed"))
    too_short = await trial.decide(Shorten(id=fresh(), by=ON_CALL, by_span=2 * DAY, reason="more"))
    told = await trial.report()
    await trial.forward(2 * DAY)
    waited = not asked(trial)
    await trial.forward(DAY + timedelta(minutes=1))
    await trial.until("the purge begins", in_purge)

    assert shorter.verdict is Verdict.ACCEPTED
    assert too_short.verdict is Verdict.REFUSED
    assert "at least 2 days" in too_short.message
    assert before is not None
    assert told.purge_not_before == before - 4 * DAY
    assert [reason.kind for reason in told.purge_because][:2] == [ReasonKind.GRACE, ReasonKind.SHORTENING]
    assert waited


async def test_without_a_minimum_nothing_is_shortened(launch: Launch) -> None:
    """Whoever wrote the runbook decides whether grace may be cut at all."""
    trial = await launch(immediate(minimum=None))
    await in_grace(trial)

    answer = await trial.decide(Shorten(id=fresh(), by=ON_CALL, by_span=DAY, reason="in a hurry"))

    assert answer.verdict is Verdict.REFUSED
    assert "no minimum" in answer.message


async def test_grace_is_extended_to_a_date(launch: Launch) -> None:
    """The new end is the moment that was asked for, told with who and why; beyond the bound it is refused."""
    trial = await launch(immediate())
    ends = (await in_grace(trial)).purge_not_before
    assert ends is not None

    good = await trial.decide(Extend(id=fresh(), by=ON_CALL, to=ends + 5 * DAY, reason="after the audit"))
    earlier = await trial.decide(Extend(id=fresh(), by=ON_CALL, to=ends, reason="wrong way"))
    far = await trial.decide(Extend(id=fresh(), by=ON_CALL, to=ends + 31 * DAY, reason="far away"))
    told = await trial.report()

    assert [good.verdict, earlier.verdict, far.verdict] == [Verdict.ACCEPTED, Verdict.INVALID, Verdict.REFUSED]
    assert told.purge_not_before == ends + 5 * DAY
    assert any("omar extended it by 5 days" in reason.text for reason in told.purge_because)


async def test_a_hold_stops_the_purge_and_not_the_clock(launch: Launch) -> None:
    """Held past the end of grace, the purge begins when the hold goes, and no later."""
    trial = await launch(immediate())
    await in_grace(trial)
    await trial.decide(Hold(id=fresh(), by=ON_CALL, reason="audit"))
    await trial.forward(10 * DAY)
    held = asked(trial)

    await trial.decide(Release(id=fresh(), by=ON_CALL))
    await trial.until("the purge begins", in_purge)

    assert not held


async def test_a_hold_stops_the_clock_where_the_runbook_says_so(launch: Launch) -> None:
    """Three days held are three days more, overlapping holds once; nobody had to extend."""
    trial = await launch(immediate(holds=HoldEffect.STOP_THE_CLOCK))
    ends = (await in_grace(trial)).purge_not_before
    await trial.decide(Hold(id=fresh(), by=ON_CALL, reason="audit"))
    await trial.decide(Hold(id=fresh(), by=ON_CALL, reason="legal"))
    await trial.forward(3 * DAY)
    await trial.decide(Release(id=fresh(), by=ON_CALL, hold="h2"))
    standing = await trial.report()
    await trial.decide(Release(id=fresh(), by=ON_CALL))
    told = await trial.report()
    await trial.forward(5 * DAY)
    waited = not asked(trial)
    await trial.forward(2 * DAY + timedelta(minutes=1))
    await trial.until("the purge begins", in_purge)

    assert [hold.id for hold in standing.state.holds] == ["h1"]
    assert ends is not None
    assert told.purge_not_before is not None
    assert timedelta(0) <= told.purge_not_before - (ends + 3 * DAY) < timedelta(minutes=5)
    assert any(reason.kind is ReasonKind.STOPPED_CLOCK for reason in told.purge_because)
    assert waited


async def test_a_freeze_of_the_calendar_file_stops_the_purge(launch: Launch) -> None:
    """Grace ends in the freeze: the purge waits for its end, which people are told, and then goes on by itself."""
    now = datetime.now(UTC)
    trial = await launch(immediate((now + 6 * DAY, now + 12 * DAY)))
    told = await in_grace(trial)
    await trial.forward(11 * DAY)
    frozen = await trial.report()
    waited = not asked(trial)
    await trial.forward(DAY + timedelta(minutes=1))
    await trial.until("the purge begins", in_purge)

    assert told.purge_not_before == now + 12 * DAY
    assert any("freeze 'Year end' (c0)" in finding.text for finding in frozen.purge_blockers)
    assert waited


async def test_a_freeze_is_set_and_taken_off_while_the_run_waits(launch: Launch) -> None:
    """Calendars change during months: both are decisions with a reason, and both count at once."""
    now = datetime.now(UTC)
    trial = await launch(immediate((now - DAY, now + 20 * DAY)))
    await in_grace(trial)
    until = now + 9 * DAY
    new = FreezeRun(id=fresh(), by=ON_CALL, begins=now, ends=until, name="Audit", reason="the board said so")

    first = await trial.decide(new)
    again = await trial.decide(new.model_copy(update={"id": fresh()}))
    off = await trial.decide(Unfreeze(id=fresh(), by=ON_CALL, freeze="c0", reason="year end is over early"))
    unknown = await trial.decide(Unfreeze(id=fresh(), by=ON_CALL, freeze="c9", reason="typed wrong"))
    told = await trial.report()
    await trial.forward(8 * DAY)
    waited = not asked(trial)
    await trial.decide(Unfreeze(id=fresh(), by=ON_CALL, freeze="f1", reason="audit done"))
    await trial.until("the purge begins", in_purge)

    verdicts = [answer.verdict for answer in (first, again, off, unknown)]
    assert verdicts == [Verdict.ACCEPTED, Verdict.ALREADY, Verdict.ACCEPTED, Verdict.NOT_OPEN]
    assert "f1" in unknown.message
    assert told.purge_not_before == until
    assert waited


async def test_the_provider_must_not_end_the_service_in_a_freeze(launch: Launch) -> None:
    """A date of the provider's own that falls into a freeze is taken back in time; the next term ends the service."""
    now = datetime.now(UTC)
    trial = await launch(plan(), term_end=30 * DAY)
    await in_grace(trial)
    frozen = FreezeRun(
        id=fresh(), by=ON_CALL, begins=now + 29.5 * DAY, ends=now + 33 * DAY, name="Year end", reason="as every year"
    )
    await trial.decide(frozen)

    await trial.forward(32 * DAY)
    kept = list(trial.world.ledger)
    report = await trial.ended()

    assert kept[-1] == "change request.schedule"
    assert kept.count("undo request.schedule") == 1
    assert "commit purge.release" not in kept
    assert report.outcome is Outcome.CLOSED
    assert report.state.effective_at is not None
    assert report.state.effective_at > now + 33 * DAY


async def test_an_extension_at_the_last_gate_counts(launch: Launch) -> None:
    """Held just before the last call of all, then extended, then released: the run waits for the new end by itself."""
    trial = await launch(immediate())
    ends = (await in_grace(trial)).purge_not_before
    assert ends is not None
    await trial.forward(7 * DAY + timedelta(minutes=1))
    await trial.until("the token is asked for", in_purge)
    await trial.decide(Hold(id=fresh(), by=ON_CALL, reason="audit"))
    await _hand_over(trial)
    await trial.until("it waits", lambda report: "hold" in [each.subject for each in report.purge_blockers])
    await trial.decide(Extend(id=fresh(), by=ON_CALL, by_span=3 * DAY, reason="late migration"))
    await trial.decide(Release(id=fresh(), by=ON_CALL))
    await trial.forward(2 * DAY)
    waited = "commit purge.confirm" not in trial.world.ledger
    await trial.forward(DAY)
    report = await trial.ended()

    assert waited
    assert report.outcome is Outcome.CLOSED
    assert report.state.passed_no_return_at is not None
    assert timedelta(0) <= report.state.passed_no_return_at - (ends + 3 * DAY) < timedelta(minutes=5)


async def test_what_allowed_the_purge_is_read_again_after_a_person_was_awaited(launch: Launch) -> None:
    """Light comes back while the token is awaited: parked before the irreversible call, with what changed."""
    trial = await launch(immediate())
    await in_grace(trial)
    await trial.forward(7 * DAY + timedelta(minutes=1))
    await trial.until("the token is asked for", in_purge)
    light = Finding(subject="light", text="port 1 is lit since today", blocking=True, before="down", now="up")
    trial.world.findings["purge.unchanged"] = (light,)

    await _hand_over(trial)
    parked = await trial.until("parked", lambda report: "purge.unchanged" in report.state.parked)
    trial.world.findings["purge.unchanged"] = ()
    retry = Resolve(id=fresh(), by=ON_CALL, step="purge.unchanged", remedy=Remedy.RETRY, reason="unplugged")
    await trial.decide(retry)
    report = await trial.ended()

    assert parked.state.passed_no_return_at is None
    assert parked.state.parked["purge.unchanged"].findings == (light,)
    assert report.outcome is Outcome.CLOSED
    assert trial.world.ledger.count("commit purge.confirm") == 1


async def test_a_skipped_check_accepts_what_was_shown_and_no_more(launch: Launch) -> None:
    """An operator lets the new owner pass; what changes after that parks the run again."""
    trial = await launch(immediate())
    await in_grace(trial)
    owner = Finding(subject="owner", text="was aa1, is bb2 (read today)", blocking=True, before="aa1", now="bb2")
    trial.world.findings["purge.unchanged"] = (owner,)
    await trial.forward(7 * DAY + timedelta(minutes=1))
    await trial.until("parked", lambda report: "purge.unchanged" in report.state.parked)
    skip = Resolve(id=fresh(), by=ON_CALL, step="purge.unchanged", remedy=Remedy.SKIP, reason="bb2 agrees")
    await trial.decide(skip)
    await trial.until("the token is asked for", in_purge)
    new = Finding(subject="configuration", text="pop/9 is new", blocking=True)
    trial.world.findings["purge.unchanged"] = (owner.model_copy(update={"text": "read tomorrow"}), new)

    await _hand_over(trial)
    parked = await trial.until("parked", lambda report: "purge.unchanged" in report.state.parked)
    assert parked.state.parked["purge.unchanged"].problem.message == new.text
    await trial.decide(skip.model_copy(update={"id": fresh(), "reason": "it is a test"}))
    report = await trial.ended()

    assert report.outcome is Outcome.CLOSED


async def test_what_the_run_itself_changed_is_no_surprise_to_its_checks(launch: Launch) -> None:
    """After a reversible step of the purge the check's picture is history: only later checks are made again."""
    steps = (
        *IMMEDIATE[:6],
        step("purge.suspend", StepKind.COMMIT, undo=Undo(title="retain it")),
        step("purge.suspended", StepKind.CHECK),
        step("purge.watch", StepKind.WAIT, wait_for=DAY),
        step("purge.confirm", StepKind.COMMIT, point_of_no_return=True),
        step("verify.gone", StepKind.AWAIT),
    )
    trial = await launch(immediate().model_copy(update={"steps": steps}))
    await in_grace(trial)

    report = await trial.ended()

    assert report.outcome is Outcome.CLOSED
    assert trial.world.calls.count("check purge.unchanged") == 1
    assert trial.world.calls.count("check purge.suspended") == 2, "before and after the wait"


DECISIONS: dict[str, Decision] = {
    "extend": Extend(id="00000001", by=ON_CALL, by_span=DAY, reason="more time"),
    "shorten": Shorten(id="00000002", by=ON_CALL, by_span=DAY, reason="less time"),
    "freeze": FreezeRun(
        id="00000003",
        by=ON_CALL,
        begins=datetime.now(UTC) + 2 * DAY,
        ends=datetime.now(UTC) + 3 * DAY,
        name="Audit",
        reason="as said",
    ),
    "unfreeze": Unfreeze(id="00000004", by=ON_CALL, freeze="c0", reason="lifted"),
    "reactivate": Reactivate(id="00000005", by=ON_CALL, reason="still needed"),
}
"""Each moves the date for which the run waits in grace, or makes it meaningless."""


@pytest.mark.parametrize("name", DECISIONS)
async def test_a_decision_uses_up_its_timer(launch: Launch, name: str) -> None:
    """The timer that ran before the decision is cancelled by it, and none fires for a date that no longer counts."""
    now = datetime.now(UTC)
    freezes = ((now + 4 * DAY, now + 5 * DAY),) if name == "unfreeze" else ()
    trial = await launch(immediate(*freezes))
    await in_grace(trial)
    await until_running(trial, 1, "the end of grace")
    before = running(await events(trial))

    assert (await trial.decide(DECISIONS[name])).good
    after = await events(trial)
    if name == "reactivate":
        await trial.until("the cable goes back", lambda report: f"undo.{CABLE}" in report.state.tasks)
        after = await events(trial)
        await trial.decide(Complete(id=fresh(), by=ON_CALL, step=f"undo.{CABLE}"))
    else:
        await trial.until("another date", lambda _: True)
    await trial.forward(8 * DAY)  # past the date that no longer counts

    assert len(before) == 1
    assert before[0] in cancelled(after)
    assert before[0] not in fired(await events(trial))


async def test_answered_tasks_and_complete_quorums_leave_no_timer(launch: Launch) -> None:
    """The chase of an approval and of a task ends with the answer; nobody is told about what is done."""
    trial = await launch(plan(quorum=1))
    await trial.until("approval", lambda report: report.state.phase is Phase.APPROVAL)
    await trial.decide(approval(trial.plan, "ann"))
    await trial.until("the cable's task", lambda report: CABLE in report.state.tasks)
    await until_running(trial, 2, "the task's chase and the watch over the scheduled end")
    await in_grace(trial)
    await until_running(trial, 2, "the end of grace and the watch")
    report = await trial.ended()

    told = [notice.kind.value for notice in trial.world.told]
    assert "overdue" not in told
    assert report.outcome is Outcome.CLOSED


async def test_past_the_point_of_no_return_nobody_watches_the_last_call(launch: Launch) -> None:
    """Nothing can be taken back any more: the timer for it goes, and does not wake the run."""
    trial = await launch(plan(), term_end=30 * DAY)
    await in_grace(trial)
    await until_running(trial, 2, "the end of grace and the watch")

    await trial.forward(28 * DAY + timedelta(hours=1))
    await trial.until("no return", lambda report: report.state.passed_no_return_at is not None)
    await until_running(trial, 1, "the end at the provider")
    report = await trial.ended()

    assert report.outcome is Outcome.CLOSED


async def _hand_over(trial: Trial) -> None:
    done = Complete(id=fresh(), by=ON_CALL, step="purge.token", fields={"token": "handover:" + "0" * 32})
    assert (await trial.decide(done)).good


async def events(trial: Trial) -> Sequence[HistoryEvent]:
    """The run's history so far."""
    client: Client = trial.env.client
    return (await client.get_workflow_handle(trial.handle.id).fetch_history()).events


async def until_running(trial: Trial, count: int, which: str) -> None:
    """Waits until so many timers run: a notice goes out before the wait for its answer begins."""
    give_up = asyncio.get_running_loop().time() + PATIENCE
    while len(running(await events(trial))) != count:
        if asyncio.get_running_loop().time() > give_up:
            pytest.fail(f"{which}: {len(running(await events(trial)))} timers, not {count}")
        await asyncio.sleep(0.05)


def started(history: Sequence[HistoryEvent]) -> list[int]:
    """Event numbers of the timers that were started."""
    return [event.event_id for event in history if event.event_type == EventType.EVENT_TYPE_TIMER_STARTED]


def cancelled(history: Sequence[HistoryEvent]) -> list[int]:
    """Start events of the timers that were cancelled."""
    kind = EventType.EVENT_TYPE_TIMER_CANCELED
    return [event.timer_canceled_event_attributes.started_event_id for event in history if event.event_type == kind]


def fired(history: Sequence[HistoryEvent]) -> list[int]:
    """Start events of the timers that fired."""
    kind = EventType.EVENT_TYPE_TIMER_FIRED
    return [event.timer_fired_event_attributes.started_event_id for event in history if event.event_type == kind]


def running(history: Sequence[HistoryEvent]) -> list[int]:
    """Start events of the timers that run."""
    over = {*cancelled(history), *fired(history)}
    return [event for event in started(history) if event not in over]
