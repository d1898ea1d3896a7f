"""Commands on the record of a run: amend, note."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, NamedTuple

import typer
from temporalio.client import Client

from unrack.cli import screen
from unrack.cli.asking import Yes, confirm, refuse_unasked
from unrack.cli.context import CliContext, actor, cli_context
from unrack.cli.decide import send, settle
from unrack.cli.options import ON_CALL, RUNS, As, Json, Reason, Run, Task, examples, pairs, said
from unrack.cli.problems import invalid
from unrack.cli.proofs import files_of, handed_over, keep, secrets_to_come
from unrack.cli.render.amendment import show_amendment
from unrack.i18n import also_say
from unrack.model.decision import Amend, Note
from unrack.model.known_days import known_days
from unrack.operations.amending import Amendment, amendment, check_amended
from unrack.operations.deciding import find_step, form_of, new_decision_id
from unrack.operations.listing import find_run
from unrack.operations.reporting import plan_of, report_unless_paused

app = typer.Typer()


class Given(NamedTuple):
    """What the person gave."""

    fields: dict[str, str]
    files: dict[str, Path]
    secrets: list[str]


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
    task: Task,
    reason: Reason,
    field: Annotated[
        list[str] | None, typer.Option(metavar="KEY=VALUE", help="A field that changes; repeatable.")
    ] = None,
    evidence: Annotated[list[str] | None, typer.Option(metavar="TYPE=PATH", help="A new proof; repeatable.")] = None,
    secret: Annotated[
        list[str] | None, typer.Option(metavar="FIELD", help="Ask for this secret field, or read it from stdin.")
    ] = None,
    yes: Yes = False,
    who: As = None,
    json: Json = False,
) -> None:
    """Replace a field or proof of a task that is done. The old one stays in the history.

    Shows the old and the new, and what is done again because it went by the old, and asks.
    """
    given = Given(pairs("--field", field or ()), files_of(evidence or ()), secret or [])
    if not any(given):
        raise invalid("say what changes", "add --field KEY=VALUE, or --evidence TYPE=PATH")
    asyncio.run(_amend(cli_context(ctx), run, task, given, reason, yes, who, json))


@app.command(rich_help_panel=RUNS, epilog=examples('unrack note 2f0c9a1e "the data centre closes over Christmas"'))
def note(
    ctx: typer.Context,
    run: Run,
    text: Annotated[str, typer.Argument(metavar="TEXT", help="The remark.", show_default=False, callback=said)],
    who: As = None,
    json: Json = False,
) -> None:
    """Add a remark to the record of a run. It decides nothing."""
    send(ctx, run, lambda key, by: Note(id=key, by=by, text=text), who, json)


async def _amend(
    context: CliContext, text: str, task: str, given: Given, reason: str, yes: bool, who: str | None, as_json: bool
) -> None:
    by = actor(who)
    client = await context.client()
    run = await find_run(client, text)
    step, shown = await _judged(client, run, task, given)
    refuse_unasked(yes=yes)
    if shown is not None and not (as_json and yes):
        show_amendment(screen.before_asking(as_json=as_json), shown)
    confirm(f"Amend {step} as {by.name}?", yes=yes)
    kept = await keep(context, given.files, by)
    async with handed_over(context, given.secrets) as handed:
        fields = {**given.fields, **handed}
        decision = Amend(id=new_decision_id(), by=by, step=step, fields=fields, evidence=kept, reason=reason)
        await settle(client, run, decision, as_json, shown=shown)


async def _judged(client: Client, run: str, task: str, given: Given) -> tuple[str, Amendment | None]:
    """The step that is meant, and what would become of it; refused where the run would refuse its form."""
    plan, report = await asyncio.gather(plan_of(client, run), report_unless_paused(client, run))
    also_say(plan.translations)
    step = find_step(plan, task)
    form = form_of(plan, step)
    fields = {**given.fields, **secrets_to_come(form, given.secrets, given.fields)}
    proofs = {kind: path.name for kind, path in given.files.items()}
    shown = amendment(plan, report.state, step, fields, proofs) if report else None
    if report is not None and shown is not None:
        known = known_days(plan, report.state, report.state.now(datetime.now(UTC)))
        check_amended(form, report.state.steps[step], fields, given.files, known)
    return step, shown
