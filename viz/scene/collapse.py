"""How far a graph is collapsed, so that its picture can be read and is drawn in time."""

from __future__ import annotations

from collections.abc import Iterator

from autograd import Value
from viz.scene.compose import compose
from viz.scene.elements import Scene
from viz.scene.graph_arrays import GraphArrays
from viz.scene.partition import LEVELS, Partition, partition, singles

CHOICES = ("auto", "none", "neuron", "layer")
READABLE = 150  # boxes
HUGE = 500_000  # Values; with more, neurons are not tried


def arranged(
    root: Value,
    collapse: str,
    hide_constants: bool,
    max_nodes: int | None,
    max_edges: int,
) -> Scene:
    """The scene of the graph below `root`, collapsed as asked.

    collapse : one of `CHOICES` or of `viz.scene.partition.LEVELS`; "auto" is the first of
        "none", "neuron", "layer" and "stage" that leaves nothing out, with `max_nodes` 150
        if that is None
    """
    graph = GraphArrays(root)
    if collapse == "auto":
        return _readable(graph, hide_constants, max_nodes or READABLE, max_edges)
    alone = collapse == "none" or not root.op
    parts = singles(graph, hide_constants) if alone else partition(graph, collapse)
    return compose(graph, parts, max_edges, max_nodes)


def coarser(scene: Scene) -> str | None:
    """The next level of collapsing, or None if a scene cannot be collapsed further."""
    ladder = ("none", *LEVELS, None)
    return ladder[ladder.index(scene.level) + 1] if len(scene.boxes) > 1 else None


def _readable(graph: GraphArrays, hide_constants: bool, max_nodes: int, max_edges: int) -> Scene:
    for parts in _ever_coarser(graph, hide_constants, max_nodes):
        if len(parts.names) <= max_nodes or parts.level == LEVELS[-1]:
            scene = compose(graph, parts, max_edges, max_nodes)
            if not scene.left_out:
                break
    return scene


def _ever_coarser(graph: GraphArrays, hide_constants: bool, max_nodes: int) -> Iterator[Partition]:
    if len(graph) - hide_constants * graph.constant.sum() <= max_nodes:
        yield singles(graph, hide_constants)
    for level in LEVELS[1:] if len(graph) > HUGE else LEVELS:
        yield partition(graph, level)
