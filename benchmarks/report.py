"""A table that grows as the measurements come in."""

from __future__ import annotations

import textwrap
import traceback
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from benchmarks.measure import Spread

WIDTHS = (60, 11, 16, 6)


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
        return figure >= self.bound if self.relation == ">=" else figure <= self.bound


@dataclass(frozen=True)
class Point:
    """The place of a row in a curve: the curve's name and x; no x for a row about the whole
    curve."""

    curve: str
    x: float | None = None


@dataclass(frozen=True)
class Row:
    """One line of the table: what was done, the target and the measurement.

    `unit` follows the figures ("×", "bytes"); `note` is printed below the line.
    """

    work: str
    measured: float | Spread
    unit: str = "×"
    target: Target | None = None
    note: str = ""
    point: Point | None = None

    @property
    def spread(self) -> Spread:
        """The measurement as a spread, even for a single figure."""
        return self.measured if isinstance(self.measured, Spread) else Spread((self.measured,))

    @property
    def is_met(self) -> bool | None:
        """Whether the target is; None without one."""
        return self.target.is_met(self.spread.median) if self.target else None

    def __str__(self) -> str:
        spread = self.spread
        cells = [
            f"{self.target} {self.unit}" if self.target else "",
            f"{_digits(spread.median)} {self.unit}",
            {None: "", True: "met", False: "MISSED"}[self.is_met],
        ]
        tail = "  ".join(map(_digits, spread.five)) if len(spread.all) > 1 else ""
        lines = [_line(self.work, *cells, tail)]
        lines += textwrap.wrap(self.note, 96, initial_indent="    ", subsequent_indent="    ")
        return "\n".join(lines)


def _digits(x: float) -> str:
    """Three digits or, from 100 on, whole numbers."""
    return f"{x:,.0f}" if abs(x) >= 100 else f"{x:#.3g}"


def _line(*cells: str) -> str:
    aligned = zip(cells, "<>><<", (*WIDTHS, 0), strict=True)
    return "  ".join(f"{cell:{side}{width}}" for cell, side, width in aligned).rstrip()


@dataclass
class Table:
    """The rows of a subject, as they were measured; `error` is why there are no more."""

    name: str
    about: str
    rows: list[Row] = field(default_factory=list)
    error: str = ""

    def headed(self) -> Iterator[tuple[str, Row]]:
        """Every row, with the work that an indented one belongs to."""
        heading = ""
        for row in self.rows:
            if not row.work.startswith(" "):
                heading = row.work
            yield ("" if row.work == heading else heading), row

    def show(self, rows: Iterable[Row]) -> None:
        """Print the rows, each as soon as it is there, and keep them.

        An error is printed and kept too: the other subjects are still measured.
        """
        print(f"\n{self.name}: {self.about}\n")
        print(_line("work", "target", "measured", "", "spread: min, quartiles, max"))
        print("─" * 130)
        try:
            for row in rows:
                print(row, flush=True)
                self.rows.append(row)
        except Exception as error:
            self.error = f"{type(error).__name__}: {error}"
            traceback.print_exc()
            print(f"{self.name} stopped here: {self.error}", flush=True)
