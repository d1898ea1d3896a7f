"""The rows of a comparison: what was measured, the target, and whether it is met."""

import json
import statistics
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

_LONGEST = 160
"""Characters of a reason."""


@dataclass(frozen=True)
class Target:
    """A bound of our own figure, or of its ratio to the other build's."""

    bound: float
    of_ratio: bool = False
    at_least: bool = False

    def __str__(self) -> str:
        return f"{'≥' if self.at_least else '≤'} {self.bound:g}{' x the other build' if self.of_ratio else ''}"

    def met(self, figure: float) -> bool:
        """Whether `figure` keeps within the bound."""
        return figure >= self.bound if self.at_least else figure <= self.bound


@dataclass(frozen=True)
class Row:
    """One line of the table. What could not be measured says so, and has no figures."""

    what: str
    unit: str
    ours: float | None
    against: float | None
    ratio: float | None
    target: str
    met: bool | None
    spread: tuple[float, float] | None
    """The lowest and the highest of the figure that the target judges, over the rounds."""


def row(what: str, unit: str, ours: Sequence[float], against: Sequence[float], target: Target) -> Row:
    """The medians of both builds; `against` may be empty where the other build cannot be measured."""
    one, other = statistics.median(ours), statistics.median(against) if against else None
    ratios = [first / second for first, second in zip(ours, against, strict=False) if second]
    judged = ratios if target.of_ratio else list(ours)
    ratio = one / other if other else None
    figure = ratio if target.of_ratio else one
    return Row(
        what=what,
        unit=unit,
        ours=_rounded(one),
        against=_rounded(other) if other is not None else None,
        ratio=_rounded(ratio) if ratio is not None else None,
        target=str(target),
        met=target.met(figure) if figure is not None else None,
        spread=(_rounded(min(judged)), _rounded(max(judged))) if judged else None,
    )


def not_measured(what: str, unit: str, target: Target, why: str) -> Row:
    """A row without figures, with the reason."""
    reason = " ".join(why.split())[:_LONGEST]
    return Row(f"{what} (not measured: {reason})", unit, None, None, None, str(target), None, None)


def _rounded(figure: float) -> float:
    """Four digits are more than any of these figures is worth."""
    return float(f"{figure:.4g}")


def write(rows: Sequence[Row], path: Path) -> None:
    """Write `rows` as JSON."""
    path.write_text(json.dumps([asdict(each) for each in rows], indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def show(rows: Sequence[Row], reference: str, console: Console) -> None:
    """Print `rows`."""
    table = Table(title=f"This tree beside {reference}")
    for heading in ("what", "unit", "ours", reference[:12], "ratio", "target", "met", "spread"):
        table.add_column(heading, justify="left" if heading in {"what", "unit", "target"} else "right")
    for each in rows:
        spread = f"{each.spread[0]:g}-{each.spread[1]:g}" if each.spread else "-"
        met = {True: "yes", False: "NO", None: "-"}[each.met]
        figures = ("-" if figure is None else f"{figure:g}" for figure in (each.ours, each.against, each.ratio))
        table.add_row(each.what, each.unit, *figures, each.target, met, spread)
    console.print(table)
