"""The root command that turns every expected failure into a printed problem and an exit code."""

from typing import Any

import typer
from typer.core import TyperGroup

from unrack.cli.problems import ExitCode, code_for, problem_of
from unrack.cli.screen import print_problem
from unrack.language import also_say
from unrack.model.errors import Category, Problem
from unrack.model.visible import visible
from unrack.runbook.diagnostics import InputError

AS_JSON = "unrack.json"
"""Where the context says that the command prints JSON, which has one language."""


class Guarded(TyperGroup):
    """A command group without tracebacks for what can be expected. A bug of ours keeps its traceback."""

    def invoke(self, ctx: Any) -> Any:  # noqa: ANN401 - typer keeps the context's type to itself
        """Run the command; see the class."""
        as_json = ctx.meta[AS_JSON] = "--json" in ctx.args
        try:
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
