"""Optimizer: what all optimisers share."""

from __future__ import annotations

import math
from collections.abc import Iterable
from numbers import Real
from typing import Any

import numpy as np

from autograd import Value
from autograd.engine.value import flat_owner, flattened
from nn.flatten import Flat


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

    def __init__(self, params: Iterable[Value], lr: float) -> None:
        self.params = leaves(params, type(self).__name__)
        if not 0.0 < _number("the learning rate", lr) < math.inf:
            raise ValueError(f"the learning rate must be positive, not {lr}")
        self.lr = lr
        self._flat: Flat | None = None
        self._looked_up = -1
        self._room: Any = ()

    def __repr__(self) -> str:
        settings = [f"{k}={x!r}" for k, x in vars(self).items() if k[0] != "_" and x is not False]
        return f"{type(self).__name__}({len(self.params)} parameters, {', '.join(settings[1:])})"

    def step(self) -> None:
        """Move every parameter by its gradient: all at once, where they are one vector."""
        flat = self.flat()
        if flat is None:
            self._move_each()
            return
        with np.errstate(all="ignore"):  # as Python's floats: inf and nan without a word
            self._move_all(flat.data, flat.grad, *self._room)

    # A kind of optimiser moves its parameters in two ways, which give the same bits.

    HELD: tuple[str, ...] = ()  # the attributes that have a number for every parameter

    def _move_each(self) -> None:
        """One parameter after the other."""
        raise NotImplementedError

    def _move_all(self, w: Any, g: Any, a: Any, b: Any) -> None:
        """The weights w, whose gradients are g; a and b are room to work in."""
        raise NotImplementedError

    def kept(self) -> dict[str, Any]:
        """All settings, and what is remembered of past steps, for `restore`."""
        return {
            name: x.copy() if isinstance(x, list | dict | np.ndarray) else x
            for name, x in vars(self).items()
            if name not in ("params", *self._FOUND)
        }

    def restore(self, kept: dict[str, Any]) -> None:
        """Go back to what `kept()` gave; the parameters stay as they are."""
        for name, x in kept.items():
            setattr(self, name, x.copy() if isinstance(x, list | dict | np.ndarray) else x)
        self._looked_up = -1

    _FOUND = ("_flat", "_looked_up", "_room")  # what `flat()` finds out

    def __getstate__(self) -> dict[str, Any]:
        # the leaves of a copy are in no vector
        found = {name: x for name, x in vars(self).items() if name not in self._FOUND}
        return found | {"_flat": None, "_looked_up": -1, "_room": ()}

    def flat(self) -> Flat | None:
        """The vectors that hold the parameters, if there are such (`nn.flatten`)."""
        if self._looked_up != flattened():
            owner = flat_owner(self.params)
            self._flat = owner if owner is not None and len(owner) == len(self.params) else None
            self._looked_up = flattened()
            self._hold()
        return self._flat

    def _hold(self) -> None:
        """Numbers in arrays, with room to work in, for weights in a vector; else in lists."""
        flat = self._flat
        self._room = () if flat is None else np.empty((2, len(flat)))
        for name in self.HELD:
            held = getattr(self, name)
            setattr(self, name, np.array(held) if flat is not None else list(map(float, held)))

    def zero_grad(self) -> None:
        """Set the gradient of every parameter to 0."""
        flat = self.flat()
        if flat is not None:
            flat.grad.fill(0.0)
            return
        for p in self.params:
            p.grad = 0.0

    def _zeros(self) -> list[float]:
        return [0.0] * len(self.params)


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
