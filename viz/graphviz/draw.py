"""The picture of a graph, for Graphviz to lay out.

box      a Value: its operation and name, its data, its grad (∂C/∂ it)
         leaves have square corners, operations round ones
         with a double outline, a group of Values: how many, the norm of ∂C/∂w over
         its leaves, and what arrives from other boxes
arrow    from a result to its operand, as backward() goes; on it the flow,
         partial × grad of the result: what the result adds to the operand's grad
         between groups the sum over all edges, "of" the sum of their sizes
width, depth of colour      how strong, on a logarithmic scale (`viz.style`)
blue, orange, dashed grey   positive, negative, exactly zero
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from typing import Any

import graphviz

from autograd import Value
from viz import style
from viz.checks import a_cost, at_least_one, one_of, text
from viz.graphviz.attributes import arrow_attributes, box_attributes
from viz.graphviz.legend import below
from viz.graphviz.markup import markup
from viz.graphviz.picture import Picture
from viz.graphviz.run_dot import TIMEOUT, use_a_dot
from viz.scene.collapse import CHOICES, arranged, coarser
from viz.scene.elements import Scene
from viz.text import shortened

DIRECTIONS = ("LR", "RL", "TB", "BT")
CROWD = 25  # arrows; from this many on, they need more space to spread out
CLUSTERED = 100  # boxes; with more, frames around modules hide more than they show


def draw(
    root: Value,
    *,
    collapse: str = "auto",
    title: str = "",
    hide_constants: bool = True,
    max_nodes: int | None = None,
    max_edges: int = 300,
    rankdir: str = "LR",
    format: str = "svg",
    legend: bool = True,
    timeout: float | None = TIMEOUT,
) -> Picture:
    """The graph that `root` depends on, with the gradients of the last `backward()`.

    A notebook shows it; `viz.save` or its own `render` write it to a file.  If backward() was not
    called, the picture says so and shows the partials.

    Parameters
    ----------
    root : Value
        Usually the cost, after `root.backward()`.
    collapse : {"auto", "none", "neuron", "layer"}
        Whether Values share boxes, and which: those of a neuron, those of a layer (by
        `Value.scope`; without scopes, those that one formula computed).  "auto" does so
        no further than it must to keep to `max_nodes` boxes and `max_edges` arrows.
    title : str
        A line above the picture's legend.
    hide_constants : bool
        Leave out plain numbers, to which no gradient flows; the header of an
        operation names them, as in `** 2`.  A group never shows them.
    max_nodes : int, optional
        The most boxes.  For "auto" the default is 150; otherwise there is no limit.  If
        there are more, the strongest are drawn.
    max_edges : int
        The most arrows.  If there are more, the strongest that are connected to the root
        are drawn, and the picture says how many are not.
    rankdir : {"LR", "RL", "TB", "BT"}
        Where the root lies: right, left, at the bottom, at the top.
    format : str
        The default format of the result's `render` and `pipe`.
    legend : bool
        Whether to explain below the picture what it shows.
    timeout : float, optional
        Seconds that laying it out may take.  What takes longer is drawn again,
        collapsed further, and says so.  None: as long as it takes.

    Raises
    ------
    TypeError
        If `root` is not a Value.
    ValueError
        If an option is none of the above.

    >>> from autograd import Value
    >>> from viz import draw
    >>> x = Value(3.0, label="x")
    >>> y = x * x
    >>> y.backward()
    >>> picture = draw(y)               # two edges into x, +3.000 along each
    >>> picture.format
    'svg'
    """
    a_cost("draw()", root)
    text("title", title)
    one_of("collapse", collapse, CHOICES)
    one_of("rankdir", rankdir, DIRECTIONS)
    at_least_one("max_edges", max_edges)
    if max_nodes is not None:
        at_least_one("max_nodes", max_nodes)
    if timeout is not None and not (isinstance(timeout, int | float) and timeout > 0):
        raise ValueError(f"timeout must be a number of seconds above 0, or None, not {timeout}")
    use_a_dot()
    looks: dict[str, Any] = {"title": title, "rankdir": rankdir, "format": format}
    looks |= {"legend": legend, "timeout": timeout}

    def at(level: str, late: bool = False) -> Picture:
        scene = arranged(root, level, hide_constants, max_nodes, max_edges)
        further = coarser(scene)
        return _drawn(scene, late, (lambda: at(further, True)) if further else None, **looks)

    return at(collapse)


def _drawn(
    scene: Scene,
    late: bool,
    simpler: Callable[[], Picture] | None,
    *,
    title: str,
    rankdir: str,
    format: str,
    legend: bool,
    timeout: float | None,
) -> Picture:
    """The scene, not yet laid out; `late` if a more detailed one took too long."""
    dot = Picture(format, timeout, simpler)
    dot.attr(
        rankdir=rankdir, nodesep="0.15", ranksep=_apart(scene), fontname=style.FONT, fontsize="11"
    )
    dot.attr("node", shape="box", fontname=style.FONT, fontsize="12", margin="0.08,0.05")
    dot.attr("edge", dir="back", fontname=style.FONT, fontsize="11", arrowsize="0.7")
    _add_boxes(dot, scene)
    for arrow in scene.arrows:
        dot.edge(arrow.operand, arrow.result, **arrow_attributes(arrow, scene))
    if lines := below(scene, title, legend, timeout if late else None):
        dot.attr(label=f"<{lines}>", labelloc="b", labeljust="l")
    return dot


def _apart(scene: Scene) -> str:
    """The distance between ranks in inches: arrows without numbers need more space the more there
    are."""
    if scene.crowded:
        return f"{0.012 * len(scene.arrows):.1f}"
    return "0.6" if len(scene.arrows) < CROWD else "1.1"


def _add_boxes(dot: graphviz.Digraph, scene: Scene) -> None:
    """All boxes, and frames around modules while there are few."""
    frames = {box.frame for box in scene.boxes}
    framed = len(frames) > 1 and len(scene.boxes) <= CLUSTERED
    for box in scene.boxes:
        if not (framed and box.frame):
            dot.node(box.id, **box_attributes(box, scene))
    if framed:
        _add_frames(dot, "", sorted(frames - {""}), scene, itertools.count())


def _add_frames(
    dot: graphviz.Digraph, outer: str, names: list[str], scene: Scene, number: Iterator[int]
) -> None:
    """A frame around the boxes of every module, inside those of the modules that hold it."""
    for name in names:
        if any(name.startswith(f"{other}.") for other in names):
            continue  # it lies in another's frame
        frame = graphviz.Digraph(f"cluster_{next(number)}")
        shown = markup(shortened(name[len(outer) :].lstrip(".")))
        frame.attr(label=f"<{shown}>", labeljust="l", labelloc="t", style="rounded")
        frame.attr(color=style.ZERO, fontcolor=style.FRAME_TEXT)
        for box in scene.boxes:
            if box.frame == name:
                frame.node(box.id, **box_attributes(box, scene))
        within = [other for other in names if other.startswith(f"{name}.")]
        _add_frames(frame, name, within, scene, number)
        dot.subgraph(frame)
