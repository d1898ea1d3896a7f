"""Arguments of any length, odd paths, deep nesting, full disks: a sentence and an exit code, and nothing changed."""

import errno
import json
from pathlib import Path
from typing import IO, Self

import pytest
from obstore.exceptions import GenericError
from typer.testing import CliRunner, Result

from tests.unit.cli.test_screens import NOW, connection
from unrack.cli.app import app
from unrack.cli.problems import ExitCode, code_for, problem_of
from unrack.evidence.store import EvidenceStore
from unrack.model.errors import Category, UnrackError
from unrack.model.lifecycle import Timing
from unrack.operations.shown_plans import ShownPlans
from unrack.process.files import from_home, is_file, is_there, write_new

LONG = "x" * 100_000
TOO_LONG = "y" * 300
"""Longer than any file system lets a name be."""

COMMANDS = (
    ("status", "{}"),
    ("plan", "{}"),
    ("launch", "{}", "--confirm", "x"),
    ("list", "--due-before", "{}"),
    ("list", "--provider", "{}"),
    ("tasks", "{}"),
    ("tasks", "x", "{}"),
    ("complete", "x", "y", "--field", "{}=1"),
    ("complete", "x", "y", "--evidence", "loa={}"),
    ("hold", "x", "--reason", "{}"),
    ("handover", "--file", "{}"),
    ("history", "{}"),
    ("replay", "{}"),
    ("runbook", "check", "{}"),
    ("runbook", "show", "{}"),
    ("runbook", "new", "n", "--like", "{}"),
    ("evidence", "get", "x", "{}", "--out", "y"),
    ("evidence", "add", "{}"),
    ("--lang", "{}", "list"),
)
ODD = (LONG, TOO_LONG, "a\0b", "\udcff", ".", "~nobody-of-this-name/x", "''", "[/red]")


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of its own, and no server."""
    monkeypatch.setenv("TEMPORAL_ADDRESS", "127.0.0.1:1")
    monkeypatch.chdir(tmp_path)
    return tmp_path / "home"


def typed(home: Path, *words: str) -> Result:
    """The command as typed."""
    return CliRunner().invoke(app, ["--home", str(home), *words])


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
@pytest.mark.parametrize(
    "odd", ODD, ids=("long", "long name", "NUL", "no text", "folder", "no home", "quotes", "markup")
)
def test_odd_words_have_a_sentence_and_a_documented_exit_code(home: Path, command: tuple[str, ...], odd: str) -> None:
    """Bad input, or that no server is there to ask; never a traceback, and the sentence is short."""
    result = typed(home, *(word.replace("{}", odd) for word in command))

    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    assert result.exit_code not in {ExitCode.DONE, ExitCode.NO_ROOM}
    assert 0 < len(result.output) < 3000
    if odd in (LONG, "a\0b", "\udcff"):
        assert result.exit_code == ExitCode.BAD_INPUT


@pytest.mark.parametrize("home_folder", ["~nobody-of-this-name/x", "/dev/null/x", TOO_LONG, "a\0b"])
def test_an_odd_home_is_told(home: Path, home_folder: str) -> None:
    """Whatever stands in its way."""
    result = CliRunner().invoke(app, ["--home", home_folder, "doctor", "--json"])

    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    assert result.exit_code in {ExitCode.WRONG, ExitCode.BAD_INPUT}


@pytest.mark.parametrize("text", ["[" * 100_000, '{"events":' * 100_000, json.dumps({"events": [0] * 5}), "[" * 600])
def test_deep_json_is_no_history(home: Path, tmp_path: Path, text: str) -> None:
    """Its history is bad input, its replay a verdict of its own; both name the file."""
    (tmp_path / "deep.json").write_text(text, encoding="utf-8")
    told, replayed = typed(home, "history", "deep.json"), typed(home, "replay", "deep.json")

    assert (told.exit_code, "deep.json" in told.stderr) == (ExitCode.BAD_INPUT, True)
    assert (replayed.exit_code, "unreadable" in replayed.stdout) == (ExitCode.WRONG, True)


@pytest.mark.parametrize("text", ["[" * 10_000, "a: " * 10_000, "{a: " * 10_000, '{"a":' * 10_000])
def test_a_deep_request_is_bad_input(home: Path, tmp_path: Path, text: str) -> None:
    """Exit code 2 and the place."""
    (tmp_path / "deep.yaml").write_text(text, encoding="utf-8")
    result = typed(home, "plan", "deep.yaml")

    assert (result.exit_code, "deep.yaml:1" in result.stderr) == (ExitCode.BAD_INPUT, True)


def test_a_file_without_an_end_is_not_read_to_its_end(home: Path) -> None:
    """A device gives zeros for ever."""
    result = typed(home, "plan", "/dev/zero")

    assert (result.exit_code, "at most" in result.stderr) == (ExitCode.BAD_INPUT, True)


@pytest.mark.parametrize("text", ["a\0b", TOO_LONG, "~nobody-of-this-name/x"])
def test_paths_that_lead_nowhere_are_no_files(text: str) -> None:
    """They are asked for without an error."""
    assert not is_there(from_home(text))
    assert not is_file(from_home(text))


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EROFS])
def test_a_disk_that_takes_nothing_has_an_error_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    """Exit code 6 whatever was to be written, and nothing half written is left."""

    def full(*_: object, **__: object) -> None:
        raise OSError(number, "the disk takes nothing")

    monkeypatch.setattr("tempfile._TemporaryFileWrapper.flush", full, raising=False)
    monkeypatch.setattr("unrack.operations.shown_plans.ShownPlan.model_dump_json", full)
    with pytest.raises(UnrackError) as shown:
        ShownPlans(tmp_path / "plans").remember(connection(Timing.END_OF_TERM))

    monkeypatch.setattr("pathlib.Path.open", full)
    with pytest.raises(UnrackError) as written:
        write_new(tmp_path / "new", b"content")

    plain = problem_of(OSError(number, "the disk takes nothing"))
    assert plain is not None
    for problem in (shown.value.problem, written.value.problem, plain):
        assert (problem.category, code_for(problem)) == (Category.STORAGE, ExitCode.NO_ROOM)
        assert "takes nothing" in problem.message
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_a_file_that_could_not_be_written_whole_is_not_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Half a history would be taken for one."""
    path = tmp_path / "run.json"

    class Full:
        def __init__(self, file: IO[bytes]) -> None:
            self.file = file

        def __enter__(self) -> Self:
            return self

        def __exit__(self, *_: object) -> None:
            self.file.close()

        def write(self, content: bytes) -> None:
            self.file.write(content[:3])
            raise OSError(errno.ENOSPC, "No space left on device")

    opened = Path.open
    monkeypatch.setattr("pathlib.Path.open", lambda self, *how: Full(opened(self, *how)))
    with pytest.raises(UnrackError):
        write_new(path, b"content")

    assert not path.exists()


async def test_a_full_evidence_store_is_no_outage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The store names the system's error by its number alone; a worker tries it again all the same."""

    async def full(*_: object, **__: object) -> None:
        raise GenericError(
            "Generic LocalFileSystem error: Unable to copy: No space left on device (os error 28)\nDebug"
        )

    store = EvidenceStore((tmp_path / "evidence").as_uri())
    monkeypatch.setattr("obstore.put_async", full)
    with pytest.raises(UnrackError) as error:
        await store.put(b"x", type="loa", name="loa", media_type="text/plain", source="person:a", taken_at=NOW)

    assert error.value.problem.category is Category.STORAGE
