"""A program as a JAX function."""

from __future__ import annotations

import operator
import warnings
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from autograd.engine.value import Value, row_of_code
from autograd.ops import Op
from autograd.ops.jax import Array, function, jax, jnp
from autograd.programs.ir import CONSTANT, WEIGHT, Listing

RELATIONS = (operator.lt, operator.le, operator.eq, operator.ne, operator.gt, operator.ge)
"""By Python's number of a comparison."""


def to_jax(listing: Listing, single: bool) -> Callable[..., Any]:
    """`Program.to_jax` says what it does."""
    if not jax.config.jax_enable_x64:
        warnings.warn(
            "JAX computes in float32 here: for the double precision of the program, "
            'jax.config.update("jax_enable_x64", True) before anything else',
            stacklevel=3,
        )

    def program(*inputs: Any, weights: Any = None) -> Any:
        if len(inputs) != listing.inputs:
            raise TypeError(
                f"this program has {listing.inputs} inputs, but {len(inputs)} were given"
            )
        columns = [_real(x, f"input {k}") for k, x in enumerate(inputs)]
        w = _weights(listing, weights)
        if all(x.ndim == 0 for x in columns):
            outputs = _replayed(listing, columns, w)
        else:
            shape = jnp.broadcast_shapes(*(x.shape for x in columns))
            rows = [jnp.broadcast_to(x, shape).ravel() if x.ndim else x for x in columns]
            axes = [0 if x.ndim else None for x in rows]
            each = jax.vmap(lambda x: _replayed(listing, x, w), in_axes=(axes,))(rows)
            outputs = [column.reshape(shape) for column in each]
        return outputs[0] if single else outputs

    return program


def _real(x: Any, name: str) -> Array:
    if isinstance(x, Value):
        raise TypeError(f"{name} is a Value; a function of JAX takes numbers: write v.data")
    try:
        array = jnp.asarray(x)
    except TypeError:
        raise TypeError(f"{name} is {x!r}; real numbers are needed") from None
    if not (jnp.issubdtype(array.dtype, jnp.floating) or array.dtype.kind in "biu"):
        raise TypeError(f"{name} is an array of {array.dtype}; real numbers are needed")
    return jax.lax.convert_element_type(array, jnp.zeros(0).dtype)


def _weights(listing: Listing, given: Any) -> Array:
    count = len(listing.weights)
    if given is None:
        return jnp.asarray(np.array([w.data for w in listing.weights]), float)
    w = _real(given, "weights")
    if w.shape != (count,):
        raise ValueError(
            f"this program has {count} weights, so weights is an array of shape ({count},), "
            f"not {w.shape}"
        )
    return w


def _replayed(listing: Listing, inputs: Sequence[Array], weights: Array) -> list[Array]:
    """The outputs of one row."""
    nodes = _Nodes(listing, inputs, weights)
    for k in range(listing.inputs, len(listing)):
        nodes.found.append(nodes.computed(k))
    outputs = [nodes.at(k) for k in listing.outputs.tolist()]
    if len(listing.guards):
        # A factor, for it makes the derivatives nan as well; where() would make them 0.
        valid = jnp.where(nodes.decisions_hold(), 1.0, jnp.nan)
        outputs = [z * valid for z in outputs]
    return outputs


class _Nodes:
    """The numbers of the nodes, as far as they are computed."""

    def __init__(self, listing: Listing, inputs: Sequence[Array], weights: Array) -> None:
        self.listing, self.weights = listing, weights
        self.found: list[Array] = list(inputs)
        self.vectors: dict[tuple[int, ...], Array] = {}
        self.place = np.cumsum(listing.role == WEIGHT) - 1  # of a weight among the weights

    def at(self, k: int) -> Array:
        """The number of node k."""
        if self.found[k] is None:
            self.found[k] = self.weights[self.place[k]]
        return self.found[k]

    def computed(self, k: int) -> Array:
        """Node k, when all before it are there; None for a weight."""
        role = self.listing.role[k]
        if role == CONSTANT:
            return jnp.asarray(float(self.listing.data[k]), self.weights.dtype)
        if role == WEIGHT:
            return None  # most are taken with others, as a slice
        row = row_of_code(self.listing.code[k])
        z = function(row.name)(*self._arguments(row, self.listing.operands(k)))
        return jax.lax.stop_gradient(z) if self.listing.stopped[k] else z

    def _arguments(self, row: Op, operands: list[int]) -> list[Array]:
        arguments = row.arguments(operands)
        return [self._vector(tuple(j)) if isinstance(j, list) else self.at(j) for j in arguments]

    def _vector(self, nodes: tuple[int, ...]) -> Array:
        """The numbers of several nodes; those that a layer shares are put together once."""
        if nodes not in self.vectors:
            self.vectors[nodes] = (
                self._slice(self.place[list(nodes)])
                if (self.listing.role[list(nodes)] == WEIGHT).all()
                else jnp.stack([self.at(j) for j in nodes])
            )
        return self.vectors[nodes]

    def _slice(self, places: np.ndarray) -> Array:
        first = int(places[0])
        if (np.diff(places) == 1).all():
            return self.weights[first : first + len(places)]
        return self.weights[places]

    def decisions_hold(self) -> Array:
        """Whether the comparisons of the traced function come out as they did in tracing."""
        holds = [
            RELATIONS[relation](self.at(left), self.at(right)) == bool(outcome)
            for left, right, relation, outcome in self.listing.guards.tolist()
        ]
        return jnp.stack(holds).all()
