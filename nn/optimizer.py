"""Optimizer: what all optimisers share."""

from __future__ import annotations

import math
from collections.abc import Iterable
from numbers import Real
from typing import Any

import numpy as np

from autograd import Value
from nn.flatten import Vectors


class Optimizer:
    """What all optimisers share: their parameters, and `zero_grad()`.

    Parameters
    ----------
    params : iterable of Value
        The leaves to move; one that comes twice moves once.
    lr : float
        The learning rate, > 0.

    Raises
    ------
    ValueError
        If there are no parameters, or a setting lies outside its interval.
    TypeError
        If something is not a leaf, or `lr` is no number.
    """

    STATE: tuple[str, ...] = ()  # the attributes that hold a number for every parameter

    def __init__(self, params: Iterable[Value], lr: float) -> None:
        self._params = leaves(params, type(self).__name__)
        if not 0.0 < _number("the learning rate", lr) < math.inf:
            raise ValueError(f"the learning rate must be positive, not {lr}")
        self.lr = lr
        for name in self.STATE:
            setattr(self, name, np.zeros(len(self._params)))
        self._prepare()

    def _prepare(self) -> None:
        self.vectors = Vectors(self._params)
        self._work = np.empty((2, len(self._params)))

    @property
    def params(self) -> tuple[Value, ...]:
        """The leaves that it moves, which are chosen once."""
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
        """Change the weights w, whose gradients are g; a and b are room to work in."""
        raise NotImplementedError

    def zero_grad(self) -> None:
        """Set the gradient of every parameter to 0."""
        self.vectors.load()[1].fill(0.0)
        self.vectors.store_grads()

    def snapshot(self) -> dict[str, Any]:
        """All settings, and what is remembered of past steps, for `restore`."""
        return {
            name: x.copy() if isinstance(x, list | dict | np.ndarray) else x
            for name, x in vars(self).items()
            if name not in ("_params", "vectors", "_work")
        }

    def restore(self, snapshot: dict[str, Any]) -> None:
        """Go back to what `snapshot()` gave; the parameters stay as they are."""
        for name, x in snapshot.items():
            setattr(self, name, x.copy() if isinstance(x, list | dict | np.ndarray) else x)

    def __getstate__(self) -> dict[str, Any]:
        return {"_params": self._params, **self.snapshot()}

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state)
        self._prepare()


def leaves(params: Any, who: str) -> list[Value]:
    """`params` as a list without duplicates, if they are leaves."""
    found: dict[int, Value] = {}
    if isinstance(params, Value) or not isinstance(params, Iterable):
        more = ": write model.parameters()" if hasattr(params, "parameters") else ""
        raise TypeError(f"{who} takes a list of parameters, not {params!r:.60}{more}")
    for p in params:
        if not isinstance(p, Value) or p.op or p.constant:
            raise TypeError(f"{who} moves leaves, Values made by Value(number), not {p!r}")
        found[id(p)] = p
    if not found:
        raise ValueError(f"{who} was given no parameters")
    return list(found.values())


def _number(name: str, x: Any) -> Any:
    """`x`, if it is a number."""
    if not isinstance(x, Real):
        raise TypeError(f"{name} is a number, not {x!r:.60}")
    return x


def below_one(**settings: float) -> None:
    """Raise a ValueError unless every setting lies in [0, 1)."""
    for name, x in settings.items():
        if not 0.0 <= _number(name, x) < 1.0:
            raise ValueError(f"{name} lies in [0, 1), not at {x}")


def not_negative(**settings: float) -> None:
    """Raise a ValueError unless every setting is a number from 0 up."""
    for name, x in settings.items():
        if not 0.0 <= _number(name, x) < math.inf:
            raise ValueError(f"{name} is a number from 0 up, not {x}")


def positive(**settings: float) -> None:
    """Raise a ValueError unless every setting is a positive number."""
    for name, x in settings.items():
        if not 0.0 < _number(name, x) < math.inf:
            raise ValueError(f"{name} must be a positive number, not {x}")
