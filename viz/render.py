"""The files that a picture is saved in."""

from __future__ import annotations

import os
import pathlib
from typing import Any

import graphviz
from graphviz.backend import dot_command

from autograd import Value
from viz.dot import PACKAGE, use_a_dot
from viz.picture import draw

SUFFIXES = (".svg", ".png", ".dot")


class RenderError(RuntimeError):
    """No program lays pictures out here, or it failed."""


def save(
    picture: Value | graphviz.Digraph, path: str | os.PathLike[str], **options: Any
) -> pathlib.Path:
    """Save a picture under a name that ends in .svg, .png or .dot, and nothing beside it.

    Parameters
    ----------
    picture : Value or graphviz.Digraph
        A Value is drawn first: `viz.draw(picture, **options)`.
    path : str or path
        Where to; the folder must exist.  A .dot file is Graphviz's source, which
        needs no program.

    Returns
    -------
    pathlib.Path
        Where it is.

    Raises
    ------
    ValueError
        If the name ends in none of the three.
    RenderError
        If no program is found that lays pictures out, or it failed.
    """
    path = pathlib.Path(path)
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        raise ValueError(f"a picture is saved as {', '.join(SUFFIXES)}, not as {path.name!r}")
    if isinstance(picture, Value):
        picture = draw(picture, **options)
    elif options:
        raise TypeError(f"{', '.join(options)}: options are for a Value that is yet to be drawn")
    if suffix == ".dot":
        path.write_text(picture.source, encoding="utf-8")
    else:
        path.write_bytes(_laid_out(picture, suffix[1:]))
    return path


def _laid_out(picture: graphviz.Digraph, format: str) -> bytes:
    if not use_a_dot():
        raise RenderError(
            f"no program lays pictures out here: run `pip install {PACKAGE}`, or install Graphviz "
            "(https://graphviz.org/download); a picture saved as .dot needs neither"
        )
    try:
        return bytes(picture.pipe(format=format, quiet=True))
    except (graphviz.ExecutableNotFound, graphviz.CalledProcessError, OSError) as error:
        raise RenderError(
            f"{dot_command.DOT_BINARY} could not lay the picture out: {error}"
        ) from error
