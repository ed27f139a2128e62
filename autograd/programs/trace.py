"""A function, traced: what it records of some numbers, as a graph."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from autograd.derivatives.trees import Shape, flatten
from autograd.engine.value import Value, traced
from autograd.errors import GraphError
from autograd.modes import recording
from autograd.programs.arguments import Arguments
from autograd.programs.captures import changed, state
from autograd.programs.freeze import Guards, as_value, frozen
from autograd.programs.ir import FlatGraph

Function = Callable[..., Any]


def trace(
    f: Function, name: str, arguments: Arguments, numbers: list[float]
) -> tuple[FlatGraph, Shape]:
    """What f records when its arguments are these numbers, and the structure of its result.

    Raises
    ------
    GraphError
        If f takes a number out of its Values, or changes what it closes over.
    TypeError
        If it returns something else than numbers.
    """
    guards: Guards = []
    before = state(f)
    with recording():
        inputs = [Value(x) for x in numbers]
        with traced(guards):
            args, options = arguments.of_values(inputs)
            result = _result(f, name, args, options)
            try:
                items, shape = flatten(result, f"the result of {name}")
            except TypeError as error:
                reason = str(error).partition(";")[0]
                raise TypeError(
                    f"{reason}; a compiled function returns Values and numbers, in lists, "
                    "tuples and dicts"
                ) from None
            outputs = [as_value(x) for x in items]
    if (variable := changed(before, state(f))) is not None:
        raise GraphError(
            f"{name} changes {variable!r}, which it closes over: that would happen "
            "once only, while it is traced; return what it computes instead"
        )
    return frozen(outputs, inputs, guards), shape


def _result(f: Function, name: str, args: list[Any], options: dict[str, Any]) -> Any:
    try:
        return f(*args, **options)
    except TypeError as error:
        if "cannot be interpreted as an integer" not in str(error):
            raise
        raise TypeError(
            f"{name} uses a number that it computes with as a count or an index; "
            f'name that parameter a static: compile({name}, static="n")'
        ) from error
