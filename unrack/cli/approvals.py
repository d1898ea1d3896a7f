"""Commands on consent: approve, withdraw."""

import asyncio
from datetime import UTC, datetime
from typing import Annotated, NamedTuple

import typer
from temporalio.client import Client

from unrack.cli import screen
from unrack.cli.asking import Yes, confirm, refuse_unasked
from unrack.cli.context import CliContext, actor, cli_context
from unrack.cli.decide import send, settle
from unrack.cli.options import RUNS, As, Json, Reason, Run, examples
from unrack.cli.render.consent import show_agreement
from unrack.cli.render.plan import show_plan
from unrack.i18n import also_say
from unrack.model.decision import Actor, Approve, Withdraw
from unrack.model.errors import Category, Problem, UnrackError
from unrack.model.plan import Plan
from unrack.operations.consent import Agreement, agreement, facts_now
from unrack.operations.deciding import new_decision_id
from unrack.operations.listing import find_run
from unrack.operations.reporting import plan_of, report_of, report_unless_paused

app = typer.Typer()


class Demanded(NamedTuple):
    """What the run must have for the approval to be sent; None demands nothing."""

    digest: str | None
    revision: int | None


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
    asyncio.run(_approve(cli_context(ctx), run, Demanded(plan, revision), yes, who, json))


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
    send(ctx, run, lambda key, by: Withdraw(id=key, by=by, reason=reason, extension=extension), who, json)


async def _approve(
    context: CliContext, text: str, demanded: Demanded, yes: bool, who: str | None, as_json: bool
) -> None:
    by = actor(who)
    client = await context.client()
    run = await find_run(client, text)
    plan = await plan_of(client, run)
    also_say(plan.translations)
    report = await report_unless_paused(client, run) if demanded.revision else await report_of(client, run)
    if report is None:
        await _approve_unseen(client, run, plan, demanded, by, yes, as_json)
        return
    _refuse_other(run, plan, report.state.revision, demanded)
    refuse_unasked(yes=yes)
    facts = await facts_now(client, plan, context.settings.task_queue)
    shown = agreement(plan, report.state, facts, report.state.now(datetime.now(UTC)))
    if not (as_json and yes):
        _show(plan, shown, as_json)
    confirm(f"Approve this plan as {by.name}?", yes=yes)
    decision = Approve(id=new_decision_id(), by=by, plan=plan.digest, revision=shown.revision)
    await settle(client, run, decision, as_json, shown=shown)


async def _approve_unseen(
    client: Client, run: str, plan: Plan, demanded: Demanded, by: Actor, yes: bool, as_json: bool
) -> None:
    """Approve a run that is paused and shows nothing: the sender says which revision it is that they looked at."""
    revision = demanded.revision or 1
    _refuse_other(run, plan, revision, demanded)
    confirm(f"Approve revision {revision} of this plan as {by.name}, unseen since the run is paused?", yes=yes)
    decision = Approve(id=new_decision_id(), by=by, plan=plan.digest, revision=revision)
    await settle(client, run, decision, as_json)


def _show(plan: Plan, shown: Agreement, as_json: bool) -> None:
    console = screen.before_asking(as_json=as_json)
    show_plan(console, plan)
    show_agreement(console, shown, plan)


def _refuse_other(run: str, plan: Plan, revision: int, demanded: Demanded) -> None:
    """Refuse when the run is not what the caller says they looked at."""
    if demanded.digest is not None and demanded.digest != plan.digest:
        raise _other(run, f"the plan of {run} has the digest {plan.digest}, not {demanded.digest}")
    if demanded.revision is not None and demanded.revision != revision:
        raise _other(run, f"{run} is at consent revision {revision}, not {demanded.revision}")


def _other(run: str, what: str) -> UnrackError:
    return UnrackError(
        Problem(
            category=Category.CONFLICT,
            message=f"{what}; nothing was approved",
            suggestion=f"look at the run's plan: unrack approve {run} shows it before it asks",
            reference=run,
        )
    )
