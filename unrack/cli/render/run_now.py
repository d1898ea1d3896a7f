"""Shows the tasks, approvals and problems that a run waits for now, and how to deal with them."""

from datetime import datetime

from rich.console import Group, RenderableType

from unrack.cli.render.formats import bullet, distance, moment
from unrack.cli.render.run_document import purge_sentence, steps_to_come
from unrack.cli.render.run_head import (
    approvals_wanted,
    must_not_act,
)
from unrack.cli.screen import escape, escape_lines
from unrack.i18n import say
from unrack.model.lifecycle import Phase, StepKind
from unrack.model.message import joined, msg
from unrack.model.plan import FieldType, Plan
from unrack.model.state import OpenTask, Parked, Reason, ReasonKind, RunReport
from unrack.model.terms import may_have_ended
from unrack.model.visible import one_line
from unrack.operations.consent import missing

ON_CALL_PAGES = "docs/on-call"


def now_lines(report: RunReport, plan: Plan, at: datetime) -> list[RenderableType]:
    """Render everything that the run waits for, and the actions that are possible now."""
    parts: list[RenderableType] = []
    parts += [_asked(report, plan, step, at) for step in report.state.in_doubt]
    parts += [_parked(report, plan, parked) for parked in report.state.parked.values()]
    parts += [_open_task(report, plan, task, at) for task in report.state.tasks.values()]
    parts += approvals_wanted(report, plan) if _asks_for_approval(report, plan) else []
    parts += [] if report.outcome else [_purge(report, plan, at)]
    return parts


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
    """The command that rolls the run back, where it still can be."""
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
            msg("\n• {subject}: {text}", subject=one_line(say(finding.subject)), text=one_line(say(finding.text)))
            for finding in parked.findings
        ),
    )
    return msg(
        "[bold red]Parked: {step} ({value}) since {since}[/]\n",
        step=escape(parked.step),
        value=parked.reason.value,
        since=moment(parked.since),
    ) + escape_lines(
        f"{one_line(say(problem.message))}{findings}\n"
        + (msg("What to do: {todo}\n", todo=one_line(say(problem.suggestion))) if problem.suggestion else "")
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
        "[bold yellow]Waits for a person: {step}[/] {say}, {due}{late}\n  unrack tasks {run} {step}    # see how\n",
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
    return joined("", (reason.text, left))
