"""Hypothesis strategies: random programs of Values."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from hypothesis import strategies as st

import autograd
from autograd.ops import BY_NAME, Op

SMOOTH = (
    "neg", "add", "sub", "mul", "exp", "expm1", "sin", "cos", "tanh", "sech", "sinh", "cosh",
    "atan", "asinh", "sigmoid", "silu", "gelu", "softplus", "erf", "erfc", "gauss", "ndtr",
    "sum", "mean", "dot", "prod", "logsumexp", "softmax",
)  # fmt: skip
"""Operations that are defined and smooth for all real operands."""

ARITHMETIC = ("neg", "add", "sub", "mul", "div")

Step = tuple[str, tuple[int, ...]]


@dataclass(frozen=True)
class Expression:
    """A straight-line program over its inputs: each step an operation on earlier results.

    Called with numbers or Values it returns the last step's result.
    """

    inputs: int
    steps: tuple[Step, ...] = field(default=())

    def results(self, *xs: Any) -> list[Any]:
        """The inputs, then the result of every step."""
        found = list(xs)
        for name, places in self.steps:
            found.append(_apply(BY_NAME[name], [found[k] for k in places]))
        return found

    def __call__(self, *xs: Any) -> Any:
        """The last step's result."""
        """The last step's result."""
        return self.results(*xs)[-1]

    def __repr__(self) -> str:
        names = [f"x{k}" for k in range(self.inputs)]
        names += [f"t{k}" for k in range(len(self.steps))]
        lines = [
            f"{names[self.inputs + k]}={name}({','.join(names[j] for j in places)})"
            for k, (name, places) in enumerate(self.steps)
        ]
        return "; ".join(lines) or "x0"


def _apply(op: Op, operands: Sequence[Any]) -> Any:
    function: Callable[..., Any] = getattr(autograd, op.name)
    if not op.many:
        return function(*operands)
    if op.each:
        return function(list(operands))[0]
    if len(op.sequences) == 2:
        half = len(operands) // 2
        return function(operands[:half], operands[half : 2 * half], *operands[2 * half :])
    return function(list(operands))


@st.composite
def expressions(
    draw: st.DrawFn,
    inputs: int = 2,
    ops: Sequence[str] = SMOOTH,
    max_nodes: int = 8,
) -> Expression:
    """Random programs with shared nodes.

    Nodes are drawn one by one with a flag "one more?", each with operands by
    their *absolute* place: the encoding that shrinks to the smallest program.

    Parameters
    ----------
    inputs : int
        How many inputs, x0, x1, …
    ops : sequence of str
        The operations to draw from, by name.
    max_nodes : int
        The longest program.
    """
    steps: list[Step] = []
    while len(steps) < max_nodes and (not steps or draw(st.booleans())):
        op = BY_NAME[draw(st.sampled_from(ops))]
        count = len(op.operands)
        if op.many:
            count = len(op.sequences) * draw(st.integers(1, 3)) + count - len(op.sequences)
        place = st.integers(0, inputs + len(steps) - 1)
        steps.append((op.name, tuple(draw(place) for _ in range(count))))
    return Expression(inputs, tuple(steps))


def points(inputs: int, reach: float = 4.0) -> st.SearchStrategy[list[float]]:
    """Numbers for the inputs, on a grid of quarters: they shrink to short ones."""
    steps = int(reach * 4)
    number = st.integers(-steps, steps).map(lambda k: k / 4)
    return st.lists(number, min_size=inputs, max_size=inputs)
