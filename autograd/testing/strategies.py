"""Hypothesis strategies: numbers in a domain, operands, Values, random programs.

floats_in(domain)       numbers from an Interval, its ends and special ones among them
op_inputs(op)           operands for an operation, its declared edges mixed in
values()                Values
expressions(n_inputs)   random programs with shared nodes
points(f)               arguments at which f and its gradient are finite
"""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from autograd.derivatives.trees import flatten
from autograd.engine.value import Value
from autograd.ops import BY_NAME, Interval, R
from autograd.testing.case import Case
from autograd.testing.optional_imports import need
from autograd.testing.recordings import Recording, gradient_of
from autograd.testing.sample_points import called, interval, row_of, width

if TYPE_CHECKING:
    from hypothesis import strategies as st
else:
    st = need("hypothesis.strategies")

SMOOTH = (
    "neg", "add", "sub", "mul", "exp", "expm1", "sin", "cos", "tanh", "sech", "sinh", "cosh",
    "atan", "asinh", "sigmoid", "silu", "gelu", "softplus", "erf", "erfc", "gauss", "ndtr",
    "sum", "mean", "dot", "prod", "logsumexp", "softmax",
)  # fmt: skip
"""Operations that are defined and smooth for all real operands."""

ALL = tuple(BY_NAME)
"""The whole table."""

QUARTERS = 16  # the grid of numbers goes from -4 to 4


def floats_in(domain: Interval = R, *, huge: bool = False) -> st.SearchStrategy[float]:
    """Numbers in an interval.

    Mostly quarters, which shrink to short ones; then any number; and the ends of the
    interval that belong to it, with their neighbours.

    Parameters
    ----------
    domain : Interval
    huge : bool
        Whether to include numbers up to 1e300 and down to 1e-300.
    """
    grid = [k / 4 for k in sorted(range(-QUARTERS, QUARTERS + 1), key=abs) if k / 4 in domain]
    ends = [
        x
        for end in (domain.low, domain.high)
        if math.isfinite(end)
        for x in (end, math.nextafter(end, math.inf), math.nextafter(end, -math.inf))
        if x in domain
    ]
    reach = 1e300 if huge else 1e3
    low, high = max(domain.low, -reach), min(domain.high, reach)
    if low > high:  # an interval far out
        low, high = domain.low, domain.high
    anywhere = st.floats(low, high).filter(lambda x: x in domain)
    choices = [st.sampled_from(numbers) for numbers in (grid, ends) if numbers]
    return st.one_of([*choices, anywhere])


@st.composite
def op_inputs(draw: st.DrawFn, op: Any, *, edges: bool = True) -> tuple[float, ...]:
    """Operands for an operation, from its domain, with its declared edges mixed in."""
    row = row_of(op)
    declared = [tuple(map(float, point)) for point in row.edges]
    if edges and declared and draw(st.integers(0, 4)) == 4:
        return draw(st.sampled_from(declared))
    count = width(row, each=draw(st.integers(1, 4)) if row.many else 1)
    return tuple(draw(floats_in(interval(row, k))) for k in range(count))


def values(domain: Interval = R) -> st.SearchStrategy[Value]:
    """Leaves."""
    return floats_in(domain).map(Value)


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
        results = list(xs)
        for name, places in self.steps:
            results.append(called(row_of(name), [results[k] for k in places]))
        return results

    def __call__(self, *xs: Any) -> Any:
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


@st.composite
def expressions(
    draw: st.DrawFn,
    n_inputs: int = 2,
    ops: Sequence[str] | None = None,
    max_nodes: int = 8,
    smooth: bool = True,
) -> Expression:
    """Random programs with shared nodes.

    Nodes are drawn one by one with a flag "one more?", each with operands at *absolute* places: the
    encoding that shrinks to the smallest program.

    Parameters
    ----------
    n_inputs : int
        How many inputs, x0, x1, …
    ops : sequence of str, optional
        The operations to draw from, by name; default: see `smooth`.
    max_nodes : int
        The longest program.
    smooth : bool
        Draw from `SMOOTH`, or else from the whole table.
    """
    choice = list(ops or (SMOOTH if smooth else ALL))
    steps: list[Step] = []
    while len(steps) < max_nodes and (not steps or draw(st.booleans())):
        row = row_of(draw(st.sampled_from(choice)))
        count = width(row, each=draw(st.integers(1, 3)) if row.many else 1)
        here = n_inputs + len(steps)
        # Clipped rather than bounded, so that a node can be deleted and what refers
        # to later ones still means something.
        places = (draw(st.integers(0, n_inputs + max_nodes - 1)) for _ in range(count))
        steps.append((row.name, tuple(min(place, here - 1) for place in places)))
    return Expression(n_inputs, tuple(steps))


def points(
    f: Callable[..., Any] | int, domain: Interval = R, *, like: Any = None
) -> st.SearchStrategy[Any]:
    """Arguments at which f and its gradient are defined and finite.

    Special points are among them: zeros, equal arguments, ends of the domain, kinks.

    Parameters
    ----------
    f : callable, Expression or int
        A function of numbers: one parameter gives numbers, several give tuples of them.  An
        Expression gives lists, one number per input; an int gives that many numbers, without a
        function to evaluate.
    domain : Interval
        Where the numbers lie.
    like : list, tuple, dict or array, optional
        An example of f's single argument if that is not a number: the strategy draws others of the
        same structure.
    """
    number = floats_in(domain)
    if like is not None and callable(f):
        items, shape = flatten(like, "like")
        many = st.lists(number, min_size=len(items), max_size=len(items))
        return many.map(shape.build).filter(lambda x: _is_ordinary(f, x))
    if isinstance(f, int):
        return st.lists(number, min_size=f, max_size=f)
    if isinstance(f, Expression):
        many = st.lists(number, min_size=f.inputs, max_size=f.inputs)
        return many.filter(lambda x: _is_ordinary(f, *x))
    required = [
        p
        for p in inspect.signature(f).parameters.values()
        if p.default is p.empty and p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)
    ]
    if len(required) == 1:
        return number.filter(lambda x: _is_ordinary(f, x))
    return st.tuples(*[number] * len(required)).filter(lambda x: _is_ordinary(f, *x))


def _is_ordinary(f: Callable[..., Any], *x: Any) -> bool:
    case = Case(f, x)
    try:
        made = Recording(case.on_flat, case.flat)
    except (ArithmeticError, ValueError):
        return False
    return all(map(math.isfinite, [made.root.data, *gradient_of(made)]))
