"""A recorded graph computed again in mpmath, at its point and beside it.

The gradient found so is right to about 30 digits, whatever the rows' partials
and the backward pass have done: only the rows' values are used.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from autograd.graph import order
from autograd.ops import BY_NAME
from autograd.testing.reference import mp, value
from autograd.value import Value

H = mp.mpf(10) ** -17


def replay(root: Value, point: Mapping[int, Any]) -> Any:
    """The value of `root`, at 50 digits, with the leaves where `point` puts them.

    Parameters
    ----------
    root : Value
        Its graph is computed again from the leaves.
    point : mapping from id(leaf) to number
        Leaves that are missing stand where they are.
    """
    found: dict[int, Any] = {}
    for v in order(root):
        if v.op:
            found[id(v)] = value(BY_NAME[v.op], [found[id(x)] for x in v.args])
        else:
            found[id(v)] = mp.mpf(point.get(id(v), v.data))
    return found[id(root)]


def reference_gradient(root: Value, leaves: Sequence[Value]) -> list[Any]:
    """∂root/∂leaf for every leaf, by central differences of 1e-17 at 50 digits."""
    gradient = []
    for leaf in leaves:
        x = mp.mpf(leaf.data)
        h = H * max(1, abs(x))
        above, below = (replay(root, {id(leaf): x + step}) for step in (h, -h))
        gradient.append((above - below) / (2 * h))
    return gradient


def absolute_flow(root: Value) -> dict[int, float]:
    """For every node the adjoint that absolute partials would give: the size of
    what was added up in its gradient, however much of it cancelled."""
    flow = {id(root): 1.0}
    for z in reversed(order(root)):
        for k, (x, partial) in enumerate(zip(z.args, z.partials, strict=True)):
            if z.carries(k):
                flow[id(x)] = flow.get(id(x), 0.0) + abs(partial) * flow.get(id(z), 0.0)
    return flow
