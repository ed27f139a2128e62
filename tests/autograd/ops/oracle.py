"""The reference for the engine: every operation as a textbook defines it, at 50 digits or more.

`DEFINITIONS` does not look at the table of operations: a slip in a row cannot
hide in its own reference.  Only a row that has no definition here (one that a
user or a test has added) is taken at its word: its `value` is run in mpmath.

A derivative is the symmetric difference of the definition,

    ∂f/∂x ≈ (f(x + h) - f(x - h)) / 2h,

with h some 40 orders of magnitude below every length that matters and as many
digits as it takes, so that no rule of differentiation is used twice.

An error is counted in units in the last place (ulp) of the exact result:

    value(op, point)        the exact value
    partial(op, point, k)   the exact ∂/∂(operand k)
    derivative(op, …, by)   the exact derivative by several operands, one after the other
    ulps(computed, exact)   how far apart
    measure(op, point)      all of it for one recorded operation
    grid(op)                points that cover the domain

`print(table())` shows the largest error of every row over its grid.
"""

from __future__ import annotations

import itertools
import math
import random
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import mpmath
from mpmath import mp, mpf

import autograd
from autograd import Value
from autograd.ops import TABLE, Interval, Op, Point
from autograd.testing import reference

# ── definitions ────────────────────────────────────────────────────────────────


def sigmoid(x: mpf) -> mpf:
    return 1 / (1 + mp.exp(-x))


def erfc(x: mpf) -> mpf:
    return mp.erfc(x) if x < 10**6 else mpf(0)  # mpmath does not go further


def ndtr(x: mpf) -> mpf:
    return erfc(-x / mp.sqrt(2)) / 2


def exponentials(xs: Sequence[mpf]) -> list[mpf]:
    """e^x in units of the largest: what is below 10^-4000 does not show."""
    return [mp.exp(x - max(xs)) if x - max(xs) > -10000 else mpf(0) for x in xs]


def split(flat: Sequence[mpf]) -> tuple[Sequence[mpf], Sequence[mpf], mpf]:
    """The operands of `dot` in the order of its edges: xs, ys, bias."""
    m = len(flat) // 2
    return flat[:m], flat[m : 2 * m], flat[-1]


DEFINITIONS: dict[str, Callable[..., mpf]] = {
    "neg": lambda x: -x,
    "add": lambda x, y: x + y,
    "sub": lambda x, y: x - y,
    "mul": lambda x, y: x * y,
    "div": lambda x, y: x / y,
    "mod": lambda x, y: x - y * mp.floor(x / y),
    "pow": lambda x, y: x**y,
    "abs": lambda x: x if x >= 0 else -x,
    "sign": lambda x: mpf((x > 0) - (x < 0)),
    "floor": lambda x: mp.floor(x),
    "ceil": lambda x: mp.ceil(x),
    "round": lambda x: mp.nint(x),
    "exp": lambda x: mp.exp(x),
    "expm1": lambda x: mp.expm1(x),
    "log": lambda x: mp.log(x),
    "log1p": lambda x: mp.log1p(x),
    "log2": lambda x: mp.log(x) / mp.log(2),
    "log10": lambda x: mp.log(x) / mp.log(10),
    "sqrt": lambda x: mp.sqrt(x),
    "cbrt": lambda x: mp.cbrt(x) if x >= 0 else -mp.cbrt(-x),
    "sin": lambda x: mp.sin(x),
    "cos": lambda x: mp.cos(x),
    "tan": lambda x: mp.sin(x) / mp.cos(x),
    "asin": lambda x: mp.asin(x),
    "acos": lambda x: mp.acos(x),
    "atan": lambda x: mp.atan(x),
    "atan2": lambda y, x: mp.atan2(y, x),
    "sinh": lambda x: mp.sinh(x),
    "cosh": lambda x: mp.cosh(x),
    "tanh": lambda x: mp.tanh(x),
    "sech": lambda x: 1 / mp.cosh(x),
    "asinh": lambda x: mp.asinh(x),
    "acosh": lambda x: mp.acosh(x),
    "atanh": lambda x: mp.atanh(x),
    "hypot": lambda x, y: mp.sqrt(x**2 + y**2),
    "sigmoid": sigmoid,
    "sigmoid_prime": lambda x: sigmoid(x) * sigmoid(-x),
    "relu": lambda x: max(x, mpf(0)),
    "leaky_relu": lambda x, slope: x if x > 0 else slope * x,
    "elu": lambda x, alpha: x if x > 0 else alpha * mp.expm1(x),
    "gelu": lambda x: x * ndtr(x),
    "silu": lambda x: x * sigmoid(x),
    "softplus": lambda x: mp.log1p(mp.exp(x)),
    "erf": lambda x: mp.erf(x),
    "erfc": erfc,
    "gauss": lambda x: mp.exp(-(x**2) / 2),
    "ndtr": ndtr,
    "clip": lambda x, low, high: min(max(x, low), high),
    "where": lambda c, x, y: x if c != 0 else y,
    "sum": lambda *xs: mp.fsum(xs),
    "mean": lambda *xs: mp.fsum(xs) / len(xs),
    "dot": lambda *v: mp.fdot(*split(v)[:2]) + v[-1],
    "prod": lambda *xs: mp.fprod(xs),
    "max": lambda *xs: max(xs),
    "min": lambda *xs: min(xs),
    "norm": lambda *xs: mp.sqrt(mp.fsum(x**2 for x in xs)),
    "logsumexp": lambda *xs: max(xs) + mp.log(mp.fsum(exponentials(xs))),
    "softmax": lambda *xs: exponentials(xs)[0] / mp.fsum(exponentials(xs)),
}

# Where terms of both signs add up to the result, their rounding shows in its
# last places: near a zero of the result an error is counted in units of the
# largest term (of a sum of many, of the sum of the terms without their signs).
TERMS: dict[str, Callable[..., mpf]] = {
    "sum": lambda *xs: sum(map(abs, xs)),
    "mean": lambda *xs: sum(map(abs, xs)) / len(xs),
    "dot": lambda *v: sum(abs(x * y) for x, y in zip(*split(v)[:2], strict=True)) + abs(v[-1]),
    "logsumexp": lambda *xs: abs(max(xs)),
    "∂gelu": lambda x: max(ndtr(x), abs(x) * mp.npdf(x)),
    "∂silu": lambda x: sigmoid(x) * max(1, abs(x) * sigmoid(-x)),
}

# Points where the derivative is a matter of convention (the edge table says
# which), or where a difference of the definition would step over a cut.
KINKS: dict[str, Callable[..., bool]] = {
    "mod": lambda x, y: math.fmod(x, y) == 0.0,
    "abs": lambda x: x == 0,
    "sign": lambda x: x == 0,
    "floor": lambda x: x == math.floor(x),
    "ceil": lambda x: x == math.floor(x),
    "round": lambda x: abs(math.fmod(x, 1.0)) == 0.5,
    "cbrt": lambda x: x == 0,
    "atan2": lambda y, x: y == 0 and x <= 0,
    "hypot": lambda x, y: x == y == 0,
    "relu": lambda x: x == 0,
    "leaky_relu": lambda x, slope: x == 0,
    "elu": lambda x, alpha: x == 0,
    "clip": lambda x, low, high: len({x, low, high}) < 3,
    "where": lambda c, x, y: c == 0,
    "stop_gradient": lambda x: True,
    "max": lambda *xs: xs.count(max(xs)) > 1,
    "min": lambda *xs: xs.count(min(xs)) > 1,
    "norm": lambda *xs: not any(xs),
}


def definition(op: Op) -> Callable[..., mpf]:
    """`op` in mpmath: the textbook's, or else the row's own value."""
    return DEFINITIONS[op.name] if op.name in DEFINITIONS else _own_value(op)


def _own_value(op: Op) -> Callable[..., mpf]:
    """The row's value formula, run in mpmath with as many digits as are asked for here."""

    def run(*operands: mpf) -> mpf:
        with reference.mp.workdps(mp.dps):
            return mpf(reference.value(op, [reference.mp.mpf(x) for x in operands]))

    return run


# ── exact values and derivatives ───────────────────────────────────────────────


def _orders(point: Point) -> float:
    """Over how many orders of magnitude the operands spread."""
    return 2 * max((abs(math.log10(abs(x))) for x in point if x), default=0.0)


def value(op: Op, point: Point) -> mpf:
    """The exact value of `op`."""
    with mp.workdps(60 + int(_orders(point))):
        return definition(op)(*map(mpf, point))


def partial(op: Op, point: Point, k: int) -> mpf:
    """The exact derivative of `op` by its operand `k`."""
    if op.name == "mod":  # h would have to be less than the distance to the next jump
        with mp.workdps(60 + int(_orders(point))):
            return -mp.floor(mpf(point[0]) / mpf(point[1])) if k else mpf(1)
    f = definition(op)
    order = -int(_orders(point) / 2) - 40
    digits = 60 + int(_orders(point)) - order
    enough = digits + 1000
    while True:
        with mp.workdps(digits):
            h = mpf(10) ** order
            x = [mpf(x) for x in point]
            above, below = ([*x[:k], x[k] + step, *x[k + 1 :]] for step in (h, -h))
            f_above, f_below = f(*above), f(*below)
            change = f_above - f_below
            if digits >= enough:
                return change / (2 * h)
            if change:
                left = digits - int(mp.log10(abs(f_above) / abs(change))) if f_above else digits
                if left >= 40:
                    return change / (2 * h)
                digits = min(digits + 50 - left, enough)
            else:
                digits = enough


def derivative(op: Op, point: Point, by: Sequence[int], more: int = 0) -> mpf:
    """The exact derivative of any order: by the operand `by[0]`, then `by[1]`, …

    A product of symmetric differences, one an order, with h = 10^-25 of every length that
    matters (`more`: of so many places more).  Digits are added until enough are left of the
    differences, or the derivative is known to be too small for a double.
    """
    if op.name == "mod":  # a plane between its jumps
        return mpf(0)
    sizes = [abs(x) for x in point if x]
    widest = max(0, math.ceil(math.log10(max(sizes, default=1.0))))
    places = 25 + more + widest - min(0, math.floor(math.log10(min(sizes, default=1.0))))
    digits = 60 + widest + len(by) * places
    enough = digits + 360 + widest
    while True:
        with mp.workdps(digits):
            h = mpf(10) ** -places
            change, largest = _change(definition(op), [mpf(x) for x in point], h, by)
            left = digits - int(mp.log10(largest / abs(change))) if change else 0
            if left >= 30 or digits >= enough:
                return change / (2 * h) ** len(by) if left >= 20 else mpf(0)
            digits = enough if left <= 0 else min(enough, digits + 50 - left)


def _change(f: Callable[..., mpf], x: list[mpf], h: mpf, by: Sequence[int]) -> tuple[mpf, mpf]:
    """The difference of f over 2h along every operand of `by`; the largest number in it."""
    terms = {(0,) * len(x): 1}
    for k in by:
        moved: Counter[tuple[int, ...]] = Counter()
        for at, factor in terms.items():
            for step in (1, -1):
                moved[(*at[:k], at[k] + step, *at[k + 1 :])] += step * factor
        terms = moved
    values = [
        factor * f(*(y + step * h for y, step in zip(x, at, strict=True)))
        for at, factor in terms.items()
        if factor
    ]
    return mp.fsum(values), max(map(abs, [*values, *x]))


# ── distances ──────────────────────────────────────────────────────────────────

LARGEST = mpf(2) ** 1024 - mpf(2) ** 970

# Doubles below 2.2e-308 have fewer digits, and a rule that multiplies one of them
# by a number up to 1000 (as x·e^x and z·log x do before they vanish) hands the
# loss on.  Below this, an error is counted as if it were at this size.
SMALL = mpf("1e-305")


def ulp(x: mpf) -> mpf:
    """The distance between doubles at x, or at SMALL."""
    return mpf(2) ** (mp.mag(max(abs(x), SMALL)) - 53)


def ulps(computed: float, exact: mpf, terms: mpf = 0) -> float:
    """The error of `computed` in units in the last place of `exact`, or of its `terms`."""
    with mp.workdps(60):
        if mp.isnan(exact) or math.isnan(computed):
            return 0.0 if mp.isnan(exact) and math.isnan(computed) else math.inf
        unit = ulp(max(abs(exact), min(abs(terms), LARGEST)))
        if math.isinf(computed):
            overflows = abs(exact) > LARGEST - 8 * ulp(LARGEST)
            return 0.0 if overflows and mp.sign(exact) == mp.sign(computed) else math.inf
        return float(abs(computed - exact) / unit)


# Terms of the derivatives of these are probabilities, which a difference of operands
# far below 1 no longer moves: what it leaves is counted in units of the order before.
OF_PROBABILITIES = {"logsumexp", "softmax"}


class Higher:
    """What the higher derivatives of `op` at a point should be, computed when asked for."""

    def __init__(self, op: Op, point: Point) -> None:
        self.op, self.point = op, point
        self._exact: dict[tuple[int, ...], mpf] = {}

    def exact(self, by: Sequence[int]) -> mpf:
        """The exact derivative, which does not depend on the order of the operands."""
        key = tuple(sorted(by))
        if key not in self._exact:
            self._exact[key] = derivative(self.op, self.point, key)
        return self._exact[key]

    def error(self, by: Sequence[int], computed: float, allowed: float) -> float:
        """The error of `computed` in ulp, where it matters that it is more than `allowed`.

        Near a zero, the unit is that of the derivative's size nearby.  A derivative that
        is not finite is right where one of the same order there leaves the doubles.
        """
        with mp.workdps(60):
            return self._error(by, computed, allowed)

    def _error(self, by: Sequence[int], computed: float, allowed: float) -> float:
        error = ulps(computed, self.exact(by))
        if error <= allowed:
            return error
        if not math.isfinite(computed):
            return 0.0 if self._overflows(len(by)) else error
        finer = derivative(self.op, self.point, sorted(by), more=100)
        if abs(finer) < abs(self.exact(by)) * mpf(10) ** -90:  # nothing but what h left
            self._exact[tuple(sorted(by))] = mpf(0)
        # What is lost among doubles below 2.2e-308 is multiplied by up to 100 an order.
        least = SMALL * 100 ** (len(by) - 1)
        size = max(abs(self.exact(by)), self._size_nearby(by), least)
        return float(abs(computed - self.exact(by)) / ulp(size))

    def _overflows(self, order: int) -> bool:
        operands = range(len(self.point))
        every = itertools.combinations_with_replacement(operands, order)
        return any(abs(self.exact(by)) > LARGEST for by in every)

    def _size_nearby(self, by: Sequence[int]) -> mpf:
        """Along each operand the smaller of what it is at half and at three halves of it:
        more than at the point itself close to a zero, and hardly elsewhere."""
        if self.op.name in OF_PROBABILITIES:
            return min(abs(self.exact([*by[:k], *by[k + 1 :]])) for k in range(len(by)))
        size = mpf(0)
        for k, x in enumerate(self.point):
            sides = [(*self.point[:k], x * part, *self.point[k + 1 :]) for part in (0.5, 1.5)]
            if all(inside(self.op, side) for side in sides):
                at_sides = (abs(derivative(self.op, side, sorted(by))) for side in sides)
                size = max(size, min(at_sides))
        return size


# ── the engine beside it ───────────────────────────────────────────────────────


class Measured(NamedTuple):
    """One number the engine gave, and what it should have been."""

    what: str  # "tanh" or "∂tanh/∂x"
    point: Point
    computed: float
    exact: mpf
    ulps: float

    def __str__(self) -> str:
        exact = mpmath.nstr(self.exact, 25)
        return f"{self.what} at {self.point}: {self.computed!r}, not {exact}: {self.ulps:.3g} ulp"


def call(op: Op, operands: Sequence[Any]) -> Any:
    """The user's function on operands in the order of the edges (`softmax`: its first result)."""
    return op.apply(getattr(autograd, op.name), operands)


def inside(op: Op, point: Point) -> bool:
    """Whether `op` has a derivative at this point that differences can find."""
    if op.name in KINKS and KINKS[op.name](*point):
        return False
    if point in op.edges:
        return False
    domains = op.domain if not op.many else [op.domain[0]] * len(point)
    return all(x in d and x not in (d.low, d.high) for x, d in zip(point, domains, strict=True))


def measure(op: Op, point: Point) -> Iterator[Measured]:
    """Value and partials of one recorded operation against their exact counterparts."""
    z = call(op, [Value(x) for x in point])
    assert z.op == op.name
    terms = TERMS[op.name](*map(mpf, point)) if op.name in TERMS else 0
    exact = value(op, point)
    yield Measured(op.name, point, z.data, exact, ulps(z.data, exact, terms))
    if not inside(op, point):
        return
    terms = TERMS["∂" + op.name](*map(mpf, point)) if "∂" + op.name in TERMS else 0
    for k, computed in enumerate(z.partials):
        exact = partial(op, point, k)
        what = f"∂{op.name}/∂{op.operand(k, len(point))}"
        yield Measured(what, point, computed, exact, ulps(computed, exact, terms))


# ── points ─────────────────────────────────────────────────────────────────────

SIZES = (
    1e-300, 1e-200, 1e-154, 1e-100, 1e-30, 1e-16, 1e-10, 1e-8, 1e-5, 1e-3, 0.03, 0.1, 0.25, 0.49,
    0.7, 0.75, 0.9, 1.0, 1.1, 1.28, 1.5, 2.0, 2.5, 3.0, 3.2, 5.0, 5.5, 8.3, 10.0, 19.0, 22.0, 27.2,
    37.0, 37.5, 50.0, 100.0, 350.0, 354.0, 700.0, 709.5, 745.0, 1000.0, 1e5, 1e8, 1e10, 1e16, 1e22,
    1e50, 1e100, 1e150, 1e155, 1e200, 1e300,
)  # fmt: skip
FEW_SIZES = (1e-300, 1e-160, 1e-20, 1e-8, 0.3, 0.75, 1.0, 2.0, 3.0, 7.5, 40.0, 700.0, 1e10, 1e160)
FEWEST_SIZES = (1e-300, 0.5, 1.0, 3.0, 1e300)
STEPS = (2.0**-52, 1e-15, 1e-10, 1e-5, 1e-2)


def points_of(interval: Interval, sizes: Sequence[float] = SIZES) -> list[float]:
    """Numbers of every size in `interval`, and close to its ends."""
    numbers = [0.0, *sizes, *(-x for x in sizes)]
    if sizes is not FEWEST_SIZES:
        ends = [x for x in (interval.low, interval.high, 1.0, -1.0) if math.isfinite(x) and x]
        numbers += [end * (1 + sign * step) for end in ends for step in STEPS for sign in (1, -1)]
    return sorted({x for x in numbers if x in interval})


def any_in(interval: Interval, rng: random.Random) -> float:
    """A number of any size in `interval`, of everyday size more often."""
    while True:
        size = rng.uniform(-300, 300) if rng.random() < 0.3 else rng.uniform(-3, 1.5)
        x = rng.choice((-1, 1)) * 10.0**size
        if x in interval:
            return x


def grid(op: Op) -> list[Point]:
    """Points that cover the domain of `op`: special ones, huge and tiny ones, random ones."""
    rng = random.Random(op.name)
    if op.many:
        return [*_lists(op, rng)]
    sizes = (SIZES, FEW_SIZES, FEWEST_SIZES)[len(op.operands) - 1]
    product = list(itertools.product(*(points_of(interval, sizes) for interval in op.domain)))
    if len(product) > 400:
        product = rng.sample(product, 400)
    drawn = [tuple(any_in(d, rng) for d in op.domain) for _ in range(100)]
    return [p for p in [*product, *drawn] if not (op.name in ("div", "mod") and p[-1] == 0)]


def _lists(op: Op, rng: random.Random) -> Iterator[Point]:
    """Lists of every length: alike, spread out, cancelling."""
    single = len(op.singles)
    for n in (*range(1, 13), 25, 40):
        count = n * len(op.sequences) + single
        yield tuple(rng.uniform(-3, 3) for _ in range(count))
        yield tuple(rng.gauss(0, 100) for _ in range(count))
        # `prod` is an ordinary product: it is exact where no product on the way overflows
        size = 300 / count if op.name == "prod" else 150 if op.name == "dot" else 300
        yield tuple(rng.choice((-1, 1)) * 10 ** rng.uniform(-size, size) for _ in range(count))
    if single:
        yield (1e150, 1.0, -1e150, 1e150, 1.0, 1e150, 0.0)
        yield (3.0, -2.0, 6.0)
        return
    yield from itertools.product(points_of(op.domain[0], FEWEST_SIZES), repeat=2)
    if op.name != "prod":
        yield 1e300, 1.0, -1e300
        yield 1e16, 1.0, -1e16, 1e-16


# ── the table of errors ────────────────────────────────────────────────────────


def worst(op: Op) -> dict[str, Measured]:
    """The largest error of the value and of each partial over the grid."""
    largest: dict[str, Measured] = {}
    for point in grid(op):
        for m in measure(op, point):
            if m.what not in largest or m.ulps > largest[m.what].ulps:
                largest[m.what] = m
    return largest


def table(ops: Sequence[Op] = TABLE) -> str:
    """The largest errors of `ops`, one line each."""
    return "\n".join(
        f"{m.what:28} {m.ulps:8.2f}   {mpmath.nstr(list(m.point)[:3], 6)}"
        for op in ops
        for m in worst(op).values()
    )
