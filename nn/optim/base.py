"""Optimizer: what all optimisers share."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from autograd import Value
from nn.checks import leaves, positive
from nn.optim.vectors import Vectors


class Optimizer:
    """What all optimisers share: their parameters, and `zero_grad()`.

    Parameters
    ----------
    params : iterable of Value
        The leaves to move; a leaf that occurs twice moves once.
    lr : float
        The learning rate, > 0.

    Raises
    ------
    ValueError
        If there are no parameters, or a setting lies outside its interval.
    TypeError
        If something is not a leaf, or `lr` is not a number.
    """

    STATE: tuple[str, ...] = ()  # the attributes that hold a number for every parameter

    def __init__(self, params: Iterable[Value], lr: float) -> None:
        self._params = leaves(params, type(self).__name__)
        positive(lr=lr)
        self.lr = lr
        for name in self.STATE:
            setattr(self, name, np.zeros(len(self._params)))
        self._prepare()

    def _prepare(self) -> None:
        self.vectors = Vectors(self._params)
        self._work = tuple(np.empty((2, len(self._params))))

    @property
    def params(self) -> tuple[Value, ...]:
        """The leaves that it moves; they cannot be changed."""
        return tuple(self._params)

    def __repr__(self) -> str:
        settings = [
            f"{name}={x!r}"
            for name, x in self.snapshot().items()
            if name[0] != "_" and x is not False
        ]
        return f"{type(self).__name__}({len(self._params)} parameters, {', '.join(settings)})"

    def step(self) -> None:
        """Move every parameter by its gradient."""
        with np.errstate(all="ignore"):  # as Python's floats: inf and nan without a word
            self._move(*self.vectors.load(), *self._work)
        self.vectors.store()

    def _move(self, w: Any, g: Any, a: Any, b: Any) -> None:
        """Change the weights w, whose gradients are g; a and b are scratch arrays."""
        raise NotImplementedError

    def zero_grad(self) -> None:
        """Set the gradient of every parameter to 0."""
        self.vectors.load()[1].fill(0.0)
        self.vectors.store_grads()

    def snapshot(self) -> dict[str, Any]:
        """All settings, and the state from past steps, for `restore`."""
        return {
            name: _copied(x)
            for name, x in vars(self).items()
            if name not in ("_params", "vectors", "_work")
        }

    def restore(self, snapshot: dict[str, Any]) -> None:
        """Go back to what `snapshot()` gave; the parameters stay as they are."""
        for name, x in snapshot.items():
            setattr(self, name, _copied(x))

    def __getstate__(self) -> dict[str, Any]:
        return {"_params": self._params, **self.snapshot()}

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state)
        self._prepare()


def _copied(x: Any) -> Any:
    return x.copy() if isinstance(x, list | dict | np.ndarray) else x
