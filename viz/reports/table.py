"""Reports as tables of text."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Generic, Protocol, TypeVar

from viz.text import printable

R = TypeVar("R")


class Report(Generic[R]):
    """One row for each of several things; printed as a table."""

    rows: tuple[R, ...]

    def __iter__(self) -> Iterator[R]:
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)

    def __repr__(self) -> str:
        return str(self)


class Layer(Protocol):
    """What is reported on one layer."""

    @property
    def name(self) -> str: ...  # noqa: D102
    @property
    def warnings(self) -> tuple[str, ...]: ...  # noqa: D102


L = TypeVar("L", bound=Layer)


class LayerReport(Report[L]):
    """One row for each layer, from the inputs to the cost, with warnings."""

    @property
    def warnings(self) -> list[str]:
        """What is wrong, each with its layer."""
        return [f"{row.name}: {text}" for row in self.rows for text in row.warnings]

    def table(self, titles: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
        """The rows as text, the warnings below."""
        return "\n".join([*aligned(titles, rows), *(f"! {text}" for text in self.warnings)])


def aligned(titles: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """A line for the titles and one for every row: the first column left, the others right.

    What no terminal can show, such as control characters in a name, is spelled out.
    """
    cells = [[printable(cell) for cell in row] for row in (titles, *rows)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    return [
        "  ".join(
            cell.ljust(width) if k == 0 else cell.rjust(width)
            for k, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in cells
    ]
