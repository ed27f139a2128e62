"""The table of operations in mpmath: every row's *value*, at 50 digits.

The rows' partials are not used here; what they should be is found out by
differencing these values.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from types import SimpleNamespace
from typing import Any

from autograd.graph import order
from autograd.graph import row as row_of
from autograd.modes import recording
from autograd.ops import TABLE, Op
from autograd.ops.printer import python_value
from autograd.testing.extras import need
from autograd.value import Value

DIGITS = 50
mp = need("mpmath").mp.clone()  # a context of our own: the user's precision stays as it is
mp.dps = DIGITS

HUGE = mp.mpf(10) ** 400
"""Beyond it a double is infinite, and so is a number here: exp(exp(exp(9))) would take forever."""

Function = Callable[..., Any]


def _real(function: Function) -> Function:
    """nan where `function` is undefined or leaves the real line, infinite beyond `HUGE`."""

    @functools.wraps(function)
    def wrapped(*xs: Any) -> Any:
        try:
            z = function(*xs)
        except (ZeroDivisionError, ValueError, OverflowError):
            return mp.nan
        if isinstance(z, mp.mpc):
            return mp.nan
        return z if -HUGE < z < HUGE or not mp.isfinite(z) else mp.sign(z) * mp.inf

    return wrapped


def _pow(x: Any, y: Any) -> Any:
    if x == 0 and y < 0:
        return mp.inf
    return mp.power(x, y)


def _floored_mod(x: Any, y: Any) -> Any:
    return x - y * mp.floor(x / y)


def _cbrt(x: Any) -> Any:
    return mp.sign(x) * mp.cbrt(abs(x))


LIBM: dict[str, Function] = {
    "fabs": abs, "floor": mp.floor, "ceil": mp.ceil, "rint": mp.nint,
    "floored_mod": _floored_mod, "pow": _pow, "hypot": mp.hypot, "sqrt": mp.sqrt,
    "cube_root": _cbrt, "exp": mp.exp, "expm1": mp.expm1,
    "exp_diff": lambda x, m: mp.exp(x - m), "log": mp.log, "log1p": mp.log1p,
    "log2": lambda x: mp.log(x, 2), "log10": mp.log10, "sin": mp.sin, "cos": mp.cos,
    "tan": mp.tan, "asin": mp.asin, "acos": mp.acos, "atan": mp.atan, "atan2": mp.atan2,
    "sinh": mp.sinh, "cosh": mp.cosh, "tanh": mp.tanh, "asinh": mp.asinh, "acosh": mp.acosh,
    "atanh": mp.atanh, "erf": mp.erf, "erfc": mp.erfc, "ndtr": mp.ncdf,
    "gauss": lambda x: mp.exp(-x * x / 2),
}  # fmt: skip

OVER = SimpleNamespace(
    sum=lambda xs, start=0: mp.fsum([start, *xs]),
    rest=lambda xs: mp.fsum(xs[1:]),
    prod=mp.fprod,
    max=max,
    min=min,
    first=lambda xs: xs[0],
)


@functools.cache
def _functions() -> dict[str, Function]:
    """Every row's value as a function of mpmath numbers."""
    scope: dict[str, Any] = {
        "libm": SimpleNamespace(**{name: _real(f) for name, f in LIBM.items()}),
        "over": OVER,
        "isnan": mp.isnan,
        "inf": mp.inf,
        "nan": mp.nan,
    }
    for op in TABLE:
        exec(python_value(op), scope)
        scope[op.name] = _real(scope.pop("value"))
    return {op.name: scope[op.name] for op in TABLE}


def value(op: Op, operands: Sequence[Any]) -> Any:
    """The operation's value at 50 digits.

    Parameters
    ----------
    op : Op
        A row of the table.
    operands : sequence of mpmath numbers
        In the order of `Value.args`.
    """
    if op.name not in _functions():
        return _user_value(op, operands)
    return _functions()[op.name](*op.arguments(operands))


def _user_value(op: Op, operands: Sequence[Any]) -> Any:
    """The value of a user's operation, recorded and computed again here."""
    leaves = [Value(float(x)) for x in operands]
    with recording():
        root = op.value(*leaves)
    if not isinstance(root, Value):
        return mp.mpf(root)
    found = {id(leaf): x for leaf, x in zip(leaves, operands, strict=True)}
    for v in order(root):
        if v.op:
            found[id(v)] = value(row_of(v), [found[id(x)] for x in v.args])
        else:
            found.setdefault(id(v), mp.mpf(v.data))
    return found[id(root)]


def is_opaque(op: Op, operands: Sequence[float]) -> bool:
    """Whether the operation's value takes floats alone at these operands, as one written
    with `math` does, so that it has no 50 digits."""
    if op.name in _functions():
        return False
    try:
        with recording():
            op.value(*map(Value, operands))
    except Exception:  # whatever a user's function says to a Value
        return True
    return False
