"""Commands on the installation: up, doctor."""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from textwrap import indent
from typing import Annotated

import typer
from rich import box
from rich.console import Console
from rich.padding import Padding
from rich.table import Table

from unrack.cli import screen
from unrack.cli.context import cli_context
from unrack.cli.options import SET_UP, Json, examples
from unrack.cli.problems import ExitCode, invalid
from unrack.cli.render.formats import ENOUGH
from unrack.cli.screen import escape, escape_lines
from unrack.i18n import say
from unrack.local.supervisor import Installation, Ports, Simulated
from unrack.model.errors import UnrackError
from unrack.model.message import msg
from unrack.operations.doctor import examine
from unrack.operations.health import Checkup, Health
from unrack.policy.load import load_policy
from unrack.process import logging
from unrack.process.settings import Settings
from unrack.temporal.connection import connection

app = typer.Typer()

_STYLE = {
    Health.OK: "green",
    Health.MISSING: "bold red",
    Health.UNUSED: "dim",
    Health.UNKNOWN: "yellow",
}


@app.command(rich_help_panel=SET_UP, epilog=examples("unrack up", "unrack up --simulator --scale 60 --services 3"))
def up(
    ctx: typer.Context,
    simulator: Annotated[
        bool, typer.Option("--simulator", help="Run the provider simulator, and point the worker at it.")
    ] = False,
    scale: Annotated[
        float, typer.Option(min=0.001, help="With --simulator: how fast the provider's clock runs.")
    ] = 1.0,
    services: Annotated[
        int, typer.Option(min=1, max=250, help="With --simulator: services of each product in a new data folder.")
    ] = 1,
    worker: Annotated[bool, typer.Option(help="Run a worker.")] = True,
    port: Annotated[int, typer.Option(min=0, max=65535, help="Of the server; 0 takes a free one and keeps it.")] = 0,
    ui_port: Annotated[int, typer.Option(min=0, max=65535, help="Of the web page; 0 as above.")] = 0,
    policy: Annotated[
        Path | None, typer.Option(metavar="FILE", help="The policy: who may decide what. Else UNRACK_POLICY.")
    ] = None,
    allow_stated: Annotated[
        bool,
        typer.Option("--allow-stated", help="Without a policy, run real ones, too: names nobody verifies."),
    ] = False,
) -> None:
    """Keep server and worker running on this machine until Ctrl-C, with all data in one folder. Restart it any time."""
    if scale != 1.0 and not simulator:
        raise invalid(
            msg("--scale moves the simulator's clock only"), msg("add --simulator; real providers' clocks are theirs")
        )
    if services != 1 and not simulator:
        raise invalid(
            msg("--services fills the simulator only"), msg("add --simulator; real services are not made here")
        )
    simulated = Simulated(scale=scale, services=services) if simulator else None
    context = cli_context(ctx)
    settings = _ruled(context.settings, policy, allow_stated=allow_stated)
    asyncio.run(_up(settings, simulated, Ports(server=port, ui=ui_port), worker))


def _ruled(settings: Settings, policy: Path | None, *, allow_stated: bool) -> Settings:
    """`settings` with what the options say of the policy, which is read once before anything is started.

    Raises:
        InputError: the policy is not valid.
    """
    file = policy.absolute() if policy is not None else settings.policy
    if file is not None:
        load_policy(file)
    return settings.model_copy(update={"policy": file, "allow_stated": allow_stated or settings.allow_stated})


async def _up(settings: Settings, simulated: Simulated | None, ports: Ports, with_worker: bool) -> None:
    console = screen.facts()
    logging.configure(settings.log_format, settings.log_level)
    async with Installation(settings, simulator=simulated, ports=ports, worker=with_worker) as installation:
        console.print(msg("Data folder  {home}", home=escape(str(installation.home))), soft_wrap=True)
        console.print(msg("Server       {address}", address=installation.address))
        console.print(msg("Web page     {ui_url}", ui_url=installation.ui_url))
        if installation.simulator_url:
            console.print(msg("Simulator    {simulator_url}", simulator_url=installation.simulator_url))
        if settings.policy:
            console.print(msg("Policy       {file}", file=escape(str(settings.policy))), soft_wrap=True)
        elif settings.allow_stated:
            console.print(msg("[bold]Nobody verifies who decides[/]: runs need no policy here (--allow-stated)"))
        console.print(msg("Logs         {value}", value=escape(str(installation.home / "logs"))), soft_wrap=True)
        console.print(msg("Ready. Ctrl-C stops it; runs go on when it is started again."))
        await installation.until_stopped()
        console.print(msg("Stopping."))


@app.command(rich_help_panel=SET_UP, epilog=examples("unrack doctor", "unrack doctor --account production"))
def doctor(
    ctx: typer.Context,
    account: Annotated[list[str] | None, typer.Option(metavar="NAME", help="Credential to check; repeatable.")] = None,
    json: Json = False,
) -> None:
    """Tell what is missing before anything is started: server, worker, evidence store, runbooks, rights."""
    context = cli_context(ctx)
    checkups = asyncio.run(examine(context.settings, context.client, tuple(account or ("default",))))
    well = all(each.good for each in checkups)
    if json:
        address, namespace = _server(context.settings)
        checks = [each.model_dump(mode="json") for each in checkups]
        screen.print_document({"well": well, "address": address, "namespace": namespace, "checks": checks})
    else:
        show(screen.facts(), checkups)
    if not well:
        raise typer.Exit(ExitCode.WRONG)


def _server(settings: Settings) -> tuple[str | None, str | None]:
    """Address and namespace of the Temporal server that the settings name; None where they cannot be read."""
    try:
        config = connection(settings)
    except UnrackError:
        return None, None
    return config.get("target_host"), config.get("namespace")


def show(console: Console, checkups: Sequence[Checkup]) -> None:
    """Print what was looked at, part by part; no name of a part is broken, and no digest."""
    (_print_below if console.width < ENOUGH else _print_beside)(console, checkups)
    for each in checkups:
        if each.todo:  # below the rest, in lines of its own: commands and names are copied from here
            console.print(msg("\n[bold]{subject}[/]", subject=escape(each.subject)))
            console.print(escape_lines(indent(say(each.todo), "  ")), soft_wrap=True)


def _print_below(console: Console, checkups: Sequence[Checkup]) -> None:
    """On a narrow screen, what was seen stands below the part."""
    for each in checkups:
        state = msg("[{style}]{state}[/]", style=_STYLE[each.health], state=each.health.value)
        console.print(msg("[bold]{subject}[/]: {state}", subject=escape(each.subject), state=state))
        console.print(Padding(escape_lines(each.text), (0, 0, 0, 2)))


def _print_beside(console: Console, checkups: Sequence[Checkup]) -> None:
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False)
    table.add_column(msg("Part"), no_wrap=True)
    table.add_column(msg("State"), no_wrap=True)
    table.add_column(msg("What was seen"), overflow="fold")
    for each in checkups:
        state = msg("[{style}]{state}[/]", style=_STYLE[each.health], state=each.health.value)
        table.add_row(escape(each.subject), state, escape_lines(each.text))
    console.print(table)
