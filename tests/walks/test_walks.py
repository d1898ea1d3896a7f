"""The README, typed from top to bottom by one person at a reader's pace: what it promises is what comes."""

import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit.signing import openssh
from tests.walks.pages import Block, blocks
from tests.walks.typist import Typist

ROOT = Path(__file__).resolve().parents[2]
README = ROOT / "README.md"
PROVED = "Who decides is proved"
WALKS = ("Five minutes as operations", "Five minutes on call", "Five minutes as an auditor")

pytestmark = [pytest.mark.long, pytest.mark.alone, pytest.mark.timeout(2400)]

_FOREIGN = ("UNRACK_", "TEMPORAL_", "XDG_")


def fresh(home: Path) -> dict[str, str]:
    """The environment of somebody who has just installed Unrack: nothing set, nothing kept."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(_FOREIGN)}
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    return {**kept, "HOME": str(home), "PATH": path, "PYTHONPATH": str(ROOT), "LC_ALL": "C.UTF-8"}


@pytest.fixture
def typist(tmp_path: Path) -> Iterator[Typist]:
    """Somebody in a folder like the source tree, which keeps the files that the walk makes."""
    home, folder = tmp_path / "home", tmp_path / "unrack"
    home.mkdir()
    folder.mkdir()
    (folder / "examples").symlink_to(ROOT / "examples")
    with Typist(README, folder, fresh(home)) as ready:
        yield ready
    for log in home.rglob("*.log"):  # shown with a failure only
        told = [line for line in log.read_text(encoding="utf-8").splitlines() if '"level": "info"' not in line]
        sys.stdout.write("\n".join([str(log), *told[-20:], ""]))


def test_the_walks_of_the_readme_go_as_it_says(typist: Typist) -> None:
    """Operations, on-call and auditor, by one typist with ``--as``, on an installation that stays up."""
    typist.walk(block for block in blocks(README) if block.chapter in WALKS)
    typist.leave()


@openssh.needed
def test_the_walk_with_signatures_goes_as_the_readme_says(typist: Typist) -> None:
    """Keys, policy, signed decisions and refused ones, an export that OpenSSH verifies."""
    typist.walk(block for block in blocks(README) if block.chapter == PROVED)
    typist.leave()


def test_the_demo_goes_at_a_terminal_as_the_readme_says(typist: Typist) -> None:
    """``make demo`` types this command: no key is pressed until the end; then what it says comes next is typed, too."""
    lines = [line for block in blocks(README) for line in block.lines]
    number = next(line.number for line in lines if line.typed[0].startswith("make demo"))
    typist.walk([Block(number, "", ("unrack demo",)), Block(number, "text", ("Done: … is closed. …",))])
    told = typist.printed()
    up, replay = re.search(r"(UNRACK_HOME=\S+) (unrack up .*)", told), re.search(r"unrack replay \S+", told)
    assert up
    assert replay

    typist.walk(
        [
            Block(number, "", (f"{up[1]} {up[2]}",), said="in its own terminal"),
            Block(number, "text", ("Ready. …",)),
            Block(number, "", (f"export {up[1]}", replay[0])),
        ]
    )
    typist.leave()
