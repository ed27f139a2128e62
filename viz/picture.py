"""A scene written down for Graphviz.

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
import os
from collections.abc import Callable, Iterator
from typing import Any

import graphviz

from autograd import Value
from viz import style
from viz.boxes import edge_arrow, value_box
from viz.bundles import bundle_arrow, group_box
from viz.checks import at_least_one, text
from viz.collapse import CHOICES, arranged, coarser
from viz.dot import use_a_dot
from viz.layout import RenderTimeoutError, lay_out
from viz.legend import below
from viz.scene import Arrow, Box, Bundle, Scene
from viz.text import markup, shortened

DIRECTIONS = ("LR", "RL", "TB", "BT")
CROWD = 25  # arrows; so many need more room to spread out
CLUSTERED = 100  # boxes; of more, frames around modules hide more than they show
TIMEOUT = 20.0  # seconds


class Picture(graphviz.Digraph):  # type: ignore[misc]
    """A `graphviz.Digraph` that is laid out in limited time.

    What takes longer than `timeout` seconds is collapsed further, and says so.
    """

    def __init__(self, format: str, timeout: float | None, simpler: Callable[[], Picture] | None):
        super().__init__("gradients", format=format)
        self.timeout, self.simpler = timeout, simpler

    def pipe(
        self,
        format: str | None = None,
        renderer: str | None = None,
        formatter: str | None = None,
        neato_no_op: bool | int | None = None,
        quiet: bool = False,
        *,
        engine: str | None = None,
        encoding: str | None = None,
    ) -> Any:
        """The picture in a format, as bytes or, given an encoding, text; as of graphviz."""
        if renderer or formatter or neato_no_op or engine:  # somebody knows what to do
            return super().pipe(
                format, renderer, formatter, neato_no_op, quiet, engine=engine, encoding=encoding
            )
        try:
            out = lay_out(self.source, format or self.format, self.timeout)
        except RenderTimeoutError:
            if self.simpler is None:
                raise
            return self.simpler().pipe(format, quiet=quiet, encoding=encoding)
        return out.decode(encoding) if encoding else out

    def render(
        self,
        filename: str | os.PathLike[str] | None = None,
        directory: str | os.PathLike[str] | None = None,
        view: bool = False,
        cleanup: bool = False,
        format: str | None = None,
        **others: Any,
    ) -> str:
        """The picture in a file beside its source, as of graphviz; where it is."""
        if others:  # somebody knows what to do
            others |= {"directory": directory, "view": view, "cleanup": cleanup, "format": format}
            return str(super().render(filename, **others))
        format = format or self.format
        out = self.pipe(format)
        source = self.save(filename, directory=directory)
        with open(f"{source}.{format}", "wb") as file:
            file.write(out)
        if cleanup:
            os.remove(source)
        if view:
            graphviz.view(file.name)
        return str(file.name)

    def _repr_image_svg_xml(self) -> str:
        """For a notebook: no wider than its cell."""
        svg: str = self.pipe("svg", encoding="utf-8")
        return svg.replace("<svg ", '<svg style="max-width: 100%; height: auto" ', 1)


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
    """The graph that `root` rests on, with the gradients of the last `backward()`.

    A notebook shows it; `viz.save` or its own `render` write it to a file.  Where
    backward() was not called, the picture says so and shows the partials.

    Parameters
    ----------
    root : Value
        Usually the cost, after `root.backward()`.
    collapse : {"auto", "none", "neuron", "layer"}
        Whether Values share boxes, and which: those of a neuron, those of a layer (by
        `Value.scope`; without scopes, those that one formula computed).  "auto" does so
        no further than it must, lest more than `max_nodes` boxes or `max_edges` arrows
        are to be drawn.
    title : str
        A line above the picture's legend.
    hide_constants : bool
        Leave out plain numbers, to which no gradient flows; the header of an
        operation names them, as in `** 2`.  A group never shows them.
    max_nodes : int, optional
        The most boxes.  For "auto" 150, unless given; otherwise as many as there are,
        or the strongest.
    max_edges : int
        Of more edges than this only the strongest that hang together with the
        root are drawn, and the picture says how many are not.
    rankdir : {"LR", "RL", "TB", "BT"}
        Where the root lies: right, left, at the bottom, on top.
    format : str
        What `render` and `pipe` of the result give unless told otherwise.
    legend : bool
        Whether to say below the picture what is seen.
    timeout : float, optional
        Seconds that laying it out may take.  What takes longer is drawn anew,
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
    if not isinstance(root, Value):
        raise TypeError(f"draw() takes a Value, usually the cost, not {type(root).__name__}")
    text("title", title)
    _check(collapse, rankdir, max_nodes, max_edges, timeout)
    use_a_dot()
    looks: dict[str, Any] = {"title": title, "rankdir": rankdir, "format": format}
    looks |= {"legend": legend, "timeout": timeout}

    def at(level: str, late: bool = False) -> Picture:
        scene = arranged(root, level, hide_constants, max_nodes, max_edges)
        further = coarser(scene.level)
        return _drawn(scene, late, (lambda: at(further, True)) if further else None, **looks)

    return at(collapse)


def _check(
    collapse: str, rankdir: str, max_nodes: int | None, max_edges: int, timeout: Any
) -> None:
    if collapse not in CHOICES:
        raise ValueError(f"collapse is one of {', '.join(CHOICES)}, not {collapse!r}")
    if rankdir not in DIRECTIONS:
        raise ValueError(f"rankdir is one of {', '.join(DIRECTIONS)}, not {rankdir!r}")
    at_least_one("max_edges", max_edges)
    if max_nodes is not None:
        at_least_one("max_nodes", max_nodes)
    if timeout is not None and not (isinstance(timeout, int | float) and timeout > 0):
        raise ValueError(f"timeout is a number of seconds above 0, or None, not {timeout}")


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
    """The scene, laid out some day; `late` if one in more detail took too long."""
    dot = Picture(format, timeout, simpler)
    dot.attr(
        rankdir=rankdir, nodesep="0.15", ranksep=_apart(scene), fontname=style.FONT, fontsize="11"
    )
    dot.attr("node", shape="box", fontname=style.FONT, fontsize="12", margin="0.08,0.05")
    dot.attr("edge", dir="back", fontname=style.FONT, fontsize="11", arrowsize="0.7")
    _put_boxes(dot, scene)
    for arrow in scene.arrows:
        dot.edge(arrow.operand, arrow.result, **_looks(arrow, scene))
    if lines := below(scene, title, legend, timeout if late else None):
        dot.attr(label=f"<{lines}>", labelloc="b", labeljust="l")
    return dot


def _apart(scene: Scene) -> str:
    """The inches between ranks: arrows without numbers need the more, the more they are."""
    if scene.crowded:
        return f"{0.012 * len(scene.arrows):.1f}"
    return "0.6" if len(scene.arrows) < CROWD else "1.1"


def _looks(arrow: Arrow | Bundle, scene: Scene) -> dict[str, str]:
    """The attributes of an arrow; in a crowd its number stands in the tooltip only."""
    found = bundle_arrow(arrow, scene) if isinstance(arrow, Bundle) else edge_arrow(arrow, scene)
    if scene.crowded:
        found.pop("label", None)
    return found


def _put_boxes(dot: graphviz.Digraph, scene: Scene) -> None:
    """All boxes, and frames around modules while there are few."""
    scopes = {box.scope for box in scene.boxes}
    framed = len(scopes) > 1 and len(scene.boxes) <= CLUSTERED
    for box in scene.boxes:
        if not (framed and box.scope):
            _put(dot, box, scene)
    if framed:
        _put_frames(dot, "", sorted(scopes - {""}), scene, itertools.count())


def _put(dot: graphviz.Digraph, box: Any, scene: Scene) -> None:
    attributes = value_box(box, scene) if isinstance(box, Box) else group_box(box, scene)
    dot.node(box.id, **attributes)


def _put_frames(
    dot: graphviz.Digraph, outer: str, scopes: list[str], scene: Scene, number: Iterator[int]
) -> None:
    """A frame around the boxes of every scope, inside those of the scopes that hold it."""
    for scope in scopes:
        if any(scope.startswith(f"{other}.") for other in scopes):
            continue  # it lies in another's frame
        frame = graphviz.Digraph(f"cluster_{next(number)}")
        name = markup(shortened(scope[len(outer) :].lstrip(".")))
        frame.attr(label=f"<{name}>", labeljust="l", labelloc="t", style="rounded")
        frame.attr(color=style.ZERO, fontcolor=style.FRAME_TEXT)
        for box in scene.boxes:
            if box.scope == scope:
                _put(frame, box, scene)
        within = [s for s in scopes if s.startswith(f"{scope}.")]
        _put_frames(frame, scope, within, scene, number)
        dot.subgraph(frame)
