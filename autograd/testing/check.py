"""check_grad: is a gradient right, and if not, where is it wrong?

Two oracles.  The *replay* computes the recorded graph again at 50 digits: it sees
every wrong partial and every wrong traversal, but only what was recorded.  The
*blackbox* runs the function itself nearby: it is coarser, but it sees what was
not recorded.

A gradient that disagrees with the replay is taken apart (`diagnose`): each
partial is compared with the derivative of its own operation at its own operands,
and the partials are put together again by a slow plain sweep.  Where both are
right, the disagreement is the rounding of the values themselves, and the
gradient is as right as doubles can be.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from autograd.derivatives.recorded import places_of
from autograd.derivatives.transforms import grad
from autograd.derivatives.trees import Shape, flatten
from autograd.engine.value import Value
from autograd.graph import edges
from autograd.graph import order as order_of
from autograd.graph import row as row_of
from autograd.modes import recording
from autograd.testing.differences import along, as_value, five_point, one_sided, sides_settle
from autograd.testing.report import DerivativeMismatch, Entry, GradReport, Verdict

ORACLES = ("auto", "replay", "blackbox")
KINKS = ("subgradient", "skip", "error")
CANCELLED = 1e-12  # of the absolute flow: what cancellation may cost
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
        "replay" (the recorded graph at 50 digits), "blackbox" (the function run
        nearby), or "auto": both.  A graph with an operation of yours whose value takes
        floats alone cannot be replayed, and is only run nearby.
    rtol : float
        The relative error allowed to the replay.
    kinks : str
        Where the slopes left and right differ: "subgradient" passes a gradient that
        lies between them, "skip" passes any, "error" none.
    expected : callable, optional
        A gradient of your own, to be checked in place of the engine's: takes what f
        takes, gives the gradient in the structure of the arguments.
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
        If the gradient is wrong.  Its message names the operation and the operand.
    """
    _one_of("oracle", oracle, ORACLES)
    _one_of("kinks", kinks, KINKS)
    if order < 1:
        raise ValueError(f"order is 1 or more, not {order}")
    case = _Case(f, x, wrt, oracle, rtol, kinks, expected, backward)
    report = case.check()
    if report.ok and order > 1 and report.verdict is Verdict.PASS:
        report = _check_higher(case, order, report)
    if raises and not report.ok:
        raise DerivativeMismatch(report)
    return report


def _check_higher(case: _Case, order: int, first: GradReport) -> GradReport:
    """Each number of the gradient as a function, checked up to order - 1."""
    for k in range(len(case.flat)):

        def component(*x: Any, k: int = k) -> Any:
            items, _ = flatten(grad(case.f, argnums=case.places)(*x), "the gradient")
            return items[k]

        component.__name__ = f"∂{case.name}/∂{case.names[k]}"
        report = check_grad(
            component, *case.x, order=order - 1, wrt=case.wrt, oracle=case.oracle,
            rtol=case.rtol, kinks=case.kinks, raises=False, backward=case.backward,
        )  # fmt: skip
        if not report.ok:
            return replace(report, call=f"{first.call[:-1]}, order={order})")
    return first


@dataclass
class _Case:
    """One gradient to be checked."""

    f: Callable[..., Any]
    x: tuple[Any, ...]
    wrt: int | Sequence[int] | None
    oracle: str
    rtol: float
    kinks: str
    expected: Callable[..., Any] | None
    backward: Backward
    between: bool = False  # whether the gradient lies between the slopes at a kink

    def __post_init__(self) -> None:
        chosen = range(len(self.x)) if self.wrt is None else self.wrt
        self.places = places_of(chosen, len(self.x), "wrt")
        items, self.shape = flatten([self.x[k] for k in self.places], "the arguments")
        self.flat = [float(getattr(v, "data", v)) for v in items]
        self.names = [
            name
            for k in self.places
            for name in _names_in(self.x[k], "x" if len(self.x) == 1 else f"x{k}")
        ]
        self.name = getattr(self.f, "__name__", type(self.f).__name__)

    def on_chosen(self, *chosen: Any) -> Any:
        """f as a function of the chosen arguments only."""
        args = list(self.x)
        for place, argument in zip(self.places, chosen, strict=True):
            args[place] = argument
        return self.f(*args)

    def check(self) -> GradReport:
        """The report, under the first verdict that is not PASS."""
        leaves = [Value(v) for v in self.flat]
        with recording():
            root = as_value(self.on_chosen(*self.shape.build(leaves)))
        self.gradient = self._gradient(root, leaves)
        if not math.isfinite(root.data) or not all(map(math.isfinite, self.gradient)):
            shown = ", ".join(f"{g:.6g}" for g in self.gradient)
            return self._report(
                Verdict.DOMAIN, [], ok=False, detail=f"f = {root.data:.6g}, gradient = ({shown})"
            )
        entries: list[Entry] = []
        if self.oracle != "blackbox" and not _has_opaque(root):
            verdict, entries, detail = self._by_replay(root, leaves)
            if verdict is not Verdict.PASS:
                return self._report(verdict, entries, self._allowed(verdict), detail)
        if self.oracle != "replay" and not _stops_on_purpose(root):
            verdict, found, detail = self._by_blackbox(after_replay=bool(entries))
            if verdict is not Verdict.PASS:
                return self._report(verdict, found, self._allowed(verdict), detail)
            entries = entries or found
        return self._report(Verdict.PASS, entries, ok=True)

    def _gradient(self, root: Value, leaves: list[Value]) -> list[float]:
        if self.expected is not None:
            items, shape = flatten(self.expected(*self.x), "the expected gradient")
            if shape.size != self.shape.size:
                raise ValueError(
                    f"the expected gradient has {shape.size} numbers, the arguments "
                    f"{self.shape.size}"
                )
            return [float(getattr(v, "data", v)) for v in items]
        if not root.constant:
            self.backward(root)
        return [leaf.grad for leaf in leaves]

    def _allowed(self, verdict: Verdict) -> bool:
        """Kinks may pass; the rest is wrong or, being unknown, passes."""
        if verdict is Verdict.KINK:
            return self.kinks == "skip" or (self.kinks == "subgradient" and self.between)
        return verdict is Verdict.INCONCLUSIVE

    def _by_replay(self, root: Value, leaves: list[Value]) -> tuple[Verdict, list[Entry], str]:
        from autograd.testing.diagnose import diagnose
        from autograd.testing.reference import mp
        from autograd.testing.replay import Program, absolute_flow

        program, flow = Program(root), absolute_flow(root)
        entries: list[Entry] = []
        wrong = False
        for k, leaf in enumerate(leaves):
            slope, g = program.slope(leaf), self.gradient[k]
            if not slope.defined:
                return Verdict.DOMAIN, entries, f"f is not finite on both sides of {self.names[k]}"
            tolerance = self.rtol * abs(float(slope.both)) + CANCELLED * flow.get(id(leaf), 0.0)
            reference = float(slope.both)
            error = float(abs(g - slope.both))
            entries.append(
                Entry(self.names[k], g, reference, error, tolerance, "mpmath, 50 digits")
            )
            if error > tolerance and slope.kinked:
                self.between = slope.allows(g, tolerance)
                if mp.isinf(slope.left):
                    return (
                        Verdict.KINK,
                        entries,
                        f"the function jumps here as {self.names[k]} moves",
                    )
                return (
                    Verdict.KINK, entries,
                    f"the slope by {self.names[k]} is {float(slope.left):.6g} on the left and "
                    f"{float(slope.right):.6g} on the right; the gradient {g:.6g} lies "
                    f"{'between' if self.between else 'outside'}",
                )  # fmt: skip
            wrong |= error > tolerance
        if not wrong:
            return Verdict.PASS, entries, ""
        verdict, detail = diagnose(
            root, leaves, self.gradient, self.rtol, compare_sweep=self.expected is None
        )
        if verdict is Verdict.PASS and self.expected is not None:
            return Verdict.RULE, entries, "the expected gradient is wrong; the engine's is right"
        return verdict, entries, detail

    def _by_blackbox(self, after_replay: bool) -> tuple[Verdict, list[Entry], str]:
        """The function itself, nearby."""
        entries: list[Entry] = []
        for k, x in enumerate(self.flat):
            g, line = self.gradient[k], along(self.on_chosen, self.flat, self.shape, k)
            found = five_point(line, x)
            name = self.names[k]
            if not math.isfinite(found.value):
                if after_replay:
                    continue  # the domain ends nearby; the replay needs less room
                return Verdict.DOMAIN, entries, f"f is not finite near {name}"
            tolerance = self.rtol * abs(found.value) + 20 * found.error
            error = abs(g - found.value)
            entries.append(Entry(name, g, found.value, error, tolerance, "differences of f"))
            settled = found.error <= 1e-3 * max(abs(found.value), abs(g))
            if error <= tolerance and (settled or error <= 1e-6 * abs(g)):
                continue
            if not settled and not sides_settle(line, x):
                return Verdict.INCONCLUSIVE, entries, f"differences by {name} do not settle"
            left, right = one_sided(line, x)
            if abs(left - right) > 1e-3 * max(abs(left), abs(right)):
                low, high = sorted((left, right))
                slack = 1e-4 * max(abs(low), abs(high))
                self.between = low - slack <= g <= high + slack
                if self.between or not after_replay:
                    return (
                        Verdict.KINK, entries,
                        f"the slope by {name} is about {left:.4g} on the left and {right:.4g} on "
                        f"the right; the gradient {g:.6g} lies "
                        f"{'between' if self.between else 'outside'}",
                    )  # fmt: skip
            if not settled:
                return Verdict.INCONCLUSIVE, entries, f"differences by {name} do not settle"
            if after_replay:
                return (
                    Verdict.DETACHED, entries,
                    f"the recorded graph has the derivative {g:.6g} by {name}, but the function "
                    f"itself varies by {found.value:.6g}: a path left the graph, for example "
                    "through .data, math.* or a value computed outside",
                )  # fmt: skip
            return Verdict.RULE, entries, f"the derivative by {name} is wrong"
        return Verdict.PASS, entries, ""

    def _report(
        self, verdict: Verdict, entries: list[Entry], ok: bool, detail: str = ""
    ) -> GradReport:
        shown = ", ".join(_short(v) for v in self.x)
        reference = [e.reference for e in entries]
        build: Callable[[Sequence[float]], Any] = _outer(self.shape, single=len(self.places) == 1)
        return GradReport(
            verdict=verdict,
            gradient=build(self.gradient),
            reference=build(reference) if len(reference) == len(self.flat) else None,
            entries=entries,
            point=f"({shown},)" if len(self.x) == 1 else f"({shown})",
            call=f"check_grad({self.name}, {shown}{self._options()})",
            rtol=self.rtol,
            ok=ok,
            detail=detail,
            source="expected" if self.expected else "reverse",
            prefix=f"∂{'f' if self.name == '<lambda>' else self.name}/∂",
        )

    def _options(self) -> str:
        given: dict[str, tuple[Any, Any]] = {
            "wrt": (self.wrt, None),
            "oracle": (self.oracle, "auto"),
        }
        given |= {"rtol": (self.rtol, 1e-9), "kinks": (self.kinks, "subgradient")}
        text = "".join(f", {k}={v!r}" for k, (v, default) in given.items() if v != default)
        if self.expected is not None:
            text += f", expected={getattr(self.expected, '__name__', 'expected')}"
        return text


def _stops_on_purpose(root: Value) -> bool:
    """Whether derivatives are held back by `stop_gradient` or an operation of the user's:
    then the function varies where its gradient is not meant to."""
    return any(
        not edge.carries and not edge.operand.constant and edge.result.op != "where"
        for edge in edges(root)
    )


def _has_opaque(root: Value) -> bool:
    """Whether the graph cannot be replayed: it has an operation of the user's whose value
    takes floats alone."""
    from autograd.testing.reference import is_opaque

    return any(v.op and is_opaque(row_of(v), [x.data for x in v.args]) for v in order_of(root))


def _outer(shape: Shape, single: bool) -> Callable[[Sequence[float]], Any]:
    return lambda items: shape.build(items)[0] if single else tuple(shape.build(items))


def _names_in(structure: Any, name: str) -> list[str]:
    """A name for every number in a structure: x, x[0], x['a'][1], …"""
    if isinstance(structure, dict):
        return [n for k, v in structure.items() for n in _names_in(v, f"{name}[{k!r}]")]
    if isinstance(structure, list | tuple):
        return [n for k, v in enumerate(structure) for n in _names_in(v, f"{name}[{k}]")]
    if getattr(structure, "shape", ()):
        import numpy as np

        return [f"{name}[{', '.join(map(str, place))}]" for place in np.ndindex(structure.shape)]
    return [name]


def _short(x: Any) -> str:
    return repr(x.data) if isinstance(x, Value) else " ".join(repr(x).split())


def _one_of(name: str, given: str, allowed: Sequence[str]) -> None:
    if given not in allowed:
        raise ValueError(f"{name} is one of {', '.join(map(repr, allowed))}, not {given!r}")
