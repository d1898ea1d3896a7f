"""Commands on the tasks of people: complete, reject, amend."""

import asyncio
from typing import Annotated

import typer

from unrack.cli import screen
from unrack.cli.actor import wishes
from unrack.cli.completion import field_names, proof_types, secret_fields
from unrack.cli.context import CliContext, cli_context
from unrack.cli.means import who_decides
from unrack.cli.options import ON_CALL, As, DoneTask, Json, Key, Reason, Run, Task, Unsigned, examples
from unrack.cli.parsing import pairs
from unrack.cli.problems import invalid
from unrack.cli.questions import Yes, confirm, refuse_unasked
from unrack.cli.render.amendment import show_amendment
from unrack.cli.settled import end_with
from unrack.cli.task_input import ask_secret, files_of
from unrack.i18n import also_say
from unrack.model.message import msg, verbatim
from unrack.model.rights import Action
from unrack.operations import completing
from unrack.operations.completing import Submission
from unrack.operations.find_run import find_run
from unrack.operations.whose_key import Wishes

app = typer.Typer()

Fields = Annotated[
    list[str] | None,
    typer.Option("--field", metavar="KEY=VALUE", help="A field of the form; repeatable.", autocompletion=field_names),
]
Proofs = Annotated[
    list[str] | None,
    typer.Option("--evidence", metavar="TYPE=PATH", help="A proof; repeatable.", autocompletion=proof_types),
]
Secrets = Annotated[
    list[str] | None,
    typer.Option(
        "--secret",
        metavar="FIELD",
        help="Ask for this secret field, or read it from stdin.",
        autocompletion=secret_fields,
    ),
]


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
    field: Fields = None,
    evidence: Proofs = None,
    secret: Secrets = None,
    who: As = None,
    key: Key = None,
    unsigned: Unsigned = False,
    json: Json = False,
) -> None:
    """Complete a task with its fields and proofs. Files go to the evidence store; the history keeps their digests."""
    given = _given(field, evidence, secret)
    asyncio.run(_complete(cli_context(ctx), run, task, given, wishes(who, key, unsigned=unsigned), json))


async def _complete(context: CliContext, run: str, task: str, given: Submission, who: Wishes, as_json: bool) -> None:
    client = await context.client()
    run_id = await find_run(client, run)
    decider = await who_decides(context, client, run_id, who, Action.COMPLETE, as_json=as_json)
    store, send = context.evidence, decider.send
    settled = await completing.complete(client, store, run_id, task, given, decider.by, ask_secret, send=send)
    end_with(settled, as_json=as_json)


@app.command(
    rich_help_panel=ON_CALL,
    epilog=examples(
        'unrack reject 2f0c9a1e handover.remove-cross-connect --reason "the order number is unknown there"'
    ),
)
def reject(
    ctx: typer.Context,
    run: Run,
    task: Task,
    reason: Reason,
    who: As = None,
    key: Key = None,
    unsigned: Unsigned = False,
    json: Json = False,
) -> None:
    """Say that a task cannot be done as written: it parks, and an operator decides."""
    asyncio.run(_reject(cli_context(ctx), run, task, reason, wishes(who, key, unsigned=unsigned), json))


async def _reject(context: CliContext, run: str, task: str, reason: str, who: Wishes, as_json: bool) -> None:
    client = await context.client()
    run_id = await find_run(client, run)
    decider = await who_decides(context, client, run_id, who, Action.REJECT, as_json=as_json)
    end_with(await completing.reject(client, run_id, task, reason, decider.by, send=decider.send), as_json=as_json)


@app.command(
    rich_help_panel=ON_CALL,
    epilog=examples(
        'unrack amend 2f0c9a1e handover.remove-cross-connect --field removed-on=2026-11-20 --reason "a slip of a day"',
        'unrack amend 2f0c9a1e handover.remove-cross-connect --evidence removal-confirmation=new.pdf --reason "page 2"',
    ),
)
def amend(
    ctx: typer.Context,
    run: Run,
    task: DoneTask,
    reason: Reason,
    field: Fields = None,
    evidence: Proofs = None,
    secret: Secrets = None,
    yes: Yes = False,
    who: As = None,
    key: Key = None,
    unsigned: Unsigned = False,
    json: Json = False,
) -> None:
    """Replace a field or proof of a task that is done. The old one stays in the history.

    Shows the old and the new, and what is done again because it went by the old, and asks.
    """
    given = _given(field, evidence, secret)
    if not (given.fields or given.proofs or given.secrets):
        raise invalid(msg("say what changes"), msg("add --field KEY=VALUE, or --evidence TYPE=PATH"))
    asyncio.run(_amend(cli_context(ctx), run, task, given, reason, yes, wishes(who, key, unsigned=unsigned), json))


async def _amend(
    context: CliContext, run: str, task: str, given: Submission, reason: str, yes: bool, who: Wishes, as_json: bool
) -> None:
    client = await context.client()
    run_id = await find_run(client, run)
    decider = await who_decides(context, client, run_id, who, Action.AMEND, as_json=as_json)
    shown = await completing.look_at_amendment(client, run_id, task, given)
    also_say(shown.plan.translations)
    refuse_unasked(yes=yes)
    if shown.effect is not None and not (as_json and yes):
        show_amendment(screen.before_asking(as_json=as_json), shown.effect)
    confirm(msg("Amend {step_id} as {name}?", step_id=shown.step_id, name=verbatim(decider.by.name)), yes=yes)
    store, send = context.evidence, decider.send
    settled = await completing.amend(client, store, shown, reason, decider.by, ask_secret, send=send)
    end_with(settled, as_json=as_json, shown=shown.effect)


def _given(fields: list[str] | None, proofs: list[str] | None, secrets: list[str] | None) -> Submission:
    return Submission(pairs("--field", fields or ()), files_of(proofs or ()), tuple(secrets or ()))
