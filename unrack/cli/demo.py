"""The command ``demo``: one cancellation from plan to proof on this machine, against the simulator."""

import asyncio
import io
from contextlib import AsyncExitStack
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from unrack.cli import screen
from unrack.cli.demo_play import Play
from unrack.cli.desk import Desk, at_a_keyboard, desk_of
from unrack.cli.options import SET_UP, Json, examples
from unrack.cli.problems import invalid
from unrack.cli.render.plan import show_differences
from unrack.cli.stage import Stage, open_stage
from unrack.model.lifecycle import Outcome
from unrack.model.state import Difference, RunReport
from unrack.operations.planning import fields_of
from unrack.runtime import logging

app = typer.Typer()

REQUEST = Path(__file__).resolve().parents[2] / "examples" / "ovhcloud-connect-direct.yaml"

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
    reactivate: Annotated[bool, typer.Option("--reactivate", help="Turn the run round during grace.")] = False,
    keep: Annotated[
        bool, typer.Option("--keep", help="Go on running afterwards, to look around, until Ctrl-C.")
    ] = False,
    json: Json = False,
) -> None:
    """Cancel a simulated service from plan to proof: server, simulator, worker and people, all on this machine."""
    if interactive and (json or not at_a_keyboard()):
        raise invalid("--interactive needs a keyboard and a terminal", "leave it out, or run it in a terminal")
    asyncio.run(_demo(desk_of(ctx), interactive=interactive, reactivate=reactivate, keep=keep, as_json=json))


async def _demo(desk: Desk, *, interactive: bool, reactivate: bool, keep: bool, as_json: bool) -> None:
    logging.configure(level="WARNING")
    if not REQUEST.is_file():
        raise invalid(f"the example request {REQUEST} is missing", "run the demo from the source tree")
    out = Console(file=io.StringIO()) if as_json else screen.facts()
    home = desk.settings.home / "demo" / f"{datetime.now().astimezone():%Y%m%d-%H%M%S}"
    out.print(f"[bold]Starting[/] server, simulator and worker in {home}", soft_wrap=True)
    async with AsyncExitStack() as stack:
        stage = await stack.enter_async_context(open_stage(home, _SCALE, out))
        out.print(f"Every command below can be typed by you, with UNRACK_HOME={home}", soft_wrap=True)
        play = Play(stage, REQUEST, interactive=interactive)
        before = await play.configuration()
        report = await play.run(Outcome.REACTIVATED if reactivate else Outcome.CLOSED)
        document = await _document(stage, report)
        if as_json:
            screen.print_document(document)
        else:
            after = await play.configuration() if reactivate else None
            await _close(stage, report, document, before, after)
            if keep:
                out.print("\nStill running. Ctrl-C ends it.")
                await stage.installation.until_stopped()


async def _document(stage: Stage, report: RunReport) -> dict[str, object]:
    ledger: list[dict[str, Any]] = await stage.simulator("GET", "/ledger")
    status = await stage.ask("status", report.run)
    return {
        "run": report.run,
        "outcome": report.outcome.value if report.outcome else None,
        "timeline": [entry.model_dump(mode="json") for entry in report.state.journal],
        "evidence": status["evidence"],
        "ledger": [{key: entry[key] for key in ("method", "path", "at", "effect")} for entry in ledger],
        "differences": [each for each in report.state.differences if not each.expected],
        "assigned_anew": [each for each in report.state.differences if each.expected],
    }


async def _close(
    stage: Stage, report: RunReport, document: dict[str, Any], before: dict[str, Any], after: dict[str, Any] | None
) -> None:
    """The end: timeline, evidence, the provider's ledger, and where to look next."""
    out = stage.out
    await stage.type("status", report.run)
    if after is not None:
        _compare(out, report, before, after)
    out.print("\n[bold]The simulator's own ledger: every mutating call that it received[/]")
    for entry in document["ledger"]:
        line = f"  {entry['at'][:19]}  {entry['method']:6} {entry['path']}  [dim]{entry['effect']}[/]"
        out.print(line, soft_wrap=True)
    home = stage.home
    out.print(f"\n[bold green]Done:[/] {report.run} is {report.outcome.value if report.outcome else 'open'}.")
    out.print(
        f"Everything is kept in {home}. To look around: UNRACK_HOME={home} unrack up --simulator\n"
        f"Next: README.md for a walk as operations, on-call or auditor; unrack replay {report.run}",
        soft_wrap=True,
    )


def _compare(out: Console, report: RunReport, before: dict[str, Any], after: dict[str, Any]) -> None:
    """The provider's configuration before and after, field by field, as the provider itself shows it."""
    old, new = dict(fields_of(before)), dict(fields_of(after))
    names = [*old, *(name for name in new if name not in old)]
    moved = [name for name in names if old.get(name) != new.get(name)]
    anew = [name for name in moved if name.rpartition(".")[2] == "id"]
    out.print(f"\n[bold]Configuration at the provider before and after:[/] {len(names)} fields compared")
    differences = tuple(
        Difference(field=name, before=old.get(name, "-"), after=new.get(name, "-"), expected=name in anew)
        for name in moved
    )
    if differences:
        show_differences(out, differences, "Before", "After")
    unexpected = [each for each in report.state.differences if not each.expected]
    restored = len(moved) == len(anew) and not unexpected
    out.print("[green]Everything is restored.[/]" if restored else "[bold red]Not everything is restored.[/]")
