"""Penalties on the size of weights, by their gradient."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from autograd import Value


class Penalty:
    """λ₁ Σ |w| + ½ λ₂ Σ w² over some of the weights in a vector."""

    def __init__(self, mask: np.ndarray, l1: float, l2: float) -> None:
        self._l1, self._l2 = l1 * mask, l2 * mask

    @classmethod
    def of(
        cls, params: Sequence[Value], l1: float, l2: float, on: Iterable[Value] | None
    ) -> Penalty | None:
        """The penalty on some of an optimizer's parameters (None: on all); None if it is 0."""
        if not l1 and not l2:
            return None
        chosen = {id(p) for p in (params if on is None else on)}
        mask = np.array([float(id(p) in chosen) for p in params])
        if not mask.any():
            raise ValueError("l1 and l2 act on none of the optimizer's parameters")
        return cls(mask, l1, l2)

    def add_grad(self, w: np.ndarray, g: np.ndarray) -> None:
        """Add the penalty's gradient at w to g; for |w| it is 0 at 0."""
        if self._l2.any():
            g += self._l2 * w
        if self._l1.any():
            g += self._l1 * np.sign(w)
