"""A run for people: where it stands, what it waits for and until when, what can be done now."""

from datetime import UTC, datetime, timedelta

from rich import box
from rich.console import Console, Group, RenderableType
from rich.table import Table

from unrack.cli.render.evidence import evidence_table
from unrack.cli.render.formats import ENOUGH, STATUS_STYLE, bullet, distance, moment, person
from unrack.cli.render.run_document import purge_sentence, steps_to_come
from unrack.cli.render.run_head import (
    approvals_wanted,
    first_lines,
    must_not_act,
    standing_rows,
)
from unrack.cli.screen import escape, escape_lines
from unrack.i18n import say, spoken
from unrack.model.lifecycle import LIFECYCLE, Phase, StepKind, StepStatus
from unrack.model.plan import FieldType, Plan
from unrack.model.state import OpenTask, Parked, Reason, ReasonKind, RunReport, StepState
from unrack.model.terms import may_have_ended
from unrack.model.visible import one_line
from unrack.operations.consent import missing
from unrack.operations.evidence import evidence_of

ON_CALL_PAGES = "docs/on-call"

COMPARED = "Compare the configuration with the captured one, field by field"
"""What a run does last on its way back, as its history calls it."""


def run_panel(report: RunReport, plan: Plan, width: int, now: datetime | None = None) -> RenderableType:
    """The whole status of a run, for a screen of `width` columns; `now` is the reader's clock."""
    at = report.state.now(now or datetime.now(UTC))
    parts: list[RenderableType] = [*first_lines(report, plan, at), _head(report, plan, at), _phases(report)]
    parts += [_steps(report, plan, width)]
    parts += _now(report, plan, at)
    parts += [evidence_table(report, width)] if evidence_of(report) else []
    return Group(*parts)


def live_panel(report: RunReport, plan: Plan, width: int, now: datetime | None = None) -> RenderableType:
    """What matters at this moment, short enough to be seen whole: of the steps only those of this phase."""
    at = report.state.now(now or datetime.now(UTC))
    phase = f"{report.state.phase.value}."
    near = [step for step in _step_ids(report, plan) if step.startswith(phase) or _goes_on(report, step)]
    done = sum(state.ended_at is not None for state in report.state.steps.values())
    told = f"{done} of {len(_step_ids(report, plan))} steps are over\n"
    steps = [_steps(report, plan, width, near)] if near else []
    head = [*first_lines(report, plan, at), _head(report, plan, at)]
    return Group(*head, _phases(report), *steps, told, *_now(report, plan, at))


def _now(report: RunReport, plan: Plan, at: datetime) -> list[RenderableType]:
    """What the run waits for, and what can be done now."""
    parts: list[RenderableType] = []
    parts += [_asked(report, plan, step, at) for step in report.state.in_doubt]
    parts += [_parked(report, plan, parked) for parked in report.state.parked.values()]
    parts += [_open_task(report, plan, task, at) for task in report.state.tasks.values()]
    parts += approvals_wanted(report, plan) if _asks_for_approval(report, plan) else []
    parts += [] if report.outcome else [_purge(report, plan, at)]
    return parts


def show_run(console: Console, report: RunReport, plan: Plan) -> None:
    """Print the status of a run."""
    console.print(run_panel(report, plan, console.width))


def _head(report: RunReport, plan: Plan, at: datetime) -> RenderableType:
    state = report.state
    grid = Table.grid(padding=(0, 2))
    rows = [
        ("Run", report.run),
        ("Service", f"{plan.facts.title} ({plan.service.service})"),
        ("Launched", f"{moment(state.launched_at)} {say('by')} {person(state.launched_by)}: {plan.request.reason}"),
        ("Ticket", plan.request.ticket or ""),
        ("Owner", plan.request.owner or ""),
        ("Phase", _phase_words(report)),
        (
            "Effective",
            moment(_effective(report, plan), "the provider has no end scheduled") if not report.outcome else "",
        ),
        ("Clock", f"{moment(at)} {say('at the provider')}" + (_rehearsal(plan) if plan.rehearsal else "")),
    ]
    if state.rollback:
        turn = state.rollback
        rows.append(("Turned round", f"{moment(turn.at)} {say('by')} {person(turn.by)}: {turn.reason}"))
    if state.ended_by_provider:
        seen = state.ended_by_provider
        rows.append(("Ended", f"by the provider itself, says {person(seen.by)} at {moment(seen.at)}: {seen.reason}"))
    rows += standing_rows(plan, state)
    rows += [
        ("Unfrozen", f"{each.freeze} by {person(each.by)} at {moment(each.at)}: {each.reason}") for each in state.lifted
    ]
    for name, text in rows:
        if text:
            grid.add_row(f"[bold]{name}[/]", escape_lines(text))
    return grid


def _effective(report: RunReport, plan: Plan) -> datetime | None:
    """When the provider ends the service; on the way back nothing is scheduled any more once that was taken back."""
    end, steps = plan.provider_end, report.state.steps
    taken_back = end is not None and end.step in steps and steps[end.step].status is StepStatus.UNDONE
    return None if taken_back else report.state.effective_at


def _phase_words(report: RunReport) -> str:
    if report.outcome:
        return f"ended: {report.outcome.value}"
    turned = say(f", turned round: it ends {report.state.rollback.to.value}") if report.state.rollback else ""
    return f"{report.state.phase.value}{turned}"


def _rehearsal(plan: Plan) -> str:
    pace = plan.facts.clock.there(timedelta(seconds=1)).total_seconds()
    return " " + say(f"(rehearsal: {pace:g} times as fast as here)")


def _phases(report: RunReport) -> str:
    at = LIFECYCLE.index(report.state.phase)
    words: list[str] = []
    for index, phase in enumerate(LIFECYCLE):
        style = "green" if index < at or report.outcome else "bold cyan" if index == at else "dim"
        words.append(f"[{style}]{phase.value}[/]")
    return "\n" + " → ".join(words) + "\n"


def _step_ids(report: RunReport, plan: Plan) -> list[str]:
    """The steps of the plan, then those that undo them."""
    planned = [step.id for step in plan.steps]
    return [*planned, *(step for step in report.state.steps if step not in planned)]


def _goes_on(report: RunReport, step: str) -> bool:
    standing = report.state.steps.get(step, StepState())
    return standing.ended_at is None and standing.status is not StepStatus.PENDING


def _steps(report: RunReport, plan: Plan, width: int, only: list[str] | None = None) -> Table:
    """The steps, or `only` some. A name is never broken: on a narrow screen the end stands below what happened."""
    narrow = width < ENOUGH
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False)
    table.add_column("Step", no_wrap=True)
    table.add_column("Status", no_wrap=True)
    table.add_column("What happened", overflow="fold", ratio=2)
    if not narrow:
        table.add_column("Ended", no_wrap=True)
    titles = {step.id: step.title for step in plan.steps}
    titles |= {f"undo.{step.id}": step.undo.title for step in plan.steps if step.undo is not None}
    titles["undo.compare"] = COMPARED
    for step in _step_ids(report, plan) if only is None else only:
        standing = report.state.steps.get(step, StepState())
        style = STATUS_STYLE[standing.status]
        text = _said(_story(standing) or titles.get(step, ""))
        ended = moment(standing.ended_at, "")
        told = [f"{text}\n{ended}".rstrip()] if narrow else [text, ended]
        table.add_row(f"[{style}]{escape(step)}[/]", f"[{style}]{standing.status.value}[/]", *map(escape_lines, told))
    return table


def _story(step: StepState) -> str:
    if step.skipped_because:
        who = f" by {step.done_by.name}" if step.done_by else ""
        return f"skipped{who}: {step.skipped_because}"
    return step.note if step.status is not StepStatus.PENDING else ""


def _said(story: str) -> str:
    """`story` in the language of the reader; where it is several notes that are known each, one after the other."""
    parts = story.split("; ")
    said = [say(part) for part in parts]
    several = len(parts) > 1 and all(part != before for part, before in zip(said, parts, strict=True))
    return (" ; " if spoken() == "fr" else "; ").join(said) if several else say(story)


def _asked(report: RunReport, plan: Plan, step: str, at: datetime) -> RenderableType:
    standing, run = report.state.steps[step], report.run
    until = f", until {moment(standing.late_at)} ({distance(standing.late_at, at)})" if standing.late_at else ""
    skip = (
        f"  unrack resolve {run} {step} skip --reason …    # it took effect\n" if plan.may_skip(plan.step(step)) else ""
    )
    return f"[bold yellow]In doubt: {escape(step)}, sent {moment(standing.asked_at)}[/]\n" + escape_lines(
        f"The provider's state is read{until}; then the step parks. If you know what happened:\n{skip}"
        f"  unrack resolve {run} {step} retry --reason …    # it did not: send it again\n"
        f"  unrack wake {run}    # read now\n"
        f"{_turn(report)}See {ON_CALL_PAGES}/in-doubt.md\n"
    )


def _turn(report: RunReport) -> str:
    """The command that turns the run round, where it still can be."""
    if report.state.rollback is not None or report.state.passed_no_return_at is not None:
        return ""
    return f"  unrack reactivate {report.run} --reason …\n"


def _ended(report: RunReport, plan: Plan, parked: Parked) -> str:
    """The command for a service that the provider ended by itself, where that may be so."""
    if not may_have_ended(plan, report.state, parked.step):
        return ""
    return f"  unrack resolve {report.run} {parked.step} ended --reason …    # the provider ended it: on to the proof\n"


def _parked(report: RunReport, plan: Plan, parked: Parked) -> RenderableType:
    run, asks, problem = report.run, _asks_again(plan, parked), parked.problem
    skip = f"\n  unrack resolve {run} {parked.step} skip --reason …" if parked.may_skip else "\n  it cannot be skipped"
    findings = "".join(f"\n• {one_line(finding.subject)}: {one_line(finding.text)}" for finding in parked.findings)
    return (
        f"[bold red]Parked: {escape(parked.step)} ({parked.reason.value}) since {moment(parked.since)}[/]\n"
        + escape_lines(
            f"{one_line(problem.message)}{findings}\n"
            + (f"What to do: {one_line(problem.suggestion)}\n" if problem.suggestion else "")
            + (f"Recorded at: {one_line(problem.reference)}\n" if problem.reference else "")
            + f"  unrack resolve {run} {parked.step} retry --reason …{asks}{skip}\n"
            + _ended(report, plan, parked)
            + _turn(report)
            + f"See {ON_CALL_PAGES}/{parked.reason.value}.md\n"
        )
    )


def _asks_again(plan: Plan, parked: Parked) -> str:
    """That a retry first asks for another secret: the one before was used up."""
    step = next((each for each in plan.steps if each.id == parked.step), None)
    if step is None or step.kind is not StepKind.COMMIT:
        return ""
    before = [each for each in plan.steps[: plan.steps.index(step)] if each.phase is step.phase and each.task]
    takes = [each.id for each in before if each.task and any(f.type is FieldType.HANDOVER for f in each.task.fields)]
    return f"    # asks for another secret first: {takes[-1]}" if takes else ""


def _open_task(report: RunReport, plan: Plan, task: OpenTask, at: datetime) -> str:
    if must_not_act(plan, report.state, task.step, at):
        return f"[bold red]{say('held: do not act')}[/] {escape(task.step)} {escape(say(task.title))}\n"
    due = say(f"due {moment(task.deadline)} ({distance(task.deadline, at)})")
    late = f" [bold red]{say('overdue')}[/]" if task.deadline < at else ""
    return (
        f"[bold yellow]Waits for a person: {escape(task.step)}[/] {escape(say(task.title))}, {due}{late}\n"
        f"  see how with `unrack tasks {escape(report.run)}`\n"
    )


def _asks_for_approval(report: RunReport, plan: Plan) -> bool:
    """Whether approvals are asked for: in their phase, and whenever given ones stopped counting."""
    lacking = missing(plan, report.state) and report.state.voided
    return not report.outcome and (report.state.phase is Phase.APPROVAL or bool(lacking))


def _purge(report: RunReport, plan: Plan, at: datetime) -> RenderableType:
    sentence = escape(purge_sentence(report, plan, at))
    if report.state.rollback is not None:
        return f"[bold]{say(sentence)}[/]\n"
    if report.state.passed_no_return_at is not None or report.state.ended_by_provider is not None:
        return f"[red]{sentence}[/]\n"
    link = ", because" if report.purge_not_before is None or report.purge_not_before > at else ", but"
    to_come = steps_to_come(report)
    shown = [each for each in report.purge_because if to_come == 1 or each.kind is not ReasonKind.STEP]
    reasons = [say(_reason(each, at)) for each in shown]
    reasons += [say(f"{to_come} steps before it are not done yet")] if to_come > 1 else []
    head = f"[bold]{say(sentence)}[/]{say(link) if reasons else ''}"
    return Group(head, *map(bullet, reasons), "")


def _reason(reason: Reason, at: datetime) -> str:
    left = f" ({distance(reason.until, at)})" if reason.kind is ReasonKind.FREEZE and reason.until else ""
    return f"{reason.text}{left}"
