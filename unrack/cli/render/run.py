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
from unrack.i18n import say
from unrack.model.lifecycle import LIFECYCLE, Phase, StepKind, StepStatus
from unrack.model.message import joined, msg
from unrack.model.plan import FieldType, Plan
from unrack.model.state import OpenTask, Parked, Reason, ReasonKind, RunReport, StepState
from unrack.model.terms import may_have_ended
from unrack.model.visible import one_line
from unrack.operations.consent import missing
from unrack.operations.evidence import evidence_of

ON_CALL_PAGES = "docs/on-call"

COMPARED = msg("Compare the configuration with the captured one, field by field")
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
    told = msg("{done} of {len} steps are over\n", done=done, len=len(_step_ids(report, plan)))
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
        (msg("Run"), report.run),
        (msg("Service"), msg("{title} ({service})", title=plan.facts.title, service=plan.service.service)),
        (
            msg("Launched"),
            msg(
                "{launched_at} {say} {person}: {reason}",
                launched_at=moment(state.launched_at),
                say=say(msg("by")),
                person=person(state.launched_by),
                reason=plan.request.reason,
            ),
        ),
        (msg("Ticket"), plan.request.ticket or ""),
        (msg("Owner"), plan.request.owner or ""),
        (msg("Phase"), _phase_words(report)),
        (
            msg("Effective"),
            moment(_effective(report, plan), msg("the provider has no end scheduled")) if not report.outcome else "",
        ),
        (
            msg("Clock"),
            msg("{at} {say}", at=moment(at), say=say(msg("at the provider")))
            + (_rehearsal(plan) if plan.rehearsal else ""),
        ),
    ]
    if state.rollback:
        turn = state.rollback
        rows.append(
            (
                msg("Turned round"),
                msg(
                    "{at} {say} {person}: {reason}",
                    at=moment(turn.at),
                    say=say(msg("by")),
                    person=person(turn.by),
                    reason=turn.reason,
                ),
            )
        )
    if state.ended_by_provider:
        seen = state.ended_by_provider
        rows.append(
            (
                msg("Ended"),
                msg(
                    "by the provider itself, says {person} at {at}: {reason}",
                    person=person(seen.by),
                    at=moment(seen.at),
                    reason=seen.reason,
                ),
            )
        )
    rows += standing_rows(plan, state)
    rows += [
        (
            msg("Unfrozen"),
            msg(
                "{freeze} by {person} at {at}: {reason}",
                freeze=each.freeze,
                person=person(each.by),
                at=moment(each.at),
                reason=each.reason,
            ),
        )
        for each in state.lifted
    ]
    for name, text in rows:
        if text:
            grid.add_row(msg("[bold]{name}[/]", name=name), escape_lines(text))
    return grid


def _effective(report: RunReport, plan: Plan) -> datetime | None:
    """When the provider ends the service; on the way back nothing is scheduled any more once that was taken back."""
    end, steps = plan.provider_end, report.state.steps
    taken_back = end is not None and end.step in steps and steps[end.step].status is StepStatus.UNDONE
    return None if taken_back else report.state.effective_at


def _phase_words(report: RunReport) -> str:
    if report.outcome:
        return msg("ended: {value}", value=report.outcome.value)
    turned = (
        say(msg(", turned round: it ends {value}", value=report.state.rollback.to.value))
        if report.state.rollback
        else ""
    )
    return f"{report.state.phase.value}{turned}"


def _rehearsal(plan: Plan) -> str:
    pace = plan.facts.clock.there(timedelta(seconds=1)).total_seconds()
    return " " + say(msg("(rehearsal: {pace} times as fast as here)", pace=f"{pace:g}"))


def _phases(report: RunReport) -> str:
    at = LIFECYCLE.index(report.state.phase)
    words: list[str] = []
    for index, phase in enumerate(LIFECYCLE):
        style = "green" if index < at or report.outcome else "bold cyan" if index == at else "dim"
        words.append(msg("[{style}]{value}[/]", style=style, value=phase.value))
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
    table.add_column(msg("Step"), no_wrap=True)
    table.add_column(msg("Status"), no_wrap=True)
    table.add_column(msg("What happened"), overflow="fold", ratio=2)
    if not narrow:
        table.add_column(msg("Ended"), no_wrap=True)
    titles = {step.id: step.title for step in plan.steps}
    titles |= {f"undo.{step.id}": step.undo.title for step in plan.steps if step.undo is not None}
    titles["undo.compare"] = COMPARED
    for step in _step_ids(report, plan) if only is None else only:
        standing = report.state.steps.get(step, StepState())
        style = STATUS_STYLE[standing.status]
        text = say(_story(standing) or titles.get(step, ""))
        ended = moment(standing.ended_at, "")
        told = [msg("{text}\n{ended}", text=text, ended=ended).rstrip()] if narrow else [text, ended]
        table.add_row(
            msg("[{style}]{step}[/]", style=style, step=escape(step)),
            msg("[{style}]{value}[/]", style=style, value=standing.status.value),
            *map(escape_lines, told),
        )
    return table


def _story(step: StepState) -> str:
    if step.skipped_because:
        who = msg(" by {name}", name=step.done_by.name) if step.done_by else ""
        return msg("skipped{who}: {skipped_because}", who=who, skipped_because=step.skipped_because)
    return step.note if step.status is not StepStatus.PENDING else ""


def _asked(report: RunReport, plan: Plan, step: str, at: datetime) -> RenderableType:
    standing, run = report.state.steps[step], report.run
    until = (
        msg(", until {late_at} ({distance})", late_at=moment(standing.late_at), distance=distance(standing.late_at, at))
        if standing.late_at
        else ""
    )
    skip = (
        msg("  unrack resolve {run} {step} skip --reason …    # it took effect\n", run=run, step=step)
        if plan.may_skip(plan.step(step))
        else ""
    )
    return msg(
        "[bold yellow]In doubt: {step}, sent {asked_at}[/]\n", step=escape(step), asked_at=moment(standing.asked_at)
    ) + escape_lines(
        msg(
            "The provider's state is read{until}; then the step parks. If you know what happened:\n{skip}"
            "  unrack resolve {run} {step} retry --reason …    # it did not: send it again\n"
            "  unrack wake {run2}    # read now\n"
            "{turn}See {on_call_pages}/in-doubt.md\n",
            until=until,
            skip=skip,
            run=run,
            step=step,
            run2=run,
            turn=_turn(report),
            on_call_pages=ON_CALL_PAGES,
        )
    )


def _turn(report: RunReport) -> str:
    """The command that turns the run round, where it still can be."""
    if report.state.rollback is not None or report.state.passed_no_return_at is not None:
        return ""
    return msg("  unrack reactivate {run} --reason …\n", run=report.run)


def _ended(report: RunReport, plan: Plan, parked: Parked) -> str:
    """The command for a service that the provider ended by itself, where that may be so."""
    if not may_have_ended(plan, report.state, parked.step):
        return ""
    return msg(
        "  unrack resolve {run} {step} ended --reason …    # the provider ended it: on to the proof\n",
        run=report.run,
        step=parked.step,
    )


def _parked(report: RunReport, plan: Plan, parked: Parked) -> RenderableType:
    run, asks, problem = report.run, _asks_again(plan, parked), parked.problem
    skip = (
        msg("\n  unrack resolve {run} {step} skip --reason …", run=run, step=parked.step)
        if parked.may_skip
        else msg("\n  it cannot be skipped")
    )
    findings = joined(
        "",
        (
            msg("\n• {subject}: {text}", subject=one_line(finding.subject), text=one_line(finding.text))
            for finding in parked.findings
        ),
    )
    return msg(
        "[bold red]Parked: {step} ({value}) since {since}[/]\n",
        step=escape(parked.step),
        value=parked.reason.value,
        since=moment(parked.since),
    ) + escape_lines(
        f"{one_line(problem.message)}{findings}\n"
        + (msg("What to do: {suggestion}\n", suggestion=one_line(problem.suggestion)) if problem.suggestion else "")
        + (msg("Recorded at: {reference}\n", reference=one_line(problem.reference)) if problem.reference else "")
        + msg(
            "  unrack resolve {run} {step} retry --reason …{asks}{skip}\n",
            run=run,
            step=parked.step,
            asks=asks,
            skip=skip,
        )
        + _ended(report, plan, parked)
        + _turn(report)
        + msg("See {on_call_pages}/{value}.md\n", on_call_pages=ON_CALL_PAGES, value=parked.reason.value)
    )


def _asks_again(plan: Plan, parked: Parked) -> str:
    """That a retry first asks for another secret: the one before was used up."""
    step = next((each for each in plan.steps if each.id == parked.step), None)
    if step is None or step.kind is not StepKind.COMMIT:
        return ""
    before = [each for each in plan.steps[: plan.steps.index(step)] if each.phase is step.phase and each.task]
    takes = [each.id for each in before if each.task and any(f.type is FieldType.HANDOVER for f in each.task.fields)]
    return msg("    # asks for another secret first: {takes}", takes=takes[-1]) if takes else ""


def _open_task(report: RunReport, plan: Plan, task: OpenTask, at: datetime) -> str:
    if must_not_act(plan, report.state, task.step, at):
        return msg(
            "[bold red]{say}[/] {step} {say2}\n",
            say=say(msg("held: do not act")),
            step=escape(task.step),
            say2=escape(say(task.title)),
        )
    due = say(msg("due {deadline} ({distance})", deadline=moment(task.deadline), distance=distance(task.deadline, at)))
    late = msg(" [bold red]{say}[/]", say=say(msg("overdue"))) if task.deadline < at else ""
    return msg(
        "[bold yellow]Waits for a person: {step}[/] {say}, {due}{late}\n  see how with `unrack tasks {run}`\n",
        step=escape(task.step),
        say=escape(say(task.title)),
        due=due,
        late=late,
        run=escape(report.run),
    )


def _asks_for_approval(report: RunReport, plan: Plan) -> bool:
    """Whether approvals are asked for: in their phase, and whenever given ones stopped counting."""
    lacking = missing(plan, report.state) and report.state.voided
    return not report.outcome and (report.state.phase is Phase.APPROVAL or bool(lacking))


def _purge(report: RunReport, plan: Plan, at: datetime) -> RenderableType:
    sentence = escape(purge_sentence(report, plan, at))
    if report.state.rollback is not None:
        return msg("[bold]{say}[/]\n", say=say(sentence))
    if report.state.passed_no_return_at is not None or report.state.ended_by_provider is not None:
        return msg("[red]{sentence}[/]\n", sentence=sentence)
    link = ", because" if report.purge_not_before is None or report.purge_not_before > at else ", but"
    to_come = steps_to_come(report)
    shown = [each for each in report.purge_because if to_come == 1 or each.kind is not ReasonKind.STEP]
    reasons = [say(_reason(each, at)) for each in shown]
    reasons += [say(msg("{to_come} steps before it are not done yet", to_come=to_come))] if to_come > 1 else []
    head = msg("[bold]{say}[/]{value}", say=say(sentence), value=say(link) if reasons else "")
    return Group(head, *map(bullet, reasons), "")


def _reason(reason: Reason, at: datetime) -> str:
    left = (
        msg(" ({distance})", distance=distance(reason.until, at))
        if reason.kind is ReasonKind.FREEZE and reason.until
        else ""
    )
    return f"{reason.text}{left}"
