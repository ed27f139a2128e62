"""Tables of numbers: reading a CSV file, holding rows out, standardising columns."""

from __future__ import annotations

import csv
import io
import math
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from autograd.internals import Path, open_file, path_of
from nn.checks import below_one, counted

FEWEST = 10  # rows, so that there is something to learn from and something to hold out
LONGEST = 1 << 24  # characters of a line; what has more is no table
LARGEST = 1e150  # its square is still a number
DELIMITERS = ",;\t"


class TableError(ValueError):
    """A table that cannot be learned from; the message says where, in one line."""


@dataclass(frozen=True)
class Table:
    """Numbers to predict one column of from the others.

    columns : names of the inputs;  target : name of what is predicted
    xs, ys : inputs and target of every row
    """

    columns: list[str]
    target: str
    xs: list[list[float]]
    ys: list[float]


def read_table(path: Path, target: str | None) -> Table:
    """Read a CSV file: names in its first row, then numbers; blank rows are skipped.

    Parameters
    ----------
    path : str, bytes or path
        A file of UTF-8 text whose cells are separated by commas, semicolons or tabs.
    target : str or None
        The column to predict; the others are the inputs.

    Raises
    ------
    TableError
        If there is no such file, no such column, text where a number belongs, a
        row of another length, or fewer than `FEWEST` rows.  Rows are counted as a
        spreadsheet does: the names are row 1.
    """
    path = path_of(path)
    rows = _rows(path)
    names = [name.strip() for name in next(rows, (1, []))[1]]
    if not names:
        raise TableError(f"{path} is empty: its first row must name the columns")
    k = _place(path, names, target)
    table = Table(names[:k] + names[k + 1 :], names[k], [], [])
    for row, cells in rows:
        if len(cells) != len(names):
            raise TableError(
                f"{path}, row {row}: {counted(len(cells), 'cell')}, where the first row names "
                f"{counted(len(names), 'column')}"
            )
        numbers = [
            _number(cell, f"{path}, row {row}, column {name!r}")
            for cell, name in zip(cells, names, strict=True)
        ]
        table.ys.append(numbers.pop(k))
        table.xs.append(numbers)
    if len(table.ys) < FEWEST:
        raise TableError(
            f"{path} has {counted(len(table.ys), 'row')} of numbers; at least {FEWEST} are needed, "
            "to learn from some and test on others"
        )
    return table


def _rows(path: str) -> Iterator[tuple[int, list[str]]]:
    """The rows that are not blank, each with its number in the file."""
    row = 0
    try:
        # -sig: spreadsheets put a mark before the text
        with io.TextIOWrapper(open_file(path), "utf-8-sig", newline="") as file:
            first = file.readline(LONGEST)
            file.seek(0)
            lines = iter(lambda: file.readline(LONGEST), "")
            for row, cells in enumerate(csv.reader(lines, delimiter=_delimiter(first)), 1):
                if any(cell.strip() for cell in cells):
                    yield row, cells
    except UnicodeDecodeError:
        raise TableError(f"{path} is not UTF-8 text; save it as a CSV file in UTF-8") from None
    except csv.Error as error:
        raise TableError(f"{path}, row {row + 1}: {error}") from None
    except OSError as error:
        raise TableError(f"{path}: {error.strerror or error}") from None


def _delimiter(line: str) -> str:
    return max(DELIMITERS, key=line.count)


def _place(path: str, names: list[str], target: str | None) -> int:
    """Which column `target` is."""
    there = ", ".join(map(repr, names))
    if target is None:
        raise TableError(f"which column of {path} is to be predicted? Its columns are {there}")
    if names.count(target) != 1:
        how_many = f"{names.count(target)} columns" if target in names else "no column"
        raise TableError(f"{path} has {how_many} {target!r}; its columns are {there}")
    if len(names) == 1:
        raise TableError(f"{path} has no column but {target!r}: nothing to predict it from")
    return names.index(target)


def _number(cell: str, where: str) -> float:
    text = cell.strip()
    if not text:
        raise TableError(f"{where}: the cell is empty, where a number belongs")
    try:
        x = float(text.replace("_", "?"))  # Python reads 1_000; tables do not mean it
    except ValueError:
        shown = text if len(text) <= 40 else text[:37] + "..."
        raise TableError(f"{where}: {shown!r} is not a number") from None
    if not math.isfinite(x):
        raise TableError(f"{where}: {text!r} is not a finite number")
    if abs(x) > LARGEST:
        raise TableError(f"{where}: {text!r} is too large to compute with")
    return x


def hold_out(count: int, share: float, rng: random.Random) -> tuple[list[int], list[int]]:
    """The rows 0 … count-1 in random order, as those to learn from and those held out.

    `share` of them, below 1 but at least one row, are held out; `rng` draws which.
    """
    below_one(share=share)
    rows = list(range(count))
    rng.shuffle(rows)
    held = max(1, round(share * count))
    return rows[held:], rows[:held]


class Scale:
    """Columns shifted and scaled to mean 0 and standard deviation 1 over the rows given.

    A column that does not vary is only shifted.  Make it from the rows that are
    learned from: those held out must not be looked at.
    """

    def __init__(self, rows: Sequence[Sequence[float]]) -> None:
        columns = list(zip(*rows, strict=True))
        n = len(rows)
        self.means = [math.fsum(column) / n for column in columns]
        self.deviations = []
        for column, mean in zip(columns, self.means, strict=True):
            varies = min(column) < max(column)  # the mean of equal numbers may be rounded
            size = math.hypot(*(x - mean for x in column)) if varies else 0.0
            self.deviations.append(size / math.sqrt(n) or 1.0)

    def __call__(self, row: Sequence[float]) -> list[float]:
        """One row, scaled."""
        return [
            (x - mean) / deviation
            for x, mean, deviation in zip(row, self.means, self.deviations, strict=True)
        ]
