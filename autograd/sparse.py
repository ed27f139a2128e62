"""Jacobians most of whose entries are zero, in few sweeps.

Two columns that never have an entry in the same row can be computed in one
sweep.  Which may go together is a colouring of the columns (Curtis, Powell &
Reid, 1974); the structure is read off the graph.
"""

from __future__ import annotations

from typing import Any

from autograd.linear import Linear


def compressed(linear: Linear) -> Any:
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
    columns: list[list[int]] = [[] for _ in range(len(linear.inputs))]
    for i, row in enumerate(rows):
        for j in row:
            columns[j].append(i)
    by_column = colours(rows, columns)
    by_row = colours(columns, rows)
    entries: dict[tuple[int, int], float] = {}
    if max(by_column, default=-1) <= max(by_row, default=-1):
        for together in _groups(by_column):
            swept = linear.push([float(j in together) for j in range(len(columns))])
            entries.update({(i, j): swept[i] for j in together for i in columns[j]})
    else:
        for together in _groups(by_row):
            swept = linear.pull([float(i in together) for i in range(len(rows))])
            entries.update({(i, j): swept[j] for i in together for j in rows[i]})
    places = tuple(zip(*entries, strict=True)) or ((), ())
    return csr_array((list(entries.values()), places), shape=(len(rows), len(columns)))


def colours(rows: list[list[int]], columns: list[list[int]]) -> list[int]:
    """A colour for every column; columns that meet in a row have different ones.

    Greedy, the columns with most entries first.
    """
    colour = [-1] * len(columns)
    for j in sorted(range(len(columns)), key=lambda j: -len(columns[j])):
        taken = {colour[other] for i in columns[j] for other in rows[i]}
        colour[j] = next(c for c in range(len(columns)) if c not in taken)
    return colour


def _groups(colour: list[int]) -> list[set[int]]:
    groups: list[set[int]] = [set() for _ in range(max(colour, default=-1) + 1)]
    for j, c in enumerate(colour):
        groups[c].add(j)
    return groups
