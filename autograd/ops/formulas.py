"""Symbols: what a rule is run on to find out what it says.

The rules in `autograd.ops.table` are ordinary functions of their operands.  Run on
symbols instead of numbers, a rule returns a formula (an `Expr`) which
`autograd.ops.printer` writes down as C, as Python or as text for people.  A formula
is a tree: a *head* that names what is done, and *args* it is done to.

    head            args                 meaning
    "number"        (float,)             a constant
    "symbol"        (name,)              an operand `x`, `y`, …, or the result `z`
    "libm.exp" …    formulas             a function of the C library or numerics.h
    "exp", "add" …  formulas             an operation of the table
    "lt" "le" "eq"  two formulas         a comparison
    "isnan"         a formula            whether it is not a number
    "and" "or"      two formulas         a connective
    "over.sum" …    formulas             a reduction over all operands
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, TypeAlias


@dataclass(frozen=True, slots=True, eq=False)
class Expr:
    """A formula: a head and what it applies to.

    Python's operators and comparisons build larger formulas.  Formulas have no
    truth value, so a rule cannot branch with `if`: it uses `f.where`.
    """

    head: str
    args: tuple

    def __add__(self, other: Formula) -> Expr:
        return call("add", self, other)

    def __radd__(self, other: Formula) -> Expr:
        return call("add", other, self)

    def __sub__(self, other: Formula) -> Expr:
        return call("sub", self, other)

    def __rsub__(self, other: Formula) -> Expr:
        return call("sub", other, self)

    def __mul__(self, other: Formula) -> Expr:
        return call("mul", self, other)

    def __rmul__(self, other: Formula) -> Expr:
        return call("mul", other, self)

    def __truediv__(self, other: Formula) -> Expr:
        return call("div", self, other)

    def __rtruediv__(self, other: Formula) -> Expr:
        return call("div", other, self)

    def __pow__(self, other: Formula) -> Expr:
        return call("pow", self, other)

    def __neg__(self) -> Expr:
        return call("neg", self)

    def __abs__(self) -> Expr:
        return call("abs", self)

    def __lt__(self, other: Formula) -> Expr:
        return call("lt", self, other)

    def __le__(self, other: Formula) -> Expr:
        return call("le", self, other)

    def __gt__(self, other: Formula) -> Expr:
        return call("lt", other, self)

    def __ge__(self, other: Formula) -> Expr:
        return call("le", other, self)

    def __eq__(self, other: object) -> Expr:  # type: ignore[override]
        return call("eq", self, other)  # type: ignore[arg-type]

    def __and__(self, other: Formula) -> Expr:
        return call("and", self, other)

    def __or__(self, other: Formula) -> Expr:
        return call("or", self, other)

    __hash__ = object.__hash__

    def __bool__(self) -> bool:
        raise TypeError("a formula has no truth value; branch with f.where(condition, x, y)")

    def walk(self) -> Iterator[Expr]:
        """This formula and every formula inside it."""
        yield self
        for arg in self.args:
            if isinstance(arg, Expr):
                yield from arg.walk()

    def key(self) -> Key:
        """The formula as nested tuples: equal keys, equal formulas."""
        return (self.head, *(a.key() if isinstance(a, Expr) else repr(a) for a in self.args))


Formula: TypeAlias = Expr | float
Key: TypeAlias = tuple[Any, ...]


def formula(x: Formula) -> Expr:
    """A number as a formula; a formula as it is."""
    return x if isinstance(x, Expr) else Expr("number", (float(x),))


def call(head: str, *args: Formula) -> Expr:
    """The formula `head(*args)`."""
    return Expr(head, tuple(map(formula, args)))


def symbol(name: str) -> Expr:
    """An operand, the result `z`, or the number `n` of operands."""
    return Expr("symbol", (name,))


def isnan(x: Formula) -> Expr:
    """Whether x is not a number."""
    return call("isnan", x)


class Functions:
    """`f.cosh(x)` is the formula `cosh(x)`; with a prefix, `libm.cosh(x)`."""

    def __init__(self, prefix: str = "") -> None:
        self._prefix = prefix

    def __getattr__(self, name: str) -> Callable[..., Expr]:
        return lambda *args: call(self._prefix + name, *args)


f = Functions()
libm = Functions("libm.")
over = Functions("over.")

NO_EDGE = Expr("no_edge", ())
"""The partial of an operand that the result does not depend on here: no
derivative flows, not even `0 * inf`."""
