"""Weights in one vector."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from autograd import Value
from autograd.engine.value import flatten as move
from nn.module import Module


class Flat:
    """The numbers of many leaves, in two vectors.

    Attributes
    ----------
    data, grad : array of float64
        `data[k]` is `params[k].data` and `grad[k]` is `params[k].grad`: each reads and
        writes the other's memory.  What is assigned to them is written there.
    """

    __slots__ = ("__weakref__", "_data", "_grad")

    def __init__(self, params: list[Value]) -> None:
        self._data, self._grad = np.empty(len(params)), np.empty(len(params))
        move(params, self._data, self._grad, self)

    # The Values point into the two arrays, so these must never be let go of.

    @property
    def data(self) -> np.ndarray:
        """The numbers."""
        return self._data

    @data.setter
    def data(self, numbers: np.typing.ArrayLike) -> None:
        self._data[:] = numbers

    @property
    def grad(self) -> np.ndarray:
        """Their gradients."""
        return self._grad

    @grad.setter
    def grad(self, numbers: np.typing.ArrayLike) -> None:
        self._grad[:] = numbers

    def __len__(self) -> int:
        return len(self._data)


def flatten(params: Module | Iterable[Value]) -> Flat:
    """Move weights into one vector, so that arithmetic on all of them is of arrays.

    The Values stay what they are: `p.data` and `p.grad` read and write the vector.
    Optimisers and compiled functions see it and become faster.  Copies and pickles of the
    Values are ordinary leaves again.

    Parameters
    ----------
    params : Module or iterable of Value
        A model, or leaves in the order that the vector shall have.

    Raises
    ------
    TypeError
        If one is not a leaf.
    ValueError
        If there are none, or one is named twice.

    >>> from nn import MLP, flatten
    >>> model = MLP(2, [3, 1])
    >>> flat = flatten(model)
    >>> flat.data[:] = 0.5
    >>> model.parameters()[0].data
    0.5
    """
    leaves = params.parameters() if isinstance(params, Module) else list(params)
    for p in leaves:
        if not isinstance(p, Value) or p.op or p.constant:
            raise TypeError(f"flatten takes leaves, Values made by Value(number), not {p!r}")
    if not leaves:
        raise ValueError("flatten was given no parameters")
    if len({id(p) for p in leaves}) < len(leaves):
        raise ValueError("a parameter is named twice; name each once")
    return Flat(leaves)
