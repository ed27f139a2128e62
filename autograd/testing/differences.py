"""Derivatives by differences: of the recorded graph in mpmath, or of the function itself."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple

from autograd.derivatives.trees import Shape, flatten
from autograd.engine.value import Value
from autograd.modes import no_grad, recording

EPS = 2.0**-52


class Estimate(NamedTuple):
    """A derivative and how far off it may be."""

    value: float
    error: float


Scalar = Callable[[float], float]


def numeric_grad(f: Callable[..., Any], *x: Any, method: str = "fdm5") -> tuple[Any, Any]:
    """The gradient of f at x, by differences.

    Parameters
    ----------
    f : callable
        With one number as its result.
    x
        Its arguments: numbers in any structure.
    method : str
        "mp": the graph that f records, computed again with 50 digits;
        "fdm5": f itself, five points, the step found by trying;
        "central": f itself, two points at ∛ε;
        "complex": f itself at x + ih (f takes complex numbers, so it is not
        written with the functions of `autograd`).

    Returns
    -------
    tuple
        The gradient, and an estimate of its error, each in the structure of the
        arguments (of one argument, not a tuple).

    Raises
    ------
    ValueError
        For a method of another name.
    """
    methods = {"mp": _by_replay, "fdm5": _each(five_point), "central": _each(central)}
    methods["complex"] = _by_complex_step
    if method not in methods:
        raise ValueError(f"no method {method!r}; there are {', '.join(map(repr, methods))}")
    flat, shape = flatten(x, "the arguments")
    found = methods[method](f, flat, shape)
    values, errors = (shape.build([e[k] for e in found]) for k in (0, 1))
    return (values[0], errors[0]) if len(x) == 1 else (values, errors)


def evaluated(f: Callable[..., Any], flat: list[float], shape: Shape) -> float:
    """f at a point, as a float, nothing recorded."""
    with no_grad():
        z = f(*shape.build([Value(v) for v in flat]))
    return as_value(z).data


def as_value(z: Any) -> Value:
    """What a function returned, as a Value; a TypeError if it is not one number."""
    if isinstance(z, Value):
        return z
    items, shape = flatten(z, "the result")
    if shape.text != "a number":
        raise TypeError(f"a gradient is of one number, and the result is {shape.text}")
    return Value(items[0]).detach()


def along(f: Callable[..., Any], flat: list[float], shape: Shape, k: int) -> Scalar:
    """f as a function of the k-th number of its arguments; nan where it fails."""

    def g(at: float) -> float:
        try:
            return evaluated(f, [*flat[:k], at, *flat[k + 1 :]], shape)
        except (ArithmeticError, ValueError):
            return math.nan

    return g


def central(g: Scalar, x: float) -> Estimate:
    """Two points, at a distance of ∛ε."""
    h = EPS ** (1 / 3) * max(abs(x), 1.0)
    h = (x + h) - x
    slope = (g(x + h) - g(x - h)) / (2 * h)
    wider = (g(x + 2 * h) - g(x - 2 * h)) / (4 * h)
    return Estimate(slope, abs(slope - wider) + EPS * abs(g(x)) / h)


def five_point(g: Scalar, x: float) -> Estimate:
    """Five points; of several steps the one whose error looks smallest.

    The error is what halving the step changes, plus the rounding of the values.
    """
    scale = max(abs(x), 1e-3)
    best, previous = Estimate(math.nan, math.inf), math.nan
    size = abs(g(x))
    for k in range(4, 18):
        h = scale * 2.0**-k
        h = (x + h) - x
        far_below, below, above, far_above = (g(x + j * h) for j in (-2, -1, 1, 2))
        slope = (8 * (above - below) - (far_above - far_below)) / (12 * h)
        size = max(size, abs(above), abs(below))
        error = abs(slope - previous) + 3 * EPS * size / h
        if error < best.error:
            best = Estimate(slope, error)
        previous = slope
    return best


def one_sided(g: Scalar, x: float, step: float = 1e-6) -> tuple[float, float]:
    """The slopes just left and right of x, by extrapolated differences."""
    h = step * max(abs(x), 1e-3)
    here = g(x)
    sides = []
    for s in (-h, h):
        near, far = g(x + s), g(x + 2 * s)
        sides.append((4 * near - far - 3 * here) / (2 * s))
    return sides[0], sides[1]


def sides_settle(g: Scalar, x: float) -> bool:
    """Whether the slopes left and right stay what they are when the step is halved: not so
    at a jump, nor where the function is noise."""
    pairs = zip(one_sided(g, x), one_sided(g, x, 5e-7), strict=True)
    return all(abs(a - b) <= 1e-2 * max(abs(a), abs(b)) for a, b in pairs)


def _each(method: Callable[[Scalar, float], Estimate]) -> Callable[..., list[Estimate]]:
    def found(f: Callable[..., Any], flat: list[Any], shape: Shape) -> list[Estimate]:
        numbers = [x.data if isinstance(x, Value) else x for x in flat]
        return [method(along(f, numbers, shape, k), x) for k, x in enumerate(numbers)]

    return found


def _by_complex_step(f: Callable[..., Any], flat: list[float], shape: Shape) -> list[Estimate]:
    found = []
    for k, x in enumerate(flat):
        h = 1e-200
        at = [*flat[:k], complex(x, h), *flat[k + 1 :]]
        try:
            z = f(*shape.build(at))
        except TypeError as error:
            raise TypeError(
                f"method='complex' calls the function with complex numbers, and it failed: {error}"
            ) from error
        slope = complex(z).imag / h
        found.append(Estimate(slope, 4 * EPS * abs(slope)))
    return found


def _by_replay(f: Callable[..., Any], flat: list[float], shape: Shape) -> list[Estimate]:
    from autograd.testing.replay import Program

    leaves = [Value(getattr(x, "data", x)) for x in flat]
    with recording():
        root = as_value(f(*shape.build(leaves)))
    program = Program(root)
    slopes = [program.slope(leaf) for leaf in leaves]
    return [Estimate(float(s.both), float(abs(s.left - s.right)) + 1e-16) for s in slopes]
