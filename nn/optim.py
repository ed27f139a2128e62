"""Optimisers: how the weights move, given their gradients."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from autograd import Value
from autograd.value import flat_owner, flattened
from nn.flatten import Flat


class SGD:
    """Gradient descent with momentum.

    step():  Δw ← momentum · Δw − lr · ∂C/∂w;  w ← w + Δw

    which is the rule of Rumelhart, Hinton & Williams (1986) with ε = lr, α = momentum.

    Parameters
    ----------
    params : iterable of Value
        The leaves to move.
    lr : float
        The learning rate, > 0.
    momentum : float
        What remains of the previous step, from 0 up to but not including 1.
    """

    def __init__(self, params: Iterable[Value], lr: float, momentum: float = 0.0) -> None:
        self.params = list(params)
        if not self.params:
            raise ValueError("SGD was given no parameters")
        for p in self.params:
            if not isinstance(p, Value) or p.op or p.constant:
                raise TypeError(f"SGD moves leaves, Values made by Value(number), not {p!r}")
        if not lr > 0.0:
            raise ValueError(f"the learning rate must be positive, not {lr}")
        if not 0.0 <= momentum < 1.0:
            raise ValueError(f"momentum lies in [0, 1), not at {momentum}")
        self.lr, self.momentum = lr, momentum
        self._steps: Any = [0.0] * len(self.params)
        self._flat: Flat | None = None
        self._looked_up = -1

    def _flattened(self) -> Flat | None:
        """The vectors that hold the parameters, if there are such (`nn.flatten`)."""
        if self._looked_up != flattened():
            owner = flat_owner(self.params)
            self._flat = owner if owner is not None and len(owner) == len(self.params) else None
            self._steps = (
                np.asarray(self._steps).tolist() if self._flat is None else np.array(self._steps)
            )
            self._looked_up = flattened()
        return self._flat

    def step(self) -> None:
        """Move every parameter by its gradient."""
        flat = self._flattened()
        lr, momentum, steps = self.lr, self.momentum, self._steps
        if flat is not None:
            with np.errstate(all="ignore"):
                steps *= momentum
                steps -= lr * flat.grad
                flat.data += steps
            return
        for k, p in enumerate(self.params):
            steps[k] = momentum * steps[k] - lr * p.grad
            p.data += steps[k]

    def zero_grad(self) -> None:
        """Set the gradient of every parameter to 0."""
        flat = self._flattened()
        if flat is not None:
            flat.grad.fill(0.0)
            return
        for p in self.params:
            p.grad = 0.0
