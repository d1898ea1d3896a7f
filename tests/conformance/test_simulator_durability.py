"""The simulator can be killed at any moment: the state and its ledger never disagree, and a restart goes on."""

import asyncio
import signal
import sys
from asyncio.subprocess import PIPE, Process
from pathlib import Path

import pytest

from tests.conformance.simulated import DEMO, Running, client, running
from unrack import simulator as sim
from unrack.simulator.ovhcloud.records import ConfigStatus
from unrack.simulator.ovhcloud.tables import Tables
from unrack.simulator.provider import Provider

MANY = 200
"""More services than can be detached before the kill."""


async def _begin(folder: Path, *options: str) -> tuple[Process, str]:
    command = (sys.executable, "-m", "unrack.simulator", "--data", str(folder), *options)
    process = await asyncio.create_subprocess_exec(*command, stdin=PIPE, stdout=PIPE)
    assert process.stdout
    return process, (await asyncio.wait_for(process.stdout.readline(), 30)).decode().strip()


async def _end(process: Process) -> None:
    if process.returncode is None:
        process.kill()
    await process.communicate()


async def test_state_and_ledger_agree_after_sigkill(tmp_path: Path) -> None:
    """Killed amid a stream of mutating calls, the ledger lists as effective exactly the calls that the state shows."""
    process, url = await _begin(tmp_path, "--seed", sim.Seed(services=MANY).model_dump_json())
    one = client(url)
    names = [sim.service_name(number) for number in range(MANY)]

    answered: list[str] = []

    async def detach_all() -> None:
        for name in names:
            base = f"/ovhCloudConnect/{name}/config/pop"
            pop = (await asyncio.to_thread(one.get, base))[0]
            await asyncio.to_thread(one.delete, f"{base}/{pop}")
            answered.append(name)

    calls = asyncio.create_task(detach_all())
    async with asyncio.timeout(60):
        while len(answered) < 10:  # noqa: ASYNC110  # any moment will do: the promise holds at each
            await asyncio.sleep(0.001)
    process.send_signal(signal.SIGKILL)
    await _end(process)
    with pytest.raises(Exception, match="HTTP"):
        await calls
    one._session.close()

    provider = Provider(tmp_path)
    marked = {p.connection for p in provider.world.tables_for(Tables).pops if p.status is ConfigStatus.TO_DELETE}
    recorded = [entry.path.split("/")[2] for entry in provider.ledger() if entry.took_effect]
    provider.close()
    assert marked == set(recorded)
    assert len(marked) == len(recorded)
    assert set(answered) <= marked


async def test_a_restart_goes_on_where_it_was(tmp_path: Path) -> None:
    """World, clock, faults, tasks and ledger are the same after a restart on the same folder."""
    async with running(tmp_path) as run:
        run.simulator.inject(sim.Fault(kind=sim.FaultKind.ERROR_BEFORE, path="/me", times=None))
        run.pass_time(days=3)
        pop = (await run.get(f"{DEMO}/config/pop"))[0]
        await run.delete(f"{DEMO}/config/pop/{pop}")
        shown, ledger = run.simulator.clock.now(), run.simulator.ledger()

    async with running(tmp_path, sim.Seed(services=9)) as run:
        assert run.simulator.clock.now() >= shown
        assert run.simulator.ledger() == ledger
        assert len(await run.get("/ovhCloudConnect")) == 2
        run.pass_time(hours=1)
        assert await _pops(run) == []
        with pytest.raises(Exception, match="Injected fault"):
            await run.get("/me")


async def _pops(run: Running) -> list[int]:
    return await run.get(f"{DEMO}/config/pop")


async def test_the_process_dies_with_its_parent(tmp_path: Path) -> None:
    """With `--with-parent` the end of standard input ends the simulator."""
    process, url = await _begin(tmp_path, "--with-parent", "--scale", "3600")
    assert url.startswith("http://127.0.0.1:")
    assert process.stdin

    process.stdin.close()

    assert await asyncio.wait_for(process.wait(), 20) == 0
    await _end(process)


async def test_a_wrong_seed_is_refused_with_a_reason(tmp_path: Path) -> None:
    """A seed with an unknown field ends the command with an error that names the field."""
    command = (sys.executable, "-m", "unrack.simulator", "--data", str(tmp_path), "--seed", '{"colour":"red"}')
    process = await asyncio.create_subprocess_exec(*command, stderr=PIPE)

    _, told = await process.communicate()

    assert process.returncode == 2
    assert b"colour" in told
