"""What stands on a run by people's decisions: holds, consent, moves of grace, amendments."""

from collections.abc import Iterator
from datetime import datetime

from unrack.cli.render.consent import amended_line, voided_line
from unrack.cli.render.formats import distance, moment, person, span
from unrack.cli.screen import escape
from unrack.i18n import say
from unrack.model import holds
from unrack.model.decision import HoldScope
from unrack.model.plan import Plan
from unrack.model.state import Extension, HoldOn, RunReport, RunState
from unrack.operations.awaiting import Awaited, awaited
from unrack.operations.consent import amended, missing

_FIRST = 3
"""Things that are waited for and named above everything else."""

Rows = Iterator[tuple[str, str]]
"""Names and texts for the head of a status."""


def holds_document(state: RunState, at: datetime) -> list[dict[str, object]]:
    """The JSON of the holds that stand at the provider's time `at`."""
    return [hold.model_dump(mode="json") for hold in holds.standing(state, at)]


def consent_document(plan: Plan, state: RunState) -> dict[str, object]:
    """The JSON of what people consented to: the revision, how many approvals are missing, which no longer count."""
    voided = [
        {"by": each.approval.by.model_dump(mode="json"), "at": each.at.isoformat(), "why": each.why}
        for each in state.voided
    ]
    return {"revision": state.revision, "missing": missing(plan, state), "voided": voided}


def must_not_act(plan: Plan, state: RunState, step: str, at: datetime) -> bool:
    """Whether people must not do the open task `step` at the provider's time `at`: a hold stops it."""
    planned = next((each for each in plan.steps if each.id == step), None)
    return planned is not None and bool(holds.full(state, at)) and holds.stops(plan, planned)


def first_lines(report: RunReport, plan: Plan, at: datetime) -> Iterator[str]:
    """What is said first of a run: its holds, then what it waits for, from whom, and who may act next."""
    yield from held_lines(report, at)
    every = awaited(report, plan, at)
    if report.outcome is not None:
        yield f"[bold]{say('Nothing is waited for: the run has ended.')}[/]"
    elif not every:
        yield f"[bold]{say('Nothing is waited for: the run works.')}[/]"
    else:
        yield f"[bold]{escape(say(_waits(every[0], at)))}[/]"
        yield from (escape(say(_waits(each, at))) for each in every[1:_FIRST])
        yield from (f"[dim]{say(f'and {len(every) - _FIRST} more, below')}[/]",) if len(every) > _FIRST else ()


def held_lines(report: RunReport, at: datetime) -> Iterator[str]:
    """What is said first of a run that is held, and of a call that is being stopped."""
    if report.outcome is None:
        for hold in holds.standing(report.state, at):
            yield f"[bold red]{escape(say(_held(hold)))}[/]"
    if report.state.stopping is not None:
        told = say("at most the one request that is being sent completes")
        yield f"[bold yellow]stopping: {escape(report.state.stopping)}[/], {told}"


def standing_rows(plan: Plan, state: RunState) -> Rows:
    """Consent, moves of grace and amendments, for the head of a status."""
    yield from _consent_rows(plan, state)
    for move in state.grace.extensions:
        yield from _move_rows(move)
    for each in amended(state):
        yield "Amended", amended_line(each)


def approvals_wanted(report: RunReport, plan: Plan) -> Iterator[str]:
    """Who approved, and how many are missing, while nothing goes forward without them."""
    state, lacking = report.state, missing(plan, report.state)
    if report.outcome or state.rollback is not None or state.passed_no_return_at is not None:
        return
    people = f"{escape(', '.join(person(each.by) for each in state.approvals))} approved; " if state.approvals else ""
    if lacking == 0:
        yield f"[green]{people}the quorum is complete[/]\n"
        return
    launcher = escape(state.launched_by.name)
    yield (
        f"[bold yellow]Waits for approval:[/] {people}{lacking} more needed, not from {launcher}\n"
        f"  unrack approve {escape(report.run)}\n"
    )


def _waits(each: Awaited, at: datetime) -> str:
    if each.until is None:
        return f"Waits for {each.what} by {each.by}. Next: {each.next}"
    until = f"{moment(each.until)} ({distance(each.until, at)})"
    return f"Waits for {each.what} by {each.by}, until {until}. Next: {each.next}"


def _held(hold: HoldOn) -> str:
    effect = "nothing is purged" if hold.scope is HoldScope.PURGE else "nothing changes the service"
    name = say(f"{hold.from_all}, of the whole installation") if hold.from_all else hold.id
    who, since = person(hold.by), moment(hold.since)
    if hold.until is None:
        return f"Held by {who} since {since}: {hold.reason} ({name}); {say(effect)}"
    return f"Held by {who} since {since}, until {moment(hold.until)}: {hold.reason} ({name}); {say(effect)}"


def _consent_rows(plan: Plan, state: RunState) -> Rows:
    if state.revision > 1:
        people = ", ".join(person(each.by) for each in state.approvals)
        now = f"revision {state.revision}, approved by {people}"
        yield "Consent", now if people else f"revision {state.revision}, not approved by anybody"
    for change in state.consent if missing(plan, state) else ():
        if change.voids:
            yield "Changed", f"revision {change.revision} at {moment(change.at)}: {say(change.what)}"
    for voided in state.voided:
        yield "Voided", voided_line(voided)


def _move_rows(move: Extension) -> Rows:
    far = f"{span(move.span)} {say('earlier' if move.shortens else 'later')}"
    yield "Moved", f"{far} by {person(move.by)} at {moment(move.at)}: {move.reason} ({move.id})"
    people = ", ".join(person(each) for each in move.withdrawn_by)
    if move.withdrawn_at is not None:
        yield "Taken back", f"{move.id} by {people} at {moment(move.withdrawn_at)}"
    elif people:
        yield "To be taken back", f"{move.id} by {people}, and by somebody else"
