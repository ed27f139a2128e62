"""A collapsed graph as a scene: groups of Values, and between them bundles of edges.

What flows along a bundle is the sum of what flows along its edges, once with its signs
and once without; what arrives in a group is the sum over its bundles.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np

from viz.partition import Partition
from viz.recording import Recording
from viz.scene import Box, Bundle, Group, Scene, hidden, largest, strongest


def compose_groups(
    graph: Recording,
    parts: Partition,
    level: str,
    max_edges: int,
    max_nodes: int | None = None,
) -> Scene:
    """The scene of `graph`, a box a part; a part of a single Value is drawn as that Value."""
    ids = _ids(graph, parts)
    bundles, inside = _bundles(graph, parts, ids)
    kept = strongest(ids[parts.part[-1]], bundles, max_edges, max_nodes, graph.flowed)
    shown = {end for bundle in kept for end in (bundle.operand, bundle.result)}
    shown.add(ids[parts.part[-1]])
    boxes = [box for box in _boxes(graph, parts, ids) if box.id in shown]
    return Scene(
        boxes,
        kept,
        graph.flowed,
        largest([bundle.sizes for bundle in kept] + [float(graph.grad[-1])]),
        len(bundles) - len(kept),
        level,
        int((parts.part >= 0).sum()),
        len(graph.flow),
        inside,
        parts.by_scope,
    )


def _ids(graph: Recording, parts: Partition) -> list[str]:
    """Of every part its id: that of its Value, if there is only one."""
    count = np.bincount(parts.part[parts.part >= 0], minlength=len(parts.names))
    only = np.zeros(len(parts.names), dtype=np.int64)
    places = np.flatnonzero(parts.part >= 0)
    only[parts.part[places]] = places
    return [f"n{only[p]}" if n == 1 else f"g{p}" for p, n in enumerate(count)]


def _bundles(graph: Recording, parts: Partition, ids: Sequence[str]) -> tuple[list[Bundle], int]:
    """All bundles, those of the first results first, and how many edges lie inside parts."""
    result, operand = parts.part[graph.result], parts.part[graph.operand]
    between = result != operand
    total = len(parts.names)
    pairs, which = np.unique(result[between] * total + operand[between], return_inverse=True)
    flow = graph.flow[between]
    with np.errstate(all="ignore"):
        net = np.bincount(which, flow, len(pairs))
        sizes = np.bincount(which, np.abs(flow), len(pairs))
    edges = np.bincount(which, minlength=len(pairs))
    bundles = []
    for k, pair in enumerate(pairs.tolist()):
        above, below = ids[pair // total], ids[pair % total]
        numbers = int(edges[k]), float(net[k]), float(sizes[k])
        bundles.append(Bundle(f"{above}_{below}", below, above, *numbers))
    return bundles, len(graph.flow) - int(edges.sum())


def _boxes(graph: Recording, parts: Partition, ids: Sequence[str]) -> list[Box | Group]:
    part, total = parts.part, len(parts.names)
    crossing = part[graph.result] != part[graph.operand]
    into, flow = part[graph.operand[crossing]], graph.flow[crossing]
    leaves = np.flatnonzero(graph.leaf)
    with np.errstate(all="ignore"):
        net = np.bincount(into, flow, total)
        sizes = np.bincount(into, np.abs(flow), total)
        squares = np.bincount(part[leaves], graph.grad[leaves] ** 2, total)
    count = np.bincount(part[part >= 0], minlength=total)
    weights = np.bincount(part[leaves], minlength=total)
    wrong = np.bincount(part[(part >= 0) & ~graph.adds_up], minlength=total)
    operations = _operations(graph, parts)
    boxes: list[Box | Group] = []
    for p, key in enumerate(ids):
        adds_up = not wrong[p]
        if count[p] == 1:
            v = graph.nodes[int(key[1:])]
            boxes.append(Box(key, v, hidden(v, True), v is graph.root, adds_up, parts.layers[p]))
            continue
        counted = int(count[p]), int(weights[p])
        gradients = float(net[p]), float(sizes[p]), float(np.sqrt(squares[p]))
        boxes.append(Group(
            key, parts.names[p], *counted, operations[p], *gradients, adds_up, parts.layers[p]
        ))  # fmt: skip
    return boxes


def _operations(graph: Recording, parts: Partition) -> list[str]:
    """Of every part what was computed in it, as `100 dot, 100 ReLU`."""
    counts = Counter(
        (p, v._op)
        for p, v in zip(parts.part.tolist(), graph.nodes, strict=True)
        if p >= 0 and v._op
    )
    found: list[list[str]] = [[] for _ in parts.names]
    for (p, symbol), n in counts.items():
        found[p].append(f"{n:,} {symbol}")
    return [", ".join(texts) for texts in found]
