"""Numbers of 50 digits that carry their derivatives: what a row's value is run on.

A *jet* is a number and its partials with respect to the operands it depends on.  Where two compared
jets are equal but move apart, a choice is at its edge: that is a `Tie`, unless a `direction` says
which way the operands move.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from autograd.testing.optional_imports import need

DIGITS = 50
MANY_DIGITS = 700  # cos at 1e-300 moves in its 617th digit
_mpmath = need("mpmath")
_from_float = _mpmath.libmp.from_float
mp = _mpmath.mp.clone()  # a context of our own: the user's precision stays as it is
mp.dps = DIGITS

HUGE = mp.mpf(10) ** 400
"""Beyond it a double is infinite, and so is a number here: exp(exp(exp(9))) would take forever."""

ONE = mp.mpf(1)
_zero = mp.mpf(0)


def exactly(x: float) -> Any:
    """A double with 50 digits."""
    return mp.make_mpf(_from_float(x))


class Tie(Exception):  # noqa: N818 - a way of saying that two are equal, not a failure
    """A choice is at its edge, and no direction picks a side."""


Direction = Mapping[int, Any]
_direction: Direction | None = None


@contextmanager
def direction(moves: Direction) -> Iterator[None]:
    """Let the operands move: ties are decided as by an infinitesimal step."""
    global _direction
    before, _direction = _direction, moves
    try:
        yield
    finally:
        _direction = before


def rate(d: Mapping[int, Any]) -> Any:
    """How fast something with the partials `d` moves; a Tie where no direction is set."""
    if _direction is None:
        raise Tie
    return mp.fsum(slope * _direction.get(k, 0) for k, slope in d.items())


class Jet:
    """A number `v` and its partials `d`, by the place of the operand."""

    __slots__ = ("d", "v")

    def __init__(self, v: Any, d: dict[int, Any]) -> None:
        self.v, self.d = v, d

    def __add__(self, other: Any) -> Any:
        if type(other) is Jet:
            return Jet(self.v + other.v, _merged(self.d, other.d))
        return Jet(self.v + other, self.d)

    __radd__ = __add__

    def __neg__(self) -> Any:
        return Jet(-self.v, {k: -p for k, p in self.d.items()})

    def __sub__(self, other: Any) -> Any:
        return self + -other

    def __rsub__(self, other: Any) -> Any:
        return -self + other

    def __mul__(self, other: Any) -> Any:
        if type(other) is Jet:
            return chain(self.v * other.v, (self, other.v), (other, self.v))
        return Jet(self.v * other, {k: p * other for k, p in self.d.items()})

    __rmul__ = __mul__

    def __truediv__(self, other: Any) -> Any:
        y = number(other)
        z = divided(self.v, y)
        if type(other) is Jet:
            return chain(z, (self, divided(ONE, y)), (other, -divided(z, y)))
        return chain(z, (self, divided(ONE, y)))

    def __rtruediv__(self, other: Any) -> Any:
        z = divided(other, self.v)
        return chain(z, (self, -divided(z, self.v)))

    def __pow__(self, other: Any) -> Any:
        return raised(self, other)

    def __rpow__(self, other: Any) -> Any:
        return raised(other, self)

    def __abs__(self) -> Any:
        return -self if compared(self, 0) < 0 else self

    def __lt__(self, other: Any) -> bool:
        return bool(compared(self, other) < 0)

    def __le__(self, other: Any) -> bool:
        return bool(compared(self, other) <= 0)

    def __gt__(self, other: Any) -> bool:
        return bool(compared(self, other) > 0)

    def __ge__(self, other: Any) -> bool:
        return bool(compared(self, other) >= 0)

    def __eq__(self, other: object) -> bool:
        return bool(compared(self, other) == 0)

    __hash__ = None  # type: ignore[assignment]

    def __bool__(self) -> bool:
        return bool(compared(self, 0) != 0)


def number(x: Any) -> Any:
    """The number of a jet; a number as it is."""
    return x.v if type(x) is Jet else x


def chain(z: Any, *parts: tuple[Jet, Any]) -> Jet:
    """A result z with its partials by jets: the chain rule."""
    d: dict[int, Any] = {}
    for jet, partial in parts:
        for k, slope in jet.d.items():
            p = partial * slope
            d[k] = d[k] + p if k in d else p
    return Jet(z, d)


def divided(x: Any, y: Any) -> Any:
    """x / y, where 1/0 is infinite and 0/0 nan."""
    if y == 0:
        return mp.nan if x == 0 else x * mp.inf
    return mp.mpf(x) / y


LARGE = mp.mpf(2) ** 20
BEYOND = 10_000  # e to this is far beyond doubles, and beyond `HUGE`


def power(x: Any, y: Any) -> Any:
    """x ** y, where 0 ** -1 is infinite; a large y takes no longer than a small one."""
    if x == 0 and y < 0:
        return mp.inf
    if not LARGE < abs(y) < mp.inf or x == 0 or not (x > 0 or mp.isint(y)):
        return mp.power(x, y)
    exponent = y * mp.log(abs(x))
    z = mp.exp(exponent) if exponent < BEYOND else mp.inf
    return -z if x < 0 and mp.isint(y) and not mp.isint(y / 2) else z


def power_by_base(x: Any, y: Any, z: Any) -> Any:
    """y·x^(y-1), and 0 for y = 0."""
    return y * power(x, y - 1) if y else mp.zero


def power_by_exponent(x: Any, y: Any, z: Any) -> Any:
    """z·log x, and its limit 0 for x = 0 < y."""
    return mp.zero if x == 0 < y else z * mp.log(x)


def raised(x: Any, y: Any) -> Any:
    """x ** y of jets and numbers."""
    u, w = number(x), number(y)
    z = power(u, w)
    parts = []
    if type(x) is Jet:
        parts.append((x, power_by_base(u, w, z)))
    if type(y) is Jet:
        parts.append((y, power_by_exponent(u, w, z)))
    return chain(z, *parts)


def compared(x: Any, y: Any) -> Any:
    """Below 0 if x is less than y, 0 if they are equal, above 0 if x is more; nan if neither."""
    u, w = number(x), number(y)
    if u < w:
        return -1
    if u > w:
        return 1
    if u != w:
        return mp.nan
    apart = _merged(getattr(x, "d", {}), {k: -p for k, p in getattr(y, "d", {}).items()})
    return rate(apart) if any(apart.values()) else 0


_sizes: list[Any] | None = None


@contextmanager
def noted_sizes() -> Iterator[list[Any]]:
    """The sizes that partial sums and products can grow or shrink to, in whatever order."""
    global _sizes
    before, _sizes = _sizes, []
    try:
        yield _sizes
    finally:
        _sizes = before


def note_size(*sizes: Any) -> None:
    """A size on the way to a result, where sizes are noted."""
    if _sizes is not None:
        _sizes.extend(sizes)


def total(xs: Sequence[Any], start: Any = 0) -> Any:
    """Σx."""
    note_size(mp.fsum((number(x) for x in xs), absolute=True))
    d: dict[int, Any] = {}
    for x in (*xs, start):
        if type(x) is Jet:
            for k, p in x.d.items():
                d[k] = d[k] + p if k in d else p
    z = mp.fsum([number(start), *map(number, xs)])
    return Jet(z, d) if d else z


def product(xs: Sequence[Any]) -> Any:
    """Πx; no division, so zeros do no harm."""
    sizes = [abs(v) for x in xs if (v := number(x))]
    note_size(mp.fprod(max(v, ONE) for v in sizes), mp.fprod(min(v, ONE) for v in sizes))
    before, z = [], ONE
    for x in xs:
        before.append(z)
        z = z * number(x)
    parts, after = [], ONE
    for x, left in zip(reversed(xs), reversed(before), strict=True):
        if type(x) is Jet:
            parts.append((x, left * after))
        after = after * number(x)
    return chain(z, *parts) if parts else z


def extreme(sign: int) -> Callable[[Sequence[Any]], Any]:
    """The largest (1) or the smallest (-1) of all; nan if one is."""

    def most(xs: Sequence[Any]) -> Any:
        best = xs[0]
        for x in xs[1:]:
            order = sign * compared(x, best)
            if order != order:
                return mp.nan
            best = x if order > 0 else best
        return best

    return most


def _merged(a: dict[int, Any], b: dict[int, Any]) -> dict[int, Any]:
    if not b:
        return a
    d = dict(a)
    for k, p in b.items():
        d[k] = d[k] + p if k in d else p
    return d
