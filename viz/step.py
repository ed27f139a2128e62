"""A page that walks the forward and the backward pass of a graph, step by step."""

from __future__ import annotations

import contextlib
import pathlib
from typing import Any

from autograd import Value
from autograd.files import Path, atomic_write, path_of
from autograd.graph import order
from viz.checks import text
from viz.collapse import CHOICES
from viz.layout import RenderTimeoutError
from viz.page.document import document
from viz.page.trace import MAX_BOXES, MAX_EDGES, trace
from viz.partition import LEVELS
from viz.picture import DIRECTIONS, TIMEOUT


def step(
    root: Value,
    path: Path,
    *,
    collapse: str = "auto",
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
        Whether Values share boxes, as `viz.draw` has it; "auto" does so no further
        than it must.
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
        If the name does not end in .html, `collapse` or `rankdir` is none of the
        above, or a graph that is not to be collapsed is larger than a page can carry.
    RenderError
        If no program is found that lays the graph out, or it failed, or took longer
        than 20 seconds whatever was collapsed.
    """
    if not isinstance(root, Value):
        raise TypeError(f"step() takes a Value, usually the cost, not {type(root).__name__}")
    text("title", title)
    path = pathlib.Path(path_of(path))
    if path.suffix.lower() not in (".html", ".htm"):
        raise ValueError(f"a page is saved as .html, not as {path.name!r}")
    if rankdir not in DIRECTIONS:
        raise ValueError(f"rankdir is one of {', '.join(DIRECTIONS)}, not {rankdir!r}")
    if collapse not in CHOICES:
        raise ValueError(f"collapse is one of {', '.join(CHOICES)}, not {collapse!r}")
    if collapse == "none":
        _refuse_a_crowd(root, hide_constants)
    held = _in_time(root, collapse, title=title, hide_constants=hide_constants, rankdir=rankdir)
    atomic_write(path, document(held).encode())
    return path


def _in_time(root: Value, collapse: str, **options: Any) -> dict[str, Any]:
    """The trace, collapsed further as long as laying it out takes too long."""
    coarser = LEVELS[LEVELS.index(collapse) + 1 :] if collapse in LEVELS else LEVELS
    try:
        return trace(root, collapse=collapse, **options)
    except RenderTimeoutError:
        for level in coarser:
            with contextlib.suppress(RenderTimeoutError):
                return trace(root, collapse=level, **options) | {"tooSlow": TIMEOUT}
        raise


def _refuse_a_crowd(root: Value, hide_constants: bool) -> None:
    shown = [v for v in order(root) if not (hide_constants and v.constant) or v is root]
    arrows = sum(not (hide_constants and x.constant) for v in shown for x in v.args)
    if len(shown) > MAX_BOXES or arrows > MAX_EDGES:
        raise ValueError(
            f"a page carries {MAX_BOXES} boxes and {MAX_EDGES} arrows, and this graph has "
            f"{len(shown):,} and {arrows:,}: leave collapse at 'auto', or step through the "
            "cost of one example"
        )
