"""Jacobians most of whose entries are zero, in few sweeps.

Two columns that never have an entry in the same row can be computed in one
sweep.  Which may go together is a colouring of the columns (Curtis, Powell &
Reid, 1974); the structure is read off the graph.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import chain
from typing import Any

import numpy as np

from autograd.derivatives.linearize import LinearMap, colours


def compressed(linear: LinearMap) -> Any:
    """The linear map as a SciPy sparse array, outputs × inputs.

    Raises
    ------
    ImportError
        If SciPy is missing.
    """
    try:
        from scipy.sparse import csr_array
    except ImportError:
        raise ImportError("sparse=True gives a SciPy array: pip install scipy") from None
    rows = linear.pattern()
    columns = _turned(rows, len(linear.inputs))
    by_column = np.array(colours(rows, columns), dtype=int)
    by_row = by_column if columns == rows else np.array(colours(columns, rows), dtype=int)
    lengths = np.fromiter(map(len, rows), dtype=int, count=len(rows))
    i = np.repeat(np.arange(len(rows)), lengths)
    j = np.fromiter(chain.from_iterable(rows), dtype=int, count=len(i))
    if by_column.max(initial=-1) <= by_row.max(initial=-1):
        entries = _swept(linear.push, by_column, len(rows))[by_column[j], i]
    else:
        entries = _swept(linear.pull, by_row, len(columns))[by_row[i], j]
    starts = np.concatenate([[0], np.cumsum(lengths)])
    return csr_array((entries, j, starts), shape=(len(rows), len(columns)))


def _turned(rows: list[list[int]], width: int) -> list[list[int]]:
    """For every column the rows that it has an entry in."""
    columns: list[list[int]] = [[] for _ in range(width)]
    for i, row in enumerate(rows):
        for j in row:
            columns[j].append(i)
    return columns


def _swept(sweep: Callable[[list[float]], list[float]], colour: Any, width: int) -> Any:
    """A sweep for every colour, from all that have it; colours × what comes out."""
    count = colour.max(initial=-1) + 1
    sweeps = [sweep((colour == c).astype(float).tolist()) for c in range(count)]
    return np.array(sweeps, dtype=float).reshape(count, width)
