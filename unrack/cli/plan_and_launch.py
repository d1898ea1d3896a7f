"""Commands at a run's beginning: plan, launch."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from unrack.cli import screen
from unrack.cli.actor import wishes
from unrack.cli.admitted import end_launch, waiting_for_a_worker
from unrack.cli.context import CliContext, cli_context
from unrack.cli.means import means
from unrack.cli.options import RUNS, As, Json, Key, RequestFile, Unsigned, examples
from unrack.cli.problems import ExitCode, invalid
from unrack.cli.questions import at_a_keyboard, typed, unasked
from unrack.cli.render.formats import moment
from unrack.cli.render.holds import hold_line, hold_row
from unrack.cli.render.plan import plan_document, show_plan
from unrack.cli.screen import escape
from unrack.i18n import also_say
from unrack.model.errors import Category, Problem, UnrackError
from unrack.model.message import joined, msg
from unrack.model.plan import Plan
from unrack.model.rights import Action
from unrack.operations.deciding import launcher
from unrack.operations.plan_and_launch import Planned, is_confirmed, launch_shown, plan_request, plans_to_launch
from unrack.operations.plan_differences import moved
from unrack.operations.planning import names_service, read_request
from unrack.operations.shown_plans import ShownPlan
from unrack.operations.whose_key import Wishes

app = typer.Typer()

_MOVED_SHOWN = 20


@app.command(rich_help_panel=RUNS, epilog=examples("unrack plan request.yaml", "unrack plan request.yaml --json"))
def plan(ctx: typer.Context, request: RequestFile, json: Json = False) -> None:
    """Show what a run would do. Reads the provider, changes nothing, and remembers the plan for launch.

    Exit code 3 when something blocks its launch.
    """
    asyncio.run(_plan(cli_context(ctx), request, json))


async def _plan(context: CliContext, path: RequestFile, as_json: bool) -> None:
    settings = context.settings
    request = read_request(path, settings.runbooks, settings.freezes)
    planned = await plan_request(await context.client(), settings, context.plans, request)
    made = planned.plan
    also_say(made.translations)
    if as_json:
        holds = [hold_row(each) for each in planned.holds]
        screen.print_document({**plan_document(made), "open_run": planned.open_run, "holds": holds})
    else:
        show_plan(screen.facts(), made)
        _show_next(planned, path)
    if made.blockers:
        raise typer.Exit(ExitCode.REFUSED)


def _show_next(planned: Planned, path: Path) -> None:
    """Print the obstacles to a launch of the plan, or how to launch it."""
    if planned.open_run:
        told = msg(
            "[yellow]The service has an open run:[/] {open_run}; it cannot be launched again.",
            open_run=escape(planned.open_run),
        )
        screen.aside().print(told)
    elif planned.holds:
        for each in planned.holds:
            screen.aside().print(
                msg("[bold red]Held:[/] {hold_line}; nothing is launched under it.", hold_line=escape(hold_line(each)))
            )
    elif not planned.plan.blockers:
        screen.aside().print(
            msg("Nothing was changed. Launch exactly this plan with:\n  unrack launch {path}", path=escape(str(path)))
        )


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
    key: Key = None,
    unsigned: Unsigned = False,
    json: Json = False,
) -> None:
    """Start the plan that was shown. Cancels a service: it wants the service id, typed or by --confirm.

    Several are all looked at before the first one starts: when one must not start, none does. Then it waits until a
    worker has said whether each may begin; exit code 3 when one was refused, 6 when no worker has said so yet.
    """
    asyncio.run(_launch(cli_context(ctx), requests, confirm or [], wishes(who, key, unsigned=unsigned), json))


async def _launch(context: CliContext, paths: list[Path], confirmed: list[str], who: Wishes, as_json: bool) -> None:
    client, settings, shown = await context.client(), context.settings, context.plans
    plans = await plans_to_launch(client, settings, paths, confirmed)
    for path, made in zip(paths, plans, strict=True):
        _refuse_unseen(context, made, str(path), as_json)
        _confirm(made, confirmed)
    signing = await launcher(means(context, client, who, as_json=as_json), Action.LAUNCH)
    by = who.by if signing is None else signing[0].actor
    proofs = [None] * len(plans) if signing is None else signing[0].sign_launches(plans, signing[1].installation)
    launched = await launch_shown(client, settings, shown, plans, by, proofs, waiting=waiting_for_a_worker)
    end_launch(launched, by, as_json=as_json)


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
                message=msg("nobody has seen the plan for {service} on this machine", service=made.service.service),
                suggestion=msg("look at it first: unrack plan {path}", path=path),
            )
        )
    show_plan(screen.before_asking(as_json=as_json), made)
    context.plans.remember(made)


def _moved(shown: ShownPlan, made: Plan, path: str) -> Problem:
    differences = moved(shown.plan, made)
    lines = [
        msg("  {field}: {before} → {after}", field=each.field, before=each.before, after=each.after)
        for each in differences[:_MOVED_SHOWN]
    ]
    if len(differences) > _MOVED_SHOWN:
        lines.append(msg("  and {value} more fields", value=len(differences) - _MOVED_SHOWN))
    return Problem(
        category=Category.CONFLICT,
        message=joined("\n", [msg("something moved since the plan was shown on {at}:", at=moment(shown.at)), *lines]),
        suggestion=msg("look at the plan of now, then launch: unrack plan {path}", path=path),
        reference=made.digest,
    )


def _confirm(made: Plan, confirmed: list[str]) -> None:
    service = made.run_id.place
    if is_confirmed(made, confirmed):
        return
    if confirmed or not at_a_keyboard():
        raise unasked(
            msg("launching cancels {service}: it must be confirmed", service=service),
            msg("--confirm {service}", service=service),
        )
    screen.aside().print(
        msg(
            "[bold red]This cancels {title}[/], timing {value}.",
            title=escape(made.facts.title),
            value=made.timing.value,
        )
    )
    answer = typed(msg("Type the service id to go on"))
    if not names_service(answer, made):
        raise invalid(
            msg("'{answer}' is not the service id of this plan; nothing was started", answer=answer),
            msg("it is {service}", service=service),
        )
