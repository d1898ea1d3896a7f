"""A child process that is killed while it starts is started again; one that ends by itself is told."""

import sys
from datetime import timedelta
from pathlib import Path

import pytest

from unrack.local.child import Child, ChildSpec
from unrack.model.errors import UnrackError

_DIES_FIRST = """
import os, pathlib, sys, time
tries = pathlib.Path(sys.argv[1])
with tries.open("a") as file:
    file.write("x")
if len(tries.read_text()) <= int(sys.argv[2]):
    os.kill(os.getpid(), 9)
pathlib.Path(sys.argv[3]).touch()
time.sleep(600)
"""


def child(folder: Path, script: str, *arguments: str) -> Child:
    async def ready() -> bool:
        return (folder / "ready").exists()

    return Child(
        ChildSpec(
            name="stand-in",
            command=[sys.executable, "-c", script, *arguments],
            log=folder / "log",
            ready=ready,
            ready_within=timedelta(seconds=60),
        )
    )


@pytest.mark.parametrize("deaths", [1, 3])
async def test_a_child_that_is_killed_while_it_starts_is_started_again(tmp_path: Path, deaths: int) -> None:
    """As often as it takes, within the time it has to become ready."""
    one = child(tmp_path, _DIES_FIRST, str(tmp_path / "tries"), str(deaths), str(tmp_path / "ready"))

    await one.start()
    try:
        assert one.restarts == deaths
        assert one.pid is not None
    finally:
        await one.stop()


async def test_a_child_that_ends_by_itself_is_told(tmp_path: Path) -> None:
    """It would do so again: its log says why."""
    with pytest.raises(UnrackError, match=r"ended at once: no such port"):
        await child(tmp_path, "import sys; sys.exit('no such port')").start()
