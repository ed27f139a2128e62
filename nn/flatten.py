"""Weights in one vector."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from autograd import Value
from autograd.engine.value import Span, can_be_flattened, flat_owner, flattened, gather, scatter
from autograd.engine.value import flatten as move
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

    __slots__ = ("__weakref__", "_looked_up", "_params", "_span")

    def __init__(self, params: list[Value]) -> None:
        self._params = params
        self._span: Span | None = None
        self._looked_up = -1

    def _vectors(self) -> Span:
        """Where the leaves are: arrays are not kept, so that leaves can be moved."""
        count = flattened()
        if self._looked_up != count:
            self._span, self._looked_up = flat_owner(self._params), count
        if self._span is None:
            raise ValueError(
                "these weights were flattened again in another order, or with others between "
                "them, and stand in no vector of their own now: flatten(…) them once more"
            )
        return self._span

    @property
    def data(self) -> np.ndarray:
        """The numbers."""
        numbers: np.ndarray = self._vectors().data
        return numbers

    @data.setter
    def data(self, numbers: np.typing.ArrayLike) -> None:
        self.data[:] = numbers

    @property
    def grad(self) -> np.ndarray:
        """Their gradients."""
        grads: np.ndarray = self._vectors().grad
        return grads

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
    leaves = params.parameters() if isinstance(params, Module) else list(params)
    for p in leaves:
        if not isinstance(p, Value) or p.op or p.constant:
            raise TypeError(f"flatten takes leaves, Values made by Value(number), not {p!r}")
    if not leaves:
        raise ValueError("flatten was given no parameters")
    if len({id(p) for p in leaves}) < len(leaves):
        raise ValueError("a parameter is named twice; name each once")
    if flat_owner(leaves) is None:
        _move(leaves)
    return Flat(leaves)


def _move(leaves: list[Value]) -> None:
    move(leaves, np.empty(len(leaves)), np.empty(len(leaves)))


class Vectors:
    """The numbers of leaves as two arrays: where they live, or else copies.

    `fit` and the optimisers work on these, so that a rule is written once, over arrays.
    """

    def __init__(self, params: list[Value]) -> None:
        self._params = params
        self._span: Span | None = None
        self._copies: Any = None
        self._looked_up = -1

    def settle(self) -> None:
        """Move the leaves into one vector, unless that took some out of another one."""
        if flat_owner(self._params) is None and can_be_flattened(self._params):
            _move(self._params)

    def load(self) -> tuple[np.ndarray, np.ndarray]:
        """The numbers, and their gradients.  They are not to be kept."""
        count = flattened()
        if self._looked_up != count:
            self._span, self._looked_up = flat_owner(self._params), count
        if self._span is not None:
            self._copies = None
            return self._span.data, self._span.grad
        if self._copies is None:
            self._copies = np.empty(len(self._params)), np.empty(len(self._params))
        gather(self._params, *self._copies)
        numbers, grads = self._copies
        return numbers, grads

    def store(self) -> None:
        """Bring the numbers of the arrays that `load` gave to the leaves."""
        if self._copies is not None:
            scatter(self._params, self._copies[0])

    def store_grads(self) -> None:
        """Bring the gradients to the leaves."""
        if self._copies is not None:
            scatter(self._params, None, self._copies[1])
