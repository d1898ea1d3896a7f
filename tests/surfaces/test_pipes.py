"""What becomes of output that nobody takes: a reader that leaves, a full disk, a stream that is closed."""

import json
import os
import subprocess
import sys
from pathlib import Path
from shutil import copyfile

import pytest

ROOT = Path(__file__).resolve().parents[2]
RUNBOOKS = ("ovhcloud-connect-direct", "whmcs-service", "whc-domain")
"""Enough to list: to read all that are shipped takes seconds each time."""
LONG = [("runbook", "schema"), ("runbook", "list"), ("runbook", "list", "--json"), ("--help",)]
"""Commands that print much, each in a way of its own; none needs a server."""


def unrack(home: Path, *words: str, then: str = "", **more: str) -> subprocess.CompletedProcess[str]:
    """Run the command in a process of its own; `then` is what follows it on the command line."""
    command = f'"$0" -m unrack.cli.app --home "$HOME_OF_UNRACK" "$@" {then}'
    shelf = home / "shelf"
    shelf.mkdir(parents=True, exist_ok=True)
    for name in RUNBOOKS:
        copyfile(ROOT / "runbooks" / f"{name}.yaml", shelf / f"{name}.yaml")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("UNRACK_", "TEMPORAL_"))}
    return subprocess.run(
        ["/bin/bash", "-c", command, sys.executable, *words],
        cwd=ROOT,
        env={
            **kept,
            "TEMPORAL_ADDRESS": "127.0.0.1:1",
            "HOME_OF_UNRACK": str(home),
            "UNRACK_RUNBOOKS": str(shelf),
            **more,
        },
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.mark.parametrize("words", LONG, ids=" ".join)
def test_a_reader_that_leaves_is_no_error(tmp_path: Path, words: tuple[str, ...]) -> None:
    """As with `| true`: exit code 0, and nothing on stderr."""
    ended = unrack(tmp_path, *words, then='| true; echo "${PIPESTATUS[0]}"')

    assert (ended.stdout, ended.stderr) == ("0\n", "")


def test_a_reader_that_leaves_changes_no_exit_code(tmp_path: Path) -> None:
    """What the command found is still told by its code."""
    ended = unrack(tmp_path, "doctor", then='| true; echo "${PIPESTATUS[0]}"')

    assert (ended.stdout, ended.stderr) == ("1\n", "")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no disk that is always full")
@pytest.mark.parametrize("words", LONG, ids=" ".join)
def test_a_full_disk_has_an_error_of_its_own(tmp_path: Path, words: tuple[str, ...]) -> None:
    """Exit code 6, in one sentence: neither bad input nor a traceback, and never a cut document that looks whole."""
    ended = unrack(tmp_path, *words, then="> /dev/full")

    assert ended.returncode == 7
    assert "No space left on device" in ended.stderr
    assert "Traceback" not in ended.stderr


@pytest.mark.parametrize("words", [("runbook", "list"), ("runbook", "list", "--json"), ("--help",)], ids=" ".join)
def test_a_closed_stdout_takes_nothing(tmp_path: Path, words: tuple[str, ...]) -> None:
    """As with `>&-`."""
    ended = unrack(tmp_path, *words, then=">&-")

    assert (ended.returncode, ended.stderr) == (0, "")


def test_a_stream_that_lacks_characters_gets_their_escapes(tmp_path: Path) -> None:
    """For people, and as JSON that is still JSON."""
    told = unrack(tmp_path, "runbook", "list", PYTHONIOENCODING="ascii")
    document = unrack(tmp_path, "runbook", "list", "--json", PYTHONIOENCODING="ascii")

    assert (told.returncode, document.returncode) == (0, 0)
    assert json.loads(document.stdout) == json.loads(unrack(tmp_path, "runbook", "list", "--json").stdout)


@pytest.mark.parametrize(
    "words",
    [("status", "caf\udce9"), ("plan", "caf\udce9.yaml"), ("hold", "x", "--reason", "\udcff"), ("caf\udce9",)],
    ids=repr,
)
def test_bytes_that_are_no_text_are_bad_input(tmp_path: Path, words: tuple[str, ...]) -> None:
    """Exit code 2 and a sentence; nothing is asked of any server."""
    ended = unrack(tmp_path, *words)

    assert ended.returncode == 2
    assert "Traceback" not in ended.stderr


def test_a_file_whose_name_is_no_text_is_read(tmp_path: Path) -> None:
    """As an old archive unpacks it: what is wrong in it is told with its name."""
    (tmp_path / "caf\udce9.yaml").write_text("name: 7\n", encoding="utf-8")
    ended = unrack(tmp_path, "runbook", "check", str(tmp_path / "caf\udce9.yaml"))

    assert ended.returncode == 2
    assert "caf\\udce9.yaml:1" in ended.stdout
    assert "Traceback" not in ended.stderr
