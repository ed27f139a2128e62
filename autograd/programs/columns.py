"""Inputs of a program: numbers and arrays, with as many rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np

from autograd.engine.value import Value

Reduce = Literal["mean", "sum"]


def columns_of(inputs: Sequence[Any]) -> tuple[list[Any], int | None]:
    """The inputs as numbers and arrays, and how many rows they have (None: numbers only).

    Raises
    ------
    TypeError
        If one is neither a number nor an array of numbers.
    ValueError
        If an array has more than one dimension, or other rows than another.
    """
    columns, rows = [], None
    for k, x in enumerate(inputs):
        column = column_of(x, f"input {k}")
        columns.append(column)
        if isinstance(column, np.ndarray):
            if rows is not None and len(column) != rows:
                raise ValueError(
                    f"input {k} has {len(column)} rows, but another has {rows}; "
                    "the rows of a batch agree in number"
                )
            rows = len(column)
    return columns, rows


def inputs_message(takes: int, count: int) -> str:
    """What is wrong with a call of another number of inputs."""
    return f"this program takes {takes} input{'s' if takes != 1 else ''}, not {count}"


def column_of(x: Any, name: str) -> Any:
    """A float, or an array of floats."""
    if type(x) is float or isinstance(x, int | np.integer | np.floating):
        return float(x)
    if isinstance(x, list | tuple):
        x = np.asarray(x)
    if isinstance(x, np.ndarray) and x.dtype.kind in "biuf":
        if x.ndim == 0:
            return float(x)
        if x.ndim == 1:
            ready = x.dtype == float and x.dtype.isnative and x.flags.aligned
            return x if ready else x.astype(float)  # a record's field may be unaligned
        raise ValueError(f"{name} has shape {x.shape}; an input has one number a row")
    if isinstance(x, Value):
        raise TypeError(f"{name} is a Value; a program takes numbers: write v.data")
    raise TypeError(f"{name} is of type {type(x).__name__}; a program takes numbers and arrays")


def seed_of(reduce: str, rows: int) -> float:
    """∂C/∂(cost of one row)."""
    if reduce not in ("mean", "sum"):
        raise ValueError(f'reduce is "mean" or "sum", not {reduce!r}')
    if reduce == "sum":
        return 1.0
    if rows == 0:
        raise ValueError('zero rows have no mean; use reduce="sum", or leave the batch out')
    return 1.0 / rows


def total(column: np.ndarray) -> float:
    """The sum of a column; inf - inf is nan, without a warning."""
    with np.errstate(all="ignore"):
        return float(np.add.reduce(column))


def plain(column: np.ndarray, rows: int | None) -> Any:
    """A column; a float where there are no rows."""
    return float(column[0]) if rows is None else column
