"""Derivatives by differences, for functions that cannot be recorded, with an error estimate."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

from autograd.derivatives.trees import Shape, flatten
from autograd.engine.value import Value
from autograd.modes import no_grad

EPS, TINIEST = 2.0**-52, math.ulp(0.0)
WIDEST, NARROWEST = 4, 45
"""Steps are |x| times 2 to the minus these, and what lies between."""

ABRUPT = 64.0
ROUGH = 16.0  # units in the last place of g that rounding may move it by
ROUGH_X = 12.0  # units in the last place of x that rounding may move it by
UNEVEN = 1.618  # steps of whole powers of 2 are rounded alike, and show too little

Scalar = Callable[[float], float]


class Estimate(NamedTuple):
    """A derivative and how far off it may be."""

    value: float
    error: float


UNKNOWN = Estimate(math.nan, math.inf)


def as_value(z: Any) -> Value:
    """What a function returned, as a Value; a TypeError if it is not one number."""
    if isinstance(z, Value):
        return z
    items, shape = flatten(z, "the result")
    if shape.text != "a number":
        raise TypeError(f"a gradient needs a single number, and the result is {shape.text}")
    return Value(items[0]).detach()


def of_values(f: Callable[..., Any]) -> Callable[..., float]:
    """f, called with Values without recording, as a function that returns a float."""

    def run(*x: Any) -> float:
        items, shape = flatten(x, "the arguments")
        with no_grad():
            return as_value(f(*shape.build([Value(v) for v in items]))).data

    return run


def along(f: Callable[..., float], flat: Sequence[float], shape: Shape, k: int) -> Scalar:
    """f as a function of the k-th number of its arguments; nan where it fails."""

    def g(at: float) -> float:
        try:
            return f(*shape.build([*flat[:k], at, *flat[k + 1 :]]))
        except (ArithmeticError, ValueError):
            return math.nan

    return g


# ── estimates ──


def central(g: Scalar, x: float) -> Estimate:
    """Two points, at a distance of ∛ε."""
    h = EPS ** (1 / 3) * max(abs(x), 1.0)
    h = (x + h) - x
    slope = (g(x + h) - g(x - h)) / (2 * h)
    wider = (g(x + 2 * h) - g(x - 2 * h)) / (4 * h)
    return Estimate(slope, abs(slope - wider) + EPS * abs(g(x)) / h)


Stencil = tuple[tuple[int, float], ...]  # of each point its place, in steps, and its weight
CENTRED: Stencil = ((-2, 1 / 12), (-1, -8 / 12), (1, 8 / 12), (2, -1 / 12))
ABOVE: Stencil = ((0, -25 / 12), (1, 4.0), (2, -3.0), (3, 4 / 3), (4, -1 / 4))
BELOW: Stencil = tuple((-j, -w) for j, w in ABOVE)


def five_point(g: Scalar, x: float) -> Estimate:
    """The derivative by five points on both sides."""
    return _largest_step_that_agrees(g, x, CENTRED)


def one_sided(g: Scalar, x: float) -> tuple[Estimate, Estimate]:
    """The derivatives on the left and on the right."""
    return _largest_step_that_agrees(g, x, BELOW), _largest_step_that_agrees(g, x, ABOVE)


def _largest_step_that_agrees(g: Scalar, x: float, stencil: Stencil) -> Estimate:
    """Steps from the smallest up, as long as each agrees with all smaller ones within their
    rounding: a large one is never believed against these.

    A small step is right and rough: its error is the rounding of g over the step.  So
    the first that disagrees has begun to see the curve, and the one before it is the
    best; its error is its rounding plus its difference from the one before.  A curve shows
    gradually (twice the step, 16 times the error); what shows abruptly was hidden from the smaller
    steps, and is an error of theirs.  Where g moves within the smallest step, all of them may
    have missed it, as those do that are longer than a wave: then the error is infinite.
    """
    rounding, flat = _rounding(g, x), True
    best, low, high, previous = UNKNOWN, -math.inf, math.inf, math.nan
    for k in range(NARROWEST, WIDEST - 1, -1):
        h = (x + (abs(x) or 1.0) * 2.0**-k) - x
        if not h:  # among the numbers below the normal ones
            continue
        ys = [g(x + j * h) for j, _ in stencil]
        size = max(map(abs, ys))
        if flat and len(set(ys)) > 1:  # what was flat up to here may have been rounded so
            flat, best, low, high, previous = False, UNKNOWN, -math.inf, math.inf, math.nan
        slope = sum(w * y for (_, w), y in zip(stencil, ys, strict=True)) / h
        unseen = EPS * (max(size, abs(x)) if flat else size) + TINIEST
        error = 4 * (rounding + unseen) / h
        if not math.isfinite(slope):
            break
        if not low <= slope <= high:
            off = abs(slope - best.value)
            if off > ABRUPT * (error + best.error):  # stairs, or a kink nearby
                best = Estimate(best.value, off)
            break
        low, high = max(low, slope - error), min(high, slope + error)
        if error + abs(slope - previous) < best.error:
            best = Estimate(slope, error + abs(slope - previous))
        previous = slope
    return Estimate(best.value, math.inf) if _moves_within_a_step(g, x) else best


def _moves_within_a_step(g: Scalar, x: float) -> bool:
    """Whether g turns within the smallest steps: bends by more than the rounding of its values
    and of multiples of x does, at more places than a kink or a jump."""
    scale = abs(x) or 1.0
    size = max(map(abs, (g(x + j * scale * 2.0**-WIDEST) for j in (-1, 0, 1))))
    for k in (0, 2, 3, 5, 6):  # a wave may be still on some of these, but not on all
        h = (x + UNEVEN * scale * 2.0 ** (k - NARROWEST)) - x  # exact: no x + jh is rounded
        if not h:
            continue
        ys = _row(g, x, h)
        slope = max(abs(b - a) for a, b in pairwise(ys)) / h
        if sorted(_bends(ys))[-3] > EPS * (ROUGH * size + ROUGH_X * scale * slope):
            return True
    return False


def _rounding(g: Scalar, x: float) -> float:
    """How far g is from a straight line over steps so small that it should be one."""
    return max(_bend(g, x, UNEVEN * (abs(x) or 1.0) * 2.0 ** (k - NARROWEST)) for k in (0, 3, 6))


def _bend(g: Scalar, x: float, h: float) -> float:
    return max((b for b in _bends(_row(g, x, h)) if math.isfinite(b)), default=0.0)


def _row(g: Scalar, x: float, h: float) -> list[float]:
    return [g(x + j * h) for j in range(-4, 5)]


def _bends(ys: Sequence[float]) -> list[float]:
    """How far each is from the line through its neighbours, twice."""
    return [abs(a - 2 * b + c) for a, b, c in zip(ys, ys[1:], ys[2:], strict=False)]


def partial_of_floats(value: Callable[..., Any], x: Sequence[float], k: int) -> tuple[float, float]:
    """The bounds on ∂value/∂x[k] by differences: both sides of a kink, widened by the error; (-inf,
    inf) where nothing can be said."""

    def g(at: float) -> float:
        try:
            return float(value(*x[:k], at, *x[k + 1 :]))
        except (ArithmeticError, ValueError):
            return math.nan

    both, (left, right) = five_point(g, x[k]), one_sided(g, x[k])
    apart = abs(left.value - right.value) > 3 * (left.error + right.error)
    used = (left, right) if apart else (both,)
    low, high = min(e.value - 3 * e.error for e in used), max(e.value + 3 * e.error for e in used)
    return (-math.inf, math.inf) if math.isnan(low + high) else (low, high)
