"""One build at work: simulator, server, worker and a person who types commands, each in a process of its own."""

import asyncio
import json
import re
import shutil
import signal
import tempfile
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any, cast

import psutil
from temporalio.client import Client

from bench.beside.builds import Build
from bench.beside.http_counter import HttpCounter, counting

_BEGIN = 90.0
"""Seconds in which each process must be ready; the machine may be busy."""
_LONGEST = 256 * 1024 * 1024
_TYPED = Path(__file__).with_name("typed.py")


class NotMeasured(Exception):  # noqa: N818 - what the table says
    """A figure that could not be had, with the reason."""


@dataclass
class Person:
    """Types commands of a build in one lasting process."""

    process: asyncio.subprocess.Process
    environment: Mapping[str, str]
    """Also for commands that are started anew."""
    cpu: float = 0
    """Seconds of CPU that commands took so far."""

    async def type(self, *words: str) -> str:
        """The output of ``unrack …``.

        Raises:
            NotMeasured: it does not end with 0.
        """
        code, output, complaint = await self.attempt(*words)
        if code:
            raise NotMeasured(f"`unrack {' '.join(words)}` ended with {code}: {(complaint or output).strip()[:300]}")
        return output

    async def ask(self, *words: str) -> Any:  # noqa: ANN401 - any JSON
        """The JSON document of a command."""
        return json.loads(await self.type(*words, "--json"))

    async def attempt(self, *words: str) -> tuple[int, str, str]:
        """Exit code, output and complaint of a command."""
        assert self.process.stdin is not None  # noqa: S101 - started with pipes
        assert self.process.stdout is not None  # noqa: S101
        self.process.stdin.write(json.dumps(words).encode() + b"\n")
        line = await self.process.stdout.readline()
        if not line:
            raise NotMeasured(f"the process that types commands ended with {await self.process.wait()}")
        answer = cast("dict[str, Any]", json.loads(line))
        self.cpu += answer["cpu"]
        return answer["code"], answer["output"], answer["complaint"]

    @property
    def memory(self) -> int:
        """Bytes of memory that are this process's alone."""
        return int(psutil.Process(self.process.pid).memory_full_info().uss)


@dataclass
class Site:
    """A running installation of one build."""

    build: Build
    home: Path
    client: Client
    simulator_address: str
    counter: HttpCounter | None
    """Counts the worker's requests where the simulator does not tell them."""
    processes: Mapping[str, psutil.Process]
    """``server``, ``worker`` and ``simulator``."""
    person: Person

    def cpu(self) -> dict[str, float]:
        """Seconds of CPU so far, by part."""
        used = {name: _cpu(process) for name, process in self.processes.items()}
        return {**used, "client": self.person.cpu}

    async def requests(self) -> int:
        """How many calls of the provider there were so far, reads too."""
        if self.counter is not None:
            return self.counter.total
        return len(await self.simulate("GET", "/calls"))

    async def idle(self, look: Callable[[], Awaitable[object]], every: float, seconds: float = 5) -> dict[str, float]:
        """CPU that each part takes in a second in which nothing happens, but that the bench looks.

        Args:
            look: How it looks.
            every: Seconds between two looks.
            seconds: For so long.
        """
        begun, before = time.monotonic(), self.cpu()
        while time.monotonic() < begun + seconds:
            await look()
            await asyncio.sleep(every)
        took = time.monotonic() - begun
        return {part: (used - before[part]) / took for part, used in self.cpu().items()}

    async def simulate(self, method: str, path: str, body: object = None) -> Any:  # noqa: ANN401 - any JSON
        """Call the simulator's own API, past the proxy."""
        status, document = await _call(self.simulator_address, method, path, body)
        if status // 100 != 2:  # noqa: PLR2004 - HTTP's success
            raise NotMeasured(f"the simulator answers {method} {path} with {status}: {document[:200]!r}")
        return json.loads(document) if document else None


async def _call(address: str, method: str, path: str, body: object) -> tuple[int, bytes]:
    """Call the simulator's own API: status and document."""
    reader, writer = await asyncio.open_connection(*_split(address), limit=_LONGEST)
    content = json.dumps(body).encode() if body is not None else b""
    head = f"{method} /_simulator{path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n"
    kind = f"Content-Type: application/json\r\nContent-Length: {len(content)}\r\n\r\n"
    writer.write((head + kind).encode() + content)
    answer = await reader.read()
    writer.close()
    first, _, document = answer.partition(b"\r\n\r\n")
    return int(first.split(b" ", 2)[1]), document


def _cpu(process: psutil.Process) -> float:
    times = process.cpu_times()
    return times.user + times.system


@asynccontextmanager
async def site(build: Build, *, scale: float = 300, seed: object = None) -> AsyncGenerator[Site]:
    """Start everything of `build` in a fresh folder, and end it with the block.

    Args:
        build: What runs.
        scale: How fast the provider's clock runs.
        seed: The simulated world, as the simulator takes it; its demo when None.

    Raises:
        NotMeasured: something does not start.
    """
    home = Path(tempfile.mkdtemp(prefix="unrack-bench-home-"))
    async with AsyncExitStack() as stack:
        stack.callback(shutil.rmtree, home, ignore_errors=True)
        credentials = home / "simulator.toml"
        simulator, address = await _simulator(stack, build, credentials, scale, seed)
        counter = await _counter(stack, credentials, address)
        environment = {
            **build.environment,
            "UNRACK_HOME": str(home),
            "UNRACK_CREDENTIALS": str(credentials),
            "UNRACK_SIMULATOR_KEY": str(home / "simulator" / "key"),
        }
        up = await _started(stack, build.command("up"), environment, home / "up.log")
        shown = await _until(home / "up.log", r"(?m)^Server\s+(\S+)(?=[\s\S]*^Ready)", up)
        yield Site(
            build=build,
            home=home,
            client=await Client.connect(shown[1]),
            counter=counter,
            simulator_address=address,
            processes={"simulator": psutil.Process(simulator.pid), **_children(up.pid)},
            person=await _person(stack, build, {**environment, "TEMPORAL_ADDRESS": shown[1]}),
        )


async def _simulator(
    stack: AsyncExitStack, build: Build, credentials: Path, scale: float, seed: object
) -> tuple[asyncio.subprocess.Process, str]:
    folder = credentials.parent
    command = [
        *(str(build.python), "-m", build.module("unrack.simulator"), "--data", str(folder / "simulator")),
        *("--credentials", str(credentials), "--scale", str(scale)),
        *(("--seed", json.dumps(seed)) if seed is not None else ()),
    ]
    process = await _started(stack, command, build.environment, folder / "simulator.log")
    shown = await _until(folder / "simulator.log", r"http://(127\.0\.0\.1:\d+)", process)
    return process, shown[1]


async def _counter(stack: AsyncExitStack, credentials: Path, address: str) -> HttpCounter | None:
    """A counting proxy for the worker, where the simulator does not tell its calls itself."""
    status, _ = await _call(address, "GET", "/calls", None)
    if status == HTTPStatus.OK:
        return None
    counter = await stack.enter_async_context(counting(_split(address)))
    _point(credentials, address, counter.address)
    return counter


def _point(credentials: Path, before: str, after: str) -> None:
    text = credentials.read_text(encoding="utf-8").replace(before, after)
    credentials.write_text(text, encoding="utf-8")


async def _started(
    stack: AsyncExitStack, command: Sequence[str], environment: Mapping[str, str], log: Path
) -> asyncio.subprocess.Process:
    with log.open("wb") as file:
        process = await asyncio.create_subprocess_exec(
            *command, env=environment, cwd=log.parent, stdin=asyncio.subprocess.DEVNULL, stdout=file, stderr=file
        )
    stack.push_async_callback(_end, process)
    return process


async def _end(process: asyncio.subprocess.Process) -> None:
    """Ask it to end; what does not within half a minute is killed, with its children."""
    if process.returncode is not None:
        return
    children = psutil.Process(process.pid).children(recursive=True)
    process.send_signal(signal.SIGTERM)
    try:
        await asyncio.wait_for(process.wait(), 30)
    except TimeoutError:
        process.kill()
        await process.wait()
    for child in children:
        with suppress(psutil.NoSuchProcess):
            child.kill()


async def _until(log: Path, wanted: str, process: asyncio.subprocess.Process) -> re.Match[str]:
    """What a process prints once it is ready."""
    deadline = time.monotonic() + _BEGIN
    while time.monotonic() < deadline and process.returncode is None:
        if found := re.search(wanted, _text(log)):
            return found
        await asyncio.sleep(0.1)
    end = _text(log)[-400:].strip()
    raise NotMeasured(f"{log.stem} does not start: {end or f'it says nothing within {_BEGIN:.0f} seconds'}")


def _text(log: Path) -> str:
    return log.read_text(encoding="utf-8", errors="replace")


def _children(pid: int) -> dict[str, psutil.Process]:
    """Server and worker of the installation whose supervisor is `pid`."""
    found = dict[str, psutil.Process]()
    for child in psutil.Process(pid).children(recursive=True):
        words = child.cmdline()
        if Path(words[0]).name == "temporal" or "start-dev" in words:
            found["server"] = child
        elif any("worker" in word for word in words):
            found["worker"] = child
    if missing := {"server", "worker"} - set(found):
        raise NotMeasured(f"the installation runs no {' and no '.join(sorted(missing))}")
    return found


async def _person(stack: AsyncExitStack, build: Build, environment: Mapping[str, str]) -> Person:
    process = await asyncio.create_subprocess_exec(
        *(str(build.python), str(_TYPED), build.entry),
        env=environment,
        cwd=build.root,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        limit=_LONGEST,
    )
    stack.push_async_callback(_end, process)
    return Person(process, environment)


def _split(address: str) -> tuple[str, int]:
    host, _, port = address.partition(":")
    return host, int(port)
