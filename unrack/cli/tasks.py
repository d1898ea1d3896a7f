"""Commands of on-call: tasks, complete, reject, handover."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, NamedTuple

import typer

from unrack.cli import screen
from unrack.cli.context import CliContext, actor, cli_context
from unrack.cli.decide import settle
from unrack.cli.options import ON_CALL, As, Json, Limit, Reason, Run, Task, examples, pairs
from unrack.cli.pouring import JsonList, pour
from unrack.cli.proofs import ask_secret, files_of, handed_over, keep, secret_of_file, secrets_to_come
from unrack.cli.render.lists import TaskPages, task_document
from unrack.cli.render.tables import TaskTable
from unrack.cli.screen import escape
from unrack.model.decision import Actor, Complete, Reject
from unrack.model.known_days import known_days
from unrack.operations.deciding import check_form, find_step, form_of, new_decision_id
from unrack.operations.listing import Listed, WaitingTask, find_run, open_tasks
from unrack.operations.reporting import plan_of, report_unless_paused

app = typer.Typer()


@app.command(
    rich_help_panel=ON_CALL,
    epilog=examples("unrack tasks", "unrack tasks 2f0c9a1e handover.remove-cross-connect", "unrack tasks --json"),
)
def tasks(
    ctx: typer.Context,
    run: Annotated[str | None, typer.Argument(metavar="[RUN]", help="Only this run.", show_default=False)] = None,
    task: Annotated[str | None, typer.Argument(metavar="[TASK]", help="Only this task.", show_default=False)] = None,
    full: Annotated[bool, typer.Option("--full", help="Everything about each task, not a table.")] = False,
    limit: Limit = None,
    json: Json = False,
) -> None:
    """Show what waits for a person, the nearest deadline first.

    Of one run, or with --full: the instructions, the wanted proof, and what to type.
    """
    asyncio.run(_tasks(cli_context(ctx), Asked(run, task, full, limit), json))


class Asked(NamedTuple):
    """Which tasks are asked for, and how much of them."""

    run: str | None
    task: str | None
    full: bool
    limit: int | None


async def _tasks(context: CliContext, asked: Asked, as_json: bool) -> None:
    client = await context.client()
    run = await find_run(client, asked.run) if asked.run else None
    step = find_step(await plan_of(client, run), asked.task) if run and asked.task else None
    waiting = _only(step, open_tasks(client, run, unread=_tell_unread))
    if as_json:
        document = JsonList[WaitingTask]("tasks", task_document)
        document.end(more=await pour(waiting, document, asked.limit))
    else:
        printer = TaskPages(screen.facts()) if asked.full or run else TaskTable(screen.facts())
        printer.end(more=await pour(waiting, printer, asked.limit))


async def _only(step: str | None, waiting: AsyncGenerator[WaitingTask]) -> AsyncGenerator[WaitingTask]:
    """Those of `waiting` that are for `step`, if one is named."""
    async with aclosing(waiting):
        async for each in waiting:
            if step in (None, each.task.step):
                yield each


def _tell_unread(found: Listed) -> None:
    screen.aside().print(f"[bold red]Not shown:[/] {escape(found.run)} waits for a person; {escape(found.unreadable)}")


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
    asyncio.run(_complete(cli_context(ctx), run, task, fields, files, secret or [], actor(who), json))


async def _complete(
    context: CliContext,
    text: str,
    task: str,
    fields: dict[str, str],
    files: dict[str, Path],
    secrets: list[str],
    by: Actor,
    as_json: bool,
) -> None:
    client = await context.client()
    run = await find_run(client, text)
    plan = await plan_of(client, run)
    step = find_step(plan, task)
    form = form_of(plan, step)
    to_come = secrets_to_come(form, secrets, fields)
    if (report := await report_unless_paused(client, run)) is not None:
        known = known_days(plan, report.state, report.state.now(datetime.now(UTC)))
        check_form(form, {**fields, **to_come}, files, known)
    kept = await keep(context, files, by)
    async with handed_over(context, secrets) as handed:
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
    asyncio.run(_reject(cli_context(ctx), run, task, reason, actor(who), json))


async def _reject(context: CliContext, text: str, task: str, reason: str, by: Actor, as_json: bool) -> None:
    client = await context.client()
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
    reference = asyncio.run(cli_context(ctx).evidence.hand_over(secret))
    if json:
        screen.print_document({"reference": reference})
    else:
        screen.facts().print(reference)
