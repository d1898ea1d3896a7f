"""The documents keep up with the code: a page for each way to park, commands that parse, links that lead somewhere."""

import importlib.util
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import typer.core
import typer.main

from unrack.cli.app import app
from unrack.cli.render.run_now import ON_CALL_PAGES
from unrack.contracts.reconciliation import Mismatch
from unrack.local.embedded_server import find_binary
from unrack.model.decision import Envelope
from unrack.model.lifecycle import ParkReason

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
PAGES = sorted(
    [*DOCS.rglob("*.md"), *ROOT.glob("*.md"), *(ROOT / "runbooks").glob("*.md"), *(ROOT / "deploy").glob("*.md")]
)


def typed_lines(text: str) -> list[str]:
    """Every line of the fenced blocks; what goes on after a backslash is one line."""
    blocks = re.findall(r"^[ ]*```[a-z]*\n(.*?)^[ ]*```", text, re.MULTILINE | re.DOTALL)
    return [line for block in blocks for line in re.sub(r"\\\n\s*", "", block).splitlines()]


def commands_of(text: str) -> Iterator[str]:
    """Every ``unrack …`` in a fenced block (without what is said of it after two spaces), or in a code span."""
    lines = typed_lines(text)
    spans = re.findall(r"`(unrack [^`\n]+)`", re.sub(r"^[ ]*```.*?^[ ]*```", "", text, flags=re.MULTILINE | re.DOTALL))
    for line in [*lines, *spans]:
        typed = line.strip().removeprefix("$ ")
        if typed.startswith("unrack "):
            yield typed.partition("  ")[0]


def faults_of(typed: str) -> str | None:
    """Why the command cannot be what a reader is to type; None when it can. Nothing is run."""
    words, command = shlex.split(typed, comments=True)[1:], typer.main.get_command(app)
    while isinstance(command, typer.core.TyperGroup):
        if not words or words[0].startswith("-"):
            return None
        name = words.pop(0)
        found = command.commands.get(name)
        if found is None:
            return f"there is no command '{name}'"
        command = found
    known = _options_of(command)
    if command.context_settings.get("ignore_unknown_options") and len(words) > 1:  # `sign RUN KIND …` is one for KIND
        root: Any = typer.main.get_command(app)
        kind = root.commands.get(words[1])
        known |= _options_of(kind) if kind is not None else set()
    unknown = [word for word in words if word.startswith("--") and word.partition("=")[0] not in known | {"--help"}]
    return f"unknown option {', '.join(unknown)}" if unknown else None


def _options_of(command: Any) -> set[str]:  # noqa: ANN401 - typer hides the types
    return {option for parameter in command.params for option in (*parameter.opts, *parameter.secondary_opts)}


def programs_of(text: str) -> Iterator[tuple[list[str], list[str]]]:
    """Every ``python …`` and ``temporal …`` in a fenced block: the program with its subcommands, and its options."""
    for line in typed_lines(text):
        typed = re.sub(r"^(\w+=\S+ )*", "", line.strip().removeprefix("$ "))
        if not re.match(r"(python|temporal) ", typed):
            continue
        words = re.split(r"  +#|[<>|']", typed)[0].split()
        ends = next((at for at, word in enumerate(words) if word.startswith("--")), len(words))
        yield words[:ends], [word for word in words[ends:] if word.startswith("--")]


@cache
def help_of(*program: str) -> str:
    """What a program says with ``--help``."""
    start = [sys.executable, *program[1:]] if program[0] == "python" else [find_binary(), *program[1:]]
    asked = subprocess.run([*start, "--help"], cwd=ROOT, capture_output=True, text=True, check=True, timeout=60)
    return asked.stdout


@pytest.mark.parametrize("reason", ParkReason)
def test_every_way_to_park_has_its_page(reason: ParkReason) -> None:
    """`unrack status` names ``docs/on-call/<reason>.md``: what was done, how to find out, what to do now."""
    page = ROOT / ON_CALL_PAGES / f"{reason.value}.md"

    text = page.read_text(encoding="utf-8")

    for part in ("**What it means.**", "**What was done, what not.**", "## Find out", "## Do", "## Roll the run back"):
        assert part in text, f"{page.name} lacks '{part}'"
    assert f"]({page.name})" in (page.parent / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("mismatch", Mismatch)
def test_every_finding_of_reconciliation_has_its_paragraph(mismatch: Mismatch) -> None:
    """`unrack reconcile` names the page; there each kind of finding says what it means and what to do."""
    text = (DOCS / "on-call" / "reconcile.md").read_text(encoding="utf-8")

    assert f"\n## {mismatch.value}\n" in text


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_commands_in_pages_exist_with_their_options(page: Path) -> None:
    """Whatever a page tells a reader to type is a command, with options that it has."""
    typed = list(commands_of(page.read_text(encoding="utf-8")))

    assert [f"{line}: {fault}" for line in typed if (fault := faults_of(line))] == []


def test_the_commands_in_pages_are_found() -> None:
    """The test above looks at what it should."""
    found = [line for page in PAGES for line in commands_of(page.read_text(encoding="utf-8"))]

    assert len(found) > 50
    assert faults_of("unrack resolve RUN STEP retry --reason 'x'") is None
    assert faults_of("unrack evidence fetch RUN") == "there is no command 'fetch'"
    assert faults_of("unrack hold RUN --because 'x'") == "unknown option --because"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_other_programs_in_pages_exist_with_their_options(page: Path) -> None:
    """Piece by piece and without this command, too, there is what a reader types."""
    for program, options in programs_of(page.read_text(encoding="utf-8")):
        if program[0] == "python":
            name = program[2] if program[1] == "-m" else program[1].removesuffix(".py")
            assert importlib.util.find_spec(name), program
        for option in options:  # only then asked for help: some take none, and would begin
            assert re.search(rf"{option}\b", help_of(*program)), (program, option)


def test_the_other_programs_in_pages_are_found() -> None:
    """The test above looks at what it should."""
    found = [each for page in PAGES for each in programs_of(page.read_text(encoding="utf-8"))]

    start = ["temporal", "server", "start-dev"]
    assert (start, ["--port", "--db-filename", "--headless"]) in found
    assert (["python", "worker.py"], ["--check"]) in found
    assert "--colour-of-port" not in help_of(*start)


def test_decisions_in_pages_are_decisions() -> None:
    """What a reader sends as a signal, without this command, is taken."""
    pages = [page.read_text(encoding="utf-8") for page in PAGES]
    sent = [text for page in pages for text in re.findall(r"--input '(.*?)'", page, re.DOTALL)]

    assert sent
    for text in sent:
        assert Envelope.model_validate_json(text)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_between_files_lead_somewhere(page: Path) -> None:
    """A reader who follows a link arrives."""
    text = page.read_text(encoding="utf-8")
    targets = re.findall(r"\]\((?!https?:|mailto:|#)([^)#\s]+)", text)

    assert [target for target in targets if not (page.parent / target).exists()] == []


def test_the_index_lists_every_decision() -> None:
    """Each ADR is in the index, with its own title, and no two share a number."""
    index = (DOCS / "adr" / "index.md").read_text(encoding="utf-8")
    files = sorted((DOCS / "adr").glob("[0-9]*.md"))

    assert files
    for number, file in enumerate(files, start=1):
        title = file.read_text(encoding="utf-8").splitlines()[0].removeprefix(f"# {number}. ")
        row = re.escape(f"| [{number}]({file.name}) | {title}") + r"( \(replaced by \d+\))? \|"
        assert re.search(row, index), f"{file.name}: {title}"


def test_numbered_decisions_are_short_and_complete() -> None:
    """Context, decision, consequences: on one page."""
    for file in sorted((DOCS / "adr").glob("[0-9]*.md")):
        text = file.read_text(encoding="utf-8")
        assert len(text.splitlines()) <= 60, file.name
        for part in ("## Context", "## Decision", "## Consequences"):
            assert part in text, f"{file.name} lacks {part}"
