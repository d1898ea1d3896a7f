"""Commands that decide on the course of a run: reactivate, abort, resolve; and how any decision is sent."""

import asyncio
from collections.abc import Callable
from typing import Annotated

import typer
from pydantic import BaseModel
from temporalio.client import Client

from unrack.cli import screen
from unrack.cli.asking import Yes, confirm, refuse_unasked
from unrack.cli.context import CliContext, actor, cli_context
from unrack.cli.options import RUNS, As, Json, Reason, Run, examples
from unrack.cli.problems import ExitCode, code_for_verdict
from unrack.cli.render.words import exact
from unrack.cli.screen import escape
from unrack.i18n import also_say, say
from unrack.model.decision import (
    Abort,
    Actor,
    Decision,
    DecisionResult,
    Reactivate,
    Remedy,
    Resolve,
    Verdict,
)
from unrack.operations.deciding import find_step, new_decision_id
from unrack.operations.listing import find_run
from unrack.operations.reporting import plan_of, report_unless_paused
from unrack.operations.rollback import way_back
from unrack.operations.sending import HandedOver, decide

app = typer.Typer()

UNSEEN = "the run is paused in Temporal and shows nothing: what it does with this cannot be told before it goes on"

Maker = Callable[[str, Actor], Decision]
"""Makes the decision from its id and who takes it."""

_WORDS = {
    Verdict.ACCEPTED: "[green]Accepted[/]",
    Verdict.ALREADY: "[green]Already so[/]",
    Verdict.CONFLICT: "[bold red]Conflict[/]",
    Verdict.REFUSED: "[bold red]Refused[/]",
    Verdict.NOT_OPEN: "[bold red]Nothing waits for this[/]",
    Verdict.INVALID: "[bold red]Incomplete[/]",
}


@app.command(rich_help_panel=RUNS, epilog=examples('unrack reactivate 2f0c9a1e --reason "still needed in March"'))
def reactivate(
    ctx: typer.Context,
    run: Run,
    reason: Reason,
    yes: Yes = False,
    who: As = None,
    json: Json = False,
) -> None:
    """Turn a run round: undo what was done, in reverse order. Refused after the point of no return.

    Shows first what is not taken back, and what people must take back.
    """
    asyncio.run(_reactivate(cli_context(ctx), run, reason, yes, who, json))


async def _reactivate(context: CliContext, text: str, reason: str, yes: bool, who: str | None, as_json: bool) -> None:
    by = actor(who)
    client = await context.client()
    run = await find_run(client, text)
    refuse_unasked(yes=yes)
    if not (as_json and yes):
        await _confirm_way_back(client, run, by, yes, as_json)
    await settle(client, run, Reactivate(id=new_decision_id(), by=by, reason=reason), as_json)


async def _confirm_way_back(client: Client, run: str, by: Actor, yes: bool, as_json: bool) -> None:
    plan = await plan_of(client, run)
    also_say(plan.translations)
    report = await report_unless_paused(client, run)
    for sentence in way_back(plan, report.state) if report else (UNSEEN,):
        screen.before_asking(as_json=as_json).print(escape(say(sentence)))
    confirm(f"Turn the run round as {by.name}?", yes=yes)


@app.command(rich_help_panel=RUNS, epilog=examples('unrack abort 2f0c9a1e --reason "wrong service"'))
def abort(ctx: typer.Context, run: Run, reason: Reason, who: As = None, json: Json = False) -> None:
    """Stop a run that has touched nothing yet."""
    send(ctx, run, lambda key, by: Abort(id=key, by=by, reason=reason), who, json)


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
    step: Annotated[str, typer.Argument(metavar="STEP", help="The parked step.", show_default=False)],
    remedy: Annotated[Remedy, typer.Argument(metavar="retry|skip|ended", help="What to do.", show_default=False)],
    reason: Reason,
    who: As = None,
    json: Json = False,
) -> None:
    """Decide on a parked step: try it again, or leave it out.

    Where the provider ended the service by itself before its end could be taken back, say so with ended: the run purges
    nothing any more and goes on to the proof.
    """
    asyncio.run(_resolve(cli_context(ctx), run, step, remedy, reason, who, json))


async def _resolve(
    context: CliContext, text: str, step: str, remedy: Remedy, reason: str, who: str | None, as_json: bool
) -> None:
    client = await context.client()
    run = await find_run(client, text)
    known = find_step(await plan_of(client, run), step)
    decision = Resolve(id=new_decision_id(), by=actor(who), step=known, remedy=remedy, reason=reason)
    await settle(client, run, decision, as_json)


def send(ctx: typer.Context, text: str, make: Maker, who: str | None, as_json: bool) -> None:
    """Send one decision to the run that `text` names; ends the command with the verdict's exit code."""
    asyncio.run(_send(cli_context(ctx), text, make(new_decision_id(), actor(who)), as_json))


async def settle(
    client: Client, run: str, decision: Decision, as_json: bool, *, shown: BaseModel | None = None
) -> None:
    """Have `run` judge `decision` and print the answer.

    Args:
        client: The server.
        run: The run's id.
        decision: What is sent.
        as_json: Print one document.
        shown: What the sender was shown before; part of the document.

    Raises:
        Refused: with the verdict's exit code, unless what the sender wanted holds now.
        typer.Exit: the server keeps the decision, and the run judges it later.
    """
    said = await decide(client, run, decision)
    answer, handed = (None, said) if isinstance(said, HandedOver) else (said, None)
    if as_json:
        document = {
            "run": run,
            "decision": decision.model_dump(mode="json"),
            "answer": answer and answer.model_dump(mode="json"),
        }
        document |= {} if handed is None else {"handed_over": handed.model_dump(mode="json")}
        screen.print_document(document if shown is None else {**document, "shown": shown.model_dump(mode="json")})
    elif answer is not None:
        _show_answer(run, answer)
    if handed is not None:
        _show_handed_over(run, decision, handed)
        raise typer.Exit(ExitCode.HANDED_OVER)
    if answer is not None and not answer.good:
        raise Refused(code_for_verdict(answer.verdict))


class Refused(typer.Exit):
    """The command ends with the run's refusal, which was shown."""


async def _send(context: CliContext, text: str, decision: Decision, as_json: bool) -> None:
    client = await context.client()
    await settle(client, await find_run(client, text), decision, as_json)


def _show_answer(run: str, answer: DecisionResult) -> None:
    console = screen.facts() if answer.good else screen.aside()
    console.print(f"{say(_WORDS[answer.verdict])}: {escape(say(answer.message))}", soft_wrap=True)
    console.print(f"[dim]{escape(run)}, {exact(answer.at)}, decision {answer.decision}[/]", soft_wrap=True)


def _show_handed_over(run: str, decision: Decision, handed: HandedOver) -> None:
    console = screen.aside()
    console.print(f"[bold yellow]Handed over[/]: {escape(say(handed.why))}", soft_wrap=True)
    told = say("the server keeps the decision, and the run judges it when it goes on; see then what it answered")
    console.print(f"{told}: unrack history {escape(run)}", soft_wrap=True)
    console.print(f"[dim]{escape(run)}, decision {decision.id}[/]", soft_wrap=True)
