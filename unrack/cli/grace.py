"""Commands on when the purge may be: extend, shorten, freeze, unfreeze."""

import asyncio
from datetime import datetime
from typing import Annotated

import typer

from unrack.cli import screen
from unrack.cli.actor import wishes
from unrack.cli.context import CliContext, cli_context
from unrack.cli.means import who_decides
from unrack.cli.options import RUNS, As, Json, Key, Reason, Run, Unsigned, examples, said
from unrack.cli.parsing import read_local, read_span
from unrack.cli.questions import Yes, confirm, refuse_unasked
from unrack.cli.render.extension import extension_lines
from unrack.cli.screen import escape
from unrack.cli.settled import end_with
from unrack.i18n import say
from unrack.model.message import msg, verbatim
from unrack.model.rights import Action
from unrack.operations import grace_moves, run_decisions
from unrack.operations.find_run import find_run
from unrack.operations.grace_moves import Move
from unrack.operations.whose_key import Wishes

app = typer.Typer()

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
    key: Key = None,
    unsigned: Unsigned = False,
    json: Json = False,
) -> None:
    """Move the end of grace to a later time, within the bounds that the runbook sets.

    Says first where grace would end and which further term is billed, and asks.
    """
    asyncio.run(_extend(cli_context(ctx), run, _move(by, to), reason, yes, wishes(who, key, unsigned=unsigned), json))


async def _extend(
    context: CliContext, run: str, move: Move, reason: str, yes: bool, who: Wishes, as_json: bool
) -> None:
    client = await context.client()
    run_id = await find_run(client, run)
    decider = await who_decides(context, client, run_id, who, Action.EXTEND, as_json=as_json)
    shown = await grace_moves.look_at_extension(client, run_id, move, reason, decider.by)
    refuse_unasked(yes=yes)
    if shown.effect is not None and not (as_json and yes):
        for line in extension_lines(shown.effect, shown.plan):
            screen.before_asking(as_json=as_json).print(escape(say(line)), soft_wrap=True)
    confirm(msg("Extend grace as {name}?", name=verbatim(decider.by.name)), yes=yes)
    end_with(await grace_moves.extend(client, shown, send=decider.send), as_json=as_json, shown=shown.effect)


@app.command(rich_help_panel=RUNS, epilog=examples('unrack shorten 2f0c9a1e --by 2d --reason "everybody has agreed"'))
def shorten(
    ctx: typer.Context,
    run: Run,
    reason: Reason,
    by: Earlier = None,
    to: To = None,
    who: As = None,
    key: Key = None,
    unsigned: Unsigned = False,
    json: Json = False,
) -> None:
    """Move the end of grace to an earlier time, never below the runbook's minimum."""
    asyncio.run(_shorten(cli_context(ctx), run, _move(by, to), reason, wishes(who, key, unsigned=unsigned), json))


async def _shorten(context: CliContext, run: str, move: Move, reason: str, who: Wishes, as_json: bool) -> None:
    client = await context.client()
    run_id = await find_run(client, run)
    decider = await who_decides(context, client, run_id, who, Action.SHORTEN, as_json=as_json)
    end_with(await grace_moves.shorten(client, run_id, move, reason, decider.by, send=decider.send), as_json=as_json)


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
        str | None, typer.Option("--from", metavar="WHEN", help="When it begins, in the plan's zone. Default: now.")
    ] = None,
    name: Annotated[str, typer.Option("--name", help="What it is called.", callback=said)] = msg("change freeze"),
    who: As = None,
    key: Key = None,
    unsigned: Unsigned = False,
    json: Json = False,
) -> None:
    """Set a change freeze on a run: nothing is purged between two moments."""
    since = read_local(begins) if begins else None
    asyncio.run(
        _freeze(
            cli_context(ctx), run, (since, read_local(until)), name, reason, wishes(who, key, unsigned=unsigned), json
        )
    )


async def _freeze(
    context: CliContext,
    run: str,
    times: tuple[datetime | None, datetime],
    name: str,
    reason: str,
    who: Wishes,
    as_json: bool,
) -> None:
    client = await context.client()
    run_id = await find_run(client, run)
    decider = await who_decides(context, client, run_id, who, Action.FREEZE, as_json=as_json)
    settled = await grace_moves.freeze(client, run_id, *times, name, reason, decider.by, send=decider.send)
    end_with(settled, as_json=as_json)


@app.command(
    rich_help_panel=RUNS, epilog=examples('unrack unfreeze 2f0c9a1e c3fa9b2 --reason "the board lifted it early"')
)
def unfreeze(
    ctx: typer.Context,
    run: Run,
    freeze: Annotated[str, typer.Argument(metavar="FREEZE", help="Its id, as the status shows it.")],
    reason: Reason,
    who: As = None,
    key: Key = None,
    unsigned: Unsigned = False,
    json: Json = False,
) -> None:
    """Take a change freeze off a run, whether a calendar file or a decision set it."""
    asyncio.run(_unfreeze(cli_context(ctx), run, freeze, reason, wishes(who, key, unsigned=unsigned), json))


async def _unfreeze(context: CliContext, run: str, freeze: str, reason: str, who: Wishes, as_json: bool) -> None:
    client = await context.client()
    run_id = await find_run(client, run)
    either = (Action.UNFREEZE, Action.OVERRIDE_FREEZE)  # which one it is, the run knows
    decider = await who_decides(context, client, run_id, who, *either, as_json=as_json)
    settled = await run_decisions.unfreeze(client, run_id, freeze, reason, decider.by, send=decider.send)
    end_with(settled, as_json=as_json)


def _move(by: str | None, to: str | None) -> Move:
    if (by is None) == (to is None):
        raise typer.BadParameter(msg("say either --by SPAN or --to WHEN"))
    return Move(by=read_span(by) if by is not None else None, to=read_local(to) if to is not None else None)
