"""A run for people: where it stands, what it waits for and until when, what can be done now."""

from datetime import UTC, datetime, timedelta

from rich import box
from rich.console import Console, Group, RenderableType
from rich.table import Table

from unrack.cli.render.evidence import evidence_table
from unrack.cli.render.formats import ENOUGH, STATUS_STYLE, moment, named_rows, person
from unrack.cli.render.run_head import (
    first_lines,
    standing_rows,
)
from unrack.cli.render.run_now import now_lines
from unrack.cli.screen import escape, escape_lines, with_commands
from unrack.i18n import say
from unrack.model.lifecycle import LIFECYCLE, StepStatus
from unrack.model.message import msg, verbatim
from unrack.model.plan import Plan
from unrack.model.state import RunReport, StepState
from unrack.operations.evidence import evidence_of

COMPARED = msg("Compare the configuration with the captured one, field by field")
"""The last action of a rollback, as the run's history calls it."""


def run_panel(report: RunReport, plan: Plan, width: int, now: datetime | None = None) -> RenderableType:
    """The whole status of a run, for a screen of `width` columns; `now` is the reader's clock."""
    at = report.state.now(now or datetime.now(UTC))
    parts: list[RenderableType] = [*first_lines(report, plan, at), _head(report, plan, at, width), _phases(report)]
    parts += [_steps(report, plan, width)]
    parts += now_lines(report, plan, at)
    parts += [evidence_table(report, width)] if evidence_of(report) else []
    return Group(*(each for part in parts for each in (with_commands(part) if isinstance(part, str) else (part,))))


def live_panel(report: RunReport, plan: Plan, width: int, now: datetime | None = None) -> RenderableType:
    """Render the run now, short enough to be seen whole: of the steps, this phase's and those going on."""
    at = report.state.now(now or datetime.now(UTC))
    phase = f"{report.state.phase.value}."
    near = [step for step in _step_ids(report, plan) if step.startswith(phase) or _goes_on(report, step)]
    done = sum(state.ended_at is not None for state in report.state.steps.values())
    told = msg("{done} of {len} steps are over\n", done=done, len=len(_step_ids(report, plan)))
    steps = [_steps(report, plan, width, near)] if near else []
    head = [*first_lines(report, plan, at), _head(report, plan, at, width)]
    return Group(*head, _phases(report), *steps, told, *now_lines(report, plan, at))


def show_run(console: Console, report: RunReport, plan: Plan) -> None:
    """Print the status of a run."""
    console.print(run_panel(report, plan, console.width))


def _head(report: RunReport, plan: Plan, at: datetime, width: int) -> RenderableType:
    state = report.state
    rows = [
        (msg("Run"), report.run),
        (msg("Service"), verbatim(f"{plan.facts.title} ({plan.service.service})")),
        (
            msg("Launched"),
            msg(
                "{launched_at} {say} {person}: {reason}",
                launched_at=moment(state.launched_at),
                say=say(msg("by")),
                person=person(state.launched_by),
                reason=verbatim(plan.request.reason),
            ),
        ),
        (msg("Ticket"), verbatim(plan.request.ticket or "")),
        (msg("Owner"), verbatim(plan.request.owner or "")),
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
                msg("Rollback"),
                msg(
                    "{at} {say} {person}: {reason}",
                    at=moment(turn.at),
                    say=say(msg("by")),
                    person=person(turn.by),
                    reason=verbatim(turn.reason),
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
                    reason=verbatim(seen.reason),
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
                reason=verbatim(each.reason),
            ),
        )
        for each in state.lifted
    ]
    return named_rows(rows, width)


def _effective(report: RunReport, plan: Plan) -> datetime | None:
    """When the provider ends the service; on the way back nothing is scheduled any more once that was taken back."""
    end, steps = plan.provider_end, report.state.steps
    taken_back = end is not None and end.step in steps and steps[end.step].status is StepStatus.UNDONE
    return None if taken_back else report.state.effective_at


def _phase_words(report: RunReport) -> str:
    if report.outcome:
        return msg("ended: {value}", value=report.outcome.value)
    turned = (
        say(msg(", rolled back: it ends {value}", value=report.state.rollback.to.value))
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
        who = msg(" by {name}", name=verbatim(step.done_by.name)) if step.done_by else ""
        return msg("skipped{who}: {skipped_because}", who=who, skipped_because=verbatim(step.skipped_because))
    return step.note if step.status is not StepStatus.PENDING else ""
