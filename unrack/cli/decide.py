"""Commands that decide on the course of a run: approve, withdraw, reactivate, abort, resolve."""

import asyncio
from collections.abc import Callable
from typing import Annotated

import typer
from rich.markup import escape
from temporalio.client import Client

from unrack.cli import screen
from unrack.cli.desk import Desk, actor, at_a_keyboard, desk_of
from unrack.cli.options import RUNS, As, Json, Reason, Run, examples
from unrack.cli.problems import code_for_verdict
from unrack.cli.render.plan import show_plan
from unrack.cli.render.words import exact
from unrack.language import also_say, say
from unrack.model.decision import (
    Abort,
    Actor,
    Answer,
    Approve,
    Decision,
    Reactivate,
    Remedy,
    Resolve,
    Verdict,
    Withdraw,
)
from unrack.model.errors import Category, Problem, UnrackError
from unrack.model.plan import Plan
from unrack.operations.deciding import decide, find_step, new_decision_id
from unrack.operations.listing import find_run
from unrack.operations.reporting import plan_of, report_of
from unrack.operations.way_back import way_back

app = typer.Typer()

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


@app.command(rich_help_panel=RUNS, epilog=examples("unrack approve 2f0c9a1e --as bob"))
def approve(
    ctx: typer.Context,
    run: Run,
    plan: Annotated[
        str | None, typer.Option("--plan", metavar="DIGEST", help="Approve only if the run's plan has this digest.")
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask again at the keyboard.")] = False,
    who: As = None,
    json: Json = False,
) -> None:
    """Approve the plan of a run. Shows the plan; the approval binds to its digest."""
    asyncio.run(_approve(desk_of(ctx), run, plan, yes, who, json))


async def _approve(desk: Desk, text: str, demanded: str | None, yes: bool, who: str | None, as_json: bool) -> None:
    by = actor(who)
    client = await desk.client()
    run = await find_run(client, text)
    plan = await plan_of(client, run)
    also_say(plan.translations)
    _refuse_other_plan(run, plan, demanded)
    if not as_json:
        show_plan(screen.facts(), plan)
        if at_a_keyboard() and not yes:
            typer.confirm(say(f"Approve this plan as {by.name}?"), abort=True, err=True)
    await settle(client, run, Approve(id=new_decision_id(), by=by, plan=plan.digest), as_json)


@app.command(rich_help_panel=RUNS, epilog=examples('unrack withdraw 2f0c9a1e --reason "wrong port"'))
def withdraw(ctx: typer.Context, run: Run, reason: Reason, who: As = None, json: Json = False) -> None:
    """Take your own approval back, while the run still waits for others."""
    send(ctx, run, lambda key, by: Withdraw(id=key, by=by, reason=reason), who, json)


@app.command(rich_help_panel=RUNS, epilog=examples('unrack reactivate 2f0c9a1e --reason "still needed in March"'))
def reactivate(
    ctx: typer.Context,
    run: Run,
    reason: Reason,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask again at the keyboard.")] = False,
    who: As = None,
    json: Json = False,
) -> None:
    """Turn a run round: undo what was done, in reverse order. Refused after the point of no return.

    Shows first what is not taken back, and what people must take back.
    """
    asyncio.run(_reactivate(desk_of(ctx), run, reason, yes, who, json))


async def _reactivate(desk: Desk, text: str, reason: str, yes: bool, who: str | None, as_json: bool) -> None:
    by = actor(who)
    client = await desk.client()
    run = await find_run(client, text)
    if not as_json:
        await _confirm_way_back(client, run, by, yes)
    await settle(client, run, Reactivate(id=new_decision_id(), by=by, reason=reason), as_json)


async def _confirm_way_back(client: Client, run: str, by: Actor, yes: bool) -> None:
    plan = await plan_of(client, run)
    also_say(plan.translations)
    sentences = way_back(plan, (await report_of(client, run)).state)
    for sentence in sentences:
        screen.facts().print(escape(say(sentence)))
    if sentences and at_a_keyboard() and not yes:
        typer.confirm(say(f"Turn the run round as {by.name}?"), abort=True, err=True)


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
    asyncio.run(_resolve(desk_of(ctx), run, step, remedy, reason, who, json))


async def _resolve(
    desk: Desk, text: str, step: str, remedy: Remedy, reason: str, who: str | None, as_json: bool
) -> None:
    client = await desk.client()
    run = await find_run(client, text)
    known = find_step(await plan_of(client, run), step)
    decision = Resolve(id=new_decision_id(), by=actor(who), step=known, remedy=remedy, reason=reason)
    await settle(client, run, decision, as_json)


def send(ctx: typer.Context, text: str, make: Maker, who: str | None, as_json: bool) -> None:
    """Send one decision to the run that `text` names; ends the command with the verdict's exit code."""
    asyncio.run(_send(desk_of(ctx), text, make(new_decision_id(), actor(who)), as_json))


async def settle(client: Client, run: str, decision: Decision, as_json: bool) -> None:
    """Have `run` judge `decision` and print the answer.

    Raises:
        typer.Exit: with the verdict's exit code, unless what the sender wanted holds now.
    """
    answer = await decide(client, run, decision)
    if as_json:
        screen.print_document(
            {"run": run, "decision": decision.model_dump(mode="json"), "answer": answer.model_dump(mode="json")}
        )
    else:
        _show_answer(run, answer)
    if not answer.good:
        raise typer.Exit(code_for_verdict(answer.verdict))


async def _send(desk: Desk, text: str, decision: Decision, as_json: bool) -> None:
    client = await desk.client()
    await settle(client, await find_run(client, text), decision, as_json)


def _show_answer(run: str, answer: Answer) -> None:
    console = screen.facts() if answer.good else screen.aside()
    console.print(f"{say(_WORDS[answer.verdict])}: {escape(say(answer.message))}", soft_wrap=True)
    console.print(f"[dim]{escape(run)}, {exact(answer.at)}, decision {answer.decision}[/]", soft_wrap=True)


def _refuse_other_plan(run: str, plan: Plan, demanded: str | None) -> None:
    if demanded is not None and demanded != plan.digest:
        raise UnrackError(
            Problem(
                category=Category.CONFLICT,
                message=f"the plan of {run} has the digest {plan.digest}, not {demanded}; nothing was approved",
                suggestion=f"look at the run's plan: unrack approve {run} shows it before it asks",
                reference=run,
            )
        )
