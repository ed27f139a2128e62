"""Where a wrong gradient went wrong: in a partial, or in how partials were put together."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from autograd.engine.value import Value
from autograd.graph import order
from autograd.graph import row as row_of
from autograd.testing.explain import names
from autograd.testing.reference import mp, value
from autograd.testing.replay import Slope, slope
from autograd.testing.report import Verdict

ULP = mp.mpf(2) ** -52
LOOSE = 2e-9  # a partial further off than this, relatively, is wrong


def diagnose(
    root: Value,
    leaves: Sequence[Value],
    gradient: Sequence[float],
    rtol: float,
    *,
    compare_sweep: bool = True,
) -> tuple[Verdict, str]:
    """The guilty part of a gradient that disagrees with the replay.

    Returns
    -------
    tuple
        RULE, TRAVERSAL, or PASS where every part is right (then the disagreement is
        the rounding of the values, which the partials were computed from); and a sentence.
    """
    culprit = worst_partial(root)
    if culprit:
        return Verdict.RULE, culprit
    stale = first_stale(root)
    if stale:
        return Verdict.INCONCLUSIVE, stale
    if compare_sweep:
        swept = slow_sweep(root)
        for leaf, g in zip(leaves, gradient, strict=True):
            expected, size = swept.get(id(leaf), (0.0, 0.0))
            if abs(g - expected) > rtol * abs(expected) + 1e-12 * size:
                return (
                    Verdict.TRAVERSAL,
                    f"all partials are right, but ∂C/∂{names(root).get(id(leaf), 'x')} is "
                    f"{g:.6g} where they add up to {expected:.6g}",
                )
    return Verdict.PASS, ""


def slow_sweep(root: Value) -> dict[int, tuple[float, float]]:
    """Backpropagation in ten plain lines: by id of the node the adjoint, and the
    absolute size of what was added up in it."""
    found = {id(root): (1.0, 1.0)}
    for z in reversed(order(root)):
        z_bar, size = found.get(id(z), (0.0, 0.0))
        for k, (x, partial) in enumerate(zip(z.args, z.partials, strict=True)):
            if z.carries(k) and z_bar != 0.0:
                g, s = found.get(id(x), (0.0, 0.0))
                found[id(x)] = (g + partial * z_bar, s + abs(partial) * size)
    return found


def worst_partial(root: Value) -> str:
    """A sentence about the partial that is furthest off; "" if all are right."""
    worst, sentence = 0.0, ""
    called = names(root)
    for z in order(root):
        if not z.op:
            continue
        for k in range(len(z.args)):
            if z.carries(k):
                off, should = error_of(z, k)
                if off > worst:
                    worst, sentence = off, _accusation(z, k, should, called)
    return sentence


def partial_slope(z: Value, k: int) -> Slope:
    """∂z/∂operand k of one recorded operation at its operands, at 50 digits."""
    row, operands = row_of(z), [mp.mpf(x.data) for x in z.args]

    def along(x: Any) -> Any:
        return value(row, [*operands[:k], x, *operands[k + 1 :]])

    return slope(along, operands[k])


def error_of(z: Value, k: int) -> tuple[float, Any]:
    """How far the recorded partial is off, relative to what is allowed and more than
    1 if it is wrong, else 0; and what it should be."""
    here, partial = partial_slope(z, k), z.partials[k]
    if not here.defined:
        return 0.0, here.both
    should = here.both
    off = abs(partial - should)
    if off <= LOOSE * abs(should):
        return 0.0, should
    if here.kinked:
        return (0.0 if here.allows(partial, 1e-9 * abs(partial)) else float("inf")), should
    allowed = LOOSE * abs(should) + _unavoidable(z, k, should)
    return (float(off / allowed) if off > allowed else 0.0), should


def _unavoidable(z: Value, k: int, should: Any) -> Any:
    """What rounding the operands in their last place does to the partial: near a zero
    of the partial, nobody can do better."""
    row, operands = row_of(z), [mp.mpf(x.data) for x in z.args]
    total = mp.mpf(10) ** -300
    for j, x in enumerate(operands):
        nearby = [*operands[:j], x * (1 + ULP), *operands[j + 1 :]]

        def along(at: Any, nearby: list[Any] = nearby) -> Any:
            return value(row, [*nearby[:k], at, *nearby[k + 1 :]])

        moved = slope(along, nearby[k]).both
        if mp.isfinite(moved):
            total += abs(moved - should)
    return 16 * total


def first_stale(root: Value) -> str:
    """A sentence about a recorded value that does not follow from its operands' data."""
    for z in order(root):
        if z.op:
            now = value(row_of(z), [mp.mpf(x.data) for x in z.args])
            if mp.isfinite(now) and abs(z.data - now) > 1e-9 * abs(now) + 1e-300:
                return (
                    f"{names(root)[id(z)]} = {z.op}(…) was recorded as {z.data:.6g}, but its "
                    f"operands give {float(now):.6g}: a leaf was changed after recording"
                )
    return ""


def _accusation(z: Value, k: int, should: Any, called: dict[int, str]) -> str:
    given = ", ".join(
        called[id(x)] if called[id(x)] == f"{x.data:g}" else f"{called[id(x)]} = {x.data:.6g}"
        for x in z.args[:6]
    )
    given += ", …" if len(z.args) > 6 else ""
    partial, right = z.partials[k], float(should)
    digits = 6 if f"{partial:.6g}" != f"{right:.6g}" else 17
    return (
        f"{called[id(z)]} = {z.op}({given}): the partial by operand {k} is "
        f"{partial:.{digits}g}, should be {right:.{digits}g}"
    )
