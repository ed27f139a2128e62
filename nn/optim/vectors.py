"""The numbers of parameters as arrays."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd import Value
from autograd.internals import Place, can_flatten, gather, scatter
from nn.flatten import move


class Vectors:
    """The numbers of leaves as two arrays: views of their vector, or else copies.

    Optimisers and `fit` work on these, so that a rule is written once, over arrays.
    """

    def __init__(self, params: list[Value]) -> None:
        self._params, self._place = params, Place(params)
        self._copies: Any = None  # where no vector holds just these leaves

    def settle(self) -> None:
        """Move the leaves into one vector, unless that would take some of them out of another."""
        if self._place.vectors() is None and can_flatten(self._params):
            move(self._params)

    def load(self) -> tuple[np.ndarray, np.ndarray]:
        """The numbers, and their gradients.  Do not keep a reference, since leaves may be moved."""
        vectors = self._place.vectors()
        if vectors is not None:
            self._copies = None
            return vectors
        if self._copies is None:
            self._copies = np.empty((2, len(self._params)))
        w, g = self._copies
        gather(self._params, w, g)
        return w, g

    def store(self) -> None:
        """Write the numbers that `load` returned, as changed since, to the leaves."""
        if self._copies is not None:
            scatter(self._params, self._copies[0])

    def store_grads(self) -> None:
        """Write the gradients that `load` returned, as changed since, to the leaves."""
        if self._copies is not None:
            scatter(self._params, None, self._copies[1])
