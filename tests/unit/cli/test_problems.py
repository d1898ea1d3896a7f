"""Every expected failure has words and an exit code; a bug keeps its traceback."""

import pytest
from temporalio.service import RPCError, RPCStatusCode
from typer.testing import CliRunner

from unrack.cli.app import app
from unrack.cli.problems import ExitCode, code_for, code_for_verdict, problem_of
from unrack.documents.diagnostics import Diagnostic, InputError
from unrack.model.decision import Verdict
from unrack.model.errors import Category, Problem, UnrackError


def test_every_category_and_every_verdict_has_an_exit_code() -> None:
    """None ends with 0 but what the sender wanted."""
    assert all(code_for(Problem(category=each, message="x")) is not ExitCode.DONE for each in Category)
    good = {each for each in Verdict if code_for_verdict(each) is ExitCode.DONE}
    assert good == {Verdict.ACCEPTED, Verdict.ALREADY}


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (UnrackError(Problem(category=Category.DENIED, message="x")), ExitCode.REFUSED),
        (InputError([Diagnostic("f.yaml", 1, 2, "x")]), ExitCode.BAD_INPUT),
        (RPCError("x", RPCStatusCode.UNAVAILABLE, b""), ExitCode.NOT_REACHABLE),
        (RPCError("x", RPCStatusCode.NOT_FOUND, b""), ExitCode.NOT_FOUND),
        (RPCError("x", RPCStatusCode.INTERNAL, b""), ExitCode.WRONG),
    ],
)
def test_an_expected_failure_becomes_a_problem(error: Exception, code: ExitCode) -> None:
    """With the code of its category."""
    problem = problem_of(error)
    assert problem is not None
    assert code_for(problem) is code


def test_a_bug_stays_a_bug(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is not dressed up as something that a person did."""

    def broken(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("unrack.cli.runbooks.check_runbooks", broken)
    assert isinstance(CliRunner().invoke(app, ["runbook", "check"]).exception, ZeroDivisionError)
