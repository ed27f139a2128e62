"""The numbers of parameters as arrays."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd import Value
from autograd.engine.value import can_flatten, flat_layout_version, gather, scatter, span_of
from nn.flatten import move


class Vectors:
    """The numbers of leaves as two arrays: where they live, or else copies.

    Optimisers and `fit` work on these, so that a rule is written once, over arrays.
    """

    def __init__(self, params: list[Value]) -> None:
        self._params = params
        self._span: Any = None
        self._copies: Any = None
        self._looked_up = -1

    def settle(self) -> None:
        """Move the leaves into one vector, unless that took some of them out of another."""
        if span_of(self._params) is None and can_flatten(self._params):
            move(self._params)

    def load(self) -> tuple[np.ndarray, np.ndarray]:
        """The numbers, and their gradients: not to be held on to, since leaves may be moved."""
        count = flat_layout_version()
        if self._looked_up != count:
            self._span, self._looked_up = span_of(self._params), count
            self._copies = None if self._span else np.empty((2, len(self._params)))
        if self._span is not None:
            return self._span.data, self._span.grad
        w, g = self._copies
        gather(self._params, w, g)
        return w, g

    def store(self) -> None:
        """Bring the numbers that `load` gave, and that were changed since, to the leaves."""
        if self._copies is not None:
            scatter(self._params, self._copies[0])

    def store_grads(self) -> None:
        """Bring the gradients that `load` gave, and that were changed since, to the leaves."""
        if self._copies is not None:
            scatter(self._params, None, self._copies[1])
