"""Argument checks that several modules share."""

from __future__ import annotations

import operator
from collections.abc import Sequence
from typing import Any

from autograd import Value


def a_cost(function: str, x: Any) -> None:
    """Raise a TypeError unless `x` is a Value."""
    if not isinstance(x, Value):
        raise TypeError(f"{function} takes a Value, usually the cost, not {type(x).__name__}")


def text(name: str, x: Any) -> None:
    """Raise a TypeError unless `x` is text."""
    if not isinstance(x, str):
        raise TypeError(f"{name} must be text, not {x!r:.60}")


def one_of(name: str, x: Any, choices: Sequence[str]) -> None:
    """Raise a ValueError unless `x` is one of the choices."""
    if x not in choices:
        raise ValueError(f"{name} must be one of {', '.join(choices)}, not {x!r}")


def at_least_one(name: str, n: Any) -> None:
    """Raise a TypeError or ValueError unless `n` is a whole number from 1 up."""
    try:
        number = operator.index(n)
    except TypeError:
        raise TypeError(f"{name} must be a whole number, not {n!r:.60}") from None
    if number < 1:
        raise ValueError(f"{name} must be at least 1, not {number}")
