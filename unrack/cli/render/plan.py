"""A plan for people: every step in order, what can be undone and until when, the dates, the price, what blocks."""

from datetime import datetime

from rich import box
from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.panel import Panel
from rich.table import Table

from unrack.cli.render.formats import ENOUGH, FRAME, bullet, local, moment, named_rows, span
from unrack.cli.screen import escape, marked
from unrack.i18n import say
from unrack.model import approvals
from unrack.model.calendar import FreezeCalendar
from unrack.model.lifecycle import StepKind
from unrack.model.message import joined, msg, verbatim
from unrack.model.plan import Plan, PlannedStep
from unrack.model.service import Finding
from unrack.model.state import Difference

_FREEZES_SHOWN = 10
_WHO_NARROW = 12


def show_plan(console: Console, plan: Plan) -> None:
    """Print all of `plan`."""
    console.print(_head(plan, console.width))
    console.print(_steps(plan, console.width))
    for text in plan.left_out:
        console.print(msg("[dim]Left out: {text}[/]", text=escape(text)))
    console.print(_window(plan))
    console.print(_dates(plan))
    for calendar in plan.freezes:
        console.print(_freezes(plan, calendar))
    _print_list(console, msg("Lost for good"), plan.loses, "red")
    _print_list(console, msg("Kept"), plan.keeps, "green")
    _print_list(console, msg("Taken back until when"), plan.taken_back, "cyan")
    _print_list(
        console,
        msg("Afterwards"),
        tuple(msg("{title} ({runbook})", title=each.title, runbook=each.runbook) for each in plan.follow_ups),
        "cyan",
    )
    _print_findings(console, msg("To know"), plan.warnings, "yellow")
    _print_findings(console, msg("Blocks the launch"), plan.blockers, "bold red")
    console.print(msg("\nPlan digest {digest}", digest=plan.digest))


def plan_document(plan: Plan) -> dict[str, object]:
    """The JSON document of a plan."""
    return {
        "run": str(plan.run_id),
        "digest": plan.digest,
        "may_launch": not plan.blockers,
        "point_of_no_return": plan.no_return.id if plan.no_return else None,
        "plan": plan.model_dump(mode="json"),
    }


def show_differences(console: Console, differences: tuple[Difference, ...], before: str, after: str) -> None:
    """Print what differs, field by field; on a narrow screen the values stand below the field."""
    if console.width < ENOUGH:
        for each in differences:
            console.print(msg("  {told}", told=_differing(each)))
            values = [(before, verbatim(each.before)), (after, verbatim(each.after))]
            console.print(Padding(named_rows(values, console.width - FRAME), (0, 0, 0, FRAME)))
        return
    table = Table(box=box.SIMPLE, show_edge=False)
    for title in (msg("Field"), before, after):
        table.add_column(title, overflow="fold")
    for each in differences:
        table.add_row(_differing(each), escape(verbatim(each.before)), escape(verbatim(each.after)))
    console.print(table)


def _differing(each: Difference) -> str:
    note = msg(" [dim](assigned anew by the provider)[/]") if each.expected else ""
    return msg("{field}{note}", field=escape(verbatim(each.field)), note=note)


def step_nature(step: PlannedStep) -> str:
    """Automatic, human or waiting, in one word or two."""
    match step.kind:
        case StepKind.TASK:
            return "human"
        case StepKind.AWAIT | StepKind.WAIT:
            return "waits"
        case StepKind.COMMIT:
            return msg("automatic, once")
        case _:
            return "automatic"


def _head(plan: Plan, width: int) -> RenderableType:
    facts, request = plan.facts, plan.request
    details = joined(
        ", ",
        (msg("{name} {value}", name=name, value=value) for name, value in facts.details.items() if value is not None),
    )
    rows = [
        (
            msg("Service"),
            msg(
                "{title} ({service}), {state}, billing {billing_state}",
                title=verbatim(facts.title),
                service=plan.service.service,
                state=facts.state,
                billing_state=facts.billing_state,
            ),
        ),
        ("", details),
        (msg("Run"), str(plan.run_id)),
        (
            msg("Runbook"),
            msg(
                "{runbook_title} ({runbook} version {runbook_version})",
                runbook_title=plan.runbook_title,
                runbook=plan.runbook,
                runbook_version=plan.runbook_version,
            ),
        ),
        (
            msg("Timing"),
            msg("{value}: {summary}", value=plan.timing.value, summary=plan.summary)
            if plan.summary
            else plan.timing.value,
        ),
        (
            msg("Facts"),
            msg("stated by {stated_by}, not read from the provider", stated_by=verbatim(facts.stated_by))
            if facts.stated_by
            else "",
        ),
        (msg("Reason"), verbatim(request.reason)),
        (msg("Ticket"), verbatim(request.ticket or "")),
        (msg("Owner"), verbatim(request.owner or "")),
        (
            msg("Account"),
            msg(
                "{account}: acts as {caller}; the service belongs to {owner}",
                account=verbatim(plan.service.account),
                caller=verbatim(facts.caller),
                owner=verbatim(facts.owner),
            ),
        ),
        (msg("Leaving early"), _fee(plan)),
        (msg("Approvals"), _approvals(plan)),
        (msg("Local times"), _local_times(plan)),
    ]
    title = say(msg("Plan (rehearsal on a simulator)") if plan.rehearsal else msg("Plan"))
    return Panel(named_rows(rows, width - FRAME), title=marked(title), title_align="left", box=box.ROUNDED)


def _steps(plan: Plan, width: int) -> Table:
    """The steps. A name is never broken: on a narrow screen it stands above what the step does."""
    narrow = width < ENOUGH
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False)
    table.add_column("#", justify="right", style="dim")
    if narrow:
        table.add_column(msg("Step"), overflow="fold", width=max(len(step.id) for step in plan.steps))
    else:
        table.add_column(msg("Step"), no_wrap=True)
        table.add_column(msg("What"), overflow="fold", ratio=3)
    table.add_column(msg("Who"), width=_WHO_NARROW if narrow else None, no_wrap=not narrow)
    table.add_column(msg("Undone"), overflow="fold", ratio=2)
    no_return = plan.no_return
    passed = False
    for number, step in enumerate(plan.steps, 1):
        if no_return is not None and step.id == no_return.id:
            passed = True
            mark = msg("[bold red]── point of no return: nothing is undone from here on ──[/]")
            table.add_row("", *([mark] if narrow else ["", mark]), "", "")
        what = (
            [msg("[cyan]{id}[/]\n{what}", id=step.id, what=_what(step))] if narrow else [escape(step.id), _what(step)]
        )
        table.add_row(str(number), *what, step_nature(step), _undo(step, passed=passed))
    return table


def _what(step: PlannedStep) -> str:
    wanted = [*step.evidence, *(step.task.evidence if step.task else ())]
    proof = ", ".join(say(each.title) for each in wanted if each.required)
    rules = msg(" [dim]{join}[/]", join=escape(", ".join(step.rules))) if step.rules else ""
    lines = [escape(say(step.title)) + rules]
    if step.wait_for:
        lines.append(msg("[dim]for {span}[/]", span=span(step.wait_for)))
    if proof:
        lines.append(msg("[dim]proof: {proof}[/]", proof=escape(proof)))
    return joined("\n", lines)


def _undo(step: PlannedStep, *, passed: bool) -> str:
    if passed:
        return msg("[red]no[/]") if step.kind is StepKind.CHANGE or step.guarded else "[dim]-[/]"
    if step.undo is None:
        return "[dim]-[/]"
    by = msg("by a person: ") if step.undo.task else ""
    return say(msg("[green]yes[/] {by}{title}", by=by, title=escape(step.undo.title)))


def _window(plan: Plan) -> str:
    no_return = plan.no_return
    last = msg("until {id} begins", id=no_return.id) if no_return else msg("at any time")
    grace = plan.grace
    told = next(date.text for date in plan.dates if date.name == "last-reactivation")
    more = msg(" It can be extended by {span} in all.", span=span(grace.max_extension)) if grace.max_extension else ""
    call = ""
    if plan.provider_end:
        call = msg(
            " The scheduled end can be revoked until {span} before its date.",
            span=span(plan.provider_end.last_call),
        )
    sentences = [
        msg("[bold]Reactivation[/] is possible {last}.", last=escape(last)),
        escape(told),
        more.strip(),
        call.strip(),
    ]
    return " ".join(say(sentence) for sentence in sentences if sentence) + "\n"


def _dates(plan: Plan) -> Table:
    zone = plan.grace.calendar.zone
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False)
    table.add_column(msg("Date"), no_wrap=True)
    table.add_column(msg("When"), overflow="fold")
    table.add_column("", overflow="fold")
    for date in plan.dates:
        when = local(date.at, zone) if date.at else moment(None)
        table.add_row(escape(date.name), when, escape(date.text))
    facts = plan.facts
    rows: list[tuple[str, datetime | None]] = [
        (msg("term ends"), facts.expires_at),
        (msg("committed until"), facts.engaged_until),
    ]
    for name, at in rows if not plan.dates else []:
        table.add_row(name, moment(at, "none"), "")
    table.add_row(msg("facts read"), moment(facts.clock.shown), msg("by the provider's clock"))
    return table


def _freezes(plan: Plan, calendar: FreezeCalendar) -> RenderableType:
    """The freezes to come, the next ones first; the plan carries all of them."""
    now, zone = plan.facts.clock.shown, plan.grace.calendar.zone
    to_come = [freeze for freeze in calendar.freezes if freeze.ends > now]
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, title_justify="left")
    table.title = msg(
        "Nothing is purged in these times: {source} (SHA-256 {sha}…)",
        source=escape(calendar.source),
        sha=calendar.sha256[:16],
    )
    for title in (msg("Freeze"), msg("Name"), msg("From"), msg("Until")):
        table.add_column(title, overflow="fold")
    for freeze in to_come[:_FREEZES_SHOWN]:
        table.add_row(freeze.id, escape(freeze.name), zone.words(freeze.begins), zone.words(freeze.ends))
    if not to_come:
        table.add_row(msg("none"), msg("none is known until {until}", until=f"{calendar.until:%Y-%m-%d}"), "", "")
    elif len(to_come) > _FREEZES_SHOWN:
        table.add_row(
            "…",
            msg(
                "and {value} more, until {until}",
                value=len(to_come) - _FREEZES_SHOWN,
                until=f"{calendar.until:%Y-%m-%d}",
            ),
            "",
            "",
        )
    end = calendar.beyond
    table.add_row(
        end.id, msg("the calendar ends: nothing is purged later"), zone.words(end.begins), msg("a person has looked")
    )
    return table


def _local_times(plan: Plan) -> str:
    zone = plan.grace.calendar.zone.name
    return (
        msg("{zone}, by the time zone database {zone_data}", zone=zone, zone_data=plan.zone_data)
        if plan.zone_data
        else zone
    )


def _fee(plan: Plan) -> str:
    fee, until = plan.facts.early_exit_fee, plan.facts.engaged_until
    if fee is not None:
        return msg("costs {value} {currency}", value=fee.value, currency=fee.currency) + (
            msg(" (committed until {until})", until=moment(until)) if until else ""
        )
    if until:
        return msg("committed until {until}; the provider names no price", until=moment(until))
    return msg("no commitment was stated") if plan.facts.stated_by else msg("costs nothing: no commitment")


def _approvals(plan: Plan) -> str:
    people = approvals.wanted(plan.approval)
    if not people:
        return msg("none needed")
    return msg("{people}, none of them the launcher, within {span}", people=people, span=span(plan.approval.timeout))


def _print_list(console: Console, title: str, texts: tuple[str, ...], style: str) -> None:
    if texts:
        console.print(msg("\n[{style}]{title}[/]", style=style, title=title))
        console.print(Group(*map(bullet, texts)))


def _print_findings(console: Console, title: str, findings: tuple[Finding, ...], style: str) -> None:
    _print_list(
        console,
        title,
        tuple(msg("{subject}: {text}", subject=each.subject, text=each.text) for each in findings),
        style,
    )
