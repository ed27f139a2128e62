"""A table that grows as the measurements come in."""

from __future__ import annotations

import operator
import textwrap
from collections.abc import Iterable
from dataclasses import dataclass

from benchmarks.measure import Spread

WIDTHS = (60, 11, 10, 6)


@dataclass(frozen=True)
class Target:
    """What a figure should be: `Target(">=", 15.0)`."""

    relation: str
    bound: float

    def __str__(self) -> str:
        sign = {">=": "≥", "<=": "≤"}[self.relation]
        return f"{sign} {self.bound:,g}"

    def is_met(self, figure: float) -> bool:
        """Whether `figure` is on the right side."""
        return {">=": operator.ge, "<=": operator.le}[self.relation](figure, self.bound)


@dataclass(frozen=True)
class Row:
    """One line of the table: what was done, what it should be and what it was.

    `unit` follows the figures ("×", "bytes"); `note` is printed below the line.
    """

    work: str
    measured: float | Spread
    unit: str = "×"
    target: Target | None = None
    note: str = ""

    def __str__(self) -> str:
        spread = self.measured if isinstance(self.measured, Spread) else None
        figure = spread.median if spread else self.measured
        cells = [
            f"{self.target} {self.unit}" if self.target else "",
            f"{_digits(figure)} {self.unit}",
            "" if self.target is None else "met" if self.target.is_met(figure) else "MISSED",
        ]
        tail = "  ".join(map(_digits, spread.five)) if spread and len(spread.all) > 1 else ""
        lines = [_line(self.work, *cells, tail)]
        lines += textwrap.wrap(self.note, 96, initial_indent="    ", subsequent_indent="    ")
        return "\n".join(lines)


def _digits(x: float) -> str:
    """Three digits or, from 100 on, whole numbers."""
    return f"{x:,.0f}" if abs(x) >= 100 else f"{x:#.3g}"


def _line(*cells: str) -> str:
    aligned = zip(cells, "<>><<", (*WIDTHS, 0), strict=True)
    return "  ".join(f"{cell:{side}{width}}" for cell, side, width in aligned).rstrip()


def show(title: str, rows: Iterable[Row]) -> None:
    """Print the rows, each as soon as it is there."""
    print(f"\n{title}\n")
    print(_line("work", "target", "measured", "", "spread: min, quartiles, max"))
    print("─" * 128)
    for row in rows:
        print(row, flush=True)
