"""micrograd's names, so that its notebooks run with their import line changed."""

from __future__ import annotations

import graphviz

from autograd import Value
from autograd.graph import order
from viz.graphviz.draw import draw


def trace(root: Value) -> tuple[set[Value], set[tuple[Value, Value]]]:
    """All Values that `root` depends on, and all pairs (operand, result).

    A set of pairs, as in micrograd: for `x * x` it holds only one.  `autograd.graph.edges`
    tells the two apart.
    """
    nodes = order(root)
    return set(nodes), {(x, z) for z in nodes for x in z.args}


def draw_dot(root: Value, format: str = "svg", rankdir: str = "LR") -> graphviz.Digraph:
    """`viz.draw` with micrograd's signature; `root`, `format` and `rankdir` as in `viz.draw`."""
    return draw(root, format=format, rankdir=rankdir)
