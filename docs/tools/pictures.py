"""Draws the pictures of the pages.  A page draws its own: its code says `viz.save(C,
"neuron.svg")`, and is run when the documentation is built."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

from docs.tools import blocks

DOCS = Path(__file__).parents[1]
DRAWING = ("how.md",)  # pages that have pictures


def draw(folder: Path) -> None:
    """Draw the pictures of all pages, in `folder`."""
    with working_in(folder):
        for name in DRAWING:
            blocks.run(DOCS / name)


@contextlib.contextmanager
def working_in(folder: Path) -> Iterator[None]:
    """Work in `folder` for a while (contextlib.chdir needs Python 3.11)."""
    before = Path.cwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)
