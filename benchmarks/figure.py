"""The tables as pictures."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

from benchmarks import machine
from benchmarks.report import Row, Table

BLUE, ORANGE, GREY = "#0072B2", "#D55E00", "#777777"
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00")
LONGEST = 104  # letters of a line's name


def draw(tables: list[Table], folder: Path) -> list[Path]:
    """`ratios.png`, everything measured in times, and `growth.png`; those with content."""
    import matplotlib

    matplotlib.use("Agg")
    made = []
    if any(_ratios(table) for table in tables):
        made.append(_ratio_picture(tables, folder / "ratios.png"))
    curves = [row for table in tables for row in table.rows if row.point]
    if curves:
        made.append(_growth_picture(curves, folder / "growth.png"))
    return made


# ── ratios ─────────────────────────────────────────────────────────────────────


def _ratios(table: Table) -> list[tuple[str, Row]]:
    """The rows that say how many times, and what to call them."""
    found = []
    for heading, row in table.headed():
        if row.unit == "×" and row.spread.median > 0:
            own = row.work.strip()
            name = f"{heading}: {own}" if heading else own
            if len(name) > LONGEST:
                short = heading[: max(12, LONGEST - len(own) - 3)].rstrip(" ,:")
                name = f"{short}…: {own}"
            found.append((name, row))
    return found


def _ratio_picture(tables: list[Table], path: Path) -> Path:
    from matplotlib import pyplot as plt

    parts = [(table, rows) for table in tables if (rows := _ratios(table))]
    heights = [len(rows) + 1.5 for _, rows in parts]
    made, axes = plt.subplots(
        len(parts), 1, figsize=(15, 0.27 * sum(heights) + 1.4), sharex=True, squeeze=False,
        height_ratios=heights, layout="constrained",
    )  # fmt: skip
    for (table, rows), ax in zip(parts, axes[:, 0], strict=True):
        _ratio_rows(ax, rows)
        ax.set_title(table.name, loc="left", fontsize=10, fontweight="bold")
    axes[-1, 0].set_xlabel(
        "times, logarithmic: median, quartiles, range; grey: the target, and where it is met"
    )
    known = machine.facts()
    made.suptitle(
        "Blue: target met, or none. Orange: missed. Hollow: the other is faster.     "
        f"{known['processor']}, {known['cores']} cores, {known['python']}",
        fontsize=9,
    )
    made.savefig(path, dpi=110)
    plt.close(made)
    return path


def _ratio_rows(ax: Any, rows: list[tuple[str, Row]]) -> None:
    for y, (_, row) in enumerate(rows):
        low, first, median, third, high = row.spread.five
        colour = ORANGE if row.is_met is False else BLUE
        ax.plot([low, high], [y, y], color=colour, lw=1, alpha=0.5)
        ax.plot([first, third], [y, y], color=colour, lw=4, alpha=0.6, solid_capstyle="butt")
        beaten = median < 1 and " than " in f" {row.work}"
        ax.plot(median, y, "o", color=colour, ms=5, mfc="white" if beaten else colour)
        if row.target:
            mark = "$\\rightarrow$" if row.target.relation == ">=" else "$\\leftarrow$"
            ax.plot(row.target.bound, y, "|", color=GREY, ms=14)
            ax.plot(row.target.bound, y + 0.32, marker=mark, color=GREY, ms=6, ls="")
    ax.axvline(1.0, color=GREY, lw=0.6, ls=":")
    ax.set_xscale("log")
    ax.set_ylim(len(rows) - 0.3, -0.7)
    ax.set_yticks(range(len(rows)), [name for name, _ in rows], fontsize=8)
    ax.grid(axis="x", lw=0.3)
    ax.spines[["top", "right"]].set_visible(False)


# ── growth ─────────────────────────────────────────────────────────────────────


def _growth_picture(rows: list[Row], path: Path) -> Path:
    """A panel for every unit; the slope of each curve stands in the legend."""
    from matplotlib import pyplot as plt

    sized = [row for row in rows if row.point and row.point.x is not None]
    slopes = {row.point.curve: row.spread.median for row in rows if row.point and not row.point.x}
    units = list(dict.fromkeys(row.unit for row in sized))
    made, axes = plt.subplots(
        1, len(units), figsize=(6 * len(units), 4.8), squeeze=False, layout="constrained"
    )
    for unit, ax in zip(units, axes[0], strict=True):
        curves: dict[str, list[tuple[float, float]]] = {}  # by name: nodes, median
        for row in sized:
            point = row.point
            if row.unit == unit and point and point.x is not None and row.spread.median > 0:
                curves.setdefault(point.curve, []).append((point.x, row.spread.median))
        for (name, points), colour in zip(curves.items(), COLOURS, strict=False):
            slope = slopes.get(name, math.nan)
            ax.loglog(
                *zip(*points, strict=True), "o-", color=colour, label=f"{name}: slope {slope:.2f}"
            )
        ax.set_xlabel("nodes")
        ax.set_ylabel({"ms": "milliseconds", "MB": "megabytes"}[unit])
        ax.grid(lw=0.3)
        ax.spines[["top", "right"]].set_visible(False)
        ax.legend(fontsize=8, frameon=False, loc="upper left")
    made.suptitle("Growth with the number of nodes; slope 1 is proportional", fontsize=10)
    made.savefig(path, dpi=110)
    plt.close(made)
    return path
