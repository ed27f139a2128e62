"""The paths that a function takes: each traced when a row first takes it, then kept.

A function that branches on its Values has several.  A trace follows one, and notes what was
decided; of a batch, each row is answered on the path that its own numbers take.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, TypeVar

import numpy as np

from autograd.errors import GraphError
from autograd.locks import Lock
from autograd.programs.anomaly import numbers_of

P = TypeVar("P")


Replay = Callable[[P, list[Any], np.ndarray], np.ndarray]
"""Answers rows on a path, of which it gets the columns and the numbers among all of the batch;
and says by row whether they do take it."""


class Paths(Generic[P]):
    """The paths of one structure of arguments.

    Parameters
    ----------
    name : str
        What messages call the function.
    lock : Lock, optional
        Held while a path is traced; left out, one of its own.
    """

    def __init__(self, name: str, lock: Lock | None = None) -> None:
        self.known: list[P] = []
        self._name = name
        self._lock = lock or Lock()

    def first(self, columns: list[Any], trace: Callable[[list[float]], P]) -> P:
        """The path that was traced first: now, of the first row, if there is none."""
        return self._at(0, columns, 0, trace)[0]

    def run(
        self, columns: list[Any], rows: int, trace: Callable[[list[float]], P], replay: Replay[P]
    ) -> None:
        """Answer every row on its path: on those that are known, then on new ones.

        Raises
        ------
        GraphError
            If a row does not take the path that was traced of its numbers.
        """
        left = np.arange(rows)
        k = 0
        while len(left) or not k:  # no rows are answered by one path
            row = int(left[0]) if len(left) else 0
            path, is_new = self._at(k, columns, row, trace)
            fits = replay(path, columns if len(left) == rows else _some(columns, left), left)
            left = left[~fits]
            if is_new and len(left) and left[0] == row:
                raise GraphError(
                    f"{self._name} does not decide the same twice of the same numbers; "
                    "it must depend on its arguments alone"
                )
            k += 1

    def _at(
        self, k: int, columns: list[Any], row: int, trace: Callable[[list[float]], P]
    ) -> tuple[P, bool]:
        """The k-th path, and whether it is new, traced of that row."""
        if k < len(self.known):
            return self.known[k], False
        with self._lock:  # another thread may have traced it while this one waited
            is_new = k == len(self.known)
            if is_new:
                self.known.append(trace(numbers_of(columns, row)))
            return self.known[k], is_new


def _some(columns: list[Any], rows: np.ndarray) -> list[Any]:
    return [c[rows] if isinstance(c, np.ndarray) else c for c in columns]
