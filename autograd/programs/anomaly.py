"""Compiled functions inside `detect_anomaly()`: what is replayed is recorded too, row by row.

A replay knows no lines of Python, and does not look at what comes between its inputs and
outputs.  So the rows are recorded one by one, watched as any recording is, before they are
replayed.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from autograd.engine.value import Value
from autograd.graph import leaves
from autograd.modes import recording


def watch(
    f: Callable[[list[Value]], Sequence[Any]],
    columns: Sequence[Any],
    rows: int,
    seeds: Sequence[Any] | None = None,
) -> None:
    """Record f at every row, and go back from its outputs.

    Parameters
    ----------
    f : callable
        Takes the inputs and gives the outputs.
    columns, seeds
        As `autograd.programs.tape.Tape.run` takes them; without seeds nothing is differentiated.

    Raises
    ------
    AnomalyError
        If a value or a derivative is not finite.
    """
    for row in range(rows):
        with contextlib.nullcontext() if seeds is None else recording():
            outputs = f([Value(x) for x in numbers_of(columns, row)])
            for z, seed in zip(outputs, seeds or (), strict=False):
                if isinstance(z, Value) and not z.constant and seed is not None:
                    _go_back(z, float(seed[row] if isinstance(seed, np.ndarray) else seed))


def numbers_of(columns: Sequence[Any], row: int) -> list[float]:
    """The numbers of a row, of columns that are numbers and arrays; of no rows, ones."""
    numbers: list[float] = []
    for column in columns:
        if isinstance(column, np.ndarray):
            part = column[row] if len(column) else np.ones(column.shape[1:])
            numbers += np.ravel(part).tolist()
        else:
            numbers.append(column)
    return numbers


def _go_back(z: Value, seed: float) -> None:
    """`z.backward(seed)`, after which the leaves have the gradients that they had."""
    below = leaves(z)
    before = [x.grad for x in below]
    try:
        z.backward(seed)
    finally:
        for x, grad in zip(below, before, strict=True):
            x.grad = grad


__all__ = ["numbers_of", "watch"]
