"""The root command: imports what is typed, and turns every expected failure into a printed problem and an exit code."""

from collections.abc import Iterator, Mapping
from functools import cache
from importlib import import_module
from typing import Any, cast

import typer
from typer.core import TyperCommand, TyperGroup

from unrack.cli.commands import COMMANDS
from unrack.cli.odd_input import refuse_odd

AS_JSON = "unrack.json"
"""Where the context says that the command prints JSON, which has one language."""

_WORDS = "unrack.words"

_FOR_HELP = "unrack.help"
"""Where the context says that a help is wanted."""


class RootGroup(TyperGroup):
    """All commands, without tracebacks for what can be expected. A bug of ours keeps its traceback.

    Its lists of commands are made of `COMMANDS`; a command's own module is imported when it is called for.
    """

    def __init__(self, **how: Any) -> None:  # noqa: ANN401 - the base has twenty of them
        """See `TyperGroup`."""
        super().__init__(**how)
        self.commands = cast("Any", WhenCalledFor())  # the base wants a dict that may be written

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ANN401, ARG002 - typer keeps the context's type to itself
        """The names, in the order of the help."""
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ANN401 - as above
        """Return the command as a list shows it; `resolve_command` returns the command itself."""
        listed = COMMANDS.get(cmd_name)
        if listed is None:
            return None
        return _told(
            TyperCommand(cmd_name, help=listed.summary, rich_help_panel=listed.panel, hidden=listed.hidden), ctx
        )

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:  # noqa: ANN401 - as above
        """The command that `args` begin with, and the rest of them."""
        name, command, rest = super().resolve_command(ctx, args)
        if not name or command is None:
            return name, None, rest
        called = self.commands[name]
        if not rest and called.no_args_is_help:
            ctx.meta[_FOR_HELP] = True
            _speak_for(ctx)
        return name, _told(called, ctx), rest

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:  # noqa: ANN401 - as above
        """Read the arguments, and remember them as they were typed."""
        ctx.meta[_WORDS] = tuple(args)
        ctx.meta[_FOR_HELP] = "--help" in args or not args
        if ctx.meta[_FOR_HELP]:
            _speak_for(ctx)
            told = cast("dict[str, Any]", vars(_told(self, ctx)))
            vars(self).update(told)  # typer makes the group anew for each command line
        try:
            return super().parse_args(ctx, args)
        except typer.TyperException as error:
            _end(error, ctx, as_json="--json" in ctx.meta[_WORDS])
            raise  # typer prints it

    def invoke(self, ctx: Any) -> Any:  # noqa: ANN401 - as above
        """Run the command; see the class."""
        as_json = ctx.meta[AS_JSON] = "--json" in ctx.args
        try:
            refuse_odd(ctx.meta.get(_WORDS, ()))
            return super().invoke(ctx)
        except (typer.Exit, typer.Abort):
            raise
        except Exception as error:
            _end(error, ctx, as_json=as_json)
            raise  # a bug, or a usage error, which typer prints with the command's usage line


def _end(error: Exception, ctx: Any, *, as_json: bool) -> None:  # noqa: ANN401 - as above
    """See `unrack.cli.failures.end_with`."""
    from unrack.cli.failures import end_with  # noqa: PLC0415 - a command that goes well does not wait for it

    end_with(error, as_json=as_json, words=ctx.meta.get(_WORDS, ()))


def _speak_for(ctx: Any) -> None:  # noqa: ANN401 - as above
    """Choose the language of a help."""
    from unrack.cli.help import speak_for_words  # noqa: PLC0415 - only a help needs it

    speak_for_words(ctx.meta[_WORDS])


def _told(command: Any, ctx: Any) -> Any:  # noqa: ANN401 - as above
    """`command`, with its help in the language of the reader when a help is wanted."""
    if not ctx.meta.get(_FOR_HELP):
        return command
    from unrack.cli.help import in_readers_language  # noqa: PLC0415 - only a help needs it

    return in_readers_language(command, ctx)


class WhenCalledFor(Mapping[str, Any]):
    """Every command by its name, imported when it is taken out."""

    def __getitem__(self, name: str) -> Any:  # noqa: ANN401 - a command or a group of them
        if name not in COMMANDS:
            raise KeyError(name)
        return _defined_in(COMMANDS[name].module)[name]

    def __iter__(self) -> Iterator[str]:
        return iter(COMMANDS)

    def __len__(self) -> int:
        return len(COMMANDS)


@cache
def _defined_in(module: str) -> Mapping[str, Any]:
    """The commands that a module of `unrack.cli` defines."""
    return typer.main.get_group(import_module(f"unrack.cli.{module}").app).commands
