"""`v < x` and its like, where `x` is neither a Value nor a float.

Numbers are compared exactly, whatever their type, as Python compares a float with an int.
While a function is traced the comparison becomes one with a float, which is noted as a
guard, or it is refused: the number itself is handed to nobody's `__eq__`.
"""

from __future__ import annotations

import math
import operator
from decimal import Decimal
from numbers import Real
from typing import Any

import numpy as np

from autograd.errors import GraphError

OPERATORS = (
    operator.lt, operator.le, operator.eq, operator.ne, operator.gt, operator.ge,
)  # fmt: skip
"""By Python's number of a comparison."""

SIGNS = ("<", "<=", "==", "!=", ">", ">=")
LESS, EQUALITIES, NOT_EQUAL = (0, 1), (2, 3), 3
UFUNCS = (np.less, np.less_equal, np.equal, np.not_equal, np.greater, np.greater_equal)
METHODS = ("__lt__", "__le__", "__eq__", "__ne__", "__gt__", "__ge__")
INDIFFERENT = (
    str, bytes, bytearray, list, tuple, dict, set, frozenset, range, complex, type(None),
)  # fmt: skip


def compare(v: Any, number: float | None, other: Any, relation: int) -> Any:
    """What `v relation other` is: a bool, or an array of them.

    `number` is that of the Value `v`; None if it may be another at the next replay.

    Raises
    ------
    GraphError
        If it may be, and `other` decides itself how it compares with a number.
    """
    if isinstance(other, np.ndarray):
        return UFUNCS[relation](v, other)
    if isinstance(other, np.generic) and other.dtype.kind in "biufc":
        other = other.item()
    if isinstance(other, complex) and relation in EQUALITIES:
        if other.imag:
            return relation == NOT_EQUAL
        other = other.real
    if isinstance(other, float):
        return OPERATORS[relation](v, other)
    if isinstance(other, Real | Decimal):
        return _exactly(v, other, relation)
    if number is None and _looks_at_numbers(other):
        raise GraphError(
            f"how {type(other).__name__} compares with a number would be decided once only, "
            f"while the compiled function is traced; write x {SIGNS[relation]} float(...), of a "
            "number that it has"
        )
    return OPERATORS[relation](0.0 if number is None else number, other)


def _exactly(v: Any, other: Any, relation: int) -> bool:
    """A comparison with a number, as one with the double that it is, or with the next."""
    low, high = _around(other)
    if low == high or math.isnan(low):
        return bool(OPERATORS[relation](v, low))
    if relation in EQUALITIES:
        return relation == NOT_EQUAL
    return bool(v <= low) if relation in LESS else bool(v >= high)


def _around(x: Any) -> tuple[float, float]:
    """The largest double up to x and the smallest from x on."""
    try:
        near = float(x)
    except OverflowError:
        near = math.inf if x > 0 else -math.inf
    if near < x:
        return near, math.nextafter(near, math.inf)
    if near > x:
        return math.nextafter(near, -math.inf), near
    return near, near


def _looks_at_numbers(x: Any) -> bool:
    """Whether the type of x has a say in how it compares with a float."""
    kind = type(x)
    own = any(getattr(kind, name) is not getattr(object, name) for name in METHODS)
    return own and kind not in INDIFFERENT
