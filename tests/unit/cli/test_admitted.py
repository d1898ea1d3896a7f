"""What a launch says when nobody has judged it yet, and when the server did not take one of several."""

import json

import pytest
import typer

from tests.unit.cli.test_screens import connection
from unrack.cli.admitted import end_launch
from unrack.cli.problems import ExitCode
from unrack.model.decision import Actor, Verdict
from unrack.model.errors import Category, Problem, UnrackError
from unrack.model.lifecycle import Timing
from unrack.operations.admitting import Admission
from unrack.operations.plan_and_launch import Launched

BY = Actor(name="olivia")
PLAN = connection(Timing.IMMEDIATE)
UNJUDGED = Launched(PLAN, admission=Admission(words="no worker polls the task queue 'unrack'"))
GOOD = Launched(PLAN, admission=Admission(verdict=Verdict.ACCEPTED, by=BY))
LOST = Launched(PLAN, problem=Problem(category=Category.CONFLICT, message="the service has an open run"))


def test_a_launch_that_nobody_judged_is_said_to_be_that(capsys: pytest.CaptureFixture[str]) -> None:
    """It stays with the server: an exit code of its own, why, and how to look."""
    with pytest.raises(typer.Exit) as ended:
        end_launch([UNJUDGED], BY, as_json=False)

    out, err = capsys.readouterr()
    assert ended.value.exit_code == ExitCode.HANDED_OVER
    assert out.startswith(f"Launched {PLAN.run_id}")
    for part in ("Not judged yet", "no worker polls", "nothing is touched", f"unrack status {PLAN.run_id}"):
        assert part in err, part


def test_the_document_of_it_has_no_verdict(capsys: pytest.CaptureFixture[str]) -> None:
    """The keys stay; the admission says why there is no verdict."""
    with pytest.raises(typer.Exit) as ended:
        end_launch([UNJUDGED], BY, as_json=True)

    document = json.loads(capsys.readouterr().out)
    assert ended.value.exit_code == ExitCode.HANDED_OVER
    assert {"run", "plan_digest", "launched_by"} <= document.keys()
    assert document["admission"]["verdict"] is None
    assert "no worker polls" in document["admission"]["words"]


def test_one_that_the_server_did_not_take_hides_no_other(capsys: pytest.CaptureFixture[str]) -> None:
    """Of several each is told; the exit code is that of the first that did not go well."""
    with pytest.raises(typer.Exit) as ended:
        end_launch([GOOD, LOST, UNJUDGED], BY, as_json=True)

    runs = json.loads(capsys.readouterr().out)["runs"]
    assert ended.value.exit_code == ExitCode.REFUSED
    assert [each["admission"] and each["admission"]["verdict"] for each in runs] == ["accepted", None, None]
    assert runs[1]["problem"]["message"] == "the service has an open run"


def test_the_only_one_that_the_server_did_not_take_is_a_problem_as_ever() -> None:
    """As any other refusal of the command."""
    with pytest.raises(UnrackError, match="open run"):
        end_launch([LOST], BY, as_json=True)
