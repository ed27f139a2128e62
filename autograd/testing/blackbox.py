"""Checks the gradient of a function that can only be called, by differences."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

from autograd.testing.case import Case
from autograd.testing.differences import EPS, Estimate, Scalar, along, five_point, one_sided
from autograd.testing.report import Entry, Finding, Verdict

__tracebackhide__ = True
SURE = 10.0  # errors of the estimate by which a wrong gradient is off at least
UNIT = 64 * EPS  # what rounding a number of size 1 inside f does to a slope over |x|/16
COARSE = 1e-3  # an estimate that is known no better, relatively, is not known


def compare_with_differences(
    case: Case, f: Callable[..., Any], gradient: Sequence[float], rtol: float
) -> Finding:
    """Compare a gradient with differences of f, which takes and returns floats.

    What they cannot decide is inconclusive, not a failure.
    """
    entries: list[Entry] = []
    undecided = ""
    for k, (x, g, name) in enumerate(zip(case.flat, gradient, case.names, strict=True)):
        line = along(f, case.flat, case.shape, k)
        y = line(x)
        if not math.isfinite(y) or not math.isfinite(g):
            return Finding(Verdict.DOMAIN, f"f is {y:g}, its derivative by {name} {g:g}", entries)
        estimate = five_point(line, x)
        allowed = rtol * abs(estimate.value) + SURE * estimate.error
        off = abs(g - estimate.value)
        entries.append(Entry(name, g, estimate.value, off, allowed, "differences of f"))
        if off <= allowed and _is_fine(estimate, g):
            continue
        finding = _at_a_kink(line, x, g, name, entries)
        if finding is not None:
            return finding
        hidden = SURE * UNIT / (abs(x) or 1.0)
        if off > allowed + hidden and _is_fine(estimate, estimate.value):
            return Finding(Verdict.RULE, f"the derivative by {name} is wrong", entries)
        undecided = undecided or f"differences by {name} are too coarse to tell"
    return Finding(Verdict.INCONCLUSIVE if undecided else Verdict.PASS, undecided, entries)


def _is_fine(estimate: Estimate, g: float) -> bool:
    return estimate.error <= COARSE * max(abs(estimate.value), abs(g))


def _at_a_kink(line: Scalar, x: float, g: float, name: str, entries: list[Entry]) -> Finding | None:
    """Whether the slopes on the two sides certainly differ."""
    left, right = one_sided(line, x)
    error = SURE * (left.error + right.error)
    if not abs(left.value - right.value) > error:
        return None
    low, high = sorted((left.value, right.value))
    between = low - error <= g <= high + error
    text = (
        f"the slope by {name} is about {left.value:.4g} on the left and {right.value:.4g} on the "
        f"right; the gradient {g:.6g} lies {'between' if between else 'outside'}"
    )
    return Finding(Verdict.KINK, text, entries, between=between)
