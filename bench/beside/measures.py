"""What is measured of both builds, row by row of the table. Each measure runs one build, then the other, in rounds."""

import asyncio
import json
import os
import shutil
import statistics
import tempfile
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from temporalio.client import WorkflowHistory

from bench.beside import open_runs
from bench.beside.builds import Build, Say
from bench.beside.direct_run import DirectRun, direct_run
from bench.beside.processes import Ended, ended, good
from bench.beside.site import NotMeasured, Site, site
from bench.beside.table import Row, Target, not_measured, row

_HERE = Path(__file__).parent
_ONE_SERVICE = {"services": 1}
"""The same world for both builds: a build that plays more products has longer bills."""
_REPLAYED = (0, 1)
"""Exit codes of `unrack replay` that tell verdicts; whether a history agrees is for the tests."""


@dataclass(frozen=True)
class Wanted:
    """How much is measured."""

    rounds: int = 3
    histories: int = 40
    """Histories that are replayed."""
    waiting: int = 120
    """Runs that wait at once, for the memory of a worker."""
    open_runs: int = 10_000
    """Open runs, for the lists."""


@dataclass
class Pair:
    """Both builds, and what an earlier measure leaves for a later one."""

    ours: Build
    against: Build
    wanted: Wanted
    say: Say
    histories: dict[str, WorkflowHistory]
    """A Connect Direct run of each build, by the build's name."""

    @property
    def both(self) -> tuple[Build, Build]:
        """In the order in which they are measured."""
        return self.ours, self.against


Measure = Callable[[Pair], Awaitable[list[Row]]]


async def connect_direct(pair: Pair) -> list[Row]:
    """A Connect Direct run on the simulator: calls, CPU, and its history."""
    what = "Connect Direct run"
    shapes = (
        (f"{what}: provider calls", "calls", Target(120), lambda run: run.requests),
        (
            f"{what}: CPU of worker, server, simulator and client",
            "ms",
            Target(0.7, of_ratio=True),
            lambda run: sum(run.cpu.values()) * 1000,
        ),
        (f"{what}: its history", "events", Target(210), lambda run: run.events),
        (f"{what}: its history", "kB protobuf", Target(95), lambda run: run.history_bytes / 1000),
    )
    runs: dict[str, list[DirectRun]] = {each.name: [] for each in pair.both}
    why = dict[str, str]()
    for number in range(pair.wanted.rounds):
        for build in pair.both:
            pair.say(f"{what}, round {number + 1}: {build.name}")
            try:
                async with site(build, seed=_ONE_SERVICE) as place:
                    runs[build.name].append(await direct_run(place))
            except NotMeasured as error:
                why[build.name] = str(error)
                pair.say(f"  not measured: {error}")
            else:
                pair.histories[build.name] = runs[build.name][-1].history
                parts = ", ".join(f"{part} {used * 1000:.0f} ms" for part, used in runs[build.name][-1].cpu.items())
                pair.say(f"  {runs[build.name][-1].requests} calls, {runs[build.name][-1].events} events; {parts}")
    ours, against = (runs[each.name] for each in pair.both)
    if not ours:
        return [not_measured(name, unit, target, why[pair.ours.name]) for name, unit, target, _ in shapes]
    return [
        row(name, unit, [figure(run) for run in ours], [figure(run) for run in against], target)
        for name, unit, target, figure in shapes
    ]


async def floor(pair: Pair) -> list[Row]:
    """Eight steps, one decision, one timer, beside the least Temporal workflow for it."""

    async def ratios(build: Build) -> list[float]:
        command = [str(build.python), str(_HERE / "floor.py"), str(pair.wanted.rounds), "10"]
        done = good(await ended(command, build.environment, build.root), "the floor's script")
        return list(json.loads(done.output.strip().splitlines()[-1])["ratios"])

    what = "eight steps, one decision, one timer: CPU beside the least Temporal workflow for it"
    return [await _each(pair, what, "ratio", Target(1.6), ratios)]


async def memory(pair: Pair) -> list[Row]:
    """Memory of a worker for each run that waits in its cache, five runbooks in turn."""
    few, many = 4 * len(open_runs.MIXED), pair.wanted.waiting

    async def kilobytes(build: Build) -> list[float]:
        async with site(build, seed={"services": many // len(open_runs.MIXED) + 3}) as place:
            worker = place.processes["worker"]
            await open_runs.launch(place, few)
            before = worker.memory_full_info().uss
            await open_runs.launch(place, many - few, few)
            return [(worker.memory_full_info().uss - before) / (many - few) / 1000]

    what = f"memory of a worker for each cached waiting run, five runbooks mixed, {many} runs"
    return [await _each(pair, what, "kB", Target(120), kilobytes)]


async def replay(pair: Pair) -> list[Row]:
    """Replay with arguments beside the SDK's bare replayer, and two processes beside one."""
    what = "replay with arguments: CPU of a history beside the SDK's bare replayer"
    rows = [await _each(pair, what, "ratio", Target(1.2), lambda build: _beside_the_bare(pair, build))]
    what = "replay: two processes beside one, histories a second"
    if len(_processors()) < 2:  # noqa: PLR2004 - two
        return [*rows, not_measured(what, "ratio", Target(1.8, at_least=True), "this machine has one processor")]
    target = Target(1.8, at_least=True)
    return [*rows, await _each(pair, what, "ratio", target, lambda build: _two_beside_one(pair, build))]


async def _beside_the_bare(pair: Pair, build: Build) -> list[float]:
    """CPU of each further history: what starts and loads is in both folders, and falls out."""
    few, many = 2, pair.wanted.histories
    with _folders(pair, build, few, many) as (small, large):
        spent = dict[str, list[float]]()
        for _ in range(pair.wanted.rounds):
            for name in ("ours", "bare"):
                used = [(await _replayed(build, folder, bare=name == "bare")).cpu for folder in (small, large)]
                spent.setdefault(name, []).append(used[1] - used[0])
    pair.say(
        f"  {statistics.median(spent['ours']) / (many - few) * 1000:.0f} ms a history, bare "
        f"{statistics.median(spent['bare']) / (many - few) * 1000:.0f} ms"
    )
    return [one / other for one, other in zip(spent["ours"], spent["bare"], strict=True)]


async def _two_beside_one(pair: Pair, build: Build) -> list[float]:
    """Time on one processor beside time on two, by one command or by two that share the work, whichever is faster."""
    few, many = 2, pair.wanted.histories
    first, second = _processors()[:2]
    with _folders(pair, build, few, many) as (small, large), _folders(pair, build, many // 2, few) as (half, _):
        ratios = list[float]()
        for _ in range(pair.wanted.rounds):
            start = (await _replayed(build, small, processors=(first,))).took
            alone = (await _replayed(build, large, processors=(first,))).took - start
            shared = (await _replayed(build, large, processors=(first, second))).took
            two = await asyncio.gather(*(_replayed(build, half, processors=(each,)) for each in (first, second)))
            ratios.append(alone / (min(shared, *(max(each.took for each in two),)) - start))
    return ratios


async def _replayed(build: Build, folder: Path, *, bare: bool = False, processors: Sequence[int] = ()) -> Ended:
    script = [str(build.python), str(_HERE / "bare_replay.py"), str(folder)]
    command = script if bare else build.command("replay", str(folder), "--json")
    done = await ended(command, build.environment, build.root, processors=processors)
    return good(done, "a replay", (0,) if bare else _REPLAYED)


@contextmanager
def _folders(pair: Pair, build: Build, *counts: int) -> Iterator[tuple[Path, ...]]:
    """Folders with so many copies of the build's own history each."""
    history = pair.histories.get(build.name)
    if history is None:
        raise NotMeasured("there is no history to replay: the Connect Direct run was not measured")
    place, text = Path(tempfile.mkdtemp(prefix="unrack-bench-replay-")), history.to_json()
    try:
        folders = tuple(place / str(number) for number in range(len(counts)))
        for folder, count in zip(folders, counts, strict=True):
            folder.mkdir()
            for number in range(count):
                (folder / f"{number:04}.json").write_text(text, encoding="utf-8")
        yield folders
    finally:
        shutil.rmtree(place, ignore_errors=True)


async def start_up(pair: Pair) -> list[Row]:
    """CPU to start the command: its help, and the shortest list."""
    rows = list[Row]()
    spent: dict[str, dict[str, list[float]]] = {"--help": {}, "list": {}}
    for build in pair.both:
        pair.say(f"start of the command: {build.name}")
        with suppress(NotMeasured):
            async with site(build) as place:
                for words, found in spent.items():
                    found[build.name] = await _started(place, words, pair.wanted.rounds)
    target = Target(0.5, of_ratio=True)
    for words, found in spent.items():
        what = f"CPU to start `unrack {words}`"
        ours, against = found.get(pair.ours.name), found.get(pair.against.name)
        known = row(what, "ms", ours, against or [], target) if ours else None
        rows.append(known or not_measured(what, "ms", target, "the command does not start"))
    return rows


async def _started(place: Site, words: str, rounds: int) -> list[float]:
    """CPU of new commands in ms, after two that do not count: they write what Python compiles."""
    command = place.build.command(words)
    runs = [await ended(command, place.person.environment, place.home) for _ in range(2 + rounds)]
    return [good(each, words).cpu * 1000 for each in runs[2:]]


async def lists(pair: Pair) -> list[Row]:
    """`list --json` and `tasks --json` beside the bare visibility query, and what they take in memory."""
    found: dict[str, dict[str, list[float]]] = {"list": {}, "tasks": {}}
    grown: dict[str, list[float]] = {}
    count, notes = pair.wanted.open_runs, dict[str, str]()
    for build in pair.both:
        pair.say(f"lists at {count} open runs: {build.name}")
        try:
            async with site(build, seed={"services": 3}) as place:
                await _listed(place, pair, found, grown, notes)
        except NotMeasured as error:
            pair.say(f"  not measured: {error}")
    target = Target(1.5)
    rows = list[Row]()
    for words, by_build in found.items():
        what = f"`{words} --json` at {count} open runs beside the bare visibility query, CPU{notes.get(words, '')}"
        ours, against = by_build.get(pair.ours.name), by_build.get(pair.against.name, [])
        known = row(what, "ratio", ours, against, target) if ours else None
        rows.append(known or not_measured(what, "ratio", target, "see what was printed"))
    if pair.ours.name in grown:
        what = f"memory of `list --json` that stays after {count} rows"
        rows.append(row(what, "MB", grown[pair.ours.name], grown.get(pair.against.name, []), Target(20)))
    return rows


async def _listed(
    place: Site,
    pair: Pair,
    found: dict[str, dict[str, list[float]]],
    grown: dict[str, list[float]],
    notes: dict[str, str],
) -> None:
    runs = await open_runs.launch(place, 2 * len(open_runs.MIXED))
    await open_runs.copy_rows(place, runs, pair.wanted.open_runs - len(runs))
    rows = await open_runs.rows_in_visibility(place, pair.wanted.open_runs)
    bare = await _bare_list(place, pair.wanted.rounds + 1)
    for words, by_build in found.items():
        await place.person.type(words, "--json")
        before = place.person.memory
        spent, shown = list[float](), 0
        for _ in range(pair.wanted.rounds):
            cpu = place.person.cpu
            shown = open_runs.rows_of(await place.person.type(words, "--json"))
            spent.append(place.person.cpu - cpu)
        by_build[place.build.name] = [used / floor for used, floor in zip(spent, bare, strict=False)]
        if words == "list":
            grown[place.build.name] = [(place.person.memory - before) / 1e6]
        if shown < rows:
            notes[words] = notes.get(words, "") + f"; {place.build.name} shows {shown} of {rows}"


async def _bare_list(place: Site, times: int) -> list[float]:
    command = [str(place.build.python), str(_HERE / "bare_list.py"), place.person.environment["TEMPORAL_ADDRESS"]]
    process = await asyncio.create_subprocess_exec(
        *command,
        open_runs.OPEN,
        env=dict(place.person.environment),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdin is not None  # noqa: S101 - started with pipes
    assert process.stdout is not None  # noqa: S101
    spent = list[float]()
    for _ in range(times):
        process.stdin.write(b"\n")
        spent.append(json.loads(await process.stdout.readline())["cpu"])
    process.stdin.close()
    await process.wait()
    return spent[1:]


async def _each(
    pair: Pair, what: str, unit: str, target: Target, measure: Callable[[Build], Awaitable[list[float]]]
) -> Row:
    """A row whose figure is measured of one build, then of the other."""
    found, why = dict[str, list[float]](), ""
    for build in pair.both:
        pair.say(f"{what}: {build.name}")
        try:
            found[build.name] = await measure(build)
        except (NotMeasured, LookupError, json.JSONDecodeError) as error:
            pair.say(f"  not measured: {error}")
            why = why or str(error)
    if pair.ours.name not in found:
        return not_measured(what, unit, target, why)
    return row(what, unit, found[pair.ours.name], found.get(pair.against.name, []), target)


def _processors() -> list[int]:
    return sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []


MEASURES: dict[str, Measure] = {
    "run": connect_direct,
    "floor": floor,
    "memory": memory,
    "replay": replay,
    "start": start_up,
    "lists": lists,
}
"""By the name that ``--only`` takes. Replays need the histories of ``run``."""
