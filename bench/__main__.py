"""``make bench``: what runs cost, next to a bare Temporal workflow of the same shape in the same session.

Both kinds of run alternate in rounds, each kind in its own worker process. Providers are played in memory, but for
Connect Direct, which runs on the simulator: what is measured is Unrack on Temporal, not a provider.
"""

import argparse
import asyncio
import logging
import statistics
import time
from datetime import datetime

import structlog
from rich.console import Console
from rich.table import Table

from bench import course, rounds, servers, waiting

MEASURES = (
    ("server_ms", "server CPU, ms"),
    ("worker_ms", "worker CPU, ms"),
    ("events", "events"),
    ("proto_kb", "history, kB of protobuf"),
    ("json_kb", "history, kB of JSON"),
)


def show_rounds(console: Console, costs: dict[str, list[rounds.Cost]]) -> None:
    """Medians of both kinds, and the median of the ratios round by round."""
    table = Table(title="One run next to a bare workflow with the same activities, answers and waits (medians)")
    for heading in ("", "Unrack", "bare", "ratio"):
        table.add_column(heading, justify="left" if not heading else "right")
    pairs = list(zip(costs[rounds.KINDS[0]], costs[rounds.KINDS[1]], strict=True))
    for name, unit in MEASURES:
        _row(table, unit, [(getattr(one, name), getattr(other, name)) for one, other in pairs])
    both = [(one.server_ms + one.worker_ms, other.server_ms + other.worker_ms) for one, other in pairs]
    _row(table, "CPU of both, ms (goal: ratio 1.25)", both)
    console.print(table)


def _row(table: Table, unit: str, pairs: list[tuple[float, float]]) -> None:
    ours, floor = ([pair[side] for pair in pairs] for side in (0, 1))
    ratio = statistics.median(one / other for one, other in pairs if other)
    table.add_row(unit, f"{statistics.median(ours):.1f}", f"{statistics.median(floor):.1f}", f"{ratio:.2f}")


def show_course(console: Console, direct: course.Recorded, year: int) -> None:
    """Sizes of whole courses, next to their goals."""
    console.print(f"Connect Direct without faults: {direct.events} events (goal 120)")
    console.print(f"  {direct.json_kb:.0f} kB of JSON (goal 80), most of it: {_listed(direct.largest)}")
    console.print(f"A year of waiting more: {year} events (goal 300)")


def _listed(largest: tuple[tuple[str, float], ...]) -> str:
    return ", ".join(f"{kind} {size:.0f}" for kind, size in largest)


def show_waiting(console: Console, cost: waiting.Waiting) -> None:
    """Memory and waking."""
    console.print(
        f"Worker with {waiting.FEW} waiting runs: {cost.few_mb:.0f} MB; with {cost.runs}: {cost.many_mb:.0f} MB, "
        f"{cost.kb_each:.0f} kB for each"
    )
    console.print(
        f"A decision on a waiting run: {cost.warm_ms:.1f} ms of worker CPU, {cost.warm_latency_ms:.0f} ms until the "
        f"answer; not in the cache: {cost.cold_ms:.1f} ms and {cost.cold_latency_ms:.0f} ms"
    )


async def measure(wanted: argparse.Namespace) -> None:
    """Everything, printed as it comes."""
    console = Console()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    async with servers.server() as served:
        show_rounds(console, await rounds.compare(served, wanted.rounds, wanted.runs))
    async with servers.server(virtual_time=True) as served:
        show_course(console, await course.connect_direct(served), await course.a_year_more(served))
    async with servers.server() as served:
        show_waiting(console, await waiting.measure(served, wanted.waiting))


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--runs", type=int, default=10, help="runs of each kind in a round")
    parser.add_argument("--waiting", type=int, default=2000, help="runs that wait at once")
    parser.add_argument("--work", choices=rounds.KINDS, help=argparse.SUPPRESS)
    parser.add_argument("--address", help=argparse.SUPPRESS)
    parser.add_argument("--epoch", type=datetime.fromisoformat, help=argparse.SUPPRESS)
    wanted = parser.parse_args()
    if wanted.work:
        asyncio.run(servers.work(wanted.work, wanted.address, wanted.epoch))
    else:
        asyncio.run(measure(wanted))
        time.sleep(0.3)  # the SDK's core ends its threads a moment after its workers


if __name__ == "__main__":
    main()
