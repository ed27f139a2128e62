"""The table of operations at 50 digits: every row's value, and the partials that follow from it.

The rows' own partials are not used.  A row's value is written with the functions
of the C library; here each of these has its mpmath counterpart with its textbook derivative, and
the chain rule (`jets`) does the rest.
"""

from __future__ import annotations

import functools
import random
from collections.abc import Callable, Collection, Sequence
from types import SimpleNamespace
from typing import Any, NamedTuple

from autograd.engine.value import Value
from autograd.graph import order
from autograd.graph import row as row_of
from autograd.modes import recording
from autograd.ops import TABLE, Op
from autograd.ops.printer import python_value
from autograd.testing.jets import (
    HUGE,
    MANY_DIGITS,
    ONE,
    Jet,
    Tie,
    chain,
    direction,
    divided,
    exactly,
    extreme,
    mp,
    note_size,
    noted_sizes,
    number,
    power,
    power_by_base,
    power_by_exponent,
    product,
    rate,
    total,
)  # fmt: skip

Function = Callable[..., Any]
SAME = mp.mpf(10) ** -30  # slopes that differ by less, relatively, are one
DIRECTIONS = 16
NEAR = mp.mpf(10) ** -20
JUMP = mp.mpf(10) ** -10  # what changes by more over a step of `NEAR` jumps


class Slope(NamedTuple):
    """A partial.  At a kink it may be anything from low to high, at a jump any number."""

    low: Any
    high: Any

    @property
    def kinked(self) -> bool:
        """Whether it is not one number."""
        return self.low is not self.high

    def nearest(self, p: Any) -> Any:
        """The possible value nearest to p."""
        return self.high if p > self.high else p if p >= self.low else self.low  # low for a nan


ANY = Slope(-mp.inf, mp.inf)
"""At a jump."""


# ── the functions of the C library ──


class Textbook(NamedTuple):
    """A function, and its derivatives with respect to each operand, which take the operands and
    z."""

    value: Function
    slopes: tuple[Function, ...]


def _cbrt(x: Any) -> Any:
    return mp.sign(x) * mp.cbrt(abs(x))


def circle(x: Any) -> Any:
    """√(1 - x²)."""
    return mp.sqrt((1 - x) * (1 + x))


with mp.workdps(MANY_DIGITS):
    ROOT_PI, LN2, LN10 = mp.sqrt(mp.pi), mp.log(2), mp.log(10)

# fmt: off
ROWS: tuple[tuple[str, Function, tuple[Function, ...]], ...] = (
    ("sqrt",      mp.sqrt,   (lambda x, z: divided(1, 2 * z),)),
    ("cube_root", _cbrt,     (lambda x, z: divided(1, 3 * z * z),)),
    ("exp",       mp.exp,    (lambda x, z: z,)),
    ("expm1",     mp.expm1,  (lambda x, z: mp.exp(x),)),
    ("log",       mp.log,    (lambda x, z: divided(1, x),)),
    ("log1p",     mp.log1p,  (lambda x, z: divided(1, 1 + x),)),
    ("log2",      lambda x: mp.log(x) / LN2,      (lambda x, z: divided(1, x * LN2),)),
    ("log10",     lambda x: mp.log(x) / LN10,     (lambda x, z: divided(1, x * LN10),)),
    ("sin",       mp.sin,    (lambda x, z: mp.cos(x),)),
    ("cos",       mp.cos,    (lambda x, z: -mp.sin(x),)),
    ("tan",       mp.tan,    (lambda x, z: 1 + z * z,)),
    ("asin",      mp.asin,   (lambda x, z: divided(1, circle(x)),)),
    ("acos",      mp.acos,   (lambda x, z: divided(-1, circle(x)),)),
    ("atan",      mp.atan,   (lambda x, z: 1 / (1 + x * x),)),
    ("sinh",      mp.sinh,   (lambda x, z: mp.cosh(x),)),
    ("cosh",      mp.cosh,   (lambda x, z: mp.sinh(x),)),
    ("tanh",      mp.tanh,   (lambda x, z: 1 / mp.cosh(x) ** 2,)),
    ("asinh",     mp.asinh,  (lambda x, z: 1 / mp.sqrt(1 + x * x),)),
    ("acosh",     mp.acosh,  (lambda x, z: divided(1, mp.sqrt(x - 1) * mp.sqrt(x + 1)),)),
    ("atanh",     mp.atanh,  (lambda x, z: divided(1, (1 - x) * (1 + x)),)),
    ("erf",       mp.erf,    (lambda x, z: 2 / ROOT_PI * mp.exp(-x * x),)),
    ("erfc",      mp.erfc,   (lambda x, z: -2 / ROOT_PI * mp.exp(-x * x),)),
    ("ndtr",      mp.ncdf,   (lambda x, z: mp.npdf(x),)),
    ("gauss",     lambda x: mp.exp(-x * x / 2),   (lambda x, z: -x * z,)),
    ("exp_diff",  lambda x, m: mp.exp(x - m),     (lambda x, m, z: z, lambda x, m, z: -z)),
    ("pow",       power,     (power_by_base, power_by_exponent)),
    ("hypot",     mp.hypot,  (lambda x, y, z: divided(x, z), lambda x, y, z: divided(y, z))),
    ("atan2",     mp.atan2,  (lambda y, x, z: divided(x, x * x + y * y),
                              lambda y, x, z: divided(-y, x * x + y * y))),
)
# fmt: on
TEXTBOOK = {name: Textbook(function, slopes) for name, function, slopes in ROWS}


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
        v = number(z)
        if -HUGE < v < HUGE or not mp.isfinite(v):
            return z
        infinite = mp.sign(v) * mp.inf
        return Jet(infinite, z.d) if type(z) is Jet else infinite

    return wrapped


def _smooth(textbook: Textbook) -> Function:
    """A function of the C library on numbers and jets."""
    value, slopes = _real(textbook.value), tuple(map(_real, textbook.slopes))

    def run(*xs: Any) -> Any:
        operands = [number(x) for x in xs]
        z = value(*operands)
        parts = [
            (x, slope(*operands, z)) for x, slope in zip(xs, slopes, strict=True) if type(x) is Jet
        ]
        return chain(z, *parts) if parts else z

    return run


def _stairs(step: Function, edge: Any) -> Function:
    """floor and its like: constant, but for jumps where x - edge is whole."""

    def run(x: Any) -> Any:
        if type(x) is not Jet:
            return step(x)
        if x.d and mp.isint(x.v - edge):
            return step(x.v + NEAR * mp.sign(rate(x.d)))
        return step(x.v)

    return run


_floor = _stairs(mp.floor, 0)
LIBM: dict[str, Function] = {name: _smooth(textbook) for name, textbook in TEXTBOOK.items()} | {
    "fabs": abs, "floor": _floor, "ceil": _stairs(mp.ceil, 0), "rint": _stairs(mp.nint, 0.5),
    "floored_mod": lambda x, y: x - y * _floor(x / y),
}  # fmt: skip

OVER = SimpleNamespace(
    sum=total, rest=lambda xs: total(xs[1:]), prod=product, max=extreme(1), min=extreme(-1),
    first=lambda xs: xs[0],
)  # fmt: skip


@functools.cache
def _functions() -> dict[str, Function]:
    """Every row's value as a function of mpmath numbers, and of jets of them."""
    scope: dict[str, Any] = {
        "libm": SimpleNamespace(**{name: _real(f) for name, f in LIBM.items()}),
        "over": OVER,
        "isnan": lambda x: mp.isnan(number(x)),
        "inf": mp.inf,
        "nan": mp.nan,
    }
    for op in TABLE:
        exec(python_value(op), scope)
        scope[op.name] = _real(scope.pop("value"))
    return {op.name: scope[op.name] for op in TABLE}


# ── rows ──


def value(op: Op, operands: Sequence[Any]) -> Any:
    """The operation's value at 50 digits.

    Parameters
    ----------
    op : Op
        A row of the table, or of a custom operation.
    operands : sequence of mpmath numbers
        In the order of `Value.args`.
    """
    return _moved(op, operands, ()).v


def sizes(op: Op, operands: Sequence[Any]) -> list[Any]:
    """The sizes that numbers take on the way to the operation's value."""
    with noted_sizes() as noted:
        value(op, operands)
    return noted


def slopes(
    op: Op, operands: Sequence[Any], active: Collection[int]
) -> tuple[Any, dict[int, Slope]]:
    """The operation's value, and its partials with respect to the active operands, at 50 digits."""
    try:
        z = _moved(op, operands, active)
    except Tie:
        return _at_an_edge(op, operands, active)
    if mp.isnan(z.v):
        return z.v, {k: Slope(mp.nan, mp.nan) for k in active}
    if any(map(mp.isnan, z.d.values())):
        return _at_an_edge(op, operands, active)
    return z.v, {k: Slope(p, p) for k in active for p in (z.d.get(k, mp.zero),)}


def _moved(op: Op, operands: Sequence[Any], active: Collection[int]) -> Jet:
    jets = [Jet(x, {k: ONE} if k in active else {}) for k, x in enumerate(operands)]
    z = _run(op, jets)
    return z if type(z) is Jet else Jet(mp.mpf(z), {})


def _run(op: Op, operands: Sequence[Jet]) -> Any:
    if op.name not in _functions():
        return _run_users(op, operands)
    return _functions()[op.name](*op.arguments(operands))


def _run_users(op: Op, operands: Sequence[Jet]) -> Any:
    """The value of a custom operation, recorded and computed again here."""
    leaves = [Value(float(x.v)) for x in operands]
    with recording():
        root = op.value(*leaves)
    if not isinstance(root, Value):
        return exactly(float(root))
    results = {id(leaf): x for leaf, x in zip(leaves, operands, strict=True)}
    for v in order(root):
        if v.op:
            z = _run(row_of(v), [results[id(x)] for x in v.args])
            note_size(abs(number(z)))
            results[id(v)] = z if type(z) is Jet else Jet(z, {})
        else:
            results.setdefault(id(v), Jet(exactly(v.data), {}))
    return results[id(root)]


def _at_an_edge(
    op: Op, operands: Sequence[Any], active: Collection[int]
) -> tuple[Any, dict[int, Slope]]:
    """Where a choice is undecided: the partials are taken after steps in several directions.
    If opposite steps agree, they give the partials; else the partials lie between all of these."""
    here = value(op, operands)
    rng, pieces = random.Random(0), []
    for _ in range(DIRECTIONS if len(active) > 1 else 1):
        moves = {k: exactly(rng.uniform(-1, 1)) for k in active}
        for sign in (ONE, -ONE):
            z = _after_a_step(op, operands, active, {k: sign * m for k, m in moves.items()})
            pieces.append((z.v, [z.d.get(k, mp.zero) for k in active]))
        (u, p), (v, q) = pieces[:2]
        if u == here == v and all(map(_alike, p, q)):
            return here, {k: Slope(a, a) for k, a in zip(active, p, strict=True)}
    results = {}
    for j, k in enumerate(active):
        sides = _two_sided(op, operands, k, here)
        partials = [*sides, *(p[j] for v, p in pieces if v == here and not mp.isnan(p[j]))]
        low, high = min(partials), max(partials)
        results[k] = Slope(low, low if _alike(low, high) else high)
    return here, results


def _after_a_step(
    op: Op, operands: Sequence[Any], active: Collection[int], moves: dict[int, Any]
) -> Jet:
    with direction(moves):
        return _moved(op, operands, active)


def _two_sided(op: Op, operands: Sequence[Any], k: int, here: Any) -> Sequence[Any]:
    """The partial for operand k as that one alone moves down and up."""
    sides = []
    for sign in (-ONE, ONE):
        z = _after_a_step(op, operands, {k}, {k: sign})
        p = z.d.get(k, mp.zero)
        if mp.isnan(z.v) or mp.isnan(p):  # 0/0, as of a norm at 0: its value is defined beside
            h = sign * NEAR * mp.pi * (abs(operands[k]) or 1)  # no whole number
            beside = value(op, [*operands[:k], operands[k] + h, *operands[k + 1 :]])
            p = (beside - here) / h if not abs(beside - here) > JUMP * (1 + abs(here)) else mp.inf
        elif z.v != here:
            p = mp.inf
        if mp.isinf(p):
            return ANY
        sides.append(p)
    return sides


def _alike(p: Any, q: Any) -> bool:
    return bool(p == q or abs(p - q) <= SAME * max(abs(p), abs(q)) < mp.inf)


def is_opaque(op: Op, operands: Sequence[float]) -> bool:
    """Whether the operation's value takes only floats at these operands, as one written with `math`
    does, so that it cannot be computed with 50 digits."""
    if op.name in _functions():
        return False
    try:
        with recording():
            op.value(*map(Value, operands))
    except Exception:  # whatever a user's function says to a Value
        return True
    return False
