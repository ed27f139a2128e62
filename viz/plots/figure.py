"""A matplotlib figure without pyplot, which shows itself in a notebook."""

from __future__ import annotations

import io
from typing import Any

import matplotlib
import matplotlib.figure
import numpy as np

from autograd import Value

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


def plain(text: str) -> str:
    """`text` as matplotlib draws it unchanged."""
    return text.replace("$", r"\$")  # between dollars matplotlib reads mathematics


def as_number(v: Any) -> float:
    """A number or a Value as a float; nan for None."""
    return float(v.data if isinstance(v, Value) else np.nan if v is None else v)
