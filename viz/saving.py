"""Pictures and pages saved in files."""

from __future__ import annotations

import pathlib
from typing import Any

import graphviz

from autograd import Value
from autograd.internals import Path, atomic_write, path_of
from viz.graphviz.draw import draw
from viz.graphviz.picture import Picture
from viz.graphviz.run_dot import TIMEOUT, lay_out
from viz.page.step import step

SUFFIXES = (".svg", ".png", ".dot", ".html")


def save(picture: Value | graphviz.Digraph, path: Path, **options: Any) -> pathlib.Path:
    """Save a picture under a name that ends in .svg, .png, .dot or .html, nothing beside it.

    Parameters
    ----------
    picture : Value or graphviz.Digraph
        A Value is drawn first: `viz.draw(picture, **options)`; as .html it becomes
        the page of `viz.step(picture, path, **options)`.
    path : str or path
        The file; its folder must exist.  A .dot file is Graphviz's source, which needs no layout
        program.
    **options
        For a Value: what `viz.draw` takes.

    Returns
    -------
    pathlib.Path
        The file.

    Raises
    ------
    TypeError
        If `picture` is neither a Value nor a picture.
    ValueError
        If the name ends in none of the four, or in .html for a picture that is already drawn.
    RenderError
        If no program that lays pictures out is installed, or it failed, or it took longer
        than the picture's `timeout` and nothing was left to collapse.
    """
    if not isinstance(picture, Value | graphviz.Digraph):
        raise TypeError(
            f"save() takes a Value, usually the cost, or a picture of it, not "
            f"{type(picture).__name__}"
        )
    path = pathlib.Path(path_of(path))
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        raise ValueError(f"a picture is saved as {', '.join(SUFFIXES)}, not as {path.name!r}")
    if suffix == ".html":
        if not isinstance(picture, Value):
            raise ValueError(
                f"a page is made from a Value, not from a picture that is already drawn: "
                f"viz.step(C, {path.name!r})"
            )
        return step(picture, path, **options)
    if isinstance(picture, Value):
        picture = draw(picture, **options)
    elif options:
        raise TypeError(f"{', '.join(options)}: options are for a Value that is not drawn yet")
    dot = suffix == ".dot"
    atomic_write(path, picture.source.encode() if dot else _laid_out(picture, suffix[1:]))
    return path


def _laid_out(picture: graphviz.Digraph, format: str) -> bytes:
    if isinstance(picture, Picture):
        return bytes(picture.pipe(format))
    return lay_out(picture.source, format, TIMEOUT, picture.engine)
