"""An installation survives the death of any of its processes, and of its supervisor, without leaving orphans."""

import asyncio
import json
import os
import signal
import socket
import stat
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import httpx2
import psutil
import pytest
from temporalio.client import WorkflowExecutionStatus

from tests.durability.conftest import Eventually
from unrack.local import pidfile
from unrack.local import supervisor as supervisor_module
from unrack.local.child_specs import polls
from unrack.local.embedded_server import HOST, answers, usable_port
from unrack.local.supervisor import SERVER, SIMULATOR, WORKER, Installation, Ports, Simulated
from unrack.model.errors import Category, UnrackError
from unrack.process.settings import Settings, load_settings
from unrack.temporal.client import connect
from unrack.temporal.connection import PROFILE_FILE

pytestmark = [pytest.mark.durability, pytest.mark.timeout(240)]

ROOT = Path(__file__).resolve().parents[2]
START_LIMIT = 120
Alive = Callable[[psutil.Process], bool]


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Settings for a data folder of the test's own, whatever the machine has set."""
    for name in [name for name in os.environ if name.startswith(("UNRACK_", "TEMPORAL_"))]:
        monkeypatch.delenv(name)
    return load_settings(tmp_path / "home")


def installation(settings: Settings) -> Installation:
    return Installation(settings, simulator=Simulated(scale=60), ports=Ports(ui=None))


@asynccontextmanager
async def supervisor(home: Path) -> AsyncIterator[tuple[asyncio.subprocess.Process, dict[str, psutil.Process]]]:
    """A supervisor in a process of its own, ready, with its children; killed at the end if it still runs."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.durability.up", str(home), stdout=asyncio.subprocess.PIPE, cwd=ROOT
    )
    try:
        assert process.stdout
        ready = await asyncio.wait_for(_first_json_line(process.stdout), START_LIMIT)
        yield process, {name: psutil.Process(pid) for name, pid in ready["pids"].items()}
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()
        process._transport.close()  # type: ignore[attr-defined]  # asyncio leaves the pipe open


async def _first_json_line(stream: asyncio.StreamReader) -> dict[str, dict[str, int]]:
    while line := await stream.readline():
        if line.startswith(b"{"):
            found: dict[str, dict[str, int]] = json.loads(line)
            return found
    raise AssertionError("the supervisor ended before it was ready")


async def works(running: Installation) -> bool:
    """Whether server, simulator and worker all answer."""
    if set(running.pids) != {SERVER, SIMULATOR, WORKER} or not await answers(running.address, "default"):
        return False
    try:
        async with httpx2.AsyncClient(timeout=5) as http:
            simulated = await http.get(f"{running.simulator_url}/_simulator/health")
    except httpx2.TransportError:
        return False
    client, queue = await running.connect(), running.settings.task_queue
    return simulated.is_success and await polls(client, queue, running.pids.get(WORKER))


@pytest.mark.long
async def test_each_child_is_started_again(settings: Settings, eventually: Eventually) -> None:
    """Server, simulator and worker, each killed with SIGKILL, come back and work; the others are not touched."""
    async with installation(settings) as running:
        assert await works(running)
        for name in (WORKER, SIMULATOR, SERVER):
            before = running.pids
            os.kill(before[name], signal.SIGKILL)

            async def replaced(name: str = name, before: dict[str, int] = before) -> bool:
                return running.pids.get(name, before[name]) != before[name] and await works(running)

            await eventually(f"the {name} is replaced", replaced)

            assert {other: pid for other, pid in running.pids.items() if other != name} == {
                other: pid for other, pid in before.items() if other != name
            }
        assert running.restarts == {SERVER: 1, SIMULATOR: 1, WORKER: 1}
        written = pidfile.read(settings.home)
        assert written
        assert {child.name: child.pid for child in written.children} == running.pids


@pytest.mark.long
@pytest.mark.parametrize("victim", [SERVER, SIMULATOR])
async def test_a_child_that_dies_while_the_others_start_is_started_again(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, eventually: Eventually, victim: str
) -> None:
    """What was ready a moment ago is killed just before the worker needs it."""
    start_worker = Installation._start_worker

    async def killed_before(self: Installation, undo: AsyncExitStack) -> None:
        os.kill(self.pids[victim], signal.SIGKILL)
        await start_worker(self, undo)

    monkeypatch.setattr(Installation, "_start_worker", killed_before)

    async with installation(settings) as running:
        await eventually("all work", lambda: works(running))

        assert running.restarts[victim] == 1


@pytest.mark.long
async def test_no_child_outlives_a_killed_supervisor(
    settings: Settings, eventually: Eventually, is_alive: Alive
) -> None:
    """The supervisor is killed: its children end; the next start goes on with the same data at the same address."""
    async with supervisor(settings.home) as (process, children):
        client = await connect(settings)
        await client.start_workflow("Nobody", id="kept", task_queue="nobody")
        process.kill()
        await process.wait()

        async def all_ended() -> bool:
            return not any(is_alive(child) for child in children.values())

        await eventually("all children ended", all_ended)

    address = client.service_client.config.target_host
    async with installation(settings) as running:
        assert running.address == address
        described = await (await running.connect()).get_workflow_handle("kept").describe()
        assert described.status is WorkflowExecutionStatus.RUNNING


def test_leftovers_of_a_killed_supervisor_are_ended(tmp_path: Path, is_alive: Alive) -> None:
    """Where children can outlive their supervisor, the next start ends exactly those that it wrote down."""
    sleeper = [sys.executable, "-c", "import time; time.sleep(600)"]
    ours, other = [subprocess.Popen(sleeper, start_new_session=True) for _ in range(2)]
    try:
        written, reused = pidfile.running("worker", ours.pid), pidfile.running("server", other.pid)
        assert written
        assert reused
        earlier = reused.model_copy(update={"started": reused.started - 60})  # the same id, another process
        pidfile.write(tmp_path, pidfile.Record(supervisor=None, address="127.0.0.1:1", children=(written, earlier)))

        assert pidfile.end_leftovers(tmp_path) == ("worker",)

        assert ours.poll() is not None
        assert is_alive(psutil.Process(other.pid))
    finally:
        for process in (ours, other):
            process.kill()
            process.wait(10)


async def test_sigterm_stops_everything_cleanly(settings: Settings, is_alive: Alive) -> None:
    """Asked to end, the supervisor ends its children, says so with exit code 0, and no longer claims to run."""
    async with supervisor(settings.home) as (process, children):
        assert (settings.home / PROFILE_FILE).exists()
        process.terminate()

        assert await asyncio.wait_for(process.wait(), 60) == 0
        assert not any(is_alive(child) for child in children.values())
        assert not (settings.home / PROFILE_FILE).exists()


async def test_a_second_installation_on_the_folder_is_refused(settings: Settings) -> None:
    """The second one touches nothing and says who runs already; what runs is found by the data folder alone."""
    async with Installation(settings, ports=Ports(ui=None), worker=False) as running:
        with pytest.raises(UnrackError, match=str(os.getpid())) as raised:
            await Installation(settings, worker=False).start()

        assert raised.value.problem.category is Category.CONFLICT
        assert (await connect(settings)).service_client.config.target_host == running.address
        assert set(running.pids) == {SERVER}


async def test_only_the_owner_reads_the_credentials(settings: Settings) -> None:
    """The file with the simulator's keys, like a real one, is the owner's alone."""
    simulated = Simulated(scale=60)
    async with Installation(settings, simulator=simulated, ports=Ports(ui=None), worker=False) as running:
        assert running.credentials
        assert stat.S_IMODE(running.credentials.stat().st_mode) == 0o600


async def test_a_port_that_somebody_took_meanwhile_is_chosen_anew(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Free when it was chosen, taken when the server starts: it listens elsewhere, and nobody has to start it again."""
    with socket.socket() as taken:
        taken.bind((HOST, 0))
        taken.listen()
        choices = iter([taken.getsockname()[1]])
        monkeypatch.setattr(supervisor_module, "usable_port", lambda last: next(choices, 0) or usable_port(last))

        async with Installation(settings, ports=Ports(ui=None), worker=False) as running:
            assert running.address != f"{HOST}:{taken.getsockname()[1]}"
            assert await answers(running.address, running.server.namespace)
