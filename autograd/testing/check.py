"""check_grad: is a gradient right, and if not, where is it wrong?

Three questions, in this order:

*Does f return the same twice?* If not, it is noise, and there is no gradient (`recordings`).

*Is the gradient that of the recorded graph?*  The graph is computed again at 50 digits, with one
backward pass for all derivatives (`high_precision`).  A disagreement is taken apart (`diagnose`):
each partial against the derivative of its own operation at its own operands, and then how they were
put together.  Where both are right, the disagreement is the rounding of the values themselves, and
the gradient is as right as doubles can be.

*Is the graph that of f?*  f is recorded at points nearby: a constant that moves is a path
that left the graph, another structure is another branch (`nearby`).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from autograd.derivatives import grad
from autograd.derivatives.trees import flatten
from autograd.engine.value import Value
from autograd.testing.blackbox import compare_with_differences
from autograd.testing.case import Case
from autograd.testing.differences import of_values
from autograd.testing.nearby_points import look_around
from autograd.testing.recordings import Recording, gradient_of, noise, replay_fault
from autograd.testing.report import DerivativeMismatch, Finding, GradReport, Verdict

__tracebackhide__ = True  # pytest shows the frame of the test

ORACLES = ("auto", "replay", "blackbox")
KINKS = ("subgradient", "skip", "error")
FAILURES = {Verdict.RULE, Verdict.TRAVERSAL, Verdict.DETACHED, Verdict.NOISE}
Backward = Callable[[Value], None]


def check_grad(
    f: Callable[..., Any],
    *x: Any,
    order: int = 1,
    wrt: int | Sequence[int] | None = None,
    oracle: str = "auto",
    rtol: float = 1e-9,
    kinks: str = "subgradient",
    expected: Callable[..., Any] | None = None,
    raises: bool = True,
    backward: Backward = Value.backward,
) -> GradReport:
    """Check the gradient of f at x.

    A point at a kink, at the end of a domain, or with numbers too large for a double is noted in
    the report and passes: the gradient there is a matter of convention.

    Parameters
    ----------
    f : callable
        With one number as its result; run on Values.
    x
        Its arguments: numbers, nested in lists, tuples, dicts and arrays.
    order : int
        Check the derivatives up to this order: each number of the gradient is a
        function whose gradient is checked in turn.
    wrt : int or sequence of int, optional
        By which arguments; default: by all.
    oracle : str
        "replay" (the recorded graph at 50 digits), "blackbox" (differences of the
        function), or "auto": the graph at 50 digits, and f recorded again, at x and
        nearby.  An operation of yours whose value takes floats alone is differenced.
    rtol : float
        The relative error allowed.
    kinks : str
        Where the slopes left and right differ: "subgradient" passes a gradient that
        lies between them, "skip" passes any; "error" passes none, and no point where the
        function or its derivative is not finite.
    expected : callable, optional
        A gradient of your own, to be checked in place of the engine's: takes what f
        takes, gives the gradient in the structure of the arguments.  Then f may be
        written for floats alone, and is differenced.
    raises : bool
        Raise `DerivativeMismatch`, or return a report that is not `ok`.
    backward : callable, optional
        What computes `grad` of the leaves below a Value; to test another traversal.

    Returns
    -------
    GradReport

    Raises
    ------
    DerivativeMismatch
        If the gradient is wrong.  Its message names the operation, the operand and the line.
    """
    _one_of("oracle", oracle, ORACLES)
    _one_of("kinks", kinks, KINKS)
    if order < 1:
        raise ValueError(f"order must be 1 or more, not {order}")
    check = _Check(Case(f, x, wrt), oracle, rtol, kinks, expected, backward)
    report = check.report()
    if report.ok and order > 1 and report.verdict is Verdict.PASS:
        report = _check_higher(check, order, report)
    if raises and not report.ok:
        raise DerivativeMismatch(report)
    return report


def _check_higher(check: _Check, order: int, first: GradReport) -> GradReport:
    """Each number of the gradient as a function, checked up to order - 1."""
    case = check.case
    for k, name in enumerate(case.names):

        def component(*x: Any, k: int = k) -> Any:
            items, _ = flatten(grad(case.f, argnums=case.places)(*x), "the gradient")
            return items[k]

        component.__name__ = f"∂{case.name}/∂{name}"
        report = check_grad(
            component, *case.x, order=order - 1, wrt=case.wrt, oracle=check.oracle,
            rtol=check.rtol, kinks=check.kinks, raises=False, backward=check.backward,
        )  # fmt: skip
        if not report.ok:
            return replace(report, call=f"{first.call[:-1]}, order={order})")
    return first


@dataclass(frozen=True)
class _Check:
    """One gradient to be checked, and how."""

    case: Case
    oracle: str
    rtol: float
    kinks: str
    expected: Callable[..., Any] | None
    backward: Backward

    def report(self) -> GradReport:
        """The outcome of the three questions, asked until one of them fails."""
        case, own = self.case, None if self.expected is None else self._expected_gradient()
        try:
            here = Recording(case.on_flat, case.flat)
        except (TypeError, AttributeError):
            if own is None:
                raise
            return self._report(own, compare_with_differences(case, case.on_chosen, own, self.rtol))
        engines = gradient_of(here, self.backward)
        gradient = engines if own is None else own
        if self.oracle == "blackbox":
            f = of_values(case.on_chosen)
            return self._report(gradient, compare_with_differences(case, f, gradient, self.rtol))
        return self._report(gradient, self._questions(here, engines, own))

    def _questions(self, here: Recording, engines: list[float], own: list[float] | None) -> Finding:
        from autograd.testing.graph_oracle import GraphOracle

        alone = self.oracle == "replay"
        if differs := "" if alone else noise(self.case.on_flat, here):
            return Finding(Verdict.NOISE, differs)
        if fault := "" if alone else replay_fault(self.case.on_flat, here):
            return Finding(Verdict.DETACHED, fault)
        finding = GraphOracle(self.case, here, engines, own, self.rtol).finding()
        if alone or not self._passes(finding) or not math.isfinite(here.root.data):
            return finding
        later = look_around(self.case, here, engines if own is None else own)
        return finding.and_then(later, FAILURES)

    def _expected_gradient(self) -> list[float]:
        assert self.expected is not None
        items, shape = flatten(self.expected(*self.case.x), "the expected gradient")
        if shape.size != self.case.shape.size:
            raise ValueError(
                f"the expected gradient has {shape.size} numbers, the arguments "
                f"{self.case.shape.size}"
            )
        return [float(getattr(v, "data", v)) for v in items]

    def _passes(self, finding: Finding) -> bool:
        if finding.verdict is Verdict.KINK:
            return self.kinks == "skip" or (self.kinks == "subgradient" and finding.between)
        strictly = self.kinks == "error" and finding.verdict is Verdict.DOMAIN
        return finding.verdict not in FAILURES and not strictly

    def _report(self, gradient: list[float], finding: Finding) -> GradReport:
        case, reference = self.case, [e.reference for e in finding.entries]
        return GradReport(
            verdict=finding.verdict,
            gradient=case.built(gradient),
            reference=case.built(reference) if len(reference) == len(case.flat) else None,
            entries=finding.entries,
            point=f"({case.shown},)" if len(case.x) == 1 else f"({case.shown})",
            call=f"check_grad({case.name}, {case.shown}{self._options()})",
            rtol=self.rtol,
            ok=self._passes(finding),
            detail=finding.detail,
            notes=tuple(finding.notes),
            source="expected" if self.expected else "reverse",
            prefix=f"∂{'f' if case.name == '<lambda>' else case.name}/∂",
        )

    def _options(self) -> str:
        options: dict[str, tuple[Any, Any]] = {
            "wrt": (self.case.wrt, None),
            "oracle": (self.oracle, "auto"),
            "rtol": (self.rtol, 1e-9),
            "kinks": (self.kinks, "subgradient"),
        }
        text = "".join(f", {k}={v!r}" for k, (v, default) in options.items() if v != default)
        if self.expected is not None:
            text += f", expected={getattr(self.expected, '__name__', 'expected')}"
        return text


def _one_of(name: str, option: str, allowed: Sequence[str]) -> None:
    if option not in allowed:
        raise ValueError(f"{name} must be one of {', '.join(map(repr, allowed))}, not {option!r}")
