"""Commands of on-call: tasks, complete, reject, handover."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from unrack.cli import screen
from unrack.cli.decide import settle
from unrack.cli.desk import Desk, actor, desk_of
from unrack.cli.options import ON_CALL, As, Json, Reason, Run, Task, examples, pairs
from unrack.cli.proofs import ask_secret, files_of, handed_over, keep, secret_of_file, secrets_to_come
from unrack.cli.render.lists import show_tasks, task_document
from unrack.model.decision import Actor, Complete, Reject
from unrack.model.known_days import known_days
from unrack.operations.deciding import check_form, find_step, form_of, new_decision_id
from unrack.operations.listing import find_run, open_tasks
from unrack.operations.reporting import plan_of, report_of

app = typer.Typer()


@app.command(rich_help_panel=ON_CALL, epilog=examples("unrack tasks", "unrack tasks 2f0c9a1e --json"))
def tasks(
    ctx: typer.Context,
    run: Annotated[str | None, typer.Argument(metavar="[RUN]", help="Only this run.", show_default=False)] = None,
    json: Json = False,
) -> None:
    """Show what waits for a person, oldest deadline first, with instructions, wanted proof, and what to type."""
    asyncio.run(_tasks(desk_of(ctx), run, json))


async def _tasks(desk: Desk, text: str | None, as_json: bool) -> None:
    client = await desk.client()
    run = await find_run(client, text) if text else None
    waiting = await open_tasks(client, run)
    if as_json:
        screen.print_document({"tasks": [task_document(each) for each in waiting]})
    else:
        show_tasks(screen.facts(), waiting)


@app.command(
    rich_help_panel=ON_CALL,
    epilog=examples(
        "unrack complete 2f0c9a1e handover.remove-cross-connect --field operator=Equinix --evidence loa=loa.pdf",
        "unrack complete 2f0c9a1e purge.enter-token --secret token",
    ),
)
def complete(
    ctx: typer.Context,
    run: Run,
    task: Task,
    field: Annotated[
        list[str] | None, typer.Option(metavar="KEY=VALUE", help="A field of the form; repeatable.")
    ] = None,
    evidence: Annotated[list[str] | None, typer.Option(metavar="TYPE=PATH", help="A proof; repeatable.")] = None,
    secret: Annotated[
        list[str] | None, typer.Option(metavar="FIELD", help="Ask for this secret field, or read it from stdin.")
    ] = None,
    who: As = None,
    json: Json = False,
) -> None:
    """Complete a task with its fields and proofs. Files go to the evidence store; the history keeps their digests."""
    fields, files = pairs("--field", field or ()), files_of(evidence or ())
    asyncio.run(_complete(desk_of(ctx), run, task, fields, files, secret or [], actor(who), json))


async def _complete(
    desk: Desk,
    text: str,
    task: str,
    fields: dict[str, str],
    files: dict[str, Path],
    secrets: list[str],
    by: Actor,
    as_json: bool,
) -> None:
    client = await desk.client()
    run = await find_run(client, text)
    plan = await plan_of(client, run)
    step = find_step(plan, task)
    form = form_of(plan, step)
    to_come = secrets_to_come(form, secrets, fields)
    state = (await report_of(client, run)).state
    known = known_days(plan, state, state.now(datetime.now(UTC)))
    check_form(form, {**fields, **to_come}, files, known)
    kept = await keep(desk, files, by)
    async with handed_over(desk, secrets) as handed:
        decision = Complete(id=new_decision_id(), by=by, step=step, fields={**fields, **handed}, evidence=kept)
        await settle(client, run, decision, as_json)


@app.command(
    rich_help_panel=ON_CALL,
    epilog=examples(
        'unrack reject 2f0c9a1e handover.remove-cross-connect --reason "the order number is unknown there"'
    ),
)
def reject(ctx: typer.Context, run: Run, task: Task, reason: Reason, who: As = None, json: Json = False) -> None:
    """Say that a task cannot be done as written: it parks, and an operator decides."""
    asyncio.run(_reject(desk_of(ctx), run, task, reason, actor(who), json))


async def _reject(desk: Desk, text: str, task: str, reason: str, by: Actor, as_json: bool) -> None:
    client = await desk.client()
    run = await find_run(client, text)
    step = find_step(await plan_of(client, run), task)
    await settle(client, run, Reject(id=new_decision_id(), by=by, step=step, reason=reason), as_json)


@app.command(
    rich_help_panel=ON_CALL,
    epilog=examples("unrack handover", "unrack handover --file token.txt", "unrack handover < token.txt"),
)
def handover(
    ctx: typer.Context,
    file: Annotated[Path | None, typer.Option(metavar="PATH", help="Read the secret from this file.")] = None,
    json: Json = False,
) -> None:
    """Hand a secret to the worker and print the reference that a task's field takes. It never enters a history."""
    secret = secret_of_file(file) if file else ask_secret("secret")
    reference = asyncio.run(desk_of(ctx).evidence.hand_over(secret))
    if json:
        screen.print_document({"reference": reference})
    else:
        screen.facts().print(reference)
