"""Shows a decision that was sent, and ends the command with the exit code for it."""

from collections.abc import Sequence

import typer
from pydantic import BaseModel

from unrack.cli import screen
from unrack.cli.problems import ExitCode, code_for_verdict
from unrack.cli.render.formats import exact
from unrack.cli.screen import escape
from unrack.i18n import say
from unrack.model.decision import DecisionResult, Verdict
from unrack.model.message import msg
from unrack.operations.sending import HandedOver, Settled

_WORDS = {
    Verdict.ACCEPTED: "[green]Accepted[/]",
    Verdict.ALREADY: msg("[green]Already so[/]"),
    Verdict.CONFLICT: "[bold red]Conflict[/]",
    Verdict.REFUSED: "[bold red]Refused[/]",
    Verdict.NOT_OPEN: msg("[bold red]Nothing waits for this[/]"),
    Verdict.INVALID: "[bold red]Incomplete[/]",
}


def end_with(settled: Settled, *, as_json: bool, shown: BaseModel | None = None) -> None:
    """Print what became of a decision.

    Args:
        settled: The decision, and what became of it.
        as_json: Print one document.
        shown: What the sender was shown before; part of the document.

    Raises:
        typer.Exit: with the verdict's exit code, unless what the sender wanted holds now; or because the server keeps
            the decision, and the run judges it later.
    """
    if as_json:
        screen.print_document(_document(settled, shown))
    elif settled.answer is not None:
        _show_answer(settled.run_id, settled.answer)
    elif settled.file is not None:
        _show_file(settled.run_id, settled.file)
    if settled.handed_over is not None:
        _show_handed_over(settled, settled.handed_over)
        raise typer.Exit(ExitCode.HANDED_OVER)
    if settled.answer is not None and settled.refused:
        raise typer.Exit(code_for_verdict(settled.answer.verdict))


def end_with_all(settled: Sequence[Settled], *, as_json: bool, shown: Sequence[BaseModel | None] | None = None) -> None:
    """Like `end_with`, of decisions on several runs; of one it is the same.

    Raises:
        typer.Exit: with the exit code of the first that did not go well.
    """
    before = shown or [None] * len(settled)
    if len(settled) == 1:
        end_with(settled[0], as_json=as_json, shown=before[0])
        return
    if as_json:
        documents = [_document(each, what) for each, what in zip(settled, before, strict=True)]
        screen.print_document({"runs": documents})
    codes = [code for each in settled if (code := _told(each, as_json=as_json)) is not None]
    if codes:
        raise typer.Exit(codes[0])


def _told(settled: Settled, *, as_json: bool) -> ExitCode | None:
    """Print what became of one of several; the exit code of what did not go well."""
    if settled.answer is not None and not as_json:
        _show_answer(settled.run_id, settled.answer)
    if settled.handed_over is not None:
        _show_handed_over(settled, settled.handed_over)
        return ExitCode.HANDED_OVER
    return code_for_verdict(settled.answer.verdict) if settled.answer is not None and settled.refused else None


def _document(settled: Settled, shown: BaseModel | None) -> dict[str, object]:
    answer, handed = settled.answer, settled.handed_over
    document: dict[str, object] = {
        "run": settled.run_id,
        "decision": settled.decision.model_dump(mode="json"),
        "answer": answer and answer.model_dump(mode="json"),
    }
    document |= {} if handed is None else {"handed_over": handed.model_dump(mode="json")}
    document |= {} if settled.file is None else {"file": settled.file}
    return document if shown is None else {**document, "shown": shown.model_dump(mode="json")}


def _show_answer(run_id: str, answer: DecisionResult) -> None:
    console = screen.facts() if answer.good else screen.aside()
    console.print(
        msg("{say}: {say2}", say=say(_WORDS[answer.verdict]), say2=escape(say(answer.message))), soft_wrap=True
    )
    console.print(
        msg(
            "[dim]{run_id}, {exact}, decision {decision}[/]",
            run_id=escape(run_id),
            exact=exact(answer.at),
            decision=answer.decision,
        ),
        soft_wrap=True,
    )


def _show_file(run_id: str, file: str) -> None:
    screen.facts().print(
        msg(
            "Signed, and not sent. Send it with: unrack send {file}\n[dim]{run_id}[/]",
            file=escape(file),
            run_id=escape(run_id),
        ),
        soft_wrap=True,
    )


def _show_handed_over(settled: Settled, handed: HandedOver) -> None:
    console, run_id = screen.aside(), escape(settled.run_id)
    console.print(msg("[bold yellow]Handed over[/]: {say}", say=escape(say(handed.why))), soft_wrap=True)
    told = say(msg("the server keeps the decision, and the run judges it when it goes on; see then what it answered"))
    console.print(msg("{told}: unrack history {run_id}", told=told, run_id=run_id), soft_wrap=True)
    console.print(msg("[dim]{run_id}, decision {id}[/]", run_id=run_id, id=settled.decision.id), soft_wrap=True)
