"""Where a wrong gradient went wrong: in a partial, or in how partials were put together."""

from __future__ import annotations

import math
import random
import sys
from collections.abc import Iterator, Sequence
from typing import Any

from autograd.engine.value import Value
from autograd.graph import row as row_of
from autograd.testing.high_precision import is_held, is_opaque_at, opaque_slope
from autograd.testing.jets import exactly, mp
from autograd.testing.recordings import Recording, same
from autograd.testing.reference import Slope, sizes, slopes, value
from autograd.testing.slow_backward import slow_sweep

LOOSE = 2e-9  # a partial further off than this, relatively, is wrong
TINY = 1e-300
ULP = mp.mpf(2) ** -52
SAMPLES = 8
LARGEST, SMALLEST = sys.float_info.max, sys.float_info.min
CANCELLED = 1e-12  # of the size of what was added up: what cancellation may cost


def worst_partial(made: Recording) -> tuple[int, str, bool]:
    """The operation whose partial is furthest off, a sentence, and whether it is at a kink; -1 and
    "" if all are right.

    Each is compared with the derivative of its own operation at its own operands.
    """
    worst, culprit, fault, kinked = 0.0, -1, "", False
    for place, z, k, slope in _edges(made):
        off = _error(z, k, slope)
        if off > worst:
            right = float(slope.nearest(z.partials[k]))
            digits = 6 if f"{z.partials[k]:.6g}" != f"{right:.6g}" else 17
            worst, culprit, kinked = off, place, slope.kinked and not is_opaque_at(z)
            fault = (
                f"the partial by operand {k} is {z.partials[k]:.{digits}g}, should be "
                f"{right:.{digits}g}"
            )
    return culprit, fault, kinked


def first_not_finite(made: Recording) -> tuple[int, str, bool]:
    """The first operation whose value or partial is not finite, how, and whether that is right, as
    at the end of a domain or where a number is too large for a double. -1 if there is none."""
    reached = _reached(made)
    for place, v in enumerate(made.nodes):
        if id(v) in reached and not math.isfinite(v.data):
            how = f"is {v.data:g}"
            if not v.op or not abs(_value(v)) <= LARGEST:
                return place, how, True
            return place, *_with_its_way(v, how)
    for place, z, k, slope in _edges(made):
        p = z.partials[k]
        if z.carries(k) and not math.isfinite(p):
            how = f"has the partial {p:g} by operand {k}"
            if not max(map(abs, slope)) <= LARGEST:
                return place, how, True
            return place, *_with_its_way(z, how)
    return -1, "", True


def _with_its_way(z: Value, how: str) -> tuple[str, bool]:
    """How a number is not finite though the exact one is, and whether that is right: doubles
    cannot hold a sum or a product on its way, as where it is written with operators."""
    if not _leaves_doubles(z):
        return how, False
    return f"{how}: a sum or a product on the way is out of the range of doubles", True


def _leaves_doubles(z: Value) -> bool:
    """Whether a number on the way to z, over many operands, is too large or too small."""
    if is_opaque_at(z):
        return False
    noted = sizes(row_of(z), [exactly(x.data) for x in z.args])
    return any(0 < size < SMALLEST or size > LARGEST for size in noted)


def _reached(made: Recording) -> set[int]:
    """The nodes that a derivative of the root flows to, or should."""
    reached = {id(made.root)}
    for z in reversed(made.nodes):
        if id(z) in reached:
            chosen = z.args if z.op != "where" else [z.args[1 if z.args[0].data else 2]]
            reached.update(map(id, chosen))
    return reached


def underflow(made: Recording) -> int:
    """The first operation with a value or a partial that is too small for a double; -1 if
    there is none."""
    reached = _reached(made)
    for place, v in enumerate(made.nodes):
        if v.op and id(v) in reached and abs(v.data) < SMALLEST and 0 < abs(_value(v)) < SMALLEST:
            return place
    for place, z, k, slope in _edges(made):
        if abs(z.partials[k]) < SMALLEST and 0 < abs(slope.low) < SMALLEST:
            return place
        if _leaves_doubles(z):
            return place
    return -1


def traversal_fault(
    made: Recording, gradient: Sequence[float], names: Sequence[str], rtol: float
) -> str:
    """How a plain slow backward pass over the recorded partials differs; "" if it does not."""
    adjoint, size = slow_sweep(made.root), slow_sweep(made.root, absolute=True)
    for leaf, g, name in zip(made.leaves, gradient, names, strict=True):
        expected = adjoint.get(id(leaf), 0.0)
        allowed = rtol * abs(expected) + CANCELLED * size.get(id(leaf), 0.0) + TINY
        if not (same(g, expected) or abs(g - expected) <= allowed):
            return (
                f"all partials are right, but the gradient by {name} is {g:.6g} where they add "
                f"up to {expected:.6g}"
            )
    return ""


def _edges(made: Recording) -> Iterator[tuple[int, Value, int, Slope]]:
    """Every edge on the way from the arguments to the root, with what its partial should be:
    (place of the result, result, operand, slope)."""
    depends, reached = set(map(id, made.leaves)), _reached(made)
    for place, z in enumerate(made.nodes):
        active = [k for k, x in enumerate(z.args) if id(x) in depends]
        if active:
            depends.add(id(z))
        if id(z) in reached:
            for k, slope in partials_of(z, [k for k in active if not is_held(z, k)]).items():
                yield place, z, k, slope


def partials_of(z: Value, active: Sequence[int]) -> dict[int, Slope]:
    """What the partials of a recorded operation should be at its recorded operands."""
    if is_opaque_at(z):
        return {k: opaque_slope(z, k) for k in active}
    return slopes(row_of(z), [exactly(x.data) for x in z.args], active)[1] if active else {}


def _value(z: Value) -> Any:
    if is_opaque_at(z):
        return mp.nan
    return value(row_of(z), [exactly(x.data) for x in z.args])


def _error(z: Value, k: int, slope: Slope) -> float:
    """How far the recorded partial is off, relative to what is allowed and more than 1 if it
    is wrong, else 0."""
    p = z.partials[k]
    should = slope.nearest(p)
    if not mp.isfinite(should) or same(p, should):
        return 0.0
    off = abs(p - should)
    if off <= LOOSE * abs(should):
        return 0.0
    if not math.isfinite(p):
        return 0.0 if abs(should) > LARGEST or _leaves_doubles(z) else math.inf
    allowed = LOOSE * abs(should) + 16 * _unavoidable(z, k, should)
    return float(off / allowed) if off > allowed and not _leaves_doubles(z) else 0.0


def _unavoidable(z: Value, k: int, should: Any) -> Any:
    """What rounding the operands in their last place does to the partial: near a zero of the
    partial, no better is possible."""
    rng, moved = random.Random(0), mp.mpf(TINY)
    if is_opaque_at(z):  # its slope has an error of its own
        return moved
    for _ in range(SAMPLES):
        nearby = [exactly(x.data) * (1 + rng.choice((-1, 1)) * ULP) for x in z.args]
        beside = slopes(row_of(z), nearby, [k])[1][k].nearest(should)
        if mp.isfinite(beside):
            moved = max(moved, abs(beside - should))
    return moved
