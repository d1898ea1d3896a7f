"""The file in which an installation records its processes, so that leftovers of a kill are found and ended."""

import logging
import os
import time
from contextlib import suppress
from pathlib import Path

import psutil
from pydantic import BaseModel, ConfigDict, Field, ValidationError

_log = logging.getLogger("unrack.supervisor")

_FILE = "installation.json"
_SAME_START = 0.5
"""Seconds; process ids are used again, but not with the same start time."""
_POLL = 0.02
_TIMEOUT = 10.0
"""Seconds that a left-over process may take to end."""


class RunningProcess(BaseModel):
    """A process as it can be told from a later one with the same id."""

    model_config = ConfigDict(frozen=True)

    name: str
    pid: int
    started: float


class Record(BaseModel):
    """The file ``installation.json`` in the data folder."""

    model_config = ConfigDict(frozen=True)

    supervisor: RunningProcess | None
    address: str
    ui_url: str | None = None
    simulator_url: str | None = None
    children: tuple[RunningProcess, ...] = Field(default=())


def running(name: str, pid: int | None = None) -> RunningProcess | None:
    """The process `pid` (this one when not given), or None when it has ended."""
    with suppress(psutil.Error):
        process = psutil.Process(pid or os.getpid())
        return RunningProcess(name=name, pid=process.pid, started=process.create_time())
    return None


def read(home: Path) -> Record | None:
    """Read the record that was last written in `home`; None when there is nothing readable."""
    try:
        return Record.model_validate_json((home / _FILE).read_bytes())
    except (OSError, ValidationError):
        return None


def write(home: Path, record: Record) -> None:
    """Write `record`, whole or not at all."""
    target = home / _FILE
    draft = target.with_suffix(".new")
    draft.write_text(record.model_dump_json(indent=2), encoding="utf-8")
    draft.replace(target)


def end_leftovers(home: Path) -> tuple[str, ...]:
    """End the children of an installation that was killed, and wait until they gave up their ports.

    Call it only while the data folder is locked: then its supervisor is known to be gone.

    Returns:
        The names of those that had not ended by themselves.
    """
    record = read(home)
    found = [(child.name, process) for child in (record.children if record else ()) if (process := _running(child))]
    for name, process in found:
        with suppress(psutil.NoSuchProcess):
            process.kill()  # safe at any time: server, simulator and worker are built to survive it
        _log.warning("left-over child ended", extra={"child": name})
    deadline = time.monotonic() + _TIMEOUT
    while time.monotonic() < deadline and not all(_has_ended(process) for _, process in found):
        time.sleep(_POLL)
    return tuple(name for name, _ in found)


def _running(child: RunningProcess) -> psutil.Process | None:
    with suppress(psutil.Error):
        process = psutil.Process(child.pid)
        same = abs(process.create_time() - child.started) < _SAME_START
        if same and not _has_ended(process):
            return process
    return None


def _has_ended(process: psutil.Process) -> bool:
    """Whether nothing of it is left but an entry that its parent has not collected.

    The first thread of a killed process can be gone while others still hold its ports.
    """
    try:
        uncollected = process.status() == psutil.STATUS_ZOMBIE and process.num_threads() <= 1
    except psutil.NoSuchProcess:
        return True
    return uncollected
