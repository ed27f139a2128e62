"""Checks the gradient of a recorded graph, by the graph at 50 digits."""

from __future__ import annotations

import math
from dataclasses import dataclass

from autograd.testing.case import Case
from autograd.testing.diagnose import (
    CANCELLED,
    TINY,
    first_not_finite,
    traversal_fault,
    underflow,
    worst_partial,
)
from autograd.testing.explain import described, names
from autograd.testing.high_precision import NONE, Adjoint, HighPrecisionGraph, Kink, is_opaque_at
from autograd.testing.jets import DIGITS, MANY_DIGITS, mp
from autograd.testing.recordings import Recording, located
from autograd.testing.report import Entry, Finding, Verdict

__tracebackhide__ = True
COARSE = 1e-3  # a partial that is known no better, relatively, is not known
ROUNDING = "as right as doubles can be: the rounding of the values shows in the gradient"


@dataclass(frozen=True)
class GraphOracle:
    """A gradient, to be compared with that of the graph at 50 digits.

    Attributes
    ----------
    case : Case
    here : Recording
        At the point of the case.
    engines : list of float
        The gradient that the engine computes.
    own : list of float, optional
        Another gradient, to be compared in its place.
    rtol : float
        The relative error allowed.
    """

    case: Case
    here: Recording
    engines: list[float]
    own: list[float] | None
    rtol: float

    def finding(self) -> Finding:
        """Where 50 digits disagree, more digits may agree: those may have cancelled."""
        if not math.isfinite(self.here.root.data) or not all(map(math.isfinite, self.engines)):
            with mp.workdps(MANY_DIGITS):
                return self._not_finite()
        for digits in (DIGITS, MANY_DIGITS):
            with mp.workdps(digits):
                graph = HighPrecisionGraph(self.here.root, self.here.leaves)
                adjoints = graph.adjoints()
                limits = [adjoints.get(id(leaf), NONE) for leaf in self.here.leaves]
                entries = self._entries(limits)
            if all(e.error <= e.tolerance for e in entries):
                return self._agreement(graph, limits, entries)
        with mp.workdps(MANY_DIGITS):
            return self._taken_apart(entries)

    def _entries(self, limits: list[Adjoint]) -> list[Entry]:
        gradient = self.engines if self.own is None else self.own
        entries = []
        for name, g, limit in zip(self.case.names, gradient, limits, strict=True):
            reference = limit.nearest(g)
            allowed = self.rtol * abs(reference) + CANCELLED * limit.size + TINY
            right, error, tolerance = map(float, (reference, abs(g - reference), allowed))
            entries.append(Entry(name, g, right, error, tolerance, "mpmath, 50 digits"))
        return entries

    def _agreement(
        self, graph: HighPrecisionGraph, limits: list[Adjoint], entries: list[Entry]
    ) -> Finding:
        """PASS, unless the gradient is one of several that are possible."""
        if all(a.low == a.high for a in limits):
            return Finding(Verdict.PASS, entries=entries)
        kinks = [kink for kink in graph.kinks if not is_opaque_at(kink.result)]
        if kinks:
            text = f"{self._described(kinks[0])}; the gradient lies between"
            return Finding(Verdict.KINK, text, entries)
        if all(a.high - a.low <= COARSE * max(abs(a.low), abs(a.high)) < mp.inf for a in limits):
            return Finding(Verdict.PASS, entries=entries)
        text = "an operation takes floats alone, and its differences are too coarse to tell"
        return Finding(Verdict.INCONCLUSIVE, text, entries)

    def _described(self, kink: Kink) -> str:
        what, slope = described(kink.result, names(self.here.root)), kink.slope
        if mp.isinf(slope.low):
            return f"{what} jumps here as operand {kink.k} moves"
        low, high = map(float, slope)
        return f"{what} has a kink, slopes from {low:.6g} to {high:.6g} by operand {kink.k}"

    def _taken_apart(self, entries: list[Entry]) -> Finding:
        """Why the gradient disagrees: a partial, the traversal, or the rounding of values."""
        place, fault, kinked = worst_partial(self.here)
        if fault:
            text = located(self.case.on_flat, self.here, place, f": {fault}")
            verdict = Verdict.KINK if kinked else Verdict.RULE
            return Finding(verdict, text, entries, between=False)
        lost = traversal_fault(self.here, self.engines, self.case.names, self.rtol)
        if lost:
            return Finding(Verdict.TRAVERSAL, lost, entries)
        for e, engines_own in zip(entries, self.engines, strict=True):
            if self.own is not None and not abs(e.gradient - engines_own) <= e.tolerance:
                text = f"the expected gradient by {e.name} is wrong; the engine's is right"
                return Finding(Verdict.RULE, text, entries)
        return Finding(Verdict.PASS, entries=entries, notes=[self._excuse()])

    def _excuse(self) -> str:
        """Why a gradient disagrees though every part of it is right."""
        place = underflow(self.here)
        if place < 0:
            return ROUNDING
        what = described(self.here.nodes[place], names(self.here.root))
        return f"{what} or its partial is too small for a double, and the gradient misses it"

    def _not_finite(self) -> Finding:
        place, how, right = first_not_finite(self.here)
        if place >= 0:
            how = f" {how}" if right else f" {how}, but the exact one is an ordinary number"
            text = located(self.case.on_flat, self.here, place, how)
            return Finding(Verdict.DOMAIN if right else Verdict.RULE, text)
        lost = traversal_fault(self.here, self.engines, self.case.names, self.rtol)
        if lost:
            return Finding(Verdict.TRAVERSAL, lost)
        text = "the gradient is too large for a double, or a sum on its way is"
        return Finding(Verdict.DOMAIN, text)
