"""Argument checks.

Every refusal is one sentence: what was wrong, with its value, and what to write instead.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Iterable
from numbers import Real
from typing import Any, NamedTuple

import numpy as np

from autograd import Value


def real(name: str, x: Any) -> Any:
    """`x`, a real number."""
    if not isinstance(x, Real):
        raise TypeError(f"{name} must be a number, not {x!r:.60}")
    return x


def whole(name: str, n: Any, least: int | None = 1) -> int:
    """`n`, a whole number, from `least` up."""
    try:
        count = operator.index(n)
    except TypeError:
        raise TypeError(f"{name} must be a whole number, not {n!r:.60}") from None
    if least is not None and count < least:
        raise ValueError(f"{name} must be at least {least}, not {count}")
    return count


def positive(**settings: Any) -> None:
    """Check that every setting is above 0 and finite."""
    for name, x in settings.items():
        if not 0.0 < real(name, x) < math.inf:
            raise ValueError(f"{name} must be a positive number, not {x}")


def not_negative(**settings: Any) -> None:
    """Check that every setting is 0 or more, and finite."""
    for name, x in settings.items():
        if not 0.0 <= real(name, x) < math.inf:
            raise ValueError(f"{name} must be a number from 0 up, not {x}")


def below_one(**settings: Any) -> None:
    """Check that every setting lies in [0, 1)."""
    for name, x in settings.items():
        if not 0.0 <= real(name, x) < 1.0:
            raise ValueError(f"{name} must be in [0, 1), not {x}")


def function(what: str, f: Any) -> Any:
    """`f`, which must be callable; `what` says what it should be."""
    if not callable(f):
        raise TypeError(f"{what}, not {f!r:.60}")
    return f


def leaves(params: Any, user: str) -> list[Value]:
    """`params` as a list without duplicates: leaves, for a function or class called `user`."""
    if isinstance(params, Value) or not isinstance(params, Iterable):
        more = ": write model.parameters()" if hasattr(params, "parameters") else ""
        raise TypeError(f"{user} takes a list of parameters, not {params!r:.60}{more}")
    chosen: dict[int, Value] = {}
    for p in params:
        if not isinstance(p, Value) or p.op or p.constant:
            raise TypeError(f"{user} takes leaves, Values made by Value(number), not {p!r}")
        chosen[id(p)] = p
    if not chosen:
        raise ValueError(f"{user} was given no parameters")
    return list(chosen.values())


class Constraint(NamedTuple):
    """A condition on a number, or on every number of an array."""

    holds: Callable[[Any], Any]
    words: str

    def check(self, x: Any, name: str) -> None:
        """Raise a ValueError that names the first number that violates it."""
        right = self.holds(x)
        if np.all(right) if isinstance(x, np.ndarray) else right:
            return
        if isinstance(x, np.ndarray):
            place = tuple(np.argwhere(~right)[0].tolist())
            x, name = x[place], f"{name}[{', '.join(map(str, place))}]"
        raise ValueError(f"{self.words}, but {name} is {x:.7g}")


# ── words for sentences ───────────────────────────────────────────────────────


def name_of(f: Any) -> str:
    """The name of a function."""
    return getattr(f, "__name__", type(f).__name__)


def refuse_rows(x: Any) -> None:
    """Raise a TypeError that names `predict` if a model was called with an array of examples."""
    if isinstance(x, list | tuple | np.ndarray) and any(np.ndim(each) for each in x):
        raise TypeError(
            "a model takes one example at a time, a list of numbers, but was called with rows of "
            "them; nn.predict(model, rows) answers every row"
        )


def described(x: Any) -> str:
    """An object in a few words: its repr, if that is short."""
    return f"{x!r:.60}" if isinstance(x, str | int | float | None) else f"a {type(x).__name__}"


def counted(n: int, noun: str) -> str:
    """As "1 row", "2 rows"."""
    return f"{n} {noun}{'s' * (n != 1)}"


def quoted(names: list[str]) -> str:
    """The first few names, and how many more there are."""
    shown = ", ".join(map(repr, names[:3]))
    return f"{shown} and {len(names) - 3} more" if len(names) > 3 else shown
