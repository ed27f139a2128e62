"""The functions to differentiate: FACTS' functions of many variables, and one of a single
variable."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from autograd import exp, sin


def product(x: Sequence[Any]) -> Any:
    """Speelpenning's: all variables multiplied."""
    z = x[0]
    for factor in x[1:]:
        z = z * factor
    return z


def rosenbrock(x: Sequence[Any]) -> Any:
    """Σ 100 (x[k+1] - x[k]²)² + (1 - x[k])²."""
    z = 0.0
    for k in range(len(x) - 1):
        z = z + 100.0 * (x[k + 1] - x[k] * x[k]) ** 2 + (1.0 - x[k]) ** 2
    return z


def waves(x: Sequence[Any]) -> Any:
    """Σ sin(x[k]) exp(x[k])."""
    z = 0.0
    for number in x:
        z = z + sin(number) * exp(number)
    return z


FUNCTIONS: dict[str, tuple[Callable[[Sequence[Any]], Any], tuple[float, float]]] = {
    "product of 1,000 factors": (product, (0.9, 1.1)),
    "Rosenbrock of 1,000 variables": (rosenbrock, (-2.0, 2.0)),
    "Σ sin·exp of 1,000 variables": (waves, (-2.0, 2.0)),
}
"""Each with the interval from which its variables are drawn."""


def ten_operations(x: Any, f: Any) -> Any:
    """A function of one variable; sin, exp and tanh are taken from `f`."""
    return f.sin(x) * f.exp(x) / (1.0 + x * x) + f.tanh(x) - 0.5 * x
