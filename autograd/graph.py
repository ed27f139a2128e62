"""A recorded graph as data: its nodes in order, its edges, its copies.

Nothing here recurses, so a chain of any length is walked, copied and pickled.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from autograd.engine.value import (
    Value,
    add_method,
    code_of_name,
    make_node,
    order,
    skip_mask,
)
from autograd.errors import GraphError
from autograd.ops import Op

__all__ = ["Edge", "edges", "leaves", "order", "row"]


def row(v: Value) -> Op:
    """The row of the operation that computed `v`: of the table, or of a user's operation.

    Raises
    ------
    GraphError
        If `v` is a leaf, whose `v.row` is None.
    """
    if v.row is None:
        raise GraphError(f"{v!r} is a leaf, which no operation computed")
    result: Op = v.row
    return result


class Edge(NamedTuple):
    """One operand of one result, and what backpropagation sends along it."""

    result: Value
    k: int  # which operand
    operand: Value
    partial: float  # ∂result/∂operand at the recorded point
    carries: bool  # whether a derivative flows at all

    @property
    def flow(self) -> float:
        """The contribution to ∂C/∂operand, partial × result.grad, of the last `backward()`.

        As there, a result that C does not move with passes nothing on, not even 0 × inf.
        """
        upstream = self.result.grad
        return self.partial * upstream if self.carries and upstream != 0.0 else 0.0


def edges(*roots: Value) -> list[Edge]:
    """All edges that `roots` depend on, in the order of their results."""
    return [
        Edge(z, k, x, partial, z.carries(k))
        for z in order(*roots)
        for k, (x, partial) in enumerate(zip(z.args, z.partials, strict=True))
    ]


def leaves(*roots: Value) -> list[Value]:
    """The leaves that `roots` depend on and that gradients flow to, in the order of first use."""
    return [v for v in order(*roots) if not v.op and not v.constant]


def deep_copy(root: Value, memo: dict[int, Any]) -> Value:
    """`copy.deepcopy` of a Value: the whole graph below it anew.

    What `memo` holds already is shared, so that a model and its cost, copied
    together, stay connected.
    """
    alive = memo.setdefault(id(memo), [])  # as copy does: no id is used twice while it copies
    for v in order(root):
        if id(v) not in memo:
            args = tuple(memo[id(x)] for x in v.args)
            memo[id(v)] = make_node(
                v._code,
                args,
                v.data,
                v.partials,
                v.grad,
                v.label,
                v.constant,
                skip_mask(v),
                v.scope,
            )
            alive.append(v)
    copied: Value = memo[id(root)]
    return copied


# Pickling.  A leaf is pickled by itself, so that pickle sees to it that one leaf
# in two graphs stays one.  A computed value is pickled as (graph, place): the
# graph is one object with flat arrays, which the pickler meets once.


def reduce_value(v: Value) -> tuple[Callable[..., Value], tuple[Any, ...]]:
    """How pickle takes a Value apart."""
    if not v.op:
        return _leaf, (v.data, v.grad, v.label, v.constant, v.scope)
    graph, place = _frozen(v)
    return _thaw, (graph, place)


VERSION = 1  # of the pickles of graphs and of programs; docs/versions.md says what changes it


def check_version(version: int, what: str) -> None:
    """Raise GraphError if a pickle was written by a newer dcdw."""
    if version > VERSION:
        raise GraphError(
            f"this {what} has version {version} of the pickled form, and this dcdw reads up to "
            f"{VERSION}; load it with the dcdw that wrote it, or a newer one"
        )


def _leaf(data: float, grad: float, label: str, constant: bool, scope: str = "") -> Value:
    return make_node(0, (), data, (), grad, label, constant, 0, scope)


class Frozen:
    """The graph below one computed value, as pickle sees it.

    `sources` are the nodes it starts from: leaves, and nodes of other graphs that
    are being pickled.  `computed` are the nodes above them, operands first.
    """

    def __init__(self, root: Value, others: list[Frozen]) -> None:
        nodes, needed = order(root), {id(root)}
        elsewhere: set[int] = set().union(*(graph.place for graph in others))
        for v in reversed(nodes):
            if id(v) in needed and id(v) not in elsewhere:
                needed.update(map(id, v.args))
        nodes = [v for v in nodes if id(v) in needed]
        self.sources = [v for v in nodes if not v.op or id(v) in elsewhere]
        self.computed = [v for v in nodes if v.op and id(v) not in elsewhere]
        self.place: dict[int, int] = {id(v): k for k, v in enumerate(self.computed)}

    def __getstate__(self) -> dict[str, Any]:
        sources, computed = self.sources, self.computed
        place = {id(v): k for k, v in enumerate([*sources, *computed])}
        return {
            "version": VERSION,
            "given": sources,
            "ops": [v.op for v in computed],
            "counts": np.array([len(v.args) for v in computed]),
            "args": np.array([place[id(x)] for v in computed for x in v.args]),
            "partials": np.array([p for v in computed for p in v.partials]),
            "data": np.array([v.data for v in computed]),
            "grads": np.array([v.grad for v in computed]),
            "gaps": [skip_mask(v) for v in computed],
            "labels": {k: v.label for k, v in enumerate(computed) if v.label},
            "scopes": {k: v.scope for k, v in enumerate(computed) if v.scope},
        }

    def __setstate__(self, state: dict[str, Any]) -> None:
        check_version(state.get("version", 1), "graph")
        nodes = list(state["given"])
        args, partials = state["args"].tolist(), state["partials"].tolist()
        data, grads = state["data"].tolist(), state["grads"].tolist()
        start = 0
        codes = {op: _code(op) for op in set(state["ops"])}
        scopes = state.get("scopes", {})
        for k, (op, count) in enumerate(zip(state["ops"], state["counts"].tolist(), strict=True)):
            end = start + count
            operands = tuple(nodes[j] for j in args[start:end])
            label, skip = state["labels"].get(k, ""), state["gaps"][k]
            local = tuple(partials[start:end])
            scope = scopes.get(k, "")
            nodes.append(
                make_node(codes[op], operands, data[k], local, grads[k], label, False, skip, scope)
            )
            start = end
        self.sources, self.computed = nodes[: len(state["given"])], nodes[len(state["given"]) :]


def _code(op: str) -> int:
    try:
        return code_of_name(op)
    except KeyError:
        raise GraphError(
            f"this graph has the operation {op!r}, which is not known here; "
            f"make it by operation({op!r}, ...) before loading"
        ) from None


def _thaw(graph: Frozen, place: int) -> Value:
    return graph.computed[place]


_live: list[weakref.ref[Frozen]] = []  # graphs that a pickler may still hold


def _frozen(v: Value) -> tuple[Frozen, int]:
    """The graph to pickle `v` from: one that is being pickled and holds `v`, or a new one."""
    graphs = [graph for ref in _live if (graph := ref()) is not None]
    for graph in graphs:
        if id(v) in graph.place:
            return graph, graph.place[id(v)]
    new = Frozen(v, graphs)
    _live[:] = [weakref.ref(graph) for graph in [*graphs, new]]
    return new, new.place[id(v)]


add_method("__deepcopy__", deep_copy)
add_method("__reduce__", reduce_value)
