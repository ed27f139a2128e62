"""A page that walks the forward and the backward pass of a graph, step by step."""

from __future__ import annotations

import os
import pathlib

from autograd import Value
from autograd.graph import order
from viz.page.document import document
from viz.page.trace import trace
from viz.picture import DIRECTIONS

MAX_BOXES = 300


def step(
    root: Value,
    path: str | os.PathLike[str],
    *,
    title: str = "",
    hide_constants: bool = True,
    rankdir: str = "LR",
) -> pathlib.Path:
    """Write a page on which the gradient is seen to flow through the graph of `root`.

    One file that any browser opens, from disk and without a network.  It steps
    through the graph frontier by frontier, forward and then backward; a click on a
    Value spells out its chain rule, and shows all paths from it to the root with
    their products (Nielsen, "Neural Networks and Deep Learning", eq. 53), of more
    than a hundred the strongest.  Where backward() was not called the page says so
    and steps forward only.

    Parameters
    ----------
    root : Value
        Usually the cost, after `root.backward()`.
    path : str or path
        The file, `.html`; its folder must exist.
    title : str
        The page's heading.
    hide_constants : bool
        Leave out plain numbers, as `viz.draw` does.
    rankdir : {"LR", "RL", "TB", "BT"}
        Where the root lies: right, left, at the bottom, on top.

    Returns
    -------
    pathlib.Path
        Where it is.

    Raises
    ------
    TypeError
        If `root` is not a Value.
    ValueError
        If the name does not end in .html, `rankdir` is none of the above, or the
        graph has more boxes than a page can carry.
    RenderError
        If no program is found that lays the graph out, or it failed.
    """
    if not isinstance(root, Value):
        raise TypeError(f"step() takes a Value, usually the cost, not {type(root).__name__}")
    path = pathlib.Path(path)
    if path.suffix.lower() not in (".html", ".htm"):
        raise ValueError(f"a page is saved as .html, not as {path.name!r}")
    if rankdir not in DIRECTIONS:
        raise ValueError(f"rankdir is one of {', '.join(DIRECTIONS)}, not {rankdir!r}")
    _refuse_a_crowd(root, hide_constants)
    text = document(trace(root, title=title, hide_constants=hide_constants, rankdir=rankdir))
    path.write_bytes(text.encode())
    return path


def _refuse_a_crowd(root: Value, hide_constants: bool) -> None:
    boxes = sum(not (hide_constants and v.constant) for v in order(root))
    if boxes > MAX_BOXES:
        raise ValueError(
            f"a page carries {MAX_BOXES} boxes and this graph has {boxes:,}: step through the "
            "cost of one example, or of fewer neurons"
        )
