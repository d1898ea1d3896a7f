"""The stage of a demo: a fresh installation with the simulator, on which commands are typed as a person would."""

import asyncio
import io
import json
import os
import shlex
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager, redirect_stderr, redirect_stdout
from datetime import datetime, timedelta
from pathlib import Path
from textwrap import indent
from typing import Any, Protocol, cast

import httpx2
from rich.console import Console
from rich.padding import Padding
from temporalio.client import Client

from unrack.cli.screen import escape, escape_lines, print_within
from unrack.i18n import spoken
from unrack.local.supervisor import Installation, Simulated
from unrack.model.errors import Category, Problem, UnrackError
from unrack.model.message import msg, verbatim
from unrack.process.settings import load_settings

_FOREIGN = ("UNRACK_", "TEMPORAL_")
_KEPT = ("UNRACK_TEMPORAL_BINARY",)
_INDENT = "  "
"""Before each line that a typed command prints."""


class Command(Protocol):
    """The command ``unrack``, as typer makes it."""

    def main(self, args: Sequence[str], prog_name: str) -> Any:  # noqa: ANN401 - never returns, it exits
        """Parse `args`, run the command, and exit with its code."""
        ...


class Stage:
    """Types commands, reads and moves the simulator's clock, and prints what happens."""

    def __init__(
        self,
        installation: Installation,
        client: Client,
        simulator: httpx2.AsyncClient,
        command: Command,
        out: Console,
    ) -> None:
        """Play on `installation` by typing at `command`; `out` is where progress is printed."""
        self.installation = installation
        self.client = client
        self.out = out
        self._simulator = simulator
        self._command = command

    @property
    def home(self) -> Path:
        """The data folder of the installation."""
        return self.installation.home

    async def type(self, *words: str, last_lines: int | None = None, code: int = 0) -> str:
        """Type ``unrack …`` as a person would: print the command, run it, print what it prints.

        Args:
            words: The command's words.
            last_lines: Print only so many lines of its output.
            code: The exit code that is expected.

        Raises:
            UnrackError: the command ended with another code.
        """
        self.out.print(
            f"\n[bold green]$[/] [bold]{escape(verbatim(shlex.join(['unrack', *words])))}[/]", soft_wrap=True
        )
        output, told = await self._run(*words, code=code)
        lines = output.rstrip().splitlines()
        shown = lines if last_lines is None else lines[-last_lines:] if last_lines else []
        for line in told.rstrip().splitlines():
            self._print_aside(line)
        if shown:
            self.out.print(escape_lines(verbatim(indent("\n".join(shown), _INDENT))), soft_wrap=True)
        return output

    def _print_aside(self, line: str) -> None:
        """What a command said on stderr, such as what it signs: in whole words, at the terminal's width."""
        text = line.lstrip()
        self.out.print(Padding(escape(verbatim(text)), (0, 0, 0, len(_INDENT) + len(line) - len(text)), expand=False))

    def say(self, text: str) -> None:
        """Print what happens beside the commands."""
        self.out.print()
        self.out.print(msg("[magenta]demo:[/] {text}", text=escape(text)), soft_wrap=True)

    async def ask(self, *words: str) -> dict[str, Any]:
        """The JSON document of a command, without printing anything.

        Raises:
            UnrackError: the command did not end with 0.
        """
        return cast("dict[str, Any]", json.loads((await self._run(*words, "--json"))[0]))

    async def now(self) -> datetime:
        """Read the provider's clock."""
        return datetime.fromisoformat((await self.simulator("GET", "/clock"))["now"])

    async def advance_clock(self, span: timedelta) -> None:
        """Move the provider's clock on by `span`."""
        await self.simulator("PUT", "/clock", {"advance": span.total_seconds()})

    async def simulator(self, method: str, path: str, body: object = None) -> Any:  # noqa: ANN401 - any JSON
        """Call the simulator's own API, which is no part of any provider's."""
        answer = await self._simulator.request(method, f"/_simulator{path}", json=body)
        answer.raise_for_status()
        return answer.json()

    async def _run(self, *words: str, code: int = 0) -> tuple[str, str]:
        """What the command printed on stdout and on stderr."""
        ended, output, told = await asyncio.to_thread(_call, self._command, words)
        if ended != code:
            raise UnrackError(_failed(words, ended, told, self.home))
        return output, told


@asynccontextmanager
async def open_stage(home: Path, policy: Path, scale: float, command: Command, out: Console) -> AsyncGenerator[Stage]:
    """Start server, simulator and worker in the fresh folder `home`, apart from every other installation.

    Args:
        home: The data folder. This process's settings point there from now on, and nowhere else.
        policy: By which the worker judges who decides.
        scale: How fast the provider's clock runs.
        command: The command ``unrack``.
        out: Where progress is printed.

    Raises:
        UnrackError: something does not start.
    """
    for name in [name for name in os.environ if name.startswith(_FOREIGN) and name not in _KEPT]:
        del os.environ[name]
    os.environ["UNRACK_HOME"] = str(home)
    os.environ["UNRACK_LANG"] = spoken()
    os.environ["UNRACK_POLICY"] = str(policy)
    async with Installation(load_settings(), simulator=Simulated(scale=scale)) as installation:
        url = installation.simulator_url or ""
        async with httpx2.AsyncClient(base_url=url, trust_env=False, timeout=10) as simulator:
            print_within(out.width - len(_INDENT))
            yield Stage(installation, await installation.connect(), simulator, command, out)


def _call(command: Command, words: Sequence[str]) -> tuple[int, str, str]:
    """Run the command ``unrack`` with `words` in this process, without a keyboard: exit code, stdout, stderr.

    In this process, because starting Python anew for each command takes longer than everything else in a demo.
    """
    with redirect_stdout(io.StringIO()) as output, redirect_stderr(io.StringIO()) as complaint:
        try:
            command.main(args=list(words), prog_name="unrack")
            code = 0
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else int(end.code is not None)
    return code, output.getvalue(), complaint.getvalue()


def _failed(words: tuple[str, ...], code: int, complaint: str, home: Path) -> Problem:
    return Problem(
        category=Category.UNEXPECTED,
        message=msg(
            "`{command}` ended with {code}: {complaint}",
            command=shlex.join(["unrack", *words]),
            code=code,
            complaint=complaint.strip(),
        ),
        suggestion=msg("look into the logs of server, simulator and worker"),
        reference=str(home / "logs"),
    )
