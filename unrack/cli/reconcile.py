"""Commands for runs that ended in Temporal and not by themselves: reconcile, resume."""

import asyncio
from collections.abc import Iterator
from typing import Annotated

import typer
from rich.console import Console

from unrack.cli import screen
from unrack.cli.actor import wishes
from unrack.cli.admitted import code_for_admission, end_with_codes, show_refused, show_unjudged, waiting_for_a_worker
from unrack.cli.context import CliContext, cli_context
from unrack.cli.means import means
from unrack.cli.options import ON_CALL, RUNS, As, Json, Key, Reason, Run, Unsigned, examples
from unrack.cli.problems import ExitCode
from unrack.cli.render.formats import count, exact
from unrack.cli.screen import escape
from unrack.contracts.reconciliation import Discrepancy, ReconcileReport
from unrack.model.decision import Verdict
from unrack.model.errors import Category, UnrackError
from unrack.model.message import msg
from unrack.model.rights import Action
from unrack.operations.admitting import Started, admissions
from unrack.operations.deciding import launcher
from unrack.operations.find_run import find_run
from unrack.operations.reconciling import install as install_schedule
from unrack.operations.reconciling import reconcile as reconcile_now
from unrack.operations.resuming import Resumed
from unrack.operations.resuming import resume as resume_run
from unrack.operations.signing import resuming
from unrack.operations.whose_key import Wishes
from unrack.temporal.schedule import EVERY

app = typer.Typer()


@app.command(rich_help_panel=ON_CALL, epilog=examples("unrack reconcile", "unrack reconcile --install"))
def reconcile(
    ctx: typer.Context,
    install: Annotated[
        bool, typer.Option("--install", help="Make the hourly schedule, or set it back to what it should be; no more.")
    ] = False,
    json: Json = False,
) -> None:
    """Compare every run with its service, now: runs that somebody ended in Temporal, services that ended otherwise.

    Reads through a worker and changes nothing. Ends with 1 when something does not fit. Workers do the same every hour.
    """
    asyncio.run(_install(cli_context(ctx), json) if install else _reconcile(cli_context(ctx), json))


async def _reconcile(context: CliContext, as_json: bool) -> None:
    report = await reconcile_now(await context.client(), context.settings.task_queue)
    if as_json:
        screen.print_document(report)
    else:
        _show(screen.facts(), report)
    if report.found_in_all or report.hints:
        raise typer.Exit(ExitCode.WRONG)


async def _install(context: CliContext, as_json: bool) -> None:
    queue = context.settings.task_queue
    await install_schedule(await context.client(), queue)
    if as_json:
        screen.print_document({"queue": queue, "every_seconds": EVERY.total_seconds()})
    else:
        screen.facts().print(
            msg(
                "The runs of task queue '{queue}' are reconciled every {value} minutes.",
                queue=escape(queue),
                value=EVERY.seconds // 60,
            )
        )


def _show(console: Console, report: ReconcileReport) -> None:
    for each in report.found:
        _show_one(console, each)
    for service in report.unread:
        console.print(
            msg(
                "[yellow]Not read:[/] {service}: {words}",
                service=escape(service.service.service),
                words=escape(service.words),
            )
        )
    for text in _left_out(report):
        console.print(msg("[yellow]Not shown:[/] {text}", text=escape(text)))
    for hint in report.hints:
        console.print(msg("[bold red]Reconciliation itself:[/] {hint}", hint=escape(hint)))
    looked = msg(
        "{count} of task queue '{queue}', {exact}",
        count=count(report.runs, "run"),
        queue=escape(report.queue),
        exact=exact(report.at),
    )
    console.print(msg("[dim]{looked}:[/] {verdict}", looked=looked, verdict=report.verdict))


def _left_out(report: ReconcileReport) -> Iterator[str]:
    """Yield a line for each count of things that were not shown or not looked at."""
    if report.cut:
        yield msg("{count} to look at, seen once; deal with these first", count=count(report.cut, msg("more thing")))
    if more := report.unread_in_all - len(report.unread):
        yield msg("{count} that could not be read", count=count(more, msg("more service")))
    if report.not_due:
        yield msg("{count} left to the next reconciliations: too many for one", count=count(report.not_due, "service"))
    if report.unreadable:
        yield msg(
            "{count} named like runs, which show nothing that a run shows", count=count(report.unreadable, "execution")
        )


def _show_one(console: Console, found: Discrepancy) -> None:
    urgent = "urgent, " if found.urgent else ""
    console.print(
        msg(
            "[bold red]{urgent}{value}[/] {run} since {exact}",
            urgent=urgent,
            value=found.kind.value,
            run=escape(found.run),
            exact=exact(found.since),
        )
    )
    console.print(f"  {escape(found.text)}")
    console.print(msg("  [bold]What to do:[/] {todo}", todo=escape(found.todo)))
    console.print(msg("  [dim]execution {run_id}; see docs/on-call/reconcile.md[/]\n", run_id=escape(found.run_id)))


@app.command(
    rich_help_panel=RUNS,
    epilog=examples('unrack resume 2f0c9a1e --reason "terminated by mistake" --as alice'),
)
def resume(
    ctx: typer.Context,
    run: Run,
    reason: Reason,
    source: Annotated[
        str | None,
        typer.Option(
            "--from", metavar="EXECUTION", help="Temporal's id of the execution to go on from, after a reset."
        ),
    ] = None,
    plan: Annotated[
        str | None, typer.Option("--plan", metavar="DIGEST", help="Resume only if the run's plan has this digest.")
    ] = None,
    who: As = None,
    key: Key = None,
    unsigned: Unsigned = False,
    json: Json = False,
) -> None:
    """Go on with a run that was ended in Temporal, from the last state that it knew. Refused while it is open.

    Exit code 3 when a worker says that it may not begin, 6 when none has said so yet.
    """
    asyncio.run(_resume(cli_context(ctx), run, reason, source, plan, wishes(who, key, unsigned=unsigned), json))


async def _resume(
    context: CliContext, text: str, reason: str, source: str | None, plan: str | None, who: Wishes, as_json: bool
) -> None:
    client = await context.client()
    run = await _known(context, text)
    queue = context.settings.task_queue
    found = await launcher(means(context, client, who, as_json=as_json), Action.RESUME)
    by = who.by if found is None else found[0].actor
    prove = None if found is None else resuming(found[0], found[1].installation)
    resumed = await resume_run(client, run, by, reason, source=source, plan=plan, queue=queue, prove=prove)
    (admission,) = await admissions(client, [Started(run, resumed.execution)], waiting=waiting_for_a_worker)
    if as_json:
        screen.print_document({**resumed.model_dump(mode="json"), "admission": admission.model_dump(mode="json")})
    elif admission.verdict is Verdict.REFUSED:
        show_refused(run, admission, msg("Nothing was touched: the run that is gone can still be resumed."))
    else:
        _show_resumed(run, resumed)
        if admission.verdict is None:
            show_unjudged(run, admission)
    end_with_codes([code_for_admission(admission)])


def _show_resumed(run: str, resumed: Resumed) -> None:
    end = resumed.interference
    screen.facts().print(
        msg(
            "Resumed {run} in phase {phase}, from execution {run_id}, {value} at {exact}",
            run=escape(run),
            phase=resumed.phase,
            run_id=end.run_id,
            value=end.how.value,
            exact=exact(end.at),
        )
    )
    if end.in_flight:
        screen.facts().print(
            msg(
                "These were under way; each is read first and then begun again: {join}",
                join=escape(", ".join(end.in_flight)),
            )
        )
    screen.facts().print(msg("Look at it with:\n  unrack status {run}", run=escape(run)), soft_wrap=True)


async def _known(context: CliContext, text: str) -> str:
    """The full id; what nobody knows stays as typed, so that the refusal names the plan to make anew."""
    try:
        return await find_run(await context.client(), text)
    except UnrackError as error:
        if error.problem.category is not Category.NOT_FOUND:
            raise
        return text.strip()
