"""The program that lays pictures out.

Graphviz's `dot` is used where it is installed, and otherwise the executable of
the package `graphviz-pure`, which is its translation and comes with dcdw.
"""

from __future__ import annotations

import importlib.metadata
import os
import pathlib
import shutil

from graphviz.backend import dot_command

PACKAGE = "graphviz-pure"


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
