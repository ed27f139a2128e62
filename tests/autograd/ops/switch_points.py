"""Where the comparisons in a row's rules turn.

`switches(op)` finds, for every comparison in the row's value and partials, neighbouring
doubles between which it turns: each is a point where an arm of a choice begins or ends,
and where that arm may have forgotten what it depends on.  They are found by looking along
every operand and halving, not listed.
"""

from __future__ import annotations

import math
import operator
import struct
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import autograd
from autograd.ops import Expr, Op, Point, R
from autograd.ops.printer import partial_formulas, value_formula
from tests.autograd.ops import oracle

COMPARISONS = {"lt", "le", "eq"}
OTHERS = (-2.0, -1.0, 0.0, 0.25, 1.0, 3.0, 1e-200, 1e200)  # where the other operands stand
OVER: dict[str, Callable[..., float]] = {
    "sum": lambda xs, start=0.0: math.fsum([*xs, start]), "prod": math.prod, "max": max,
    "min": min, "first": lambda xs: xs[0], "rest": lambda xs: math.fsum(xs[1:]),
}  # fmt: skip
TRUTHS: dict[str, Callable[..., bool]] = {
    "lt": operator.lt, "le": operator.le, "eq": operator.eq,
    "and": lambda x, y: x and y, "or": lambda x, y: x or y, "isnan": math.isnan,
}  # fmt: skip


class Evaluator:
    """Computes a row's formulas at a point, of the operand `i` among many."""

    def __init__(self, op: Op, point: Point, i: int = 0) -> None:
        self.op, self.point, self.i = op, point, i

    def __call__(self, e: Expr) -> Any:
        if e.head == "number":
            return e.args[0]
        if e.head == "symbol":
            return self._symbol(e.args[0])
        if e.head == "where":
            return self(e.args[1]) if self(e.args[0]) else self(e.args[2])
        if e.head.startswith("over."):
            body, *start = e.args
            count = len(self.point) // len(self.op.sequences)
            each = [Evaluator(self.op, self.point, i)(body) for i in range(count)]
            return OVER[e.head.removeprefix("over.")](each, *map(self, start))
        args = [self(arg) for arg in e.args]
        if e.head in TRUTHS:
            return TRUTHS[e.head](*args)
        name = e.head.removeprefix("libm.")
        return getattr(autograd, name if hasattr(autograd, name) else {"fabs": "abs"}[name])(*args)

    def _symbol(self, name: str) -> float:
        if name == "z":
            return oracle.call(self.op, self.point)
        if name in ("n", "i"):
            return float(self.i if name == "i" else len(self.point))
        if not self.op.many:
            return self.point[self.op.operands.index(name)]
        return self.point[self.i + len(self.point) // 2 * (name == "y")]


def comparisons(op: Op) -> Iterator[Expr]:
    """Every comparison in the row's rules, once."""
    distinct: dict[Any, Expr] = {}
    for formula in (value_formula(op), *partial_formulas(op)):
        distinct |= {e.key(): e for e in formula.walk() if e.head in COMPARISONS}
    yield from distinct.values()


def switches(op: Op) -> list[set[Point]]:
    """By comparison, points on both sides of every turn of it."""
    count = len(op.operands) if not op.many else 2 * len(op.sequences) + (len(op.operands) > 1)
    line = oracle.points_of(R, oracle.SIZES if count == 1 else oracle.FEW_SIZES)
    bases = [(other,) * count for other in (OTHERS if count > 1 else OTHERS[:1])]
    return [
        {point for k in range(count) for base in bases for point in _turns(op, e, base, k, line)}
        for e in comparisons(op)
    ]


def _turns(op: Op, e: Expr, base: Point, k: int, line: Sequence[float]) -> Iterator[Point]:
    """Where the order of the two sides of `e` changes along operand k."""

    def at(x: float) -> Point:
        return (*base[:k], x, *base[k + 1 :])

    def order(x: float) -> int | None:
        evaluate = Evaluator(op, at(x), k if op.many else 0)
        a, b = map(evaluate, e.args)
        return None if a != a or b != b else (a > b) - (a < b)

    orders = [order(x) for x in line]
    for low, high, before, after in zip(line, line[1:], orders, orders[1:], strict=False):
        if before != after:
            while math.nextafter(low, high) != high:
                middle = _between(low, high)
                if order(middle) == before:
                    low = middle
                else:
                    high = middle
            yield from map(at, (low, high, math.nextafter(high, math.inf)))


def _between(low: float, high: float) -> float:
    """The double half way between two, counted in doubles."""
    middle = (_place(low) + _place(high)) // 2
    size = struct.unpack("<d", struct.pack("<q", abs(middle)))[0]
    return size if middle >= 0 else -size


def _place(x: float) -> int:
    """Which double x is, counted from 0."""
    place: int = struct.unpack("<q", struct.pack("<d", abs(x)))[0]
    return place if x > 0 else -place
