"""Plays rows: each on stage with one kill, judged at the end."""

import contextlib
import shutil
import tempfile
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from chaos.courses import Course
from chaos.death import Place, passed
from chaos.judging import violations
from chaos.rows import SERVER, SIMULATOR, WORKER, Row
from chaos.stage import VIRTUAL_CLOCKS, Stage, stage
from unrack.local.embedded_server import EmbeddedServer


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of a row."""

    row: str
    kind: str
    course: str
    killed: bool
    """Whether the process came by the place, and died there."""
    seconds: float
    parked: tuple[str, ...] = ()
    """What parked on the way and was resolved as the on-call pages say."""
    violations: tuple[str, ...] = ()

    def document(self) -> dict[str, object]:
        """As JSON."""
        return asdict(self)


async def play(row: Row, keep: Path | None = None) -> Verdict:
    """Plays one row; what a run with violations leaves (the server's file, logs, evidence) is kept in `keep`."""
    began = time.monotonic()
    found: list[str] = []
    parked: tuple[str, ...] = ()
    with tempfile.TemporaryDirectory(prefix="chaos-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        async with contextlib.AsyncExitStack() as undo:
            server = await undo.enter_async_context(own_server(folder / "temporal"))
            one = await undo.enter_async_context(
                stage(
                    row.course,
                    server,
                    folder,
                    worker_dies=row.place if row.victim == WORKER else None,
                    simulator_dies=row.place if row.victim == SIMULATOR else None,
                    server_dies_in=row.phase,
                    server_dies_in_rollback=row.rollback,
                )
            )
            try:
                found = await violations(one, await one.play())
            except TimeoutError:
                found = [f"not ended in time: {await _where(one)}"]
            parked, killed = one.parked, _killed(row, one)
        if found and keep is not None:
            shutil.copytree(folder, keep / f"{row.name.replace('/', '-')}-{time.time_ns()}")
    spent = round(time.monotonic() - began, 1)
    return Verdict(row.name, row.kind, row.course.name, killed, spent, parked, tuple(found))


async def places(course: Course) -> tuple[list[Place], list[Place]]:
    """What worker and simulator come by in a run of `course` in which nobody is killed.

    Raises:
        RuntimeError: even that run does not go as it must.
    """
    with tempfile.TemporaryDirectory(prefix="chaos-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        async with own_server(folder / "temporal") as server, stage(course, server, folder) as one:
            found = await violations(one, await one.play())
        if found:
            raise RuntimeError(f"{course.name} without a kill: {'; '.join(found)}")
        worker, simulator = passed(folder / "passed"), passed(folder / "calls")
        return [place for place, _ in worker], [place for place, _ in simulator]


@asynccontextmanager
async def own_server(folder: Path) -> AsyncGenerator[EmbeddedServer]:
    """The embedded server over `folder`, with virtual clocks; it is started again whenever it is killed."""
    async with EmbeddedServer(folder, dynamic_config=VIRTUAL_CLOCKS) as server:
        server.child.keep(lambda: None)
        yield server


def _killed(row: Row, one: Stage) -> bool:
    if row.victim == SERVER:
        return one.server_deaths > 0
    return (one.worker if row.victim == WORKER else one.simulator).deaths > 0


async def _where(one: Stage) -> str:
    try:
        return str(await one.handle.query("report"))[:2000]
    except Exception as error:  # noqa: BLE001 - whatever keeps it from answering is what is asked for
        return f"it does not answer ({type(error).__name__}: {error})"
