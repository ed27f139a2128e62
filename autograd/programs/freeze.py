"""Recorded Values as a flat graph, of the table's operations alone."""

from __future__ import annotations

from typing import Any

from autograd.engine.value import FIRST_USER_CODE, Value, input_alias, traced, user_operation_of
from autograd.modes import recording
from autograd.programs.ir import FlatGraph, apply
from autograd.programs.tape import computed_between, flat_graph

Guards = list[tuple[Value, Value, int, bool]]
"""What was decided: left and right Value, Python's number of the comparison, the outcome."""


def as_value(x: Any) -> Value:
    """A Value; a number as a constant."""
    return x if isinstance(x, Value) else Value(x).detach()


def frozen(outputs: list[Value], inputs: list[Value], guards: Guards) -> FlatGraph:
    """The graph between inputs and outputs, with the operations of users written out.

    Raises
    ------
    GraphError
        If one of them cannot be.
    """
    graph = flat_graph(outputs, inputs, guards)
    if (graph.code < FIRST_USER_CODE).all():
        return graph
    roots = [*outputs, *(v for guard in guards for v in guard[:2])]
    decisions: Guards = []  # those of the operations themselves
    with recording(), traced(decisions):
        roots = _written_out(roots, inputs)
    ends = iter(roots[len(outputs) :])
    decisions += [(next(ends), next(ends), *guard[2:]) for guard in guards]
    return flat_graph(roots[: len(outputs)], inputs, decisions)


def _written_out(roots: list[Value], inputs: list[Value]) -> list[Value]:
    """The same of the table's operations alone."""
    again: dict[int, Value] = {}
    for v in computed_between(roots, inputs):
        operands = [again.get(id(x), x) for x in v.args]
        user = user_operation_of(v)
        if user is None:
            z = apply(v._code, operands)
        else:
            z = as_value(user.inlined([input_alias(x) for x in operands]))
        again[id(v)] = z.detach() if v.constant else z
    return [again.get(id(v), v) for v in roots]
