"""Shows an approver the changes since the plan was launched, and the current facts."""

from collections.abc import Iterator

from rich.console import Console, Group

from unrack.cli.render.formats import bullet, local, moment, person
from unrack.cli.render.plan import show_differences
from unrack.cli.screen import escape
from unrack.i18n import say
from unrack.model.decision import Actor
from unrack.model.message import joined, msg, verbatim
from unrack.model.plan import Plan
from unrack.model.state import ConsentChange, VoidedApproval
from unrack.operations.consent import Agreement, Amended, FactsNow


def show_agreement(console: Console, shown: Agreement, plan: Plan) -> None:
    """Print what became of `plan` since it was launched: an approver reads it before they are asked."""
    console.print(
        msg(
            "\n[bold]Consent revision {revision}[/]{value}",
            revision=shown.revision,
            value="" if shown.changes else msg(": the plan as launched"),
        )
    )
    _show(console, msg("Changed since"), map(change_line, shown.changes))
    _show(
        console,
        msg("Left out by people"),
        (
            msg("{step}: {who}{why}", step=each.step, who=_who(each.by), why=verbatim(each.why))
            for each in shown.skipped
        ),
    )
    _show(console, msg("Rejected by people"), (_rejected(each.step, each.by, each.why) for each in shown.rejected))
    _show(console, msg("Amended"), map(amended_line, shown.amended))
    _show(console, msg("Approvals that no longer count"), map(voided_line, shown.voided))
    _show(console, msg("Dates of the plan that have passed"), _passed(shown, plan))
    _show_facts(console, shown.facts)


def change_line(change: ConsentChange) -> str:
    """One change that an approver would see."""
    voids = say(msg("; older approvals no longer count")) if change.voids else ""
    return msg(
        "revision {revision} at {at}: {who}{say}{voids}",
        revision=change.revision,
        at=moment(change.at),
        who=_who(change.by),
        say=say(change.what),
        voids=voids,
    )


def amended_line(each: Amended) -> str:
    """One replaced field or proof: what it was, what it is, who says so and why."""
    why = msg("{person}, {at}: {reason}", person=person(each.by), at=moment(each.at), reason=verbatim(each.reason))
    return msg(
        "{step}, {name}: {before} → {after} ({why})",
        step=each.step,
        name=each.name,
        before=verbatim(each.before),
        after=verbatim(each.after),
        why=why,
    )


def voided_line(voided: VoidedApproval) -> str:
    """One approval that no longer counts, and why."""
    return msg(
        "{person} at {at}: {say}", person=person(voided.approval.by), at=moment(voided.approval.at), say=say(voided.why)
    )


def _rejected(step: str, people: tuple[Actor, ...], why: str) -> str:
    names = joined(", ", map(person, people))
    return msg("{step}: {value}", step=step, value=verbatim(why) if why else names)


def _passed(shown: Agreement, plan: Plan) -> Iterator[str]:
    zone = plan.grace.calendar.zone
    for date in shown.passed:
        if date.at is not None:
            yield msg("{name}, {local}: {text}", name=date.name, local=local(date.at, zone), text=date.text)


def _show_facts(console: Console, facts: FactsNow) -> None:
    if not facts.asked:
        console.print(msg("\n[yellow]The facts were not read anew:[/] {why}", why=escape(facts.why)))
    elif facts.differences:
        console.print(msg("\n[yellow]The provider says now, other than in the plan[/]"))
        show_differences(console, facts.differences, msg("In the plan"), msg("Now"))
    else:
        console.print(msg("\n[green]The facts, read anew just now, are those of the plan.[/]"))


def _show(console: Console, title: str, lines: Iterator[str]) -> None:
    shown = [bullet(line) for line in lines]
    if shown:
        console.print(msg("\n[yellow]{title}[/]", title=title))
        console.print(Group(*shown))


def _who(actor: Actor | None) -> str:
    return msg("{actor}: ", actor=person(actor)) if actor is not None else ""
