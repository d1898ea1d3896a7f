"""Commands that decide on the course of a run: reactivate, abort, resolve, note."""

import asyncio
from typing import Annotated

import typer

from unrack.cli import screen
from unrack.cli.actor import wishes
from unrack.cli.completion import parked_steps
from unrack.cli.context import CliContext, cli_context
from unrack.cli.means import who_decides
from unrack.cli.options import RUNS, As, Json, Key, Reason, Run, Unsigned, examples, said
from unrack.cli.questions import Yes, confirm, refuse_unasked
from unrack.cli.screen import escape
from unrack.cli.settled import end_with
from unrack.i18n import also_say, say
from unrack.model.actions import REMEDIES
from unrack.model.decision import Remedy
from unrack.model.message import msg, verbatim
from unrack.model.rights import Action
from unrack.operations import rollback, run_decisions
from unrack.operations.find_run import find_run
from unrack.operations.whose_key import Wishes

app = typer.Typer()


@app.command(rich_help_panel=RUNS, epilog=examples('unrack reactivate 2f0c9a1e --reason "still needed in March"'))
def reactivate(
    ctx: typer.Context,
    run: Run,
    reason: Reason,
    yes: Yes = False,
    who: As = None,
    key: Key = None,
    unsigned: Unsigned = False,
    json: Json = False,
) -> None:
    """Roll a run back: undo what was done, in reverse order. Refused after the point of no return.

    Shows first what is not taken back, and what people must take back.
    """
    asyncio.run(_reactivate(cli_context(ctx), run, reason, yes, wishes(who, key, unsigned=unsigned), json))


async def _reactivate(context: CliContext, run: str, reason: str, yes: bool, who: Wishes, as_json: bool) -> None:
    client = await context.client()
    run_id = await find_run(client, run)
    refuse_unasked(yes=yes)
    decider = await who_decides(context, client, run_id, who, Action.REACTIVATE, as_json=as_json)
    if not (as_json and yes):
        shown = await rollback.look_at_rollback(client, run_id)
        also_say(shown.plan.translations)
        for sentence in shown.sentences:
            screen.before_asking(as_json=as_json).print(escape(say(sentence)))
        confirm(msg("Roll the run back as {name}?", name=verbatim(decider.by.name)), yes=yes)
    end_with(await rollback.reactivate(client, run_id, reason, decider.by, send=decider.send), as_json=as_json)


@app.command(rich_help_panel=RUNS, epilog=examples('unrack abort 2f0c9a1e --reason "wrong service"'))
def abort(
    ctx: typer.Context,
    run: Run,
    reason: Reason,
    who: As = None,
    key: Key = None,
    unsigned: Unsigned = False,
    json: Json = False,
) -> None:
    """Stop a run that has touched nothing yet."""
    asyncio.run(_abort(cli_context(ctx), run, reason, wishes(who, key, unsigned=unsigned), json))


async def _abort(context: CliContext, run: str, reason: str, who: Wishes, as_json: bool) -> None:
    client = await context.client()
    run_id = await find_run(client, run)
    decider = await who_decides(context, client, run_id, who, Action.ABORT, as_json=as_json)
    end_with(await run_decisions.abort(client, run_id, reason, decider.by, send=decider.send), as_json=as_json)


@app.command(
    rich_help_panel=RUNS,
    epilog=examples(
        'unrack resolve 2f0c9a1e detach.remove-pops retry --reason "OVH ticket 4711 is closed"',
        'unrack resolve 2f0c9a1e undo.request.schedule-termination ended --reason "too late, it ended on the 30th"',
    ),
)
def resolve(
    ctx: typer.Context,
    run: Run,
    step: Annotated[
        str,
        typer.Argument(metavar="STEP", help="The parked step.", show_default=False, autocompletion=parked_steps),
    ],
    remedy: Annotated[Remedy, typer.Argument(metavar="retry|skip|ended", help="What to do.", show_default=False)],
    reason: Reason,
    who: As = None,
    key: Key = None,
    unsigned: Unsigned = False,
    json: Json = False,
) -> None:
    """Decide on a parked step: try it again, or leave it out.

    Where the provider ended the service by itself before its end could be taken back, say so with ended: the run purges
    nothing any more and goes on to the proof.
    """
    asyncio.run(_resolve(cli_context(ctx), run, step, remedy, reason, wishes(who, key, unsigned=unsigned), json))


async def _resolve(
    context: CliContext, run: str, step: str, remedy: Remedy, reason: str, who: Wishes, as_json: bool
) -> None:
    client = await context.client()
    run_id = await find_run(client, run)
    decider = await who_decides(context, client, run_id, who, REMEDIES[remedy], as_json=as_json)
    settled = await run_decisions.resolve(client, run_id, step, remedy, reason, decider.by, send=decider.send)
    end_with(settled, as_json=as_json)


@app.command(rich_help_panel=RUNS, epilog=examples('unrack note 2f0c9a1e "the data centre closes over Christmas"'))
def note(
    ctx: typer.Context,
    run: Run,
    text: Annotated[str, typer.Argument(metavar="TEXT", help="The remark.", show_default=False, callback=said)],
    who: As = None,
    key: Key = None,
    unsigned: Unsigned = False,
    json: Json = False,
) -> None:
    """Add a remark to the record of a run. It decides nothing."""
    asyncio.run(_note(cli_context(ctx), run, text, wishes(who, key, unsigned=unsigned), json))


async def _note(context: CliContext, run: str, text: str, who: Wishes, as_json: bool) -> None:
    client = await context.client()
    run_id = await find_run(client, run)
    decider = await who_decides(context, client, run_id, who, Action.NOTE, as_json=as_json)
    end_with(await run_decisions.note(client, run_id, text, decider.by, send=decider.send), as_json=as_json)
