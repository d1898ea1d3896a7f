"""``make chaos``: plays the kill matrix and prints it; exit code 1 when a run went wrong, or nobody was killed at all.

python -m chaos                                      every row, tens of minutes
python -m chaos --sample 20                          some of each kind
python -m chaos --only worker/immediate/event-0041   one row, as often as wanted
"""

import argparse
import asyncio
import json
import logging
import random
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

from rich.console import Console
from rich.progress import MofNCompleteColumn, Progress, TimeElapsedColumn
from rich.table import Table
from temporalio.runtime import LoggingConfig, Runtime, TelemetryConfig

from chaos.courses import COURSES
from chaos.playing import Verdict, places, play
from chaos.rows import Row, row_named, rows

AT_ONCE = 4
"""Runs side by side: much of their time is waiting until a killed process is missed."""


async def every_row(courses: Sequence[str]) -> list[Row]:
    """Every row of `courses` (all of them when none is named); plays each course once without a kill to find them."""
    chosen = [course for course in COURSES if not courses or course.name in courses]
    found = await asyncio.gather(*(places(course) for course in chosen))
    return [row for course, passed in zip(chosen, found, strict=True) for row in rows(course, *passed)]


def sampled(every: Sequence[Row], count: int, seed: int) -> list[Row]:
    """About `count` rows: as many of each kind and course as of any other, chosen by `seed`."""
    chance = random.Random(seed)  # noqa: S311 - a sample, not a secret
    piles: dict[tuple[str, str], list[Row]] = {}
    for row in every:
        piles.setdefault((row.kind, row.course.name), []).append(row)
    shuffled = [chance.sample(pile, len(pile)) for pile in piles.values()]
    rounds = (pile[turn] for turn in range(max(map(len, shuffled))) for pile in shuffled if turn < len(pile))
    return [row for row, _ in zip(rounds, range(count), strict=False)]


async def play_all(chosen: Sequence[Row], at_once: int, progress: Progress, keep: Path | None = None) -> list[Verdict]:
    """Plays rows side by side; tells at once what went wrong."""
    task = progress.add_task("runs", total=len(chosen))
    slots = asyncio.Semaphore(at_once)

    async def one(row: Row) -> Verdict:
        async with slots:
            try:
                verdict = await play(row, keep)
            except Exception as error:  # noqa: BLE001 - a run that cannot even be played is a violation, not the end
                told = f"it could not be played: {type(error).__name__}: {error}"
                verdict = Verdict(row.name, row.kind, row.course.name, killed=False, seconds=0, violations=(told,))
        for violation in verdict.violations:
            progress.console.print(f"[red]{verdict.row}[/]: {violation}", markup=True, highlight=False)
        progress.advance(task)
        return verdict

    return await asyncio.gather(*(one(row) for row in chosen))


def table(verdicts: Iterable[Verdict]) -> Table:
    """The kill matrix: by kind and course."""
    shown = Table("kind", "course", title="Kill matrix")
    for title in ("runs", "killed", "parked", "violations"):
        shown.add_column(title, justify="right")
    piles: dict[tuple[str, str], list[Verdict]] = {}
    for verdict in verdicts:
        piles.setdefault((verdict.kind, verdict.course), []).append(verdict)
    for (kind, course), pile in sorted(piles.items()):
        shown.add_row(kind, course, *_counts(pile), style="red" if any(each.violations for each in pile) else "")
    shown.add_section()
    shown.add_row("all", "", *_counts([each for pile in piles.values() for each in pile]), style="bold")
    return shown


def _counts(pile: Sequence[Verdict]) -> list[str]:
    wrong = sum(bool(each.violations) for each in pile)
    return [
        str(len(pile)),
        str(sum(each.killed for each in pile)),
        str(sum(bool(each.parked) for each in pile)),
        str(wrong),
    ]


async def matrix(arguments: argparse.Namespace, console: Console) -> list[Verdict]:
    """Plays what `arguments` ask for."""
    if arguments.only:
        chosen = [row_named(name) for name in arguments.only]
    else:
        chosen = await every_row(arguments.course)
    if arguments.sample:
        chosen = sampled(chosen, arguments.sample, arguments.seed)
    columns = (*Progress.get_default_columns(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console) as progress:
        return await play_all(chosen, arguments.at_once, progress, arguments.keep)


def main() -> int:
    """The command. Returns its exit code."""
    parser = argparse.ArgumentParser(prog="python -m chaos", description="Plays the kill matrix and prints it.")
    parser.add_argument("--only", action="append", metavar="ROW", help="play this row; may be given again")
    parser.add_argument("--course", action="append", default=[], choices=[course.name for course in COURSES])
    parser.add_argument("--sample", type=int, metavar="N", help="play about N rows, some of each kind")
    parser.add_argument("--seed", type=int, default=1, help="which ones --sample takes")
    parser.add_argument("--at-once", type=int, default=AT_ONCE, metavar="N", help="runs side by side")
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="keep there what runs with violations leave")
    parser.add_argument("--json", action="store_true", help="print every run as JSON instead of the table")
    arguments = parser.parse_args()
    quiet = TelemetryConfig(logging=LoggingConfig(filter="error"))  # a server that is killed is no news here
    Runtime.set_default(Runtime(telemetry=quiet))
    logging.getLogger("unrack.supervisor").setLevel(logging.CRITICAL)
    verdicts = asyncio.run(matrix(arguments, Console(stderr=True)))
    if arguments.json:
        json.dump([verdict.document() for verdict in verdicts], sys.stdout, indent=1)
    else:
        Console().print(table(verdicts))
        for verdict in verdicts:
            if not verdict.killed:  # it shows nothing, then: the run did not come by that place this time
                Console(stderr=True).print(f"nobody was killed: {verdict.row}", highlight=False)
    return exit_code(verdicts)


def exit_code(verdicts: Sequence[Verdict]) -> int:
    """1 when anything went wrong in any run, or when nobody was killed at all: that shows nothing."""
    wrong = any(verdict.violations for verdict in verdicts)
    return 1 if wrong or not any(verdict.killed for verdict in verdicts) else 0


if __name__ == "__main__":
    sys.exit(main())
