"""The scene of a graph whose Values have been divided into boxes, one Value each or several.

What flows along an arrow is the sum over its edges; what arrives in a box is the sum over
the edges that come from other boxes.
"""

from __future__ import annotations

import heapq
import math
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np

from autograd import Value
from autograd.graph import row
from viz.scene.elements import Arrow, Box, Scene
from viz.scene.graph_arrays import GraphArrays
from viz.scene.partition import Partition
from viz.text import shortened


def compose(
    graph: GraphArrays, parts: Partition, max_edges: int, max_nodes: int | None = None
) -> Scene:
    """The scene of `graph`, one box for each part.

    If there are more than `max_edges` arrows or `max_nodes` boxes, the strongest that are
    connected to the root.
    """
    operand, result = parts.part[graph.operand], parts.part[graph.result]
    drawn = (operand >= 0) & (result >= 0)
    crossing = np.flatnonzero(drawn & (operand != result))
    bundles = _bundles(graph, parts, crossing)
    root = int(parts.part[-1])
    strongest = _strongest(root, bundles, _strength(graph, parts, bundles), max_edges, max_nodes)
    shown = {root, *bundles.operand[strongest].tolist(), *bundles.result[strongest].tolist()}
    ids = [f"n{k}" if k >= 0 else f"g{p}" for p, k in enumerate(parts.only.tolist())]
    arrows = [_arrow(graph, parts, ids, bundles, k) for k in strongest]
    boxes = _boxes(graph, parts, ids, crossing, sorted(shown))
    gradients = [arrow.sizes for arrow in arrows]
    gradients += [box.sizes for box in boxes if box.value is not None]
    return Scene(
        boxes=boxes,
        arrows=arrows,
        flowed=graph.flowed,
        largest=max(filter(math.isfinite, gradients), default=0.0),
        left_out=len(bundles.edges) - len(arrows),
        level=parts.level,
        values=int((parts.part >= 0).sum()),
        edges=int(drawn.sum()),
        inside=int(drawn.sum()) - len(crossing),
        by_scope=parts.by_scope,
    )


# ── arrows ─────────────────────────────────────────────────────────────────────


class _Bundles(NamedTuple):
    """The edges that share an arrow, as arrays: for each arrow the parts that it connects,
    one of its edges, how many there are, what flows along them and the sum of its sizes."""

    operand: np.ndarray
    result: np.ndarray
    edge: np.ndarray
    edges: np.ndarray
    net: np.ndarray
    sizes: np.ndarray


def _bundles(graph: GraphArrays, parts: Partition, edge: np.ndarray) -> _Bundles:
    """All arrows: between single Values one for each edge, else one for each pair of boxes."""
    operand, result = parts.part[graph.operand[edge]], parts.part[graph.result[edge]]
    flow = graph.flow[edge]
    if not parts.collapsed:
        return _Bundles(operand, result, edge, np.ones(len(edge), int), flow, np.abs(flow))
    pairs, first, which = np.unique(
        result * len(parts.names) + operand, return_index=True, return_inverse=True
    )
    with np.errstate(all="ignore"):
        net = np.bincount(which, flow, len(pairs))
        sizes = np.bincount(which, np.abs(flow), len(pairs))
    edges = np.bincount(which, minlength=len(pairs))
    return _Bundles(operand[first], result[first], edge[first], edges, net, sizes)


def _strength(graph: GraphArrays, parts: Partition, bundles: _Bundles) -> np.ndarray:
    """How strong each arrow is: what flows or, before backward(), the partial of its one edge
    or the number of its edges."""
    if graph.flowed:
        return bundles.sizes
    return bundles.edges if parts.collapsed else np.abs(graph.partial[bundles.edge])


def _arrow(
    graph: GraphArrays, parts: Partition, ids: Sequence[str], bundles: _Bundles, k: int
) -> Arrow:
    e = int(bundles.edge[k])
    operand, result = ids[bundles.operand[k]], ids[bundles.result[k]]
    return Arrow(
        id=f"{result}_{operand if parts.collapsed else graph.index[e]}",
        operand=operand,
        result=result,
        edges=int(bundles.edges[k]),
        net=float(bundles.net[k]),
        sizes=float(bundles.sizes[k]),
        sends=parts.collapsed or bool(graph.sends[e]),
        edge=None if parts.collapsed else graph.edge(e),
    )


def _strongest(
    top: int, bundles: _Bundles, strength: np.ndarray, max_edges: int, max_nodes: int | None
) -> list[int]:
    """The arrows to draw, within both limits: starting at box `top`, always the strongest next."""
    operand, result = bundles.operand.tolist(), bundles.result.tolist()
    ends = {*operand, *result}
    if len(operand) <= max_edges and len(ends) <= (max_nodes or len(ends)):
        return list(range(len(operand)))
    weakness = np.where(np.isnan(strength), -np.inf, -strength).tolist()
    below: dict[int, list[int]] = {}
    for k, box in enumerate(result):
        below.setdefault(box, []).append(k)
    reached: set[int] = set()
    frontier: list[tuple[float, int]] = []

    def reach(box: int) -> None:
        if box not in reached:
            reached.add(box)
            for k in below.get(box, []):
                heapq.heappush(frontier, (weakness[k], k))

    reach(top)
    strongest: list[int] = []
    while frontier and len(strongest) < max_edges:
        k = heapq.heappop(frontier)[1]
        if operand[k] in reached or len(reached) < (max_nodes or len(ends)):
            strongest.append(k)
            reach(operand[k])
    return sorted(strongest)


# ── boxes ──────────────────────────────────────────────────────────────────────


def _boxes(
    graph: GraphArrays,
    parts: Partition,
    ids: Sequence[str],
    crossing: np.ndarray,
    shown: Iterable[int],
) -> list[Box]:
    part, total, leaves = parts.part, len(parts.names), np.flatnonzero(graph.leaf)
    into, flow = part[graph.operand[crossing]], graph.flow[crossing]
    with np.errstate(all="ignore"):
        net = np.bincount(into, flow, total)
        sizes = np.bincount(into, np.abs(flow), total)
        grad_w = np.sqrt(np.bincount(part[leaves], graph.grad[leaves] ** 2, total))
    single = parts.only >= 0
    net[single] = graph.grad[parts.only[single]]
    sizes[single] = np.abs(net[single])
    values = np.bincount(part[part >= 0], minlength=total)
    weights = np.bincount(part[leaves], minlength=total)
    wrong = np.bincount(part[(part >= 0) & ~graph.adds_up], minlength=total)
    operations = _operations(graph, parts)
    boxes = []
    for p in shown:
        value = graph.nodes[parts.only[p]] if single[p] else None
        boxes.append(Box(
            id=ids[p],
            name=parts.names[p] if value is None else value.label,
            frame=parts.frames[p],
            operations=operations.get(p, "") if value is None else _operation(graph, parts, p),
            values=int(values[p]),
            leaves=int(weights[p]),
            net=float(net[p]),
            sizes=float(sizes[p]),
            grad_w=float(grad_w[p]),
            adds_up=not wrong[p],
            is_root=bool(p == part[-1]),
            value=value,
        ))  # fmt: skip
    return boxes


def _operations(graph: GraphArrays, parts: Partition) -> dict[int, str]:
    """For each part of several Values what was computed in it, as `100 dot, 100 ReLU`."""
    shared = np.flatnonzero((parts.part >= 0) & (parts.only[parts.part] < 0)).tolist()
    counts = Counter((int(parts.part[k]), symbol) for k in shared if (symbol := graph.nodes[k]._op))
    texts: dict[int, list[str]] = {}
    for (p, symbol), n in counts.items():
        texts.setdefault(p, []).append(f"{n:,} {symbol}")
    return {p: ", ".join(operations) for p, operations in texts.items()}


def _operation(graph: GraphArrays, parts: Partition, p: int) -> str:
    """The operation of a single Value, with the constants that are not drawn: `** 2`, `1 -`."""
    k = parts.only[p]
    v = graph.nodes[k]
    if not v.op:
        return ""
    op, hidden = row(v), [parts.part[j] < 0 for j in graph.args[k]]
    if op.many or not any(hidden):
        return op.symbol
    operands = [_name(x) if gone else "" for x, gone in zip(v.args, hidden, strict=True)]
    if op.symbol.isidentifier():
        return f"{op.symbol}({', '.join(text or '.' for text in operands)})"
    return " ".join(filter(None, [operands[0], op.symbol, *operands[1:]]))


def _name(constant: Value) -> str:
    return shortened(constant.label) or f"{constant.data:g}"
