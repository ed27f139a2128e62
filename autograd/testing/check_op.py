"""check_op: does an operation do all that it must?"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from autograd.engine.value import Value
from autograd.ops import Op, Point
from autograd.testing.check import check_grad
from autograd.testing.report import DerivativeMismatch
from autograd.testing.sample_points import called, ordinary, row_of

__tracebackhide__ = True  # pytest shows the frame of the test
VALUE_RTOL = 1e-13


@dataclass(frozen=True)
class OpReport:
    """The result of `check_op`: for every duty what is wrong, "" if nothing is."""

    op: str
    duties: dict[str, str]

    @property
    def ok(self) -> bool:
        """Whether every duty is fulfilled."""
        return not any(self.duties.values())

    def __str__(self) -> str:
        """The first fault comes first, since a summary of failures shows one line of each."""
        first = next((f": {duty}: {wrong}" for duty, wrong in self.duties.items() if wrong), "")
        lines = [f"operation {self.op}{first.splitlines()[0] if first else ''}"]
        for duty, wrong in self.duties.items():
            mark = "✗" if wrong else "✓"
            lines.append(f"  {mark} {duty}" + (f": {wrong.strip()}" if wrong else ""))
        return "\n".join(lines)


def check_op(op: Any, *, points: int = 12, raises: bool = True) -> OpReport:
    """Check that an operation does all that an operation must.

    Its value and partials agree with mpmath (for a custom operation whose value takes only floats,
    the partials agree with differences of it); used twice on one operand it gets both
    contributions; the backward pass is linear in what it starts from, gives the same twice, and
    touches no operand; for plain numbers it returns a float, with the same bits as for Values; the
    partials at its declared edges are the declared ones; and its derivatives of order 1 and 2 are
    right.

    Parameters
    ----------
    op : str, callable, or what `operation` returned
        An operation of the table by name or function, or one of your own.
    points : int
        At how many points of its domain.
    raises : bool
        Raise `DerivativeMismatch` if a duty is not kept, or return the report.

    Returns
    -------
    OpReport
    """
    row = row_of(op)
    where = list(ordinary(row, points))
    duties = {}
    for duty, check in DUTIES.items():
        duties[duty] = _first_fault(check, row, where)
    report = OpReport(row.name, duties)
    if raises and not report.ok:
        raise DerivativeMismatch(report)
    return report


Points = list[Point]


def _first_fault(check: Callable[[Op, Points], Iterator[str]], row: Op, where: Points) -> str:
    try:
        return next((fault for fault in check(row, where) if fault), "")
    except Exception as error:  # the operation is the user's, and so may be its errors
        return f"{type(error).__name__}: {error}"


def _recorded(row: Op, point: Point) -> tuple[Value, list[Value]]:
    leaves = [Value(x) for x in point]
    return called(row, leaves), leaves


def _function(row: Op) -> Callable[..., Any]:
    def operation(*x: Any) -> Any:
        return called(row, x)

    operation.__name__ = row.name
    return operation


def _gradient(root: Value, leaves: list[Value], start: float = 1.0) -> list[float]:
    for leaf in leaves:
        leaf.grad = 0.0
    if isinstance(root, Value) and not root.constant:
        root.backward(start)
    return [leaf.grad for leaf in leaves]


def _values(row: Op, where: Points) -> Iterator[str]:
    from autograd.testing.jets import mp
    from autograd.testing.reference import is_opaque, value

    for point in where:
        if is_opaque(row, point):
            continue
        z, expected = called(row, point), value(row, [mp.mpf(x) for x in point])
        if mp.isfinite(expected):
            allowed = VALUE_RTOL * max(abs(expected), *map(abs, point))
            if not abs(z - expected) <= allowed:
                yield f"at {point} it is {z!r}, should be {float(expected)!r}"


def _partials(row: Op, where: Points) -> Iterator[str]:
    for point in where:
        report = check_grad(_function(row), *point, oracle="replay", kinks="skip", raises=False)
        yield "" if report.ok else str(report)


def _fan_out(row: Op, where: Points) -> Iterator[str]:
    for point in where:
        shared = Value(point[0])
        root = called(row, [shared] * len(point))
        _, apart = _recorded(row, (point[0],) * len(point))
        again = called(row, apart)
        expected = math.fsum(_gradient(again, apart))
        (g,) = _gradient(root, [shared])
        if math.isfinite(expected) and abs(g - expected) > 1e-12 * (abs(expected) + 1):
            yield f"with {point[0]!r} as every operand it is {g!r}, should be {expected!r}"


def _linear(row: Op, where: Points) -> Iterator[str]:
    for point in where:
        root, leaves = _recorded(row, point)
        once, none = _gradient(root, leaves), _gradient(root, leaves, 0.0)
        if any(none):
            yield f"at {point}: started from 0, it gives {none}"
        if _gradient(root, leaves, 2.0) != [2 * g for g in once]:
            yield f"at {point}: started from 2, it does not give twice {once}"


def _repeated(row: Op, where: Points) -> Iterator[str]:
    for point in where:
        root, leaves = _recorded(row, point)
        if _gradient(root, leaves) != _gradient(root, leaves):
            yield f"at {point} the second backward() differs"


def _untouched(row: Op, where: Points) -> Iterator[str]:
    for point in where:
        root, leaves = _recorded(row, point)
        _gradient(root, leaves)
        if tuple(leaf.data for leaf in leaves) != point:
            yield f"at {point} an operand was changed"


def _floats(row: Op, where: Points) -> Iterator[str]:
    for point in where:
        plain, (root, _) = called(row, point), _recorded(row, point)
        if type(plain) is not float:
            yield f"plain numbers give a {type(plain).__name__}, not a float"
        elif repr(plain) != repr(root.data):
            yield f"at {point} a float gives {plain!r}, a Value {root.data!r}"


def _edges(row: Op, where: Points) -> Iterator[str]:
    for point, declared in row.edges.items():
        root, _ = _recorded(row, tuple(map(float, point)))
        for p, expected in zip(root.partials, declared, strict=True):
            same = math.isnan(p) and math.isnan(expected)
            if not same and not math.isclose(p, expected, rel_tol=1e-15):
                yield f"at {point} the partials are {root.partials}, declared {declared}"


def _orders(row: Op, where: Points) -> Iterator[str]:
    for point in where[:4]:
        report = check_grad(_function(row), *point, order=2, raises=False)
        yield "" if report.ok else str(report)


DUTIES: dict[str, Callable[[Op, Points], Iterator[str]]] = {
    "value agrees with mpmath": _values,
    "partials agree with mpmath": _partials,
    "one operand used throughout gets every contribution": _fan_out,
    "backward is linear in what it starts from": _linear,
    "backward gives the same twice": _repeated,
    "operands are left as they are": _untouched,
    "floats give the same float": _floats,
    "declared edges are kept": _edges,
    "derivatives of order 1 and 2 are right": _orders,
}
