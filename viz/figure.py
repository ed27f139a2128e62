"""A matplotlib figure without pyplot, which shows itself in a notebook."""

from __future__ import annotations

import io

import matplotlib
import matplotlib.figure

WIDTH = 7.0  # inches: fits a notebook's cell


class Figure(matplotlib.figure.Figure):
    """A `matplotlib.figure.Figure` that a notebook shows as SVG.

    It belongs to no window and no global state; `figure.savefig(path)` saves it.
    """

    def __init__(self, height: float, width: float = WIDTH) -> None:
        super().__init__(figsize=(width, height), layout="constrained")

    def _repr_svg_(self) -> str:
        """For a notebook; the same figure gives the same bytes."""
        out = io.StringIO()
        with matplotlib.rc_context({"svg.hashsalt": "dcdw"}):
            self.savefig(out, format="svg", metadata={"Date": None})
        return out.getvalue()
