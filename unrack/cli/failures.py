"""How a command ends that failed: a printed problem, and its exit code."""

from collections.abc import Sequence

import typer

from unrack.cli.problems import ExitCode, code_for, problem_of
from unrack.cli.screen import print_problem
from unrack.documents.diagnostics import InputError
from unrack.i18n import also_say
from unrack.model.errors import Category, Problem


def end_with(error: Exception, *, as_json: bool, words: Sequence[str] = ()) -> None:
    """Print what can be expected to fail, and end the command; returns for a bug, which keeps its traceback.

    A usage error is printed by typer, with the command's usage line, unless JSON is wanted.

    Args:
        error: What happened.
        as_json: Whether one JSON document is wanted.
        words: The command line as it was typed.

    Raises:
        typer.Exit: with the exit code of the problem.
    """
    if isinstance(error, typer.TyperException):
        _end_usage(error, words, as_json=as_json)
        return
    problem = problem_of(error)
    if problem is None:
        return
    code = code_for(problem)
    if isinstance(error, InputError):
        also_say(error.translations)
    print_problem(problem, code, as_json=as_json)
    raise typer.Exit(code) from error


def _end_usage(error: typer.TyperException, words: Sequence[str], *, as_json: bool) -> None:
    from unrack.cli.usage import say_usage_error, usage_message  # noqa: PLC0415 - only a usage error needs it

    if not as_json:
        say_usage_error(error, words)
        return
    problem = Problem(category=Category.INVALID, message=usage_message(error))
    print_problem(problem, ExitCode.BAD_INPUT, as_json=True)
    raise typer.Exit(ExitCode.BAD_INPUT) from error
