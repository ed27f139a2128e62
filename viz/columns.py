"""Rows of text in aligned columns."""

from __future__ import annotations

from collections.abc import Iterable, Sequence


def aligned(titles: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """A line for the titles and one for every row: the first column left, the others right.

    What no terminal can show, such as control characters in a name, is spelled out.
    """
    cells = [["".join(map(_printable, cell)) for cell in row] for row in (titles, *rows)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    return [
        "  ".join(
            cell.ljust(width) if k == 0 else cell.rjust(width)
            for k, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in cells
    ]


def _printable(c: str) -> str:
    return c if c.isprintable() else repr(c)[1:-1]


def digits(x: float) -> str:
    """Three digits: `0.0123`, `1.23e-09`."""
    return f"{x:.3g}"


def percent(share: float) -> str:
    """A share of 1 in percent; what is not quite none or all does not read like it."""
    if 0.0 < share < 0.01:
        return "<1%"
    return ">99%" if 0.99 < share < 1.0 else f"{share:.0%}"
