"""numeric_grad: a gradient by differences, by a complex step, or at 50 digits."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from autograd.derivatives.trees import Shape, flatten
from autograd.engine.value import Value
from autograd.modes import recording
from autograd.testing.differences import (
    EPS,
    Estimate,
    Scalar,
    along,
    as_value,
    central,
    five_point,
    of_values,
)


def numeric_grad(f: Callable[..., Any], *x: Any, method: str = "fdm5") -> tuple[Any, Any]:
    """The gradient of f at x, by differences.

    Parameters
    ----------
    f : callable
        With one number as its result.
    x
        Its arguments: numbers in any structure.
    method : str
        "mp": the graph that f records, computed again with 50 digits;
        "fdm5": f itself, five points, the step found by trying;
        "central": f itself, two points at ∛ε;
        "complex": f itself at x + ih (f takes complex numbers, so it is not
        written with the functions of `autograd`).

    Returns
    -------
    tuple
        The gradient, and an estimate of its error, each in the structure of the
        arguments (of one argument, not a tuple).

    Raises
    ------
    ValueError
        For a method of another name.
    """
    methods = {"mp": _at_50_digits, "fdm5": _each(five_point), "central": _each(central)}
    methods["complex"] = _by_complex_step
    if method not in methods:
        raise ValueError(f"no method {method!r}; there are {', '.join(map(repr, methods))}")
    flat, shape = flatten(x, "the arguments")
    estimates = methods[method](f, flat, shape)
    values, errors = (shape.build([e[k] for e in estimates]) for k in (0, 1))
    return (values[0], errors[0]) if len(x) == 1 else (values, errors)


def _each(method: Callable[[Scalar, float], Estimate]) -> Callable[..., list[Estimate]]:
    def estimates(f: Callable[..., Any], flat: list[Any], shape: Shape) -> list[Estimate]:
        numbers = [x.data if isinstance(x, Value) else x for x in flat]
        lines = (along(of_values(f), numbers, shape, k) for k in range(len(numbers)))
        return [method(line, x) for line, x in zip(lines, numbers, strict=True)]

    return estimates


def _by_complex_step(f: Callable[..., Any], flat: list[float], shape: Shape) -> list[Estimate]:
    estimates = []
    for k, x in enumerate(flat):
        h = 1e-200
        at = [*flat[:k], complex(x, h), *flat[k + 1 :]]
        try:
            z = f(*shape.build(at))
        except TypeError as error:
            raise TypeError(
                f"method='complex' calls the function with complex numbers, and it failed: {error}"
            ) from error
        slope = complex(z).imag / h
        estimates.append(Estimate(slope, 4 * EPS * abs(slope)))
    return estimates


def _at_50_digits(f: Callable[..., Any], flat: list[float], shape: Shape) -> list[Estimate]:
    from autograd.testing.high_precision import NONE, HighPrecisionGraph

    leaves = [Value(getattr(x, "data", x)) for x in flat]
    with recording():
        root = as_value(f(*shape.build(leaves)))
    adjoints = HighPrecisionGraph(root, leaves).adjoints()
    return [
        Estimate(float((a.low + a.high) / 2), float(a.high - a.low) + 1e-16)
        for leaf in leaves
        for a in (adjoints.get(id(leaf), NONE),)
    ]
