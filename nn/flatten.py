"""Weights in one vector."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from autograd import Value
from autograd.internals import Place, move_into
from nn.checks import leaves
from nn.module import Module


class Flat:
    """The numbers of many leaves, in two vectors.

    It stays right when the leaves are flattened again with others, as `fit` may do: it reads
    and writes the vector that holds them then.

    Attributes
    ----------
    data, grad : array of float64
        `data[k]` is `params[k].data` and `grad[k]` is `params[k].grad`: each reads and
        writes the other's memory.  What is assigned to them is written there.

    Raises
    ------
    ValueError
        If the leaves were flattened again in another order, or with others between them.
    """

    __slots__ = ("__weakref__", "_params", "_place")

    def __init__(self, params: list[Value]) -> None:
        self._params, self._place = params, Place(params)

    def _vectors(self) -> tuple[np.ndarray, np.ndarray]:
        """The arrays: they are not held on to, so that leaves can be moved."""
        vectors = self._place.vectors()
        if vectors is None:
            raise ValueError(
                "these weights were flattened again in another order, or with others between "
                "them, and stand in no vector of their own now: flatten(…) them once more"
            )
        return vectors

    @property
    def data(self) -> np.ndarray:
        """The numbers."""
        return self._vectors()[0]

    @data.setter
    def data(self, numbers: np.typing.ArrayLike) -> None:
        self.data[:] = numbers

    @property
    def grad(self) -> np.ndarray:
        """Their gradients."""
        return self._vectors()[1]

    @grad.setter
    def grad(self, numbers: np.typing.ArrayLike) -> None:
        self.grad[:] = numbers

    def __len__(self) -> int:
        return len(self._params)

    def __reduce__(self) -> Any:
        return flatten, (self._params,)  # a copy is of the leaves' copies


def flatten(params: Module | Iterable[Value]) -> Flat:
    """Move weights into one vector, so that arithmetic on all of them is of arrays.

    The Values stay what they are: `p.data` and `p.grad` read and write the vector.
    Optimisers and compiled functions see it and become faster.  Copies and pickles of the
    Values are ordinary leaves again.  Leaves that stand in a vector already, one after the
    other, stay there: a part of a flattened model is a view of it.

    Parameters
    ----------
    params : Module or iterable of Value
        A model, or leaves in the order that the vector shall have.

    Raises
    ------
    TypeError
        If one is not a leaf.
    ValueError
        If there are none, or one is named twice; or if they would leave another vector whose
        array is held somewhere, which could not follow them.

    >>> from nn import MLP, flatten
    >>> model = MLP(2, [3, 1])
    >>> flat = flatten(model)
    >>> flat.data[:] = 0.5
    >>> model.parameters()[0].data
    0.5
    """
    named = params.parameters() if isinstance(params, Module) else list(params)
    distinct = leaves(named, "flatten")
    if len(distinct) < len(named):
        raise ValueError("a parameter is named twice; name each once")
    if Place(distinct).vectors() is None:
        move(distinct)
    return Flat(distinct)


def move(params: list[Value]) -> None:
    """Move leaves into a vector of their own."""
    move_into(params, np.empty(len(params)), np.empty(len(params)))
