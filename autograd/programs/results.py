"""What a batch gives whose rows take several paths."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from autograd.derivatives.trees import Shape
from autograd.programs.program import Program


@dataclass(frozen=True)
class Path:
    """A program, and the structure of what it returns."""

    program: Program
    shape: Shape


class Results:
    """The columns of a call, filled in path by path: what `Paths.run` replays into."""

    values: list[np.ndarray]
    shape: Shape

    def __init__(
        self,
        name: str,
        rows: int,
        threads: int,
        method: str,
        seed: float | None,
        grads: list[np.ndarray] | None,
    ) -> None:
        self._name, self._rows, self._threads, self._method = name, rows, threads, method
        self._seed, self._grads = seed, grads or []
        self._weight_grads: list[tuple[Program, np.ndarray]] = []

    def replay(self, path: Path, columns: list[Any], left: np.ndarray) -> np.ndarray:
        """Answer those of the rows `left` that take the path; which they are."""
        check_scalar(path.shape, self._method, self._name)
        program, n = path.program, len(left)
        fits = np.empty(n, bool)
        values = [np.empty(n) for _ in range(program.outputs)]
        grads = [np.empty((n, *g.shape[1:])) for g in self._grads]
        arrays: dict[str, Any] = {"values": values, "fits": fits.view(np.uint8)}
        if grads:
            arrays |= {"seeds": [1.0], "grads": grads}
        if self._seed is not None:
            sums = np.zeros(len(program.weights))
            arrays |= {"seeds": [self._seed], "weight_grads": sums}
            self._weight_grads.append((program, sums))
        program.replay(columns, n, self._threads, **arrays)
        if fits.any() or not self._rows:
            self._put(path.shape, left[fits], [column[fits] for column in (*values, *grads)])
        return fits

    def _put(self, shape: Shape, rows: np.ndarray, parts: list[np.ndarray]) -> None:
        """Write columns of these rows among those of all."""
        if not hasattr(self, "shape"):  # these are the first
            self.shape = shape
            self.values = [np.empty(self._rows) for _ in range(shape.size)]
        elif unlike := self.shape.against(shape):
            raise ValueError(
                f"{self._name} returns {unlike[0]} for some rows and {unlike[1]} for others; "
                "the rows of a batch return alike"
            )
        for column, part in zip((*self.values, *self._grads), parts, strict=True):
            column[rows] = part

    def finish(self) -> tuple[list[np.ndarray], Shape]:
        """The outputs and their structure, once the gradients are added to the weights'."""
        for program, sums in self._weight_grads:
            program.add_grads(sums)
        return self.values, self.shape


def check_scalar(shape: Shape, method: str, name: str) -> None:
    """Raise TypeError if a method needs one output and there is another structure."""
    if method and shape.text != "a number":
        raise TypeError(
            f"{method} needs a function that returns one number, and {name} returns {shape.text}"
        )
