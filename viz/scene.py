"""What is in the picture of a graph: boxes, arrows, and what is left out.

Nothing here knows of Graphviz.  A Value's id is `n` and its place in
`graph.order`, whatever is hidden; an edge's is its result's id and which operand
it is, as `n7_0`.  A group's is `g` and the number of its part (`viz.partition`).
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

from autograd import Value
from autograd.graph import Edge, edges, order

NUMBERED = 150  # arrows; the numbers of more would take all the room


@dataclass(frozen=True)
class Box:
    """One Value."""

    id: str
    value: Value
    hidden: tuple[bool, ...]  # of every operand: is it a constant that is not drawn?
    is_root: bool
    adds_up: bool  # whether what flows in is its grad
    scope: str = ""  # the module that it lies in


@dataclass(frozen=True)
class Group:
    """Several Values in one box.

    net, sizes : what arrives in it from other boxes, added up with its signs and without
    grad_w : the norm of ∂C/∂w over the leaves in it
    """

    id: str
    name: str
    values: int
    leaves: int
    operations: str
    net: float
    sizes: float
    grad_w: float
    adds_up: bool  # whether what flows into each of its Values is its grad
    scope: str = ""  # the layer that it is a neuron of


class Line(Protocol):
    """What connects two boxes."""

    @property
    def id(self) -> str: ...  # noqa: D102
    @property
    def operand(self) -> str: ...  # noqa: D102
    @property
    def result(self) -> str: ...  # noqa: D102
    def size(self, flowed: bool) -> float: ...  # noqa: D102


@dataclass(frozen=True)
class Bundle:
    """All edges from one box to another.

    net, sizes : what backward() sends along them, added up with its signs and without
    """

    id: str
    operand: str
    result: str
    edges: int
    net: float
    sizes: float

    def size(self, flowed: bool) -> float:
        """How strong it is; before backward(), of how many edges it consists."""
        return self.sizes if flowed else float(self.edges)


@dataclass(frozen=True)
class Arrow:
    """One edge, from the operand's box to the result's."""

    id: str
    operand: str
    result: str
    edge: Edge
    flow: float  # what backward() sends along it

    def size(self, flowed: bool) -> float:
        """How strong it is; before backward(), how large the partial is."""
        return abs(self.flow if flowed else self.edge.partial)


@dataclass(frozen=True)
class Scene:
    """The boxes and arrows of one picture.

    flowed : whether any Value has a gradient; if none has, backward() was not called
    largest : the largest finite gradient in the picture: what full strength means
    left_out : how many arrows were too many
    level : what shares a box (`viz.partition`), or "none"
    values, edges, inside : of a collapsed graph, its Values, its edges, and how many of
        those lie inside boxes
    by_scope : whether modules were known when it was collapsed
    """

    boxes: Sequence[Box | Group]
    arrows: Sequence[Arrow | Bundle]
    flowed: bool
    largest: float
    left_out: int
    level: str = "none"
    values: int = 0
    edges: int = 0
    inside: int = 0
    by_scope: bool = True

    @property
    def crowded(self) -> bool:
        """Whether there are too many arrows to write a number on each."""
        return len(self.arrows) > NUMBERED


def compose(
    root: Value, hide_constants: bool, max_edges: int, max_nodes: int | None = None
) -> Scene:
    """The scene of the graph below `root`, a box a Value.

    Of more than `max_edges` edges and `max_nodes` boxes, the strongest that hang together
    with the root.
    """
    nodes = order(root)
    ids = {id(v): f"n{k}" for k, v in enumerate(nodes)}
    top = ids[id(root)]
    everything = _arrows(root, ids)
    candidates = [a for a in everything if not (hide_constants and a.edge.operand.constant)]
    flowed = any(v.grad != 0.0 for v in nodes)
    kept = strongest(top, candidates, max_edges, max_nodes, flowed)
    seen = {top, *(end for arrow in kept for end in (arrow.operand, arrow.result))}
    incomplete = _incomplete(nodes, ids, everything) - {top}
    scopes = _scopes(nodes, everything)
    boxes = [
        Box(key, v, hidden(v, hide_constants), v is root, key not in incomplete, scopes[key])
        for v in nodes
        if (key := ids[id(v)]) in seen
    ]
    gradients = [box.value.grad for box in boxes] + [arrow.flow for arrow in kept]
    return Scene(boxes, kept, flowed, largest(gradients), len(candidates) - len(kept))


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


def _scopes(nodes: list[Value], everything: list[Arrow]) -> dict[str, str]:
    """Of every box its scope; of a leaf that of all that use it, or else ""."""
    scopes = {f"n{k}": v.scope for k, v in enumerate(nodes)}
    users: dict[str, set[str]] = {}
    for arrow in everything:
        if not arrow.edge.operand.op and scopes[arrow.result]:
            users.setdefault(arrow.operand, set()).add(scopes[arrow.result])
    one = {leaf: found.pop() for leaf, found in users.items() if len(found) == 1}
    return {key: scope or one.get(key, "") for key, scope in scopes.items()}


def hidden(v: Value, hide_constants: bool) -> tuple[bool, ...]:
    """Of every operand, whether it is a constant that is not drawn."""
    return tuple(hide_constants and x.constant for x in v.args)


def largest(gradients: Iterable[float]) -> float:
    """The largest finite size."""
    return max((abs(g) for g in gradients if math.isfinite(g)), default=0.0)


L = TypeVar("L", bound=Line)


def strongest(
    top: str, candidates: Sequence[L], max_edges: int, max_nodes: int | None, flowed: bool
) -> list[L]:
    """At most so many lines and boxes: from box `top` on, always the strongest line next."""
    ends = {end for line in candidates for end in (line.operand, line.result)}
    if len(candidates) <= max_edges and len(ends) <= (max_nodes or len(ends)):
        return list(candidates)
    below: dict[str, list[int]] = {}
    for place, line in enumerate(candidates):
        below.setdefault(line.result, []).append(place)

    def weakness(place: int) -> tuple[float, int]:
        size = candidates[place].size(flowed)
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
    while frontier and len(kept) < max_edges:
        place = heapq.heappop(frontier)[1]
        operand = candidates[place].operand
        if operand in reached or len(reached) < (max_nodes or len(ends)):
            kept.append(place)
            reach(operand)
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
