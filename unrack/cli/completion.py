"""Completions that a shell offers while somebody types a command: run ids, steps, fields of forms.

Whoever presses Tab wants an answer at once or none: everything here ends within `WITHIN`, and says nothing when there
is no server. What strangers may have written reaches a command line only if no shell would read it as anything else.
"""

import asyncio
import re
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from unrack.cli.context import CliContext
    from unrack.model.plan import Plan, TaskForm

WITHIN = 3.0
"""Seconds after which nothing is offered."""

MOST = 50
"""Run ids that are offered: who needs more types more of the id."""

_PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9@%+=:,./_-]*")
"""Words that no shell expands, splits or runs."""

Offer = tuple[str, str]
"""A word to offer, and its description."""


def run_ids(ctx: typer.Context, incomplete: str) -> list[Offer]:
    """Open runs whose id, or whose service's id, begins so."""
    return _offered(ctx, incomplete, lambda context: _runs(context, incomplete))


def open_task_steps(ctx: typer.Context, incomplete: str) -> list[Offer]:
    """The tasks of the run on the line that wait for a person."""
    return _offered(ctx, incomplete, lambda context: _open_tasks(context, _word(ctx, "run")))


def task_steps(ctx: typer.Context, incomplete: str) -> list[Offer]:
    """Every task that the plan of the run on the line has for people."""

    async def found(context: "CliContext") -> list[Offer]:
        plan = await _plan(context, _word(ctx, "run"))
        return [(step.id, step.title) for step in plan.steps if step.task is not None]

    return _offered(ctx, incomplete, found)


def parked_steps(ctx: typer.Context, incomplete: str) -> list[Offer]:
    """The steps of the run on the line that are parked, or in doubt."""
    return _offered(ctx, incomplete, lambda context: _parked(context, _word(ctx, "run")))


def field_names(ctx: typer.Context, incomplete: str) -> list[Offer]:
    """The fields of the form of the task on the line, as ``name=``; a choice with each of its values."""
    return _offered(ctx, incomplete, lambda context: _fields(ctx, context))


def secret_fields(ctx: typer.Context, incomplete: str) -> list[Offer]:
    """The fields of that form that take a secret."""

    async def found(context: "CliContext") -> list[Offer]:
        from unrack.model.plan import FieldType  # noqa: PLC0415 - see the module: only who completes waits for it

        form = await _form(ctx, context)
        return [(each.name, each.label) for each in form.fields if each.type is FieldType.HANDOVER]

    return _offered(ctx, incomplete, found)


def proof_types(ctx: typer.Context, incomplete: str) -> list[Offer]:
    """The proofs that the form of the task on the line asks for, as ``type=``."""

    async def found(context: "CliContext") -> list[Offer]:
        return [(f"{each.type}=", each.title) for each in (await _form(ctx, context)).evidence]

    return _offered(ctx, incomplete, found)


def _offered(
    ctx: typer.Context, incomplete: str, find: Callable[["CliContext"], Awaitable[Iterable[Offer]]]
) -> list[Offer]:
    """Return the offers found in time that begin with `incomplete`; none after an error, as nobody asked for it."""
    from unrack.cli.context import cli_context  # noqa: PLC0415 - it is imported with every option

    found: Iterable[Offer] = ()
    with suppress(Exception):
        found = asyncio.run(_in_time(find(cli_context(ctx))))
    return [(word, _plainly(what)) for word, what in found if word.startswith(incomplete) and _PLAIN.fullmatch(word)]


async def _in_time(finding: Awaitable[Iterable[Offer]]) -> Iterable[Offer]:
    async with asyncio.timeout(WITHIN):
        return await finding


def _plainly(text: str) -> str:
    """The beginning of `text`, with nothing in it that the script of a shell could take for a sign of its own."""
    return re.sub(r"[^\w .,@/-]", " ", text)[:80].strip()


def _word(ctx: typer.Context, name: str) -> str:
    """Return the word on the line for the argument `name`.

    Raises:
        LookupError: nothing does.
    """
    word = ctx.params.get(name) or _left(ctx).get(name)
    if not isinstance(word, str) or not word:
        raise LookupError(name)
    return word


def _left(ctx: typer.Context) -> dict[str, str]:
    """The arguments on the line where click stopped reading, since the last option has no value yet."""
    names = [each.name or "" for each in ctx.command.params if each.param_type_name == "argument"]
    return dict(zip(names, ctx.args, strict=False))


async def _runs(context: "CliContext", begun: str) -> list[Offer]:
    from unrack.operations.find_run import open_runs_beginning  # noqa: PLC0415 - see the module

    return [(each.word, each.title) for each in await open_runs_beginning(await context.server(), begun, MOST)]


async def _open_tasks(context: "CliContext", run: str) -> list[Offer]:
    from unrack.operations.find_run import find_run  # noqa: PLC0415 - see the module
    from unrack.operations.listing import open_tasks  # noqa: PLC0415 - see the module

    client = await context.client()
    found = open_tasks(client, await find_run(client, run))
    return [(each.task.step, each.task.title) async for each in found]


async def _parked(context: "CliContext", run: str) -> list[Offer]:
    from unrack.operations.find_run import find_run  # noqa: PLC0415 - see the module
    from unrack.operations.listing import stuck_steps  # noqa: PLC0415 - see the module

    client = await context.client()
    return [(step, why) for step, why in await stuck_steps(client, await find_run(client, run))]


async def _plan(context: "CliContext", run: str) -> "Plan":
    from unrack.operations.find_run import find_run  # noqa: PLC0415 - see the module
    from unrack.operations.reporting import plan_of  # noqa: PLC0415 - see the module

    client = await context.client()
    return await plan_of(client, await find_run(client, run))


async def _form(ctx: typer.Context, context: "CliContext") -> "TaskForm":
    from unrack.operations.task_forms import find_step, form_of  # noqa: PLC0415 - see the module

    plan = await _plan(context, _word(ctx, "run"))
    return form_of(plan, find_step(plan, _word(ctx, "task")))


async def _fields(ctx: typer.Context, context: "CliContext") -> list[Offer]:
    offers: list[Offer] = []
    for each in (await _form(ctx, context)).fields:
        values = ["yes"] if each.type.value == "yes" else list(each.choices)
        offers += [(f"{each.name}={value}", each.label) for value in values or [""]]
    return offers
