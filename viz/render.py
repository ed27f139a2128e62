"""The program that lays a picture out, and the files it is saved in.

Graphviz's `dot` is used where it is installed, and otherwise the executable of
the package `graphviz-pure`, which is its translation and comes with dcdw.
"""

from __future__ import annotations

import importlib.metadata
import os
import pathlib
import shutil
from typing import Any

import graphviz
from graphviz.backend import dot_command

from autograd import Value

PACKAGE = "graphviz-pure"
SUFFIXES = (".svg", ".png", ".dot")


class RenderError(RuntimeError):
    """No program lays pictures out here, or it failed."""


def find_dot() -> pathlib.Path | None:
    """The program to lay pictures out with: the system's `dot`, or graphviz-pure, or None."""
    system = shutil.which("dot")
    return pathlib.Path(system) if system else _packaged()


def use_a_dot() -> bool:
    """See to it that the package `graphviz` finds a program; whether there is one.

    What somebody else has set `DOT_BINARY` to is left alone.
    """
    current = pathlib.Path(dot_command.DOT_BINARY)
    if current not in (pathlib.Path("dot"), _packaged()):
        return True
    found = find_dot()
    # By its plain name the system's dot is looked up anew each time.
    packaged = found is not None and found == _packaged()
    dot_command.DOT_BINARY = found if packaged else pathlib.Path("dot")
    return found is not None


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
        from viz.picture import draw  # which needs this module

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


def _packaged() -> pathlib.Path | None:
    """The executable of graphviz-pure, also in an environment that is not activated."""
    try:
        files = importlib.metadata.files(PACKAGE) or []
    except importlib.metadata.PackageNotFoundError:
        return None
    for file in files:
        if file.stem == PACKAGE and file.parent.name.lower() in ("bin", "scripts"):
            path = pathlib.Path(os.path.normpath(file.locate()))
            if path.exists():
                return path
    return None
