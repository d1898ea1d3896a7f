"""The kept histories, and ways to damage them."""

import asyncio
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from temporalio.api.history.v1 import HistoryEvent
from temporalio.client import WorkflowHistory

from tests.replay.scenarios import HISTORIES
from unrack.audit.histories import Chain, read, recorded
from unrack.audit.replay import ReplayVerdict, replay

ROOT = Path(__file__).parents[2]


def kept(name: str) -> Chain:
    """The chain of the scenario `name`, freshly read: tests may change its events."""
    (chain,) = read(HISTORIES / f"{name}.json")
    return chain


def verdicts(chain: Sequence[WorkflowHistory]) -> tuple[ReplayVerdict, ...]:
    """Replays `chain` in this process."""
    return asyncio.run(replay(recorded(tuple(chain))))


def events(chain: Sequence[WorkflowHistory], attributes: str) -> list[HistoryEvent]:
    """The events of one kind, in order."""
    found = [event for history in chain for event in history.events]
    return [event for event in found if event.WhichOneof("attributes") == f"{attributes}_event_attributes"]


_ACTING = ("capture", "change", "undo", "commit", "compare")


def calls(chain: Sequence[WorkflowHistory]) -> list[str]:
    """The activities of a chain that change or keep something, as ``type id``, in order; reads and notices left out."""
    scheduled = (event.activity_task_scheduled_event_attributes for event in events(chain, "activity_task_scheduled"))
    named = ((each.activity_type.name, each.activity_id) for each in scheduled)
    return [f"{kind} {step}" for kind, step in named if kind in _ACTING]


_WITH_CODE = """
import functools, pathlib, sys
from unrack.audit import replay
code = pathlib.Path(sys.argv.pop(1))
replay.IsolatedReplay = functools.partial(replay.IsolatedReplay, code=code)
from unrack.cli.app import main
main()
"""
"""The command ``unrack``, whose replays run the workflow code of another folder: by itself it takes none but ours."""


def replay_with(folder: Path, source: Path, seed: int = 0, *options: str) -> subprocess.CompletedProcess[str]:
    """Runs ``unrack replay SOURCE --json`` with the workflow code that lies in `folder`, under one hash seed."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONHASHSEED": str(seed), "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, "-c", _WITH_CODE, str(folder), "replay", str(source), "--json", *options]
    return subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False, timeout=100
    )


def changed(folder: Path, module: str, change: Callable[[str], str]) -> None:
    """Copies today's workflow code into `folder` with one module changed."""
    source = ROOT / "workflows"
    for file in source.rglob("*.py"):
        target = folder / "workflows" / file.relative_to(source)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(file.read_text(encoding="utf-8"), encoding="utf-8")
    target = folder / "workflows" / module
    before = target.read_text(encoding="utf-8")
    after = change(before)
    assert after != before, f"{module} has changed: the mutation of this test finds nothing to change any more"
    target.write_text(after, encoding="utf-8")
