"""Where an operation is tested: at ordinary points of its domain, and at its special ones."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from typing import Any

import autograd
from autograd.engine import value as engine
from autograd.ops import Interval, Op, Point


def row_of(op: Any) -> Op:
    """The row of an operation, which may be named, or passed as its function or its row."""
    row = getattr(op, "row", op)
    if isinstance(row, Op):
        return row
    name = op if isinstance(op, str) else getattr(op, "name", getattr(op, "__name__", None))
    try:
        result: Op = engine.row_of_code(engine.code_of_name(str(name)))
    except KeyError:
        raise TypeError(
            f"{op!r} is not an operation; give one of the table by name or function, or what "
            "operation(...) returned"
        ) from None
    return result


def called(row: Op, operands: Sequence[Any]) -> Any:
    """The operation's function, on a flat list of operands."""
    users = [user for user in engine.user_operations() if user.row is row]
    function = users[-1] if users else getattr(autograd, row.name)
    return row.apply(function, operands)


def width(row: Op, each: int = 3) -> int:
    """How many operands the operation gets; `each` for every sequence."""
    return len(row.operands) + (each - 1) * len(row.sequences)


def interval(row: Op, k: int) -> Interval:
    """The domain of operand k."""
    return row.domain[0] if row.many else row.domain[k]


def ordinary(row: Op, count: int = 20, seed: int = 0) -> Iterator[Point]:
    """Points well inside the domain, away from its special points."""
    rng = random.Random(f"{row.name}{seed}")
    special = {x for point in row.edges for x in point}
    for _ in range(count):
        point = [inside(interval(row, k), rng) for k in range(width(row))]
        while any(abs(x - s) < 1e-3 for x in point for s in special | {round(min(point))}):
            point = [inside(interval(row, k), rng) for k in range(width(row))]
        yield tuple(point)


def inside(domain: Interval, rng: random.Random) -> float:
    """A number from inside an interval, mostly of ordinary size."""
    size = rng.choice([0.5, 1.0, 2.0, 5.0])
    low, high = max(domain.low, -size * 2), min(domain.high, size * 2)
    if low >= high:  # an interval far out
        low, high = domain.low, min(domain.high, domain.low + size)
    return rng.uniform(low + (high - low) * 0.01, high - (high - low) * 0.01)
