"""What a picture consists of: boxes, arrows, and what is left out.

A box holds one Value or several.  The id of a single Value is `n` and its index in
`graph.order`, whatever is hidden; that of an edge is its result's id and which operand it is,
as `n7_0`.  A group's id is `g` and the number of its part (`viz.scene.partition`).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from autograd import Value
from autograd.graph import Edge

NUMBERED = 150  # arrows; with more, their numbers would fill the picture
CANCELLED = 1e-12  # a sum this much smaller than its sizes is rounding


@dataclass(frozen=True, kw_only=True)
class Flow:
    """What flows somewhere: the sum with its signs, and the sum of the absolute values."""

    net: float
    sizes: float

    @property
    def gradient(self) -> float:
        """What the colour shows: `net`; 0 where all cancels out up to rounding."""
        return 0.0 if abs(self.net) <= CANCELLED * self.sizes < math.inf else self.net


@dataclass(frozen=True, kw_only=True)
class Box(Flow):
    """The Values that share a box; often a single one.

    name : for a single Value its label
    frame : the module around it
    operations : what was computed in it: `** 2` for a single Value, whose hidden constants
        are named; `100 dot, 100 ReLU` for several
    net, sizes : what arrives from other boxes; for a single Value, its grad
    grad_w : the norm of ∂C/∂w over its leaves
    adds_up : whether the grad of each of its Values is the sum of what flows into it
    value : the Value, if there is only one
    """

    id: str
    name: str
    frame: str
    operations: str
    values: int
    leaves: int
    grad_w: float
    adds_up: bool
    is_root: bool
    value: Value | None


@dataclass(frozen=True, kw_only=True)
class Arrow(Flow):
    """The edges from one box to another; between single Values, one edge.

    net, sizes : what backward() sends along them
    sends : whether it sends anything
    edge : the edge, if it is drawn by itself
    """

    id: str
    operand: str
    result: str
    edges: int
    sends: bool
    edge: Edge | None


@dataclass(frozen=True)
class Scene:
    """The boxes and arrows of one picture.

    flowed : whether any Value has a gradient; if none has, backward() was not called
    largest : the largest finite gradient in the picture, drawn at full strength
    left_out : how many arrows were too many
    level : what shares a box (`viz.scene.partition`), or "none"
    values, edges, inside : how many Values and edges there are to draw, and how many of the
        edges lie inside boxes
    by_scope : whether Values were grouped by their modules
    """

    boxes: Sequence[Box]
    arrows: Sequence[Arrow]
    flowed: bool
    largest: float
    left_out: int
    level: str
    values: int
    edges: int
    inside: int
    by_scope: bool

    @property
    def collapsed(self) -> bool:
        """Whether Values share boxes."""
        return self.level != "none"

    @property
    def crowded(self) -> bool:
        """Whether there are too many arrows to write a number on each."""
        return len(self.arrows) > NUMBERED

    @property
    def root(self) -> Box:
        """The box of the root, which holds nothing else."""
        return next(box for box in self.boxes if box.is_root)
