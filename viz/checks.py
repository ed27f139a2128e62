"""Arguments that are checked in several places."""

from __future__ import annotations

import operator
from typing import Any


def text(name: str, x: Any) -> None:
    """Raise a TypeError unless `x` is text."""
    if not isinstance(x, str):
        raise TypeError(f"{name} is text, not {x!r:.60}")


def at_least_one(name: str, n: Any) -> None:
    """Raise a TypeError or ValueError unless `n` is a whole number from 1 up."""
    try:
        found = operator.index(n)
    except TypeError:
        raise TypeError(f"{name} is a whole number, not {n!r:.60}") from None
    if found < 1:
        raise ValueError(f"{name} must be at least 1, not {found}")
