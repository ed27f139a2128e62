"""The table of operations: one row each, and no other place knows an operation.

The engine's machine code, the functions and methods users call, derivatives of
higher order, forward mode, compiled programs, the labels in pictures, the table
in the documentation and the property tests are all made from the row.

How to read a row, from left to right and on to its second line:

    name      what users call: `autograd.tanh(x)`, `x.tanh()`, `v.op == "tanh"`
    symbol    what pictures show; micrograd's `_op`
    value     z of the operands
    partials  ∂z/∂x for every operand in turn; it may use the result `z`
    domain    where the operands may lie for z to be defined
    many …    for an operation over any number of operands: see `Op`
    numpy     the name of NumPy's function, if it differs
    edges     {operands: partials} declared where mathematics leaves a choice

A rule is run on symbols (`autograd.ops.formulas`), so it is written with arithmetic,
with other rows as `f.name(x)`, with the C library (and `numerics.h`) as
`libm.name(x)`, and with `f.where(condition, x, y)` in place of `if`.  In a row
over any number of operands, `x` (in pairs `x` and `y`) stands for each operand in turn, `n` for
their number, `i` for the place of x among them, and `over.sum(formula)`, `over.max(formula)`, … run
over all of them.

A partial is chosen for accuracy, not brevity (`1 - z*z` for tanh has lost every
digit at x = 19), and it is made of operations that keep their accuracy when they
are differentiated in turn.  Wherever z is nan so is every partial.

A new operation is a new row, and `autograd.ops.check` says if something is wrong with it.  `python
-m autograd.ops tanh` shows everything that is written from a row.
"""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from autograd.ops.formulas import NO_EDGE, f, isnan, libm, over, symbol

INF, NAN = math.inf, math.nan
Point = tuple[float, ...]


@dataclass(frozen=True)
class Interval:
    """The numbers from `low` to `high`; ends that are infinite do not belong to it."""

    low: float = -INF
    high: float = INF
    low_belongs: bool = True
    high_belongs: bool = True

    def __contains__(self, x: float) -> bool:
        above = self.low <= x if self.low_belongs else self.low < x
        below = x <= self.high if self.high_belongs else x < self.high
        return above and below and math.isfinite(x)

    def __str__(self) -> str:
        left = "[" if self.low_belongs and math.isfinite(self.low) else "("
        right = "]" if self.high_belongs and math.isfinite(self.high) else ")"
        ends = (str(e).replace("inf", "∞").removesuffix(".0") for e in (self.low, self.high))
        return left + ", ".join(ends) + right


R = Interval()
POSITIVE = Interval(0.0, INF, low_belongs=False)
NON_NEGATIVE = Interval(0.0, INF)
ABOVE_MINUS_ONE = Interval(-1.0, INF, low_belongs=False)
ONE_UP = Interval(1.0, INF)
UNIT = Interval(-1.0, 1.0)
INSIDE_UNIT = Interval(-1.0, 1.0, low_belongs=False, high_belongs=False)


@dataclass(frozen=True)
class Op:
    """One row.  `value` and `partials` are functions of formulas."""

    name: str
    symbol: str
    value: Callable
    partials: Callable
    domain: tuple[Interval, ...]
    edges: Mapping[Point, Point] = field(default_factory=dict)
    many: bool = False  # over any number of operands: x, or pairs of x and y and one more
    each: bool = False  # many, and one result per operand: that operand comes first
    empty: float | None = None  # for many: its value without operands, if there is one
    numpy: str = ""  # the name of NumPy's ufunc, if it differs
    operands: tuple[str, ...] = field(init=False, repr=False, compare=False)  # names, in order
    sequences: tuple[str, ...] = field(init=False, repr=False, compare=False)  # for any number

    def __post_init__(self) -> None:
        operands = tuple(inspect.signature(self.value).parameters)
        sequences = tuple(p for p in operands if p in ("x", "y")) if self.many else ()
        object.__setattr__(self, "operands", operands)
        object.__setattr__(self, "sequences", sequences)

    @property
    def defaults(self) -> dict[str, float]:
        """The operands that may be left out, with their defaults."""
        parameters = inspect.signature(self.value).parameters.values()
        return {p.name: p.default for p in parameters if p.default is not p.empty}

    @property
    def singles(self) -> tuple[str, ...]:
        """The operands that stand for one."""
        return tuple(p for p in self.operands if p not in self.sequences)

    @property
    def pairs(self) -> bool:
        """Whether it is over pairs: two lists of equal length."""
        return len(self.sequences) == 2

    def takes(self, count: int) -> bool:
        """Whether a node of this operation may have this many operands."""
        if not self.many:
            return count == len(self.operands)
        return count > 0 and (count - len(self.singles)) % len(self.sequences) == 0

    def arguments(self, operands: Sequence[Any]) -> tuple[Any, ...]:
        """The operands of a node, in the order of its edges, as the function's arguments:
        every sequence is a list."""
        if not self.many:
            return tuple(operands)
        width = len(self.sequences)
        m = (len(operands) - len(self.singles)) // width
        lists = (operands[k * m : (k + 1) * m] for k in range(width))
        return (*lists, *operands[width * m :])

    def apply(self, function: Callable, operands: Sequence[Any]) -> Any:
        """The result of a node: the operation's function, applied to the node's operands in the
        order of its edges."""
        result = function(*self.arguments(operands))
        return result[0] if self.each else result

    def operand(self, k: int, count: int) -> str:
        """The row's name for operand k of a node that has `count` operands."""
        m = (count - len(self.singles)) // len(self.sequences) if self.many else 1
        place = k // m if k < m * len(self.sequences) else k - (m - 1) * len(self.sequences)
        return self.operands[place]


n, i = symbol("n"), symbol("i")
LN2, LN10, ROOT_TWO_PI = math.log(2.0), math.log(10.0), math.sqrt(2.0 * math.pi)
TWO_OVER_ROOT_PI = 2.0 / math.sqrt(math.pi)

# fmt: off
TABLE: tuple[Op, ...] = (
    # ── arithmetic ──────────────────────────────────────────────────────────────────────────────────────
    Op("neg",   "-",     lambda x:    -x,      lambda x, z:    -1,              (R,),   numpy="negative"),
    Op("add",   "+",     lambda x, y: x + y,   lambda x, y, z: (1, 1),          (R, R)),
    Op("sub",   "-",     lambda x, y: x - y,   lambda x, y, z: (1, -1),         (R, R), numpy="subtract"),
    Op("mul",   "*",     lambda x, y: x * y,   lambda x, y, z: (y, x),          (R, R), numpy="multiply"),
    Op("div",   "/",     lambda x, y: x / y,   lambda x, y, z: (1 / y, -z / y), (R, R), numpy="divide"),
    Op("mod",   "%",     lambda x, y: libm.floored_mod(x, y),
                         lambda x, y, z: (1, -f.round(x / y - z / y)), (R, R), numpy="remainder"),
    Op("pow",   "**",    lambda x, y: f.where(y == 2, x * x, f.where(y == 1, x, libm.pow(x, y))),
                         lambda x, y, z: (power_by_base(x, y, z), power_by_exponent(x, y, z)),
                         (POSITIVE, R), numpy="power",
       edges={(0, 0): (0, 0), (5, 0): (0, math.log(5)), (0, 3): (0, 0), (0, .5): (INF, 0),
              (-2, 3): (12, NAN), (-2, 2): (-4, NAN), (NAN, 0): (0, NAN)}),
    Op("abs",   "abs",   lambda x: libm.fabs(x),                     lambda x, z: f.sign(x),          (R,),
       numpy="absolute", edges={(0,): (0,), (-0.0,): (0,)}),
    Op("sign",  "sign",  lambda x: f.where(0 < x, 1, f.where(x < 0, -1, x)), lambda x, z: 0, (R,),
       edges={(0,): (0,)}),
    Op("floor", "floor", lambda x: libm.floor(x),                    lambda x, z: 0,                  (R,),
       edges={(2,): (0,), (0,): (0,)}),
    Op("ceil",  "ceil",  lambda x: libm.ceil(x),                     lambda x, z: 0,                  (R,),
       edges={(2,): (0,), (0,): (0,)}),
    Op("round", "round", lambda x: libm.rint(x),                     lambda x, z: 0,                  (R,),
       numpy="rint", edges={(.5,): (0,), (1.5,): (0,)}),

    # ── exponentials, logarithms, roots ─────────────────────────────────────────────────────────────────
    Op("exp",   "exp",   lambda x: libm.exp(x),       lambda x, z: z,              (R,)),
    Op("expm1", "expm1", lambda x: libm.expm1(x),     lambda x, z: f.exp(x),       (R,)),
    Op("log",   "log",   lambda x: libm.log(x),       lambda x, z: 1 / x,          (POSITIVE,),
       edges={(0,): (INF,), (-1,): (NAN,)}),
    Op("log1p", "log1p", lambda x: libm.log1p(x),     lambda x, z: 1 / (1 + x),    (ABOVE_MINUS_ONE,),
       edges={(-1,): (INF,), (-2,): (NAN,)}),
    Op("log2",  "log2",  lambda x: libm.log2(x),      lambda x, z: (1 / LN2) / x,  (POSITIVE,),
       edges={(0,): (INF,), (-1,): (NAN,)}),
    Op("log10", "log10", lambda x: libm.log10(x),     lambda x, z: (1 / LN10) / x, (POSITIVE,),
       edges={(0,): (INF,), (-1,): (NAN,)}),
    Op("sqrt",  "sqrt",  lambda x: libm.sqrt(x),      lambda x, z: .5 / z,         (NON_NEGATIVE,),
       edges={(0,): (INF,), (-1,): (NAN,)}),
    Op("cbrt",  "cbrt",  lambda x: libm.cube_root(x), lambda x, z: 1 / z / z / 3,  (R,),
       edges={(0,): (INF,)}),

    # ── circular and hyperbolic functions ───────────────────────────────────────────────────────────────
    Op("sin",   "sin",   lambda x: libm.sin(x),  lambda x, z: f.cos(x),                        (R,)),
    Op("cos",   "cos",   lambda x: libm.cos(x),  lambda x, z: -f.sin(x),                       (R,)),
    Op("tan",   "tan",   lambda x: libm.tan(x),  lambda x, z: 1 + z * z,                       (R,)),
    Op("asin",  "asin",  lambda x: libm.asin(x), lambda x, z: 1 / f.sqrt(one_less_square(x)),  (UNIT,),
       numpy="arcsin", edges={(1,): (INF,), (-1,): (INF,), (2,): (NAN,)}),
    Op("acos",  "acos",  lambda x: libm.acos(x), lambda x, z: -1 / f.sqrt(one_less_square(x)), (UNIT,),
       numpy="arccos", edges={(1,): (-INF,), (-1,): (-INF,), (2,): (NAN,)}),
    Op("atan",  "atan",  lambda x: libm.atan(x),
                         lambda x, z: f.where(f.abs(x) < 1e9, 1 / (1 + x * x), 1 / x / x), (R,),
       numpy="arctan"),
    Op("atan2", "atan2", lambda y, x: libm.atan2(y, x), lambda y, x, z: (radial(x, y), -radial(y, x)), (R, R),
       numpy="arctan2", edges={(0, 0): (0, 0)}),
    Op("sinh",  "sinh",  lambda x: libm.sinh(x), lambda x, z: f.cosh(x),                       (R,)),
    Op("cosh",  "cosh",  lambda x: libm.cosh(x), lambda x, z: f.sinh(x),                       (R,)),
    Op("tanh",  "tanh",  lambda x: libm.tanh(x), lambda x, z: f.sech(x) ** 2,                  (R,),
       edges={(1000,): (0,), (-1000,): (0,)}),
    Op("sech",  "sech",  lambda x: 2 * decay(x) / (1 + decay(x) * decay(x)),
                         lambda x, z: -z * f.tanh(x), (R,),
       edges={(1000,): (0,), (-1000,): (0,)}),
    Op("asinh", "asinh", lambda x: libm.asinh(x), lambda x, z: 1 / f.hypot(1, x), (R,), numpy="arcsinh"),
    Op("acosh", "acosh", lambda x: libm.acosh(x), lambda x, z: 1 / (f.sqrt(x - 1) * f.sqrt(x + 1)), (ONE_UP,),
       numpy="arccosh", edges={(1,): (INF,), (.5,): (NAN,)}),
    Op("atanh", "atanh", lambda x: libm.atanh(x), lambda x, z: 1 / one_less_square(x), (INSIDE_UNIT,),
       numpy="arctanh", edges={(1,): (INF,), (-1,): (INF,), (2,): (NAN,)}),
    Op("hypot", "hypot", lambda x, y: libm.hypot(x, y),
                         lambda x, y, z: (share(x, y, z), share(y, x, z)), (R, R),
       edges={(0, 0): (0, 0), (1e200, 1e200): (.5 ** .5, .5 ** .5)}),

    # ── activations ─────────────────────────────────────────────────────────────────────────────────────
    Op("sigmoid",       "sigmoid",    lambda x: f.where(x < 0, decay(x), 1) / (1 + decay(x)),
                                      lambda x, z: f.sigmoid_prime(x), (R,),
       edges={(1000,): (0,), (-1000,): (0,)}),
    Op("sigmoid_prime", "sigmoid'",   lambda x: decay(x) / (1 + decay(x)) ** 2,
                                      lambda x, z: -z * f.tanh(x / 2), (R,),
       edges={(1000,): (0,), (-1000,): (0,)}),
    Op("relu",          "ReLU",       lambda x: f.where(x <= 0, 0, x),
                                      lambda x, z: f.where(0 < x, 1, 0), (R,),
       edges={(0,): (0,)}),
    Op("leaky_relu",    "leaky ReLU", lambda x, slope=.01: f.where(0 < x, x, slope * x),
                                      lambda x, slope, z: (f.where(0 < x, 1, slope), f.where(0 < x, 0, x)),
                                      (R, R),
       edges={(0, .25): (.25, 0)}),
    Op("elu",           "ELU",        lambda x, alpha=1.: f.where(0 < x, x, alpha * f.expm1(x)),
                                      lambda x, alpha, z: (f.where(0 < x, 1, alpha * f.exp(x)),
                                                           f.where(0 < x, 0, f.expm1(x))),
                                      (R, R),
       edges={(0, 1): (1, 0), (0, 3): (3, 0)}),
    Op("gelu",          "GELU",       lambda x: x * f.ndtr(x),
                                      lambda x, z: f.ndtr(x) + x * f.gauss(x) / ROOT_TWO_PI, (R,)),
    Op("silu",          "SiLU",       lambda x: x * f.sigmoid(x),
                                      lambda x, z: f.sigmoid(x) + x * f.sigmoid_prime(x), (R,)),
    Op("softplus",      "softplus",   lambda x: f.where(x <= 0, 0, x) + f.log1p(decay(x)),
                                      lambda x, z: f.sigmoid(x), (R,),
       edges={(1000,): (1,), (-1000,): (0,)}),

    # ── the error function and the normal distribution ──────────────────────────────────────────────────
    Op("erf",   "erf",   lambda x: libm.erf(x),   lambda x, z: TWO_OVER_ROOT_PI * f.gauss(x) ** 2,  (R,)),
    Op("erfc",  "erfc",  lambda x: libm.erfc(x),  lambda x, z: -TWO_OVER_ROOT_PI * f.gauss(x) ** 2, (R,)),
    Op("gauss", "gauss", lambda x: libm.gauss(x), lambda x, z: f.where(z == 0, 0, -x * z),          (R,)),
    Op("ndtr",  "ndtr",  lambda x: libm.ndtr(x),  lambda x, z: f.gauss(x) / ROOT_TWO_PI,            (R,)),

    # ── choices ─────────────────────────────────────────────────────────────────────────────────────────
    Op("clip",          "clip",  lambda x, low, high: at_most(at_least(x, low), high),
                                 lambda x, low, high, z: (f.where((low <= x) & (x <= high), 1, 0),
                                                          f.where((x < low) & (low <= high), 1, 0),
                                                          f.where(high < at_least(x, low), 1, 0)),
                                 (R, R, R),
       edges={(0, 0, 1): (1, 0, 0), (1, 0, 1): (1, 0, 0), (2, 0, 1): (0, 0, 1)}),
    Op("identity",      "=",     lambda x: x, lambda x, z: 1,       (R,), numpy="positive"),
    Op("stop_gradient", "stop",  lambda x: x, lambda x, z: NO_EDGE, (R,),
       edges={(2,): (0,)}),
    Op("where",         "where", lambda c, x, y: f.where(c, x, y),
                                 lambda c, x, y, z: (NO_EDGE, f.where(c, 1, NO_EDGE), f.where(c, NO_EDGE, 1)),
                                 (R, R, R),
       edges={(1, 2, 3): (0, 1, 0), (0, 2, 3): (0, 0, 1)}),

    # ── over any number of operands ─────────────────────────────────────────────────────────────────────
    Op("sum",       "sum",       lambda x: over.sum(x),     lambda x, z: 1,              (R,),
       many=True, empty=0.),
    Op("mean",      "mean",      lambda x: over.sum(x) / n, lambda x, z: 1 / n,          (R,), many=True),
    Op("dot",       "dot",       lambda x, y, bias=0.: over.sum(x * y, bias),
                                 lambda x, y, bias, z: (y, x, 1), (R, R, R), many=True),
    Op("prod",      "prod",      lambda x: over.prod(x),    lambda x, z: over.others(x), (R,),
       many=True, empty=1., edges={(0, 2, 3): (6, 0, 0), (0, 0, 3): (0, 0, 0)}),
    Op("max",       "max",       lambda x: over.max(x),
                                 lambda x, z: f.where(x == z, 1 / over.sum(f.where(x == z, 1, 0)), 0), (R,),
       many=True, numpy="maximum", edges={(1, 1): (.5, .5), (0, -0.0): (.5, .5), (1, 2): (0, 1)}),
    Op("min",       "min",       lambda x: over.min(x),
                                 lambda x, z: f.where(x == z, 1 / over.sum(f.where(x == z, 1, 0)), 0), (R,),
       many=True, numpy="minimum", edges={(1, 1): (.5, .5), (0, -0.0): (.5, .5), (1, 2): (1, 0)}),
    Op("norm",      "norm",      lambda x: scaled_norm(x, over.max(f.abs(x))),
                                 lambda x, z: share_of_all(x, z, over.max(f.abs(x))), (R,),
       many=True, empty=0., edges={(0, 0): (0, 0), (1e200, 1e200): (.5 ** .5, .5 ** .5)}),
    Op("logsumexp", "logsumexp", lambda x: over.max(x) + f.log1p(sum_but_one(x, over.max(x))),
                                 lambda x, z: f.softmax(x), (R,), many=True, numpy="logaddexp",
       edges={(0, 0): (.5, .5), (1000, -1000): (1, 0)}),
    Op("softmax",   "softmax",   lambda x: portion(over.first(x), x, over.max(x)),
                                 lambda x, z: f.where(i == 0, z * over.rest(f.softmax(x)), -z * f.softmax(x)),
                                 (R,), many=True, each=True,
       edges={(1000, -1000): (0, 0)}),
)
# fmt: on


# Formulas that several rows use, or that are too long for a row.


def decay(x):
    """e^-|x|: it never overflows."""
    return f.exp(-f.abs(x))


def radial(x, y):
    """x / (x² + y²) without forming a square that could overflow; 0 at the origin."""
    wide, narrow = 1 / x / (1 + (y / x) ** 2), x / y / y / (1 + (x / y) ** 2)
    return f.where((x == 0) & (y == 0), 0, f.where(f.abs(y) <= f.abs(x), wide, narrow))


def one_less_square(x):
    """1 - x², with the digits of its own slope: the factors' slopes cancel close to 0,
    and 1 - x·x cancels close to 1."""
    return f.where(f.abs(x) < 0.5, 1 - x * x, (1 - x) * (1 + x))


def share(x, y, h):
    """x/h of h = √(x² + y²).  Where x is nearly all of h, the slope of x/h would be what
    1/h - x²/h³ leaves: there it is found from y/h, which is small."""
    near = f.sign(x) * f.sqrt(1 - (y / h) ** 2)
    return f.where(h == 0, 0, f.where(f.abs(y + y) < f.abs(x), near, x / h))


def share_of_all(x, h, m):
    """x/h of h = √Σx², where m is the largest |x|; as `share` where x is nearly all of h."""
    others = over.sum(f.where((m <= 0.75 * h) | (f.abs(x) == m), 0, (x / h) ** 2))
    near = f.sign(x) * f.sqrt(1 - others)
    return f.where(h == 0, 0, f.where(0.75 * h < f.abs(x), near, x / h))


def scaled_norm(x, m):
    """√Σx², scaled by the largest operand m so that no square overflows."""
    return f.where((m == 0) | (m == INF), m, m * f.sqrt(over.sum((x / m) ** 2)))


def portion(first, x, m):
    """e^first in Σe^x, where m is the largest x."""
    return libm.exp_diff(first, m) / over.sum(libm.exp_diff(x, m))


def sum_but_one(x, m):
    """Σe^(x-m) over all operands but one that is the largest, m: of that, log1p."""
    ties, below = over.sum(f.where(x == m, 1, 0)), over.sum(f.where(x == m, 0, libm.exp_diff(x, m)))
    return below + (ties - 1)


def at_least(x, low):
    """The larger; nan if either is nan."""
    return f.where((low <= x) | isnan(x), x, low)


def at_most(x, high):
    """The smaller; nan if either is nan."""
    return f.where((x <= high) | isnan(x), x, high)


def power_by_base(x, y, z):
    """∂(x**y)/∂x = y·x^(y-1).

    `y - 1` is exact from y = ½ upward.  Below, its rounding error times log x
    would show, so z/x stands in, except where z or z/x is not a number.  Where z
    has almost vanished, and with it its digits, y may still be large: half of y
    in each of two factors keeps them.
    """
    half = f.pow(x, y / 2)
    vanishing = (0 < x) & (x < INF) & (z < 1e-290) & (10 < f.abs(y))
    direct = f.where(vanishing, (y * half) * (half / x), y * f.pow(x, y - 1))
    by_result = (y < 0.5) & (1e-290 < f.abs(z)) & (f.abs(z) < INF) & (f.abs(x) < INF)
    flat = (y == 0) & ((x == 0) | isnan(x))
    otherwise = f.where(flat, 0, f.where(by_result, y * z / x, direct))
    return f.where(y == 2, y * f.pow(x, y - 1), otherwise)  # as the other arms, but at once


def power_by_exponent(x, y, z):
    """∂(x**y)/∂y = z·log x, and its limit 0 where that would be 0·∞."""
    vanishes = (x == 0) & (0 <= y) | (x == INF) & (y < 0)
    return f.where(vanishes, 0, z * f.log(x))


BY_NAME: Mapping[str, Op] = MappingProxyType({op.name: op for op in TABLE})
