"""The command ``demo``: one cancellation from plan to proof on this machine, against the simulator."""

import asyncio
from contextlib import AsyncExitStack
from datetime import datetime
from typing import Annotated, Any, cast

import typer
from rich.console import Console

from unrack.cli import screen
from unrack.cli.context import CliContext, cli_context
from unrack.cli.demo_installation import Command, Stage, open_stage
from unrack.cli.demo_play import Play
from unrack.cli.demo_policy import make_cast
from unrack.cli.demo_proofs import Proofs, show_proofs
from unrack.cli.options import SET_UP, Json, examples
from unrack.cli.problems import ExitCode, invalid
from unrack.cli.questions import at_a_keyboard
from unrack.cli.render.formats import exact
from unrack.cli.render.plan import show_differences
from unrack.cli.screen import escape
from unrack.model.lifecycle import Outcome
from unrack.model.message import msg
from unrack.model.state import Difference, RunReport
from unrack.operations.plan_differences import fields_of
from unrack.process import logging
from unrack.process.shipped import shipped

app = typer.Typer()

REQUEST = shipped("examples") / "ovhcloud-connect-direct.yaml"

_SCALE = 300.0
"""Five minutes of the provider's time in a second: its tasks are quick, and an hour is long enough for people."""


@app.command(
    rich_help_panel=SET_UP,
    epilog=examples("unrack demo", "unrack demo --reactivate", "unrack demo --interactive", "unrack demo --json"),
)
def demo(
    ctx: typer.Context,
    interactive: Annotated[
        bool, typer.Option("--interactive", help="Stop at each human step and wait for you.")
    ] = False,
    reactivate: Annotated[bool, typer.Option("--reactivate", help="Roll the run back during grace.")] = False,
    keep: Annotated[
        bool, typer.Option("--keep", help="Go on running afterwards, to look around, until Ctrl-C.")
    ] = False,
    json: Json = False,
) -> None:
    """Cancel a simulated service from plan to proof: server, simulator, worker and people, all on this machine."""
    if interactive and (json or not at_a_keyboard()):
        raise invalid(
            msg("--interactive needs a keyboard and a terminal"), msg("leave it out, or run it in a terminal")
        )
    command = cast("Command", ctx.find_root().command)
    asyncio.run(
        _demo(cli_context(ctx), command, interactive=interactive, reactivate=reactivate, keep=keep, as_json=json)
    )


async def _demo(
    context: CliContext, command: Command, *, interactive: bool, reactivate: bool, keep: bool, as_json: bool
) -> None:
    logging.configure(level="WARNING")
    if not REQUEST.is_file():
        raise invalid(
            msg("the example request {request} is missing", request=REQUEST), msg("run the demo from the source tree")
        )
    out = screen.unheard() if as_json else screen.facts()
    home = context.settings.home / "demo" / f"{datetime.now().astimezone():%Y%m%d-%H%M%S}"
    shown = escape(str(home))
    out.print(msg("[bold]Starting[/] server, simulator and worker in {home}", home=shown), soft_wrap=True)
    async with AsyncExitStack() as stack:
        people = make_cast(home)
        out.print(msg("People with a key each, made for this demo, and the policy that knows them: policy.yaml there"))
        stage = await stack.enter_async_context(open_stage(home, people.policy, _SCALE, command, out))
        out.print(msg("Every command below can be typed by you, with UNRACK_HOME={home}", home=shown), soft_wrap=True)
        play = Play(stage, people, REQUEST, interactive=interactive)
        before = await play.configuration()
        report = await play.run(Outcome.REACTIVATED if reactivate else Outcome.CLOSED)
        compared = _compared(report, before, await play.configuration()) if reactivate else ()
        proofs = await _end(stage, report, compared, as_json=as_json)
        if keep:
            screen.aside().print(msg("Still running. Ctrl-C ends it."))
            await stage.installation.until_stopped()
    if any(not each.expected for each in compared) or not proofs.good:
        raise typer.Exit(ExitCode.WRONG)


async def _end(stage: Stage, report: RunReport, compared: tuple[Difference, ...], *, as_json: bool) -> Proofs:
    ledger: list[dict[str, Any]] = await stage.simulator("GET", "/ledger")
    calls = [{key: entry[key] for key in ("method", "path", "at", "effect")} for entry in ledger]
    if as_json:
        history, status = await stage.ask("history", report.run), await stage.ask("status", report.run)
        decisions, proofs = await stage.ask("decisions", report.run), await show_proofs(stage, report.run)
        document = {
            "run": report.run,
            "outcome": report.outcome,
            "timeline": history["timeline"],
            "evidence": status["evidence"],
            "decisions": decisions,
            "proofs": proofs.document(),
            "ledger": calls,
            "differences": [each for each in compared if not each.expected],
            "assigned_anew": [each for each in compared if each.expected],
        }
        screen.print_document(document)
        return proofs
    await stage.type("history", report.run)
    await stage.type("status", report.run)
    proofs = await show_proofs(stage, report.run)
    if report.outcome is Outcome.REACTIVATED:
        _show_compared(stage.out, compared)
    _show_ledger(stage.out, calls)
    _say_where_next(stage, report)
    return proofs


def _compared(report: RunReport, before: dict[str, Any], after: dict[str, Any]) -> tuple[Difference, ...]:
    """Return the fields that differ at the simulator, and the run's own unexpected differences."""
    old, new = dict(fields_of(before)), dict(fields_of(after))
    names = [*old, *(name for name in new if name not in old)]
    shown = tuple(
        Difference(
            field=name,
            before=old.get(name, "-"),
            after=new.get(name, "-"),
            expected=name.rpartition(".")[2] == "id",
        )
        for name in names
        if old.get(name) != new.get(name)
    )
    return (*shown, *(each for each in report.state.differences if not each.expected))


def _show_compared(out: Console, compared: tuple[Difference, ...]) -> None:
    out.print(msg("\n[bold]Configuration at the provider, before and after, field by field[/]"))
    if compared:
        show_differences(out, compared, msg("Before"), msg("After"))
    lost = [each for each in compared if not each.expected]
    same = msg("[green]Everything else is as it was.[/]")
    out.print(msg("[bold red]Not everything is restored.[/]") if lost else same)


def _show_ledger(out: Console, calls: list[dict[str, Any]]) -> None:
    out.print(msg("\n[bold]The simulator's own ledger: every mutating call that it received[/]"))
    for entry in calls:
        at = exact(datetime.fromisoformat(entry["at"]))
        line = f"  {at}  {entry['method']:6} {escape(entry['path'])}  [dim]{escape(entry['effect'])}[/]"
        out.print(line, soft_wrap=True)


def _say_where_next(stage: Stage, report: RunReport) -> None:
    run, home = escape(report.run), escape(str(stage.home))
    outcome = report.outcome.value if report.outcome else msg("open")
    done = msg(
        "[bold green]Done:[/] {run} is {outcome}. Everything is kept in {home}.", run=run, outcome=outcome, home=home
    )
    stage.out.print()
    stage.out.print(done)
    stage.out.print(
        msg(
            "Look around:  UNRACK_HOME={home} unrack up --simulator --policy {policy}\n"
            "              then, with the same UNRACK_HOME: unrack replay {run}\n"
            "Read next:    README.md, a walk each for operations, on-call and auditors",
            home=home,
            policy=escape(str(stage.installation.settings.policy)),
            run=run,
        ),
        soft_wrap=True,
    )
