"""How far a graph is collapsed, so that its picture can be read and is drawn in time."""

from __future__ import annotations

from autograd import Value
from autograd.graph import order
from viz.groups import compose_groups
from viz.partition import LEVELS, partition
from viz.recording import Recording
from viz.scene import Scene, compose

CHOICES = ("auto", "none", "neuron", "layer")
READABLE = 150  # boxes
HUGE = 500_000  # Values; of more, neurons are not looked at


def arranged(
    root: Value,
    collapse: str,
    hide_constants: bool,
    max_nodes: int | None,
    max_edges: int,
) -> Scene:
    """The scene of the graph below `root`, collapsed as asked.

    collapse : one of `CHOICES` or of `viz.partition.LEVELS`; "auto" is the first of
        "none", "neuron", "layer" and "stage" of which nothing must be left out, with
        `max_nodes` 150 if that is None
    """
    if collapse == "auto":
        return _readable(root, hide_constants, max_nodes or READABLE, max_edges)
    if collapse == "none" or not root.op:
        return compose(root, hide_constants, max_edges, max_nodes)
    graph = Recording(root)
    return compose_groups(graph, partition(graph, collapse), collapse, max_edges, max_nodes)


def coarser(level: str) -> str | None:
    """The next level of collapsing, or None."""
    ladder = ("none", *LEVELS)
    return ladder[ladder.index(level) + 1] if level != ladder[-1] else None


def _readable(root: Value, hide_constants: bool, max_nodes: int, max_edges: int) -> Scene:
    nodes = order(root)
    shown = [v for v in nodes if not (hide_constants and v.constant) or v is root]
    lines = sum(not (hide_constants and x.constant) for v in shown for x in v.args)
    if len(shown) <= max_nodes and lines <= max_edges:
        return compose(root, hide_constants, max_edges)
    graph = Recording(root)
    for level in LEVELS[1:] if len(nodes) > HUGE else LEVELS:
        parts = partition(graph, level)
        if len(parts.names) <= max_nodes or level == LEVELS[-1]:
            scene = compose_groups(graph, parts, level, max_edges, max_nodes)
            if not scene.left_out:
                break
    return scene
