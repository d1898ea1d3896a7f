"""Shows people's decisions on a run: holds, consent, moves of grace, amendments."""

from collections.abc import Iterator
from datetime import datetime

from unrack.cli.render.consent import amended_line, voided_line
from unrack.cli.render.formats import distance, moment, person, span
from unrack.cli.screen import escape
from unrack.i18n import say
from unrack.model import holds
from unrack.model.decision import HoldScope
from unrack.model.message import joined, msg, verbatim
from unrack.model.plan import Plan
from unrack.model.state import Extension, HoldOn, RunReport, RunState
from unrack.operations.awaiting import Awaited, awaited
from unrack.operations.consent import amended, missing

_FIRST = 3
"""Things that are waited for and named above everything else."""

NOBODY_VERIFIES = msg("Nobody verifies who decides: a worker was told to run without a policy.")
"""What stands wherever a run shows on a real provider that no policy rules."""

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
    """Yield the first lines on a run: how sure it is who decides, its holds, what it waits for, who may act next."""
    yield from not_begun_lines(report)
    yield from trust_lines(report.state)
    yield from held_lines(report, at)
    every = awaited(report, plan, at)
    if report.outcome is not None:
        yield msg("[bold]{say}[/]", say=say(msg("Nothing is waited for: the run has ended.")))
    elif report.not_admitted:
        yield say(
            msg(
                "[bold yellow]Not judged yet:[/] no worker has said whether it may begin, and nothing is touched until "
                "one has. unrack doctor"
            )
        )
    elif not every:
        yield msg("[bold]{say}[/]", say=say(msg("Nothing is waited for: the run works.")))
    else:
        for number, each in enumerate(every[:_FIRST]):
            told = escape(_waits(each, at))
            yield told if number else msg("[bold]{say}[/]", say=told)
            yield from (f"  {escape(verbatim(command))}" for command in each.commands)
        yield from (
            (msg("[dim]{say}[/]", say=say(msg("and {value} more, below", value=len(every) - _FIRST))),)
            if len(every) > _FIRST
            else ()
        )


def not_begun_lines(report: RunReport) -> Iterator[str]:
    """Yield why the run did not begin, that it touched nothing, and what to do now; nothing of one that began."""
    found = report.state.not_begun
    if found is None:
        return
    yield msg("[bold red]Not begun:[/] {why}", why=escape(say(found.told)))
    yield say(msg("Nothing was touched."))
    if todo := found.next(report.run):
        yield msg("What to do: {todo}", todo=escape(say(todo)))


def trust_lines(state: RunState) -> Iterator[str]:
    """Yield what every reader must know of who decides: nobody verifies it, or an emergency right was used."""
    access = state.access
    if access.allowed_stated:
        yield msg("[bold yellow]{say}[/]", say=escape(say(NOBODY_VERIFIES)))
    if access.broken_glass:
        last = access.broken_glass[-1]
        told = say(
            msg(
                "An emergency right was used ({count}): last '{action}' by {by}, {at}",
                count=access.glass,
                action=last.action.value,
                by=person(last.by),
                at=moment(last.at),
            )
        )
        yield msg("[bold yellow]{say}[/]", say=escape(told))


def held_lines(report: RunReport, at: datetime) -> Iterator[str]:
    """Yield a line for each hold on the run, and one for a call that is being stopped."""
    if report.outcome is None:
        for hold in holds.standing(report.state, at):
            yield msg("[bold red]{say}[/]", say=escape(say(_held(hold))))
    if report.state.stopping is not None:
        told = say(msg("at most the one request that is being sent completes"))
        yield msg("[bold yellow]stopping: {stopping}[/], {told}", stopping=escape(report.state.stopping), told=told)


def standing_rows(plan: Plan, state: RunState) -> Rows:
    """Consent, moves of grace and amendments, for the head of a status."""
    yield from _consent_rows(plan, state)
    for move in state.grace.extensions:
        yield from _move_rows(move)
    for each in amended(state):
        yield msg("Amended"), amended_line(each)


def approvals_wanted(report: RunReport, plan: Plan) -> Iterator[str]:
    """Who approved, and how many are missing, while nothing goes forward without them."""
    state, lacking = report.state, missing(plan, report.state)
    if report.outcome or state.rollback is not None or state.passed_no_return_at is not None:
        return
    people = (
        msg("{join} approved; ", join=escape(joined(", ", map(person, (each.by for each in state.approvals)))))
        if state.approvals
        else ""
    )
    if lacking == 0:
        yield msg("[green]{people}the quorum is complete[/]\n", people=people)
        return
    launcher = escape(verbatim(state.launched_by.name))
    but = msg(", not from {launcher}", launcher=launcher) if state.access.duties.launcher else ""
    yield (
        msg(
            "[bold yellow]Waits for approval:[/] {people}{lacking} more needed{but}\n  unrack approve {run}\n",
            people=people,
            lacking=lacking,
            but=but,
            run=escape(report.run),
        )
    )


def _waits(each: Awaited, at: datetime) -> str:
    """What is waited for, and who may act next; the command, where there is one, comes after it."""
    what, by = each.what, each.by
    if each.until is None:
        told = msg("Waits for {what} by {by}. Next: {next}", what=what, by=by, next=each.may)
    else:
        until = msg("{until} ({distance})", until=moment(each.until), distance=distance(each.until, at))
        told = msg(
            "Waits for {what} by {by}, until {until}. Next: {next}", what=what, by=by, until=until, next=each.may
        )
    return say(msg("{told}: ", told=told)).rstrip() if each.commands else told


def _held(hold: HoldOn) -> str:
    effect = msg("nothing is purged") if hold.scope is HoldScope.PURGE else msg("nothing changes the service")
    name = say(msg("{from_all}, of the whole installation", from_all=hold.from_all)) if hold.from_all else hold.id
    who, since = person(hold.by), moment(hold.since)
    if hold.until is None:
        return msg(
            "Held by {who} since {since}: {reason} ({name}); {say}",
            who=who,
            since=since,
            reason=verbatim(hold.reason),
            name=name,
            say=say(effect),
        )
    return msg(
        "Held by {who} since {since}, until {until}: {reason} ({name}); {say}",
        who=who,
        since=since,
        until=moment(hold.until),
        reason=verbatim(hold.reason),
        name=name,
        say=say(effect),
    )


def _consent_rows(plan: Plan, state: RunState) -> Rows:
    if state.revision > 1:
        people = joined(", ", (person(each.by) for each in state.approvals))
        now = msg("revision {revision}, approved by {people}", revision=state.revision, people=people)
        yield (
            msg("Consent"),
            now if people else msg("revision {revision}, not approved by anybody", revision=state.revision),
        )
    for change in state.consent if missing(plan, state) else ():
        if change.voids:
            yield (
                msg("Changed"),
                msg(
                    "revision {revision} at {at}: {say}",
                    revision=change.revision,
                    at=moment(change.at),
                    say=say(change.what),
                ),
            )
    for voided in state.voided:
        yield msg("Voided"), voided_line(voided)


def _move_rows(move: Extension) -> Rows:
    far = msg("{span} {say}", span=span(move.span), say=say(msg("earlier") if move.shortens else msg("later")))
    yield (
        msg("Moved"),
        msg(
            "{far} by {person} at {at}: {reason} ({id})",
            far=far,
            person=person(move.by),
            at=moment(move.at),
            reason=verbatim(move.reason),
            id=move.id,
        ),
    )
    people = joined(", ", map(person, move.withdrawn_by))
    if move.withdrawn_at is not None:
        yield (
            msg("Taken back"),
            msg(
                "{id} by {people} at {withdrawn_at}", id=move.id, people=people, withdrawn_at=moment(move.withdrawn_at)
            ),
        )
    elif people:
        yield msg("To be taken back"), msg("{id} by {people}, and by somebody else", id=move.id, people=people)
