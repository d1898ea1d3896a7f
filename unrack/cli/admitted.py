"""Shows what came of a start (launch, resume), and ends the command with the exit code for it."""

from collections.abc import Sequence
from datetime import timedelta

import typer

from unrack.cli import screen
from unrack.cli.problems import ExitCode, code_for
from unrack.cli.screen import escape
from unrack.model.decision import Actor, Verdict
from unrack.model.errors import UnrackError
from unrack.model.message import msg
from unrack.operations.admitting import Admission
from unrack.operations.plan_and_launch import Launched


def waiting_for_a_worker(within: timedelta) -> None:
    """Say what a command waits for, on stderr."""
    told = msg(
        "[dim]Waiting for a worker to say whether it may begin, {seconds} seconds at most …[/]",
        seconds=f"{within.total_seconds():.0f}",
    )
    screen.aside().print(told)


def end_launch(launched: Sequence[Launched], by: Actor, *, as_json: bool) -> None:
    """Print what came of each launch.

    Raises:
        UnrackError: the server did not take the only one.
        typer.Exit: with the exit code of the first that did not go well.
    """
    if len(launched) == 1 and launched[0].problem is not None:
        raise UnrackError(launched[0].problem)
    if as_json:
        documents = [_document(each, by) for each in launched]
        screen.print_document(documents[0] if len(documents) == 1 else {"runs": documents})
    else:
        for each in launched:
            _show_launched(each)
    end_with_codes([_code(each) for each in launched])


def end_with_codes(codes: Sequence[ExitCode]) -> None:
    """End with the first code that is not for all well.

    Raises:
        typer.Exit: there is one.
    """
    bad = [code for code in codes if code is not ExitCode.DONE]
    if bad:
        raise typer.Exit(bad[0])


def code_for_admission(admission: Admission) -> ExitCode:
    """The exit code of a start that came to this."""
    if admission.verdict is None:
        return ExitCode.HANDED_OVER
    return ExitCode.REFUSED if admission.verdict is Verdict.REFUSED else ExitCode.DONE


def show_refused(run: str, admission: Admission, untouched: str) -> None:
    """Print why a start was refused, and what to do now; `untouched` says what is as it was."""
    console = screen.aside()
    why = f" ({admission.why.value})" if admission.why is not None else ""
    console.print(msg("[bold red]Refused[/]{why}: {words}", why=why, words=escape(admission.words)), soft_wrap=True)
    console.print(untouched, soft_wrap=True)
    if admission.next:
        console.print(msg("What to do: {todo}", todo=escape(admission.next)), soft_wrap=True)
    console.print(msg("[dim]{run}[/]", run=escape(run)), soft_wrap=True)


def show_unjudged(run: str, admission: Admission) -> None:
    """Print that nobody has judged a start yet, and how to look."""
    console = screen.aside()
    console.print(msg("[bold yellow]Not judged yet:[/] {words}", words=escape(admission.words)), soft_wrap=True)
    told = msg(
        "The server keeps it, and nothing is touched until a worker has admitted it. Whether one is there says "
        "`unrack doctor`; what came of it: unrack status {run}",
        run=escape(run),
    )
    console.print(told, soft_wrap=True)


def _document(each: Launched, by: Actor) -> dict[str, object]:
    told: dict[str, object] = {
        "run": str(each.plan.run_id),
        "plan_digest": each.plan.digest,
        "launched_by": by.model_dump(mode="json"),
        "admission": each.admission and each.admission.model_dump(mode="json"),
    }
    return told if each.problem is None else {**told, "problem": each.problem.model_dump(mode="json")}


def _code(each: Launched) -> ExitCode:
    if each.admission is not None:
        return code_for_admission(each.admission)
    return ExitCode.DONE if each.problem is None else code_for(each.problem)


def _show_launched(each: Launched) -> None:
    run, admission, problem = str(each.plan.run_id), each.admission, each.problem
    if problem is not None:
        told = msg("[bold red]Not launched[/] {run}: {why}", run=escape(run), why=escape(problem.message))
        screen.aside().print(told, soft_wrap=True)
        if problem.suggestion:
            screen.aside().print(msg("What to do: {todo}", todo=escape(problem.suggestion)), soft_wrap=True)
    elif admission is not None and admission.verdict is Verdict.REFUSED:
        show_refused(run, admission, msg("Nothing was touched: the run ended before its first step."))
    else:
        told = msg(
            "Launched {run_id}\nPlan {digest}\nLook at it with:\n  unrack status {run_id2}",
            run_id=escape(run),
            digest=each.plan.digest,
            run_id2=escape(run),
        )
        screen.facts().print(told, soft_wrap=True)
        if admission is not None and admission.verdict is None:
            show_unjudged(run, admission)
