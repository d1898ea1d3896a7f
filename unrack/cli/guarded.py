"""The root command that turns every expected failure into a printed problem and an exit code."""

import os
from collections.abc import Iterable
from typing import Any

import typer
from typer.core import TyperGroup

from unrack.cli.problems import ExitCode, code_for, invalid, problem_of
from unrack.cli.screen import print_problem
from unrack.i18n import also_say
from unrack.model.errors import Category, Problem
from unrack.model.visible import visible
from unrack.runbook.diagnostics import InputError

AS_JSON = "unrack.json"
"""Where the context says that the command prints JSON, which has one language."""


_WORDS = "unrack.words"

LONGEST = 5000
"""Characters of one argument: more than any reason, remark or path may have."""


class Guarded(TyperGroup):
    """A command group without tracebacks for what can be expected. A bug of ours keeps its traceback."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:  # noqa: ANN401 - typer keeps the context's type to itself
        """Read the arguments, and remember them as they were typed."""
        ctx.meta[_WORDS] = tuple(args)
        return super().parse_args(ctx, args)

    def invoke(self, ctx: Any) -> Any:  # noqa: ANN401 - typer keeps the context's type to itself
        """Run the command; see the class."""
        as_json = ctx.meta[AS_JSON] = "--json" in ctx.args
        try:
            refuse_odd(ctx.meta.get(_WORDS, ()))
            return super().invoke(ctx)
        except typer.TyperException as error:
            if not as_json:
                error.message = visible(error.message)
                raise  # typer prints a usage error with the command's usage line
            problem = Problem(category=Category.INVALID, message=error.format_message())
            print_problem(problem, ExitCode.BAD_INPUT, as_json=True)
            raise typer.Exit(ExitCode.BAD_INPUT) from error
        except Exception as error:
            problem = problem_of(error)
            if problem is None:
                raise
            code = code_for(problem)
            if isinstance(error, InputError):
                also_say(error.translations)
            print_problem(problem, code, as_json=as_json)
            raise typer.Exit(code) from error


def refuse_odd(words: Iterable[str]) -> None:
    """Refuse arguments that no command can make sense of.

    Raises:
        UnrackError: one is too long, holds a NUL character, or holds bytes that are no text and names no file
            (``INVALID``).
    """
    for word in words:
        shown = f"'{word[:40]}{'…' if len(word) > 40 else ''}'"  # noqa: PLR2004 - enough to know it again
        if len(word) > LONGEST:
            raise invalid(f"the argument {shown} has {len(word)} characters", f"at most {LONGEST} are taken")
        if "\0" in word:
            raise invalid(f"the argument {shown.replace(chr(0), '␀')} holds a NUL character", "leave it out")
        if not _is_text(word) and not os.path.lexists(word.partition("=")[2] or word):
            raise invalid(f"the argument {shown} is not text", "its bytes are not UTF-8: write it in UTF-8")


def _is_text(word: str) -> bool:
    """Whether `word` is text; bytes of the command line that are none come as lone surrogates."""
    try:
        word.encode()
    except UnicodeEncodeError:
        return False
    return True
