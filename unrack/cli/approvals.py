"""Commands on consent: approve, withdraw."""

import asyncio
from typing import Annotated

import typer

from unrack.cli import screen
from unrack.cli.actor import actor
from unrack.cli.context import CliContext, cli_context
from unrack.cli.options import RUNS, As, Json, Reason, Run, examples
from unrack.cli.questions import Yes, confirm, refuse_unasked
from unrack.cli.render.consent import show_agreement
from unrack.cli.render.plan import show_plan
from unrack.cli.settled import end_with
from unrack.i18n import also_say
from unrack.model.decision import Actor
from unrack.model.message import msg
from unrack.model.plan import Plan
from unrack.operations import approving, run_decisions
from unrack.operations.approving import Demanded
from unrack.operations.consent import Agreement

app = typer.Typer()


@app.command(
    rich_help_panel=RUNS,
    epilog=examples("unrack approve 2f0c9a1e --as bob", "unrack approve 2f0c9a1e --revision 2 --yes --as bob"),
)
def approve(
    ctx: typer.Context,
    run: Run,
    plan: Annotated[
        str | None, typer.Option("--plan", metavar="DIGEST", help="Approve only if the run's plan has this digest.")
    ] = None,
    revision: Annotated[
        int | None,
        typer.Option("--revision", min=1, metavar="N", help="Approve only if the run is at this consent revision."),
    ] = None,
    yes: Yes = False,
    who: As = None,
    json: Json = False,
) -> None:
    """Approve the plan of a run as it stands now. Shows first what changed since it was launched, and asks.

    The approval binds to the plan's digest and to the consent revision that was shown.
    """
    asyncio.run(_approve(cli_context(ctx), run, Demanded(plan, revision), yes, actor(who), json))


@app.command(
    rich_help_panel=RUNS,
    epilog=examples(
        'unrack withdraw 2f0c9a1e --reason "wrong port"',
        'unrack withdraw 2f0c9a1e --extension e1 --reason "the customer has migrated"',
    ),
)
def withdraw(
    ctx: typer.Context,
    run: Run,
    reason: Reason,
    extension: Annotated[
        str | None, typer.Option("--extension", metavar="ID", help="This extension, as e1, in place of the approval.")
    ] = None,
    _yes: Annotated[bool, typer.Option("--yes", hidden=True)] = False,
    who: As = None,
    json: Json = False,
) -> None:
    """Take your own approval back while the run waits for others, or take an extension of grace back.

    Somebody else's extension is taken back by two people. It asks nothing: nothing is purged within a day of it.
    """
    asyncio.run(_withdraw(cli_context(ctx), run, reason, extension, actor(who), json))


async def _withdraw(
    context: CliContext, run: str, reason: str, extension: str | None, by: Actor, as_json: bool
) -> None:
    end_with(await run_decisions.withdraw(await context.client(), run, reason, extension, by), as_json=as_json)


async def _approve(context: CliContext, run: str, demanded: Demanded, yes: bool, by: Actor, as_json: bool) -> None:
    client = await context.client()
    found = await approving.find_approvable(client, run, demanded)
    also_say(found.plan.translations)
    if found.paused:
        question = msg(
            "The run is paused and cannot show its plan. Approve revision {revision} as {name} without seeing it?",
            revision=found.revision,
            name=by.name,
        )
        confirm(question, yes=yes)
        end_with(await approving.approve(client, found, by, None), as_json=as_json)
        return
    refuse_unasked(yes=yes)
    shown = await approving.look_before_approving(client, found, context.settings.task_queue)
    if not (as_json and yes):
        _show(found.plan, shown, as_json)
    confirm(msg("Approve this plan as {name}?", name=by.name), yes=yes)
    end_with(await approving.approve(client, found, by, shown), as_json=as_json, shown=shown)


def _show(plan: Plan, shown: Agreement, as_json: bool) -> None:
    console = screen.before_asking(as_json=as_json)
    show_plan(console, plan)
    show_agreement(console, shown, plan)
