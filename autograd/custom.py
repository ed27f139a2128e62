"""Custom operations: rows made at run time."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Sequence
from typing import Any

from autograd.derivatives.linearize import LinearMap
from autograd.engine.value import (
    UserOperation,
    Value,
    identity,
    make_node,
    record_custom,
    tracing,
)
from autograd.errors import AnomalyError, GraphError
from autograd.modes import recording
from autograd.ops import BY_NAME, Interval, Op, R
from autograd.ops.check import check_signature

SEVERAL = (tuple, list)  # what several partials may be


class UserRow(Op):
    """The row of a user's operation.  A parameter with a default is no operand: `i=i` keeps what
    a loop's variable was."""

    def __post_init__(self) -> None:
        super().__post_init__()
        operands = tuple(p for p in self.operands if p not in super(UserRow, self).defaults)
        object.__setattr__(self, "operands", operands)

    @property
    def defaults(self) -> dict[str, float]:
        """None: no operand may be left out."""
        return {}


class Operation(UserOperation):
    """A custom operation; call it with numbers and Values.  Made by `operation`.

    It lives as long as it is referenced, or a graph has a node of it.
    """

    def __init__(self, row: Op, differentiated: bool) -> None:
        self.name, self.symbol = row.name, row.symbol
        self._by_value = differentiated  # the partials come from differentiating the value

    def __call__(self, *operands: Any) -> Any:
        """A float for plain numbers; a Value if any operand is one."""
        if len(operands) != len(self.row.operands):
            raise TypeError(
                f"{self.name} takes {len(self.row.operands)} operands "
                f"({', '.join(self.row.operands)}), not {len(operands)}{self._hint()}"
            )
        if tracing() and any(isinstance(x, Value) for x in operands):
            return self.inlined(operands)
        if not any(isinstance(x, Value) for x in operands):
            return self._value([_number(x, self.name) for x in operands])
        x = [v.data if isinstance(v, Value) else _number(v, self.name) for v in operands]
        data, partials = self.numbers(x)
        return record_custom(self, list(operands), data, partials)

    def _hint(self) -> str:
        more = len(inspect.signature(self.row.value).parameters) > len(self.row.operands)
        return "; a parameter with a default is no operand" if more else ""

    def numbers(self, x: Sequence[float]) -> tuple[float, list[float | None]]:
        """The value and the partials at x."""
        if not self._by_value:
            z = self._value(x)
            partials = self._computed(self.row.partials, (*x, z), self._partials)
            return z, [math.nan] * len(x) if partials is None else partials
        inputs = [Value(v) for v in x]
        with recording():
            z = self.row.value(*inputs)
        if not isinstance(z, Value):  # it does not depend on its operands
            return float(z), [0.0] * len(x)
        return z.data, list(LinearMap([z], inputs).pull([1.0]))

    def recorded_partials(self, operands: Sequence[Value], z: Value) -> list[Any]:
        """The partials as recorded operations on the operands and the result."""
        if not self._by_value:
            return self._checked(self.row.partials(*operands, z))
        inputs = [identity(x) for x in operands]
        again = self.row.value(*inputs)
        if not isinstance(again, Value):
            return [0.0] * len(inputs)
        return list(LinearMap([again], inputs).pull_recorded([1.0]))

    def inlined(self, operands: Sequence[Any]) -> Any:
        """The value, recorded operation by operation, as compiled programs need it.

        Raises
        ------
        GraphError
            If the operation has partials of its own, or its value is not written with
            operators and the library's functions.
        """
        if not self._by_value:
            raise GraphError(
                f"{self.name} has partials of its own, which a compiled program cannot run; "
                "write it with operators and functions of autograd and leave the partials out"
            )
        try:
            return self.row.value(*operands)
        except (TypeError, AttributeError) as error:
            raise GraphError(
                f"{self.name} cannot be compiled, since its value is not written with operators "
                f"and functions of autograd alone: {error}"
            ) from error

    def _value(self, x: Sequence[float]) -> float:
        z = self._computed(self.row.value, x, self._number)
        return math.nan if z is None else z

    def _computed(
        self, rule: Callable[..., Any], x: Sequence[float], read: Callable[[Any], Any]
    ) -> Any:
        """What `read` makes of what a rule gives at x.

        It is run on constants, which compute as the table does: 1/0 is inf.  Only a rule that
        takes nothing but floats, as `math` does, is run on floats; None if it raises for their
        values, as math.log(-1).
        """
        constants = [make_node(0, (), v, (), 0.0, "", True, 0) for v in x]
        try:
            return read(rule(*constants))
        except AnomalyError:
            raise
        except Exception:  # if it is no matter of Values, floats raise it again
            pass
        try:
            result = rule(*x)
        except (ArithmeticError, ValueError):
            return None
        return read(result)

    def _number(self, z: Any) -> float:
        """A value as a float."""
        if type(z) is not Value:
            return math.nan if isinstance(z, complex) else float(z)
        if not z.constant:
            raise TypeError(f"the value of {self.name} closes over a Value; make it an operand")
        return z.data

    def _partials(self, partials: Any) -> list[float | None]:
        """Partials as floats."""
        return [p.data if type(p) is Value else p for p in self._checked(partials)]

    def _checked(self, partials: Any) -> list[Any]:
        result = list(partials) if isinstance(partials, SEVERAL) else [partials]
        if len(result) != len(self.row.operands):
            raise GraphError(
                f"{self.name} has {len(self.row.operands)} operands, but its partials "
                f"gave {len(result)}"
            )
        return [_real(p) for p in result]

    def __copy__(self) -> Operation:
        return self  # nothing of it changes

    def __deepcopy__(self, memo: dict[int, Any]) -> Operation:
        return self

    def __reduce__(self) -> Any:
        return Operation, (self.row, self._by_value)

    def __repr__(self) -> str:
        return f"operation({self.name!r}, {', '.join(self.row.operands)})"


def operation(
    name: str,
    value: Callable[..., Any],
    partials: Callable[..., Any] | None = None,
    *,
    symbol: str = "",
    domain: Interval | Sequence[Interval] | None = None,
) -> Operation:
    """An operation of your own: one node in the graph, like any operation of the table.

    Parameters
    ----------
    name : str
        What `v.op` says. If several share a name, pickles and `autograd.testing` use the one made
        last.
    value : callable
        Computes z from the operands, which are its parameters without defaults.  It is run on
        Values, whose arithmetic does not raise: 1/0 is inf.  Only if it cannot be, since it calls
        `math`, say, it is run on floats, and where those raise an ArithmeticError or a ValueError,
        as math.exp(1000) does, z is nan.
    partials : callable, optional
        Takes the operands and then z; returns ∂z/∂operand, a tuple if there are several, None for
        an operand to which no derivative flows.  Written with operators and the functions of
        `autograd`, it works for derivatives of every order.  If left out, the partials come from
        differentiating `value`, which must then be written that way too.
    symbol : str, optional
        What pictures show; default: the name.
    domain : Interval or sequence of them, optional
        Where the operands may lie, for property tests; default: all real numbers.

    Raises
    ------
    ValueError
        If the table has an operation of that name, or name, value, partials and domain do
        not fit together.

    >>> from autograd import Value, operation
    >>> cube = operation("cube", lambda x: x**3, lambda x, z: 3 * x**2)
    >>> x = Value(2.0)
    >>> cube(x).backward()
    >>> x.grad
    12.0
    """
    if name in BY_NAME:
        raise ValueError(f"the table has an operation {name!r}; choose another name")
    count = len(UserRow(name, symbol, value, _unused, ()).operands)
    intervals = (domain,) * count if isinstance(domain, Interval) else tuple(domain or (R,) * count)
    row = UserRow(name, symbol or name, value, partials or _unused, intervals)
    check_signature(row)
    return Operation(row, differentiated=partials is None)


def _real(x: Any) -> Any:
    """A float; or as it is, a Value or None."""
    if x is None or type(x) is Value:
        return x
    return math.nan if isinstance(x, complex) else float(x)  # complex: (-2.0) ** 0.5, of floats


def _unused(*_: Any) -> Any:
    raise GraphError("the partials of this operation come from differentiating its value")


def _number(x: Any, name: str) -> float:
    if type(x) is float:
        return x
    try:
        Value(x)  # for its words; its number cannot be read while a function is traced
    except TypeError as error:
        raise TypeError(str(error).replace("Value(...)", name)) from None
    return float(x)
