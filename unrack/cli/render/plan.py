"""A plan for people: every step in order, what can be undone and until when, the dates, the price, what blocks."""

from datetime import datetime

from rich import box
from rich.console import Console, Group, RenderableType
from rich.panel import Panel
from rich.table import Table

from unrack.cli.render.formats import ENOUGH, bullet, local, moment, span
from unrack.cli.screen import escape, escape_lines, marked
from unrack.i18n import say
from unrack.model import approvals
from unrack.model.calendar import FreezeCalendar
from unrack.model.lifecycle import StepKind
from unrack.model.message import msg
from unrack.model.plan import Plan, PlannedStep
from unrack.model.service import Finding
from unrack.model.state import Difference

_FREEZES_SHOWN = 10
_WHO_NARROW = 10


def show_plan(console: Console, plan: Plan) -> None:
    """Print all of `plan`."""
    console.print(_head(plan))
    console.print(_steps(plan, console.width))
    for text in plan.left_out:
        console.print(f"[dim]Left out: {escape(text)}[/]")
    console.print(_window(plan))
    console.print(_dates(plan))
    for calendar in plan.freezes:
        console.print(_freezes(plan, calendar))
    _print_list(console, "Lost for good", plan.loses, "red")
    _print_list(console, "Kept", plan.keeps, "green")
    _print_list(console, "Taken back until when", plan.taken_back, "cyan")
    _print_list(console, "Afterwards", tuple(f"{each.title} ({each.runbook})" for each in plan.follow_ups), "cyan")
    _print_findings(console, "To know", plan.warnings, "yellow")
    _print_findings(console, "Blocks the launch", plan.blockers, "bold red")
    console.print(f"\nPlan digest {plan.digest}")


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
    """Print what differs, field by field."""
    table = Table(box=box.SIMPLE, show_edge=False)
    for title in ("Field", before, after):
        table.add_column(title, overflow="fold")
    for each in differences:
        note = " [dim](assigned anew by the provider)[/]" if each.expected else ""
        table.add_row(escape(each.field) + note, escape(each.before), escape(each.after))
    console.print(table)


def step_nature(step: PlannedStep) -> str:
    """Automatic, human or waiting, in one word or two."""
    match step.kind:
        case StepKind.TASK:
            return "human"
        case StepKind.AWAIT | StepKind.WAIT:
            return "waits"
        case StepKind.COMMIT:
            return "automatic, once"
        case _:
            return "automatic"


def _head(plan: Plan) -> RenderableType:
    facts, request = plan.facts, plan.request
    details = ", ".join(f"{name} {value}" for name, value in facts.details.items() if value is not None)
    rows = [
        ("Service", f"{facts.title} ({plan.service.service}), {facts.state}, billing {facts.billing_state}"),
        ("", details),
        ("Run", str(plan.run_id)),
        ("Runbook", f"{plan.runbook_title} ({plan.runbook} version {plan.runbook_version})"),
        ("Timing", f"{plan.timing.value}: {plan.summary}" if plan.summary else plan.timing.value),
        ("Facts", f"stated by {facts.stated_by}, not read from the provider" if facts.stated_by else ""),
        ("Reason", request.reason),
        ("Ticket", request.ticket or ""),
        ("Owner", request.owner or ""),
        ("Account", f"{plan.service.account}: acts as {facts.caller}; the service belongs to {facts.owner}"),
        ("Leaving early", _fee(plan)),
        ("Approvals", _approvals(plan)),
        ("Local times", _local_times(plan)),
    ]
    grid = Table.grid(padding=(0, 2))
    for name, text in rows:
        if text:
            grid.add_row(f"[bold]{name}[/]", escape_lines(text))
    title = say("Plan (rehearsal on a simulator)" if plan.rehearsal else "Plan")
    return Panel(grid, title=marked(title), title_align="left", box=box.ROUNDED)


def _steps(plan: Plan, width: int) -> Table:
    """The steps. A name is never broken: on a narrow screen it stands above what the step does."""
    narrow = width < ENOUGH
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False)
    table.add_column("#", justify="right", style="dim")
    if narrow:
        table.add_column("Step", overflow="fold", width=max(len(step.id) for step in plan.steps))
    else:
        table.add_column("Step", no_wrap=True)
        table.add_column("What", overflow="fold", ratio=3)
    table.add_column("Who", width=_WHO_NARROW if narrow else None, no_wrap=not narrow)
    table.add_column("Undone", overflow="fold", ratio=2)
    no_return = plan.no_return
    passed = False
    for number, step in enumerate(plan.steps, 1):
        if no_return is not None and step.id == no_return.id:
            passed = True
            mark = "[bold red]── point of no return: nothing is undone from here on ──[/]"
            table.add_row("", *([mark] if narrow else ["", mark]), "", "")
        what = [f"[cyan]{step.id}[/]\n{_what(step)}"] if narrow else [escape(step.id), _what(step)]
        table.add_row(str(number), *what, step_nature(step), _undo(step, passed=passed))
    return table


def _what(step: PlannedStep) -> str:
    wanted = [*step.evidence, *(step.task.evidence if step.task else ())]
    proof = ", ".join(say(each.title) for each in wanted if each.required)
    rules = f" [dim]{escape(', '.join(step.rules))}[/]" if step.rules else ""
    lines = [escape(say(step.title)) + rules]
    if step.wait_for:
        lines.append(f"[dim]for {span(step.wait_for)}[/]")
    if proof:
        lines.append(f"[dim]proof: {escape(proof)}[/]")
    return "\n".join(lines)


def _undo(step: PlannedStep, *, passed: bool) -> str:
    if passed:
        return msg("[red]no[/]") if step.kind is StepKind.CHANGE or step.guarded else "[dim]-[/]"
    if step.undo is None:
        return "[dim]-[/]"
    by = "by a person: " if step.undo.task else ""
    return say(f"[green]yes[/] {by}{escape(step.undo.title)}")


def _window(plan: Plan) -> str:
    no_return = plan.no_return
    last = f"until {no_return.id} begins" if no_return else "at any time"
    grace = plan.grace
    told = next(date.text for date in plan.dates if date.name == "last-reactivation")
    more = f" It can be extended by {span(grace.max_extension)} in all." if grace.max_extension else ""
    call = ""
    if plan.provider_end:
        call = f" The provider's schedule can be taken back until {span(plan.provider_end.last_call)} before its date."
    sentences = [f"[bold]Reactivation[/] is possible {escape(last)}.", escape(told), more.strip(), call.strip()]
    return " ".join(say(sentence) for sentence in sentences if sentence) + "\n"


def _dates(plan: Plan) -> Table:
    zone = plan.grace.calendar.zone
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False)
    table.add_column("Date", no_wrap=True)
    table.add_column("When", overflow="fold")
    table.add_column("", overflow="fold")
    for date in plan.dates:
        when = local(date.at, zone) if date.at else moment(None)
        table.add_row(escape(date.name), when, escape(date.text))
    facts = plan.facts
    rows: list[tuple[str, datetime | None]] = [
        ("term ends", facts.expires_at),
        ("committed until", facts.engaged_until),
    ]
    for name, at in rows if not plan.dates else []:
        table.add_row(name, moment(at, "none"), "")
    table.add_row("facts read", moment(facts.clock.shown), "by the provider's clock")
    return table


def _freezes(plan: Plan, calendar: FreezeCalendar) -> RenderableType:
    """The freezes to come, the next ones first; the plan carries all of them."""
    now, zone = plan.facts.clock.shown, plan.grace.calendar.zone
    to_come = [freeze for freeze in calendar.freezes if freeze.ends > now]
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, title_justify="left")
    table.title = f"Nothing is purged in these times: {escape(calendar.source)} (SHA-256 {calendar.sha256[:16]}…)"
    for title in ("Freeze", "Name", "From", "Until"):
        table.add_column(title, overflow="fold")
    for freeze in to_come[:_FREEZES_SHOWN]:
        table.add_row(freeze.id, escape(freeze.name), zone.words(freeze.begins), zone.words(freeze.ends))
    if not to_come:
        table.add_row("none", f"none is known until {calendar.until:%Y-%m-%d}", "", "")
    elif len(to_come) > _FREEZES_SHOWN:
        table.add_row("…", f"and {len(to_come) - _FREEZES_SHOWN} more, until {calendar.until:%Y-%m-%d}", "", "")
    end = calendar.beyond
    table.add_row(end.id, "the calendar ends: nothing is purged later", zone.words(end.begins), "a person has looked")
    return table


def _local_times(plan: Plan) -> str:
    zone = plan.grace.calendar.zone.name
    return f"{zone}, by the time zone database {plan.zone_data}" if plan.zone_data else zone


def _fee(plan: Plan) -> str:
    fee, until = plan.facts.early_exit_fee, plan.facts.engaged_until
    if fee is not None:
        return f"costs {fee.value} {fee.currency}" + (f" (committed until {moment(until)})" if until else "")
    if until:
        return f"committed until {moment(until)}; the provider names no price"
    return "no commitment was stated" if plan.facts.stated_by else "costs nothing: no commitment"


def _approvals(plan: Plan) -> str:
    people = approvals.wanted(plan.approval)
    if not people:
        return "none needed"
    return f"{people}, none of them the launcher, within {span(plan.approval.timeout)}"


def _print_list(console: Console, title: str, texts: tuple[str, ...], style: str) -> None:
    if texts:
        console.print(f"\n[{style}]{title}[/]")
        console.print(Group(*map(bullet, texts)))


def _print_findings(console: Console, title: str, findings: tuple[Finding, ...], style: str) -> None:
    _print_list(console, title, tuple(f"{each.subject}: {each.text}" for each in findings), style)
