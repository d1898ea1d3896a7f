"""Our processes run our code, whatever lies in the folder where the command is typed: they have credentials."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from temporalio.client import WorkflowHistory

from unrack.audit.histories import Recorded
from unrack.audit.isolated_replay import IsolatedReplay, ReplayJob
from unrack.local.supervisor import SERVER, SIMULATOR, WORKER, Installation, Ports, Simulated
from unrack.process.settings import load_settings

pytestmark = [pytest.mark.durability, pytest.mark.timeout(300)]

_HISTORY = Path(__file__).parents[1] / "replay" / "histories" / "cancel-requested.json"
_PACKAGES = ("unrack", "workflows", "activities", "runbooks", "temporalio", "asyncio")
_MODULES = ("worker", "starter", "ctypes", "json", "logging", "signal", "sitecustomize", "usercustomize")


@pytest.fixture(autouse=True)
def _in_a_foreign_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A folder of somebody who has modules named as ours, and as Python's own; none of them may be run.

    Each would note it, and do nothing else.
    """
    marker, folder = tmp_path / "marker", tmp_path / "theirs"
    files = [folder / name / "__init__.py" for name in _PACKAGES] + [folder / f"{name}.py" for name in _MODULES]
    for file in files:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"open({str(marker)!r}, 'a').write(__file__ + ' was run\\n')\n", encoding="utf-8")
    monkeypatch.chdir(folder)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([os.environ.get("PYTHONPATH", ""), "", "."]))
    for name in [name for name in os.environ if name.startswith(("UNRACK_", "TEMPORAL_"))]:
        monkeypatch.delenv(name)
    yield
    assert not marker.exists(), marker.read_text(encoding="utf-8")


async def test_no_process_of_an_installation_runs_what_lies_in_the_folder(tmp_path: Path) -> None:
    """Server, simulator and worker become ready, and nothing of the folder was run, nor by way of PYTHONPATH."""
    settings = load_settings(tmp_path / "home")
    async with Installation(settings, simulator=Simulated(scale=60), ports=Ports(ui=None)) as running:
        ready = set(running.pids)

    assert ready == {SERVER, SIMULATOR, WORKER}


async def test_a_replay_runs_nothing_that_lies_in_the_folder() -> None:
    """It runs our workflows; what it says of this history is for other tests."""
    history = WorkflowHistory.from_json("a run", _HISTORY.read_text(encoding="utf-8"))
    async with IsolatedReplay() as place:
        verdicts = await place.judge(ReplayJob.of(Recorded("a run", history)))

    assert verdicts
