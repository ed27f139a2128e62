"""A page that walks through the forward and the backward pass of a graph, step by step."""

from __future__ import annotations

import pathlib
from typing import Any

from autograd import Value
from autograd.internals import Path, atomic_write, path_of
from viz.checks import a_cost, one_of, text
from viz.graphviz.draw import DIRECTIONS
from viz.graphviz.run_dot import TIMEOUT, RenderTimeoutError
from viz.page.document import document
from viz.page.trace import trace
from viz.scene.collapse import CHOICES, arranged, coarser
from viz.scene.elements import Scene

MAX_BOXES = 300
MAX_ARROWS = 600


def step(
    root: Value,
    path: Path,
    *,
    collapse: str = "auto",
    title: str = "",
    hide_constants: bool = True,
    rankdir: str = "LR",
) -> pathlib.Path:
    """Write a page that shows how the gradient flows through the graph of `root`.

    One file that any browser opens, from disk and without a network.  It steps
    through the graph frontier by frontier, forward and then backward; a click on a
    Value spells out its chain rule, and shows all paths from it to the root with
    their products (Nielsen, "Neural Networks and Deep Learning", eq. 53), the strongest if there
    are more than a hundred.  Where backward() was not called the page says so and steps forward
    only.

    A page carries 300 boxes and 600 arrows.  A larger graph is collapsed as in a
    picture: it is stepped through by neurons or layers, a click says what flows
    between them, and single paths are not shown.

    Parameters
    ----------
    root : Value
        Usually the cost, after `root.backward()`.
    path : str or path
        The file, `.html`; its folder must exist.
    collapse : {"auto", "none", "neuron", "layer"}
        Whether Values share boxes, as in `viz.draw`; "auto" does so no further than it
        must.
    title : str
        The page's heading.
    hide_constants : bool
        Leave out plain numbers, as in `viz.draw`.
    rankdir : {"LR", "RL", "TB", "BT"}
        Where the root lies: right, left, at the bottom, at the top.

    Returns
    -------
    pathlib.Path
        The file.

    Raises
    ------
    TypeError
        If `root` is not a Value.
    ValueError
        If the name does not end in .html, `collapse` or `rankdir` is none of the
        above, or with "none" a graph is larger than a page can carry.
    RenderError
        If no program that lays the graph out is installed, or it failed, or took longer
        than 20 seconds however far the graph was collapsed.
    """
    a_cost("step()", root)
    text("title", title)
    path = pathlib.Path(path_of(path))
    if path.suffix.lower() not in (".html", ".htm"):
        raise ValueError(f"a page is saved as .html, not as {path.name!r}")
    one_of("rankdir", rankdir, DIRECTIONS)
    one_of("collapse", collapse, CHOICES)
    scene = arranged(root, collapse, hide_constants, MAX_BOXES, MAX_ARROWS)
    if collapse == "none":
        _refuse_a_crowd(scene)
    late: dict[str, Any] = {}
    while True:
        try:
            data = trace(scene, title=title, rankdir=rankdir) | late
            break
        except RenderTimeoutError:
            level, late = coarser(scene), {"tooSlow": TIMEOUT}
            if level is None:
                raise
        scene = arranged(root, level, hide_constants, MAX_BOXES, MAX_ARROWS)
    atomic_write(path, document(data).encode())
    return path


def _refuse_a_crowd(scene: Scene) -> None:
    if scene.values > MAX_BOXES or scene.edges > MAX_ARROWS:
        raise ValueError(
            f"a page holds at most {MAX_BOXES} boxes and {MAX_ARROWS} arrows, and this graph has "
            f"{scene.values:,} and {scene.edges:,}: leave collapse at 'auto', or step through the "
            "cost of one example"
        )
