"""What is in the picture of a graph: boxes, arrows, and what is left out.

Nothing here knows of Graphviz.  A Value's id is `n` and its place in
`graph.order`, whatever is hidden; an edge's is its result's id and which operand
it is, as `n7_0`.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Iterable
from dataclasses import dataclass

from autograd import Value
from autograd.graph import Edge, edges, order


@dataclass(frozen=True)
class Box:
    """One Value."""

    id: str
    value: Value
    hidden: tuple[bool, ...]  # of every operand: is it a constant that is not drawn?
    is_root: bool
    adds_up: bool  # whether what flows in is its grad


@dataclass(frozen=True)
class Arrow:
    """One edge, from the operand's box to the result's."""

    id: str
    operand: str
    result: str
    edge: Edge


@dataclass(frozen=True)
class Scene:
    """The boxes and arrows of one picture.

    flowed : whether any Value has a gradient; if none has, backward() was not called
    largest : the largest finite gradient in the picture: what full strength means
    left_out : how many arrows were too many
    """

    boxes: list[Box]
    arrows: list[Arrow]
    flowed: bool
    largest: float
    left_out: int


def compose(root: Value, hide_constants: bool, max_edges: int) -> Scene:
    """The scene of the graph below `root`.

    Of more than `max_edges` edges, the strongest that hang together with the root.
    """
    nodes = order(root)
    ids = {id(v): f"n{k}" for k, v in enumerate(nodes)}
    everything = edges(root)
    candidates = [e for e in everything if not (hide_constants and e.operand.constant)]
    flowed = any(v.grad != 0.0 for v in nodes)
    kept = _strongest(root, candidates, max_edges, flowed)
    seen = {id(root)} | {id(v) for e in kept for v in (e.operand, e.result)}
    boxes = [
        Box(ids[id(v)], v, _hidden(v, hide_constants), v is root, v is root or adds_up)
        for v, adds_up in zip(nodes, _sums_hold(nodes, everything), strict=True)
        if id(v) in seen
    ]
    arrows = [
        Arrow(f"{ids[id(e.result)]}_{e.k}", ids[id(e.operand)], ids[id(e.result)], e) for e in kept
    ]
    gradients = [box.value.grad for box in boxes] + [arrow.edge.flow for arrow in arrows]
    return Scene(boxes, arrows, flowed, _largest(gradients), len(candidates) - len(kept))


def _hidden(v: Value, hide_constants: bool) -> tuple[bool, ...]:
    return tuple(hide_constants and x.constant for x in v.args)


def _largest(gradients: Iterable[float]) -> float:
    return max((abs(g) for g in gradients if math.isfinite(g)), default=0.0)


def _strongest(root: Value, candidates: list[Edge], count: int, flowed: bool) -> list[Edge]:
    """At most `count` edges, in their order: from the root on, always the strongest next."""
    if len(candidates) <= count:
        return candidates
    below: dict[int, list[int]] = {}
    for place, e in enumerate(candidates):
        below.setdefault(id(e.result), []).append(place)

    def weakness(place: int) -> tuple[float, int]:
        e = candidates[place]
        size = abs(e.flow if flowed else e.partial)
        return -math.inf if math.isnan(size) else -size, place

    reached: set[int] = {id(root)}
    kept: list[int] = []
    frontier = [weakness(place) for place in below.get(id(root), [])]
    heapq.heapify(frontier)
    while frontier and len(kept) < count:
        place = heapq.heappop(frontier)[1]
        kept.append(place)
        operand = id(candidates[place].operand)
        if operand not in reached:
            reached.add(operand)
            for further in below.get(operand, []):
                heapq.heappush(frontier, weakness(further))
    return [candidates[place] for place in sorted(kept)]


def _sums_hold(nodes: list[Value], everything: list[Edge]) -> list[bool]:
    """Of every Value, whether the contributions into it are its grad, but for rounding."""
    total = {id(v): 0.0 for v in nodes}
    size = {id(v): 0.0 for v in nodes}
    for e in everything:
        total[id(e.operand)] += e.flow
        size[id(e.operand)] += abs(e.flow)
    return [
        v.constant
        or not math.isfinite(size[id(v)])  # no sum of infinities to compare with
        or math.isclose(total[id(v)], v.grad, rel_tol=1e-9, abs_tol=1e-12 * size[id(v)])
        for v in nodes
    ]
