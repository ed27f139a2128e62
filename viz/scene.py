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
    flow: float  # what backward() sends along it


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
    top = ids[id(root)]
    everything = _arrows(root, ids)
    candidates = [a for a in everything if not (hide_constants and a.edge.operand.constant)]
    flowed = any(v.grad != 0.0 for v in nodes)
    kept = _strongest(top, candidates, max_edges, flowed)
    seen = {top, *(end for arrow in kept for end in (arrow.operand, arrow.result))}
    incomplete = _incomplete(nodes, ids, everything) - {top}
    boxes = [
        Box(key, v, _hidden(v, hide_constants), v is root, key not in incomplete)
        for v in nodes
        if (key := ids[id(v)]) in seen
    ]
    gradients = [box.value.grad for box in boxes] + [arrow.flow for arrow in kept]
    return Scene(boxes, kept, flowed, _largest(gradients), len(candidates) - len(kept))


def _arrows(root: Value, ids: dict[int, str]) -> list[Arrow]:
    """All edges, with what flows along them: nothing from a result that backward() does
    not reach, as the arm that `where` did not take."""
    arrows, reached = [], {id(root)}
    for e in reversed(edges(root)):  # results before their operands
        carries = e.carries and id(e.result) in reached
        if carries:
            reached.add(id(e.operand))
        result = ids[id(e.result)]
        flow = e.flow if carries else 0.0
        arrows.append(Arrow(f"{result}_{e.k}", ids[id(e.operand)], result, e, flow))
    return arrows[::-1]


def _hidden(v: Value, hide_constants: bool) -> tuple[bool, ...]:
    return tuple(hide_constants and x.constant for x in v.args)


def _largest(gradients: Iterable[float]) -> float:
    return max((abs(g) for g in gradients if math.isfinite(g)), default=0.0)


def _strongest(top: str, candidates: list[Arrow], count: int, flowed: bool) -> list[Arrow]:
    """At most `count` arrows, in their order: from the root on, always the strongest next."""
    if len(candidates) <= count:
        return candidates
    below: dict[str, list[int]] = {}
    for place, arrow in enumerate(candidates):
        below.setdefault(arrow.result, []).append(place)

    def weakness(place: int) -> tuple[float, int]:
        arrow = candidates[place]
        size = abs(arrow.flow if flowed else arrow.edge.partial)
        return -math.inf if math.isnan(size) else -size, place

    reached: set[str] = set()
    frontier: list[tuple[float, int]] = []

    def reach(box: str) -> None:
        if box not in reached:
            reached.add(box)
            for place in below.get(box, []):
                heapq.heappush(frontier, weakness(place))

    reach(top)
    kept: list[int] = []
    while frontier and len(kept) < count:
        place = heapq.heappop(frontier)[1]
        kept.append(place)
        reach(candidates[place].operand)
    return [candidates[place] for place in sorted(kept)]


def _incomplete(nodes: list[Value], ids: dict[int, str], everything: list[Arrow]) -> set[str]:
    """The boxes whose grad is not the sum of what flows in, but for rounding."""
    total = dict.fromkeys(ids.values(), 0.0)
    size = dict.fromkeys(ids.values(), 0.0)
    for arrow in everything:
        total[arrow.operand] += arrow.flow
        size[arrow.operand] += abs(arrow.flow)

    def adds_up(v: Value, key: str) -> bool:
        if v.constant or not math.isfinite(size[key]):  # no sum of infinities to compare with
            return True
        return math.isclose(total[key], v.grad, rel_tol=1e-9, abs_tol=1e-12 * size[key])

    return {key for v in nodes if not adds_up(v, key := ids[id(v)])}
