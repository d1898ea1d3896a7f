"""Commands on when the purge may be: extend, shorten, freeze, unfreeze."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer
from temporalio.client import Client

from unrack.cli import screen
from unrack.cli.asking import Yes, confirm, refuse_unasked
from unrack.cli.context import CliContext, actor, cli_context
from unrack.cli.decide import send, settle
from unrack.cli.options import RUNS, As, Json, Reason, Run, examples, read_local, read_span, said
from unrack.cli.render.extension import extension_lines
from unrack.cli.screen import escape
from unrack.i18n import say
from unrack.model.calendar import Zone
from unrack.model.decision import Actor, Decision, Extend, FreezeRun, Shorten, Unfreeze
from unrack.model.plan import Plan
from unrack.operations.deciding import new_decision_id
from unrack.operations.extending import prolonged
from unrack.operations.listing import find_run
from unrack.operations.reporting import plan_of, report_unless_paused

app = typer.Typer()

Zoned = Callable[[str, Actor, Zone], Decision]
"""Makes the decision from its id, who takes it, and the zone of the run's plan."""

To = Annotated[
    str | None,
    typer.Option("--to", metavar="WHEN", help="The new end: 2026-12-24 or 2026-12-24T18:00, in the plan's zone."),
]
Later = Annotated[str | None, typer.Option("--by", metavar="SPAN", help="How much later: 7d, 12h, 1w 2d.")]
Earlier = Annotated[str | None, typer.Option("--by", metavar="SPAN", help="How much earlier: 7d, 12h, 1w 2d.")]


@app.command(
    rich_help_panel=RUNS,
    epilog=examples(
        'unrack extend 2f0c9a1e --by 7d --reason "customer migrates on Monday"',
        'unrack extend 2f0c9a1e --to 2026-12-24T18:00 --reason "after the audit"',
    ),
)
def extend(
    ctx: typer.Context,
    run: Run,
    reason: Reason,
    by: Later = None,
    to: To = None,
    yes: Yes = False,
    who: As = None,
    json: Json = False,
) -> None:
    """Move the end of grace to a later time, within the bounds that the runbook sets.

    Says first where grace would end and which further term is billed, and asks.
    """
    length = _one_of(by, to)

    def made(key: str, person: Actor, zone: Zone) -> Extend:
        return Extend(
            id=key, by=person, by_span=length, to=read_local(to, zone) if to is not None else None, reason=reason
        )

    asyncio.run(_extend(cli_context(ctx), run, made, yes, who, json))


async def _extend(
    context: CliContext,
    text: str,
    make: Callable[[str, Actor, Zone], Extend],
    yes: bool,
    who: str | None,
    as_json: bool,
) -> None:
    by = actor(who)
    client = await context.client()
    run = await find_run(client, text)
    plan = await plan_of(client, run)
    decision = make(new_decision_id(), by, plan.grace.calendar.zone)
    refuse_unasked(yes=yes)
    report = await report_unless_paused(client, run)
    shown = prolonged(plan, report.state, decision, report.state.now(datetime.now(UTC))) if report else None
    if shown is not None and not (as_json and yes):
        for line in extension_lines(shown, plan):
            screen.before_asking(as_json=as_json).print(escape(say(line)), soft_wrap=True)
    confirm(f"Extend grace as {by.name}?", yes=yes)
    await settle(client, run, decision, as_json, shown=shown)


@app.command(rich_help_panel=RUNS, epilog=examples('unrack shorten 2f0c9a1e --by 2d --reason "everybody has agreed"'))
def shorten(
    ctx: typer.Context, run: Run, reason: Reason, by: Earlier = None, to: To = None, who: As = None, json: Json = False
) -> None:
    """Move the end of grace to an earlier time, never below the runbook's minimum."""
    length = _one_of(by, to)
    asyncio.run(
        _zoned(
            cli_context(ctx),
            run,
            lambda key, person, zone: Shorten(
                id=key, by=person, by_span=length, to=read_local(to, zone) if to is not None else None, reason=reason
            ),
            who,
            json,
        )
    )


@app.command(
    rich_help_panel=RUNS,
    epilog=examples('unrack freeze 2f0c9a1e --until 2027-01-04 --name "Year end" --reason "moved by the board"'),
)
def freeze(
    ctx: typer.Context,
    run: Run,
    until: Annotated[
        str, typer.Option("--until", metavar="WHEN", help="Its end, in the plan's zone.", show_default=False)
    ],
    reason: Reason,
    begins: Annotated[
        str | None, typer.Option("--from", metavar="WHEN", help="Its beginning, in the plan's zone; now by default.")
    ] = None,
    name: Annotated[str, typer.Option("--name", help="What it is called.", callback=said)] = "change freeze",
    who: As = None,
    json: Json = False,
) -> None:
    """Set a change freeze on a run: nothing is purged between two moments."""
    asyncio.run(_freeze(cli_context(ctx), run, (begins, until), name, reason, actor(who), json))


@app.command(
    rich_help_panel=RUNS, epilog=examples('unrack unfreeze 2f0c9a1e c3fa9b2 --reason "the board lifted it early"')
)
def unfreeze(
    ctx: typer.Context,
    run: Run,
    freeze: Annotated[str, typer.Argument(metavar="FREEZE", help="Its id, as the status shows it.")],
    reason: Reason,
    who: As = None,
    json: Json = False,
) -> None:
    """Take a change freeze off a run, whether a calendar file or a decision set it."""
    send(ctx, run, lambda key, by: Unfreeze(id=key, by=by, freeze=freeze, reason=reason), who, json)


def _one_of(by: str | None, to: str | None) -> timedelta | None:
    if (by is None) == (to is None):
        raise typer.BadParameter("say either --by SPAN or --to WHEN")
    return read_span(by) if by is not None else None


async def _zoned(context: CliContext, text: str, make: Zoned, who: str | None, as_json: bool) -> None:
    client = await context.client()
    run = await find_run(client, text)
    zone = (await plan_of(client, run)).grace.calendar.zone
    await settle(client, run, make(new_decision_id(), actor(who), zone), as_json)


async def _freeze(
    context: CliContext, text: str, times: tuple[str | None, str], name: str, reason: str, by: Actor, as_json: bool
) -> None:
    client = await context.client()
    run = await find_run(client, text)
    plan, (begins, until) = await plan_of(client, run), times
    zone = plan.grace.calendar.zone
    since = read_local(begins, zone) if begins else await _provider_now(client, run, plan)
    decision = FreezeRun(
        id=new_decision_id(), by=by, begins=since, ends=_after(since, read_local(until, zone)), name=name, reason=reason
    )
    await settle(client, run, decision, as_json)


async def _provider_now(client: Client, run: str, plan: Plan) -> datetime:
    report = await report_unless_paused(client, run)
    clock = report.state.clock if report else plan.facts.clock
    return clock.at(datetime.now(UTC))


def _after(begins: datetime, ends: datetime) -> datetime:
    if ends <= begins:
        raise typer.BadParameter(f"--until ({ends:%Y-%m-%d %H:%M %Z}) is not after the beginning of the freeze")
    return ends
