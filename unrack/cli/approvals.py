"""Commands on consent: approve, withdraw."""

import asyncio
from typing import Annotated

import typer
from temporalio.client import Client

from unrack.cli import screen
from unrack.cli.actor import wishes
from unrack.cli.context import CliContext, cli_context
from unrack.cli.means import who_decides
from unrack.cli.options import RUNS, As, Json, Key, Reason, Run, Runs, Unsigned, examples
from unrack.cli.problems import invalid
from unrack.cli.questions import Yes, confirm, refuse_unasked
from unrack.cli.render.consent import show_agreement
from unrack.cli.render.plan import show_plan
from unrack.cli.settled import end_with, end_with_all
from unrack.i18n import also_say
from unrack.model.message import msg, verbatim
from unrack.model.plan import Plan
from unrack.model.rights import Action
from unrack.operations import approving, run_decisions
from unrack.operations.approving import Demanded
from unrack.operations.consent import Agreement
from unrack.operations.deciding import Together
from unrack.operations.find_run import find_run
from unrack.operations.whose_key import Wishes

app = typer.Typer()


@app.command(
    rich_help_panel=RUNS,
    epilog=examples(
        "unrack approve 2f0c9a1e --as bob",
        "unrack approve 2f0c9a1e --revision 2 --yes --as bob",
        "unrack approve 2f0c9a1e 7b41d0c2 --key ~/.ssh/id_ed25519_sk",
    ),
)
def approve(
    ctx: typer.Context,
    runs: Runs,
    plan: Annotated[
        str | None, typer.Option("--plan", metavar="DIGEST", help="Approve only if the run's plan has this digest.")
    ] = None,
    revision: Annotated[
        int | None,
        typer.Option("--revision", min=1, metavar="N", help="Approve only if the run is at this consent revision."),
    ] = None,
    yes: Yes = False,
    who: As = None,
    key: Key = None,
    unsigned: Unsigned = False,
    json: Json = False,
) -> None:
    """Approve the plan of a run as it stands now. Shows first what changed since it was launched, and asks.

    The approval binds to the plan's digest and to the consent revision that was shown. Several runs are all looked at
    before the first approval is sent, and signed with one touch of the key.
    """
    if len(runs) > 1 and (plan is not None or revision is not None):
        raise invalid(msg("--plan and --revision are of one run; nothing was sent"), msg("name one run with them"))
    asyncio.run(
        _approve(cli_context(ctx), runs, Demanded(plan, revision), yes, wishes(who, key, unsigned=unsigned), json)
    )


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
    key: Key = None,
    unsigned: Unsigned = False,
    json: Json = False,
) -> None:
    """Take your own approval back while the run waits for others, or take an extension of grace back.

    Somebody else's extension is taken back by two people. It asks nothing: nothing is purged within a day of it.
    """
    asyncio.run(_withdraw(cli_context(ctx), run, reason, extension, wishes(who, key, unsigned=unsigned), json))


async def _withdraw(
    context: CliContext, run: str, reason: str, extension: str | None, who: Wishes, as_json: bool
) -> None:
    client = await context.client()
    run_id = await find_run(client, run)
    decider = await who_decides(context, client, run_id, who, Action.WITHDRAW, as_json=as_json)
    settled = await run_decisions.withdraw(client, run_id, reason, extension, decider.by, send=decider.send)
    end_with(settled, as_json=as_json)


async def _approve(
    context: CliContext, runs: list[str], demanded: Demanded, yes: bool, who: Wishes, as_json: bool
) -> None:
    client, together = await context.client(), Together()
    shown = [await _look(context, client, run, demanded, yes, who, together, as_json) for run in runs]
    end_with_all(await together.settle(client), as_json=as_json, shown=shown)


async def _look(
    context: CliContext,
    client: Client,
    run: str,
    demanded: Demanded,
    yes: bool,
    who: Wishes,
    together: Together,
    as_json: bool,
) -> Agreement | None:
    """Show one run and ask; what was shown. The approval leaves with the others."""
    found = await approving.find_approvable(client, run, demanded)
    also_say(found.plan.translations)
    decider = await who_decides(context, client, found.run_id, who, Action.APPROVE, as_json=as_json)
    by, send = decider.by, together.of(decider)
    if found.paused:
        question = msg(
            "The run is paused and cannot show its plan. Approve revision {revision} as {name} without seeing it?",
            revision=found.revision,
            name=verbatim(by.name),
        )
        confirm(question, yes=yes)
        await approving.approve(client, found, by, None, send=send)
        return None
    refuse_unasked(yes=yes)
    shown = await approving.look_before_approving(client, found, context.settings.task_queue)
    if not (as_json and yes):
        _show(found.plan, shown, as_json)
    confirm(msg("Approve this plan as {name}?", name=verbatim(by.name)), yes=yes)
    await approving.approve(client, found, by, shown, send=send)
    return shown


def _show(plan: Plan, shown: Agreement, as_json: bool) -> None:
    console = screen.before_asking(as_json=as_json)
    show_plan(console, plan)
    show_agreement(console, shown, plan)
