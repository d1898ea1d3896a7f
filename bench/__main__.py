"""``make bench``: what runs cost, next to a bare Temporal workflow of the same shape in the same session.

With ``--against REF`` this tree is measured beside another commit instead, see `bench.beside`.

Both kinds of run alternate in rounds, each kind in its own worker process. Providers are played in memory, but for
Connect Direct, which runs on the simulator: what is measured is Unrack on Temporal, not a provider.
"""

import argparse
import asyncio
import logging
import signal
import statistics
import sys
import time
from datetime import datetime
from pathlib import Path

import structlog
from rich.console import Console
from rich.table import Table

from bench import course, rounds, servers, waiting
from bench.beside import table
from bench.beside.builds import checked_out, this_tree
from bench.beside.measures import MEASURES, Pair, Wanted

_ENDED = 143
"""The exit code of a process that SIGTERM ends."""
_WIDE = 180
"""Columns of a table that nobody sees on a terminal."""

FIGURES = (
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
    for name, unit in FIGURES:
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


def show_led(console: Console, cost: course.Led) -> None:
    """What signatures cost."""
    console.print(
        f"Connect Direct led by signatures: {cost.signed_ms:.0f} ms of CPU, people and provider included; as stated "
        f"{cost.stated_ms:.0f} ms, ratio {cost.ratio:.2f} (goal 1.15)"
    )


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
        show_rounds(console, await rounds.compare(served, wanted.rounds or 5, wanted.runs))
    async with servers.server(virtual_time=True) as served:
        show_course(console, await course.connect_direct(served), await course.a_year_more(served))
        show_led(console, await course.led_by_signatures(served, wanted.rounds or 5))
    async with servers.server() as served:
        show_waiting(console, await waiting.measure(served, wanted.waiting or 2000))


async def compare_builds(wanted: argparse.Namespace) -> None:
    """This tree beside another commit, row by row of one table."""
    console, begun = Console(stderr=True, soft_wrap=True), time.monotonic()

    def say(text: str) -> None:
        console.print(f"{time.monotonic() - begun:6.0f} s  {text}", markup=False, highlight=False)

    amount = Wanted(wanted.rounds or 3, wanted.histories, wanted.waiting or 120, wanted.open_runs)
    rows = list[table.Row]()
    with checked_out(wanted.against, say, wanted.against_python) as other:
        pair = Pair(this_tree(), other, amount, say, {})
        for name in wanted.only or MEASURES:
            rows += await MEASURES[name](pair)
            if wanted.json:
                table.write(rows, wanted.json)
    out = Console()
    table.show(rows, wanted.against, out if out.is_terminal else Console(width=_WIDE))


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--against", metavar="REF", help="measure this commit beside this tree, and print one table")
    parser.add_argument("--json", type=Path, metavar="FILE", help="with --against: write the table's rows there")
    parser.add_argument("--only", choices=list(MEASURES), action="append", help="with --against: some measures only")
    parser.add_argument("--against-python", type=Path, metavar="PYTHON", help="a Python that has REF's requirements")
    parser.add_argument("--histories", type=int, default=40, help="with --against: histories that are replayed")
    parser.add_argument("--open-runs", type=int, default=10_000, help="with --against: open runs that are listed")
    parser.add_argument("--rounds", type=int, help="5; with --against 3")
    parser.add_argument("--runs", type=int, default=10, help="runs of each kind in a round")
    parser.add_argument("--waiting", type=int, help="runs that wait at once: 2000; with --against 120")
    parser.add_argument("--work", choices=rounds.KINDS, help=argparse.SUPPRESS)
    parser.add_argument("--address", help=argparse.SUPPRESS)
    parser.add_argument("--epoch", type=datetime.fromisoformat, help=argparse.SUPPRESS)
    wanted = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(_ENDED))  # so that what was started is ended, too
    if wanted.work:
        asyncio.run(servers.work(wanted.work, wanted.address, wanted.epoch))
    elif wanted.against:
        asyncio.run(compare_builds(wanted))
        return
    else:
        asyncio.run(measure(wanted))
        time.sleep(0.3)  # the SDK's core ends its threads a moment after its workers


if __name__ == "__main__":
    main()
