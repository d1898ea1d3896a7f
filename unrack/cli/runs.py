"""Commands of operations: plan, launch, list, status, watch, wake."""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from temporalio.client import Client

from unrack.cli import screen
from unrack.cli.asking import at_a_keyboard, typed, unasked
from unrack.cli.context import CliContext, actor, cli_context
from unrack.cli.options import RUNS, As, Json, Limit, RequestFile, Run, examples, read_moment
from unrack.cli.pouring import JsonList, pour
from unrack.cli.problems import ExitCode, invalid
from unrack.cli.render.holds import hold_line, hold_row
from unrack.cli.render.plan import plan_document, show_plan
from unrack.cli.render.run import run_document, show_run
from unrack.cli.render.tables import RunTable
from unrack.cli.render.words import count, moment
from unrack.cli.screen import escape
from unrack.i18n import also_say
from unrack.model.decision import Actor
from unrack.model.errors import Category, Problem, UnrackError
from unrack.model.installation_hold import InstallationHold
from unrack.model.lifecycle import Phase
from unrack.model.plan import Plan
from unrack.operations.holding import holds_over, refuse_held
from unrack.operations.launching import launch as launch_run
from unrack.operations.launching import naming_open_runs, open_run, refuse_blocked, refuse_running
from unrack.operations.listing import Filter, Listed, Waiting, count_runs, find_run, list_runs
from unrack.operations.planning import ShownPlan, make_plan, moved, names_service, read_request
from unrack.operations.reporting import pauses, plan_of, report_of
from unrack.operations.reporting import wake as wake_run
from unrack.operations.reporting import wake_all as wake_every_run

app = typer.Typer()

_MOVED_SHOWN = 20


@app.command(rich_help_panel=RUNS, epilog=examples("unrack plan request.yaml", "unrack plan request.yaml --json"))
def plan(ctx: typer.Context, request: RequestFile, json: Json = False) -> None:
    """Show what a run would do. Reads the provider, changes nothing, and remembers the plan for launch.

    Exit code 3 when something blocks its launch.
    """
    asyncio.run(_plan(cli_context(ctx), request, json))


async def _plan(context: CliContext, path: RequestFile, as_json: bool) -> None:
    wish = read_request(path, context.settings.runbooks, context.settings.freezes)
    client = await context.client()
    made = await make_plan(client, wish, context.settings.task_queue)
    running = await open_run(client, made.run_id)
    holds = await holds_over(client, context.settings.task_queue, made.service)
    context.plans.remember(made)
    also_say(made.translations)
    if as_json:
        shown = [hold_row(each) for each in holds]
        screen.print_document({**plan_document(made), "open_run": running, "holds": shown})
    else:
        show_plan(screen.facts(), made)
        _show_next(made, path, running, holds)
    if made.blockers:
        raise typer.Exit(ExitCode.REFUSED)


def _show_next(made: Plan, path: Path, running: str | None, holds: Sequence[InstallationHold]) -> None:
    """What stands against a launch of the plan, or how to launch it."""
    if running:
        screen.aside().print(f"[yellow]The service has an open run:[/] {escape(running)}; it cannot be launched again.")
    elif holds:
        for each in holds:
            screen.aside().print(f"[bold red]Held:[/] {escape(hold_line(each))}; nothing is launched under it.")
    elif not made.blockers:
        screen.aside().print(f"Nothing was changed. Launch exactly this plan with: unrack launch {escape(str(path))}")


@app.command(
    rich_help_panel=RUNS,
    epilog=examples("unrack launch request.yaml", "unrack launch request.yaml --confirm 2f0c9a1e --as alice"),
)
def launch(
    ctx: typer.Context,
    requests: Annotated[
        list[Path],
        typer.Argument(
            metavar="REQUEST.yaml...", help="One request, or several to launch in one go.", show_default=False
        ),
    ],
    confirm: Annotated[
        list[str] | None,
        typer.Option(
            metavar="SERVICE", help="The service id, in place of typing it when asked; once for each request."
        ),
    ] = None,
    who: As = None,
    json: Json = False,
) -> None:
    """Start the plan that was shown. Cancels a service: it wants the service id, typed or by --confirm.

    Several are all judged before the first one starts: when one is refused, none is started.
    """
    asyncio.run(_launch(cli_context(ctx), requests, confirm or [], who, json))


async def _launch(context: CliContext, paths: list[Path], confirmed: list[str], who: str | None, as_json: bool) -> None:
    by = actor(who)
    client = await context.client()
    plans = [await _ready(context, client, path) for path in paths]
    _refuse_twice(plans)
    _refuse_strange(plans, confirmed)
    for path, made in zip(paths, plans, strict=True):
        _refuse_unseen(context, made, str(path), as_json)
        _confirm(made, confirmed)
    launched = [await _start(context, client, made, by, as_json) for made in plans]
    if as_json:
        screen.print_document(launched[0] if len(launched) == 1 else {"runs": launched})


async def _ready(context: CliContext, client: Client, path: Path) -> Plan:
    """The plan of now, unless it must not be launched."""
    wish = read_request(path, context.settings.runbooks, context.settings.freezes)
    await refuse_held(client, context.settings.task_queue, wish.service)
    try:
        made = await make_plan(client, wish, context.settings.task_queue)
    except UnrackError as error:
        raise UnrackError(await naming_open_runs(client, wish.service, error.problem)) from error
    await refuse_running(client, made.run_id)
    refuse_blocked(made)
    return made


async def _start(context: CliContext, client: Client, made: Plan, by: Actor, as_json: bool) -> dict[str, object]:
    run = await launch_run(client, made, by, context.settings.task_queue)
    context.plans.forget(made.run_id)
    if not as_json:
        screen.facts().print(
            f"Launched {escape(run)}\nPlan {made.digest}\nLook at it with: unrack status {escape(run)}"
        )
    return {"run": run, "plan_digest": made.digest, "launched_by": by.model_dump(mode="json")}


@app.command(
    rich_help_panel=RUNS, epilog=examples("unrack status ovhcloud-connect-direct/2f0c9a1e", "unrack status 2f0c")
)
def status(ctx: typer.Context, run: Run, json: Json = False) -> None:
    """Show where a run stands, what it waits for and until when, and what can be done now."""
    asyncio.run(_status(cli_context(ctx), run, json))


async def _status(context: CliContext, text: str, as_json: bool) -> None:
    client = await context.client()
    run = await find_run(client, text)
    report, planned, paused = await asyncio.gather(report_of(client, run), plan_of(client, run), pauses(client, run))
    also_say(planned.translations)
    if as_json:
        document = run_document(report, planned)
        screen.print_document({**document, "pauses": [each.model_dump(mode="json") for each in paused]})
        return
    for each in paused:
        screen.facts().print(f"[bold red]{escape(each.words)}[/]\n  {escape(each.unpause(run))}", soft_wrap=True)
    show_run(screen.facts(), report, planned)


@app.command(
    "list",
    rich_help_panel=RUNS,
    epilog=examples(
        "unrack list", "unrack list --waiting approval", "unrack list --phase grace --due-before 2026-12-31"
    ),
)
def list_(
    ctx: typer.Context,
    provider: Annotated[str | None, typer.Option(help="Only this provider, as ovhcloud.")] = None,
    phase: Annotated[Phase | None, typer.Option(help="Only runs in this phase.")] = None,
    due_before: Annotated[
        str | None, typer.Option(metavar="DATE", help="Only runs with something due before this date (UTC).")
    ] = None,
    waiting: Annotated[Waiting | None, typer.Option(help="Only runs that wait for this.")] = None,
    closed_too: Annotated[bool, typer.Option("--all", help="Runs that ended, too.")] = False,
    limit: Limit = None,
    json: Json = False,
) -> None:
    """List every open run, the nearest due date first, and how many there are."""
    due = read_moment(due_before) if due_before else None
    wanted = Filter(provider=provider, phase=phase, due_before=due, waiting=waiting, closed_too=closed_too)
    asyncio.run(_list(cli_context(ctx), wanted, limit, json))


async def _list(context: CliContext, wanted: Filter, limit: int | None, as_json: bool) -> None:
    client = await context.client()
    runs = list_runs(client, wanted)
    if as_json:
        document = JsonList[Listed]("runs", lambda each: each.model_dump(mode="json"))
        document.end(more=await pour(runs, document, limit))
    else:
        table = RunTable(screen.facts())
        more = await pour(runs, table, limit)
        table.end(of=await count_runs(client, wanted) if more else None)


@app.command(rich_help_panel=RUNS, epilog=examples("unrack wake 2f0c9a1e", "unrack wake --all"))
def wake(
    ctx: typer.Context,
    run: Annotated[str | None, typer.Argument(metavar="RUN", help="As for every command.", show_default=False)] = None,
    every: Annotated[bool, typer.Option("--all", help="Every open run, as after a deploy.")] = False,
    json: Json = False,
) -> None:
    """Make a run look again now, after a deploy or when the provider was helped by hand. Decides nothing."""
    if (run is None) is not every:
        raise invalid("name one run, or --all", "unrack wake RUN, or unrack wake --all")
    asyncio.run(_wake_all(cli_context(ctx), json) if run is None else _wake(cli_context(ctx), run, json))


async def _wake_all(context: CliContext, as_json: bool) -> None:
    woken = await wake_every_run(await context.client(), context.settings.task_queue)
    if as_json:
        screen.print_document({"woken": woken})
    else:
        screen.facts().print(f"{count(woken, 'run')} woken; each looks now, and once more in a minute.")


async def _wake(context: CliContext, text: str, as_json: bool) -> None:
    client = await context.client()
    run = await find_run(client, text)
    await wake_run(client, run)
    if as_json:
        screen.print_document({"run": run, "woken": True})
    else:
        screen.facts().print(f"{escape(run)} looks again now.")


def _refuse_unseen(context: CliContext, made: Plan, path: str, as_json: bool) -> None:
    """Refuse a plan that nobody looked at, or that is no longer the one looked at."""
    shown = context.plans.recall(made.run_id)
    if shown is not None and shown.plan.digest == made.digest:
        return
    if shown is not None:
        raise UnrackError(_moved(shown, made, path))
    if not at_a_keyboard():
        raise UnrackError(
            Problem(
                category=Category.CONFLICT,
                message=f"nobody has seen the plan for {made.service.service} on this machine",
                suggestion=f"look at it first: unrack plan {path}",
            )
        )
    show_plan(screen.before_asking(as_json=as_json), made)
    context.plans.remember(made)


def _moved(shown: ShownPlan, made: Plan, path: str) -> Problem:
    differences = moved(shown.plan, made)
    lines = [f"  {each.field}: {each.before} → {each.after}" for each in differences[:_MOVED_SHOWN]]
    if len(differences) > _MOVED_SHOWN:
        lines.append(f"  and {len(differences) - _MOVED_SHOWN} more fields")
    return Problem(
        category=Category.CONFLICT,
        message="\n".join([f"something moved since the plan was shown on {moment(shown.at)}:", *lines]),
        suggestion=f"look at the plan of now, then launch: unrack plan {path}",
        reference=made.digest,
    )


def _refuse_twice(plans: list[Plan]) -> None:
    runs = [str(made.run_id) for made in plans]
    for run in runs:
        if runs.count(run) > 1:
            raise invalid(f"two requests are for {run}; nothing was started", "a service has one run at a time")


def _refuse_strange(plans: list[Plan], confirmed: list[str]) -> None:
    wanted = ", ".join(made.run_id.place for made in plans)
    for given in confirmed:
        meant = [made for made in plans if names_service(given, made)]
        if not meant:
            raise invalid(f"'{given}' is not the service id of this plan; nothing was started", f"it is {wanted}")
        if len(meant) > 1:
            text = f"'{given}' is a service of two providers; nothing was started"
            raise invalid(text, f"write the address as well: {wanted}")


def _confirm(made: Plan, confirmed: list[str]) -> None:
    service = made.run_id.place
    if any(names_service(each, made) for each in confirmed):
        return
    if confirmed or not at_a_keyboard():
        raise unasked(f"launching cancels {service}: it must be confirmed", f"--confirm {service}")
    screen.aside().print(f"[bold red]This cancels {escape(made.facts.title)}[/], timing {made.timing.value}.")
    answer = typed("Type the service id to go on")
    if not names_service(answer, made):
        raise invalid(f"'{answer}' is not the service id of this plan; nothing was started", f"it is {service}")
