"""Backpropagation in one file of ordinary Python: read this first.

A cost C is computed from weights by small steps.  Each step leaves a node behind: its
number, and an edge to every operand it was computed from, which carries a *partial*: how
much the number moves when that operand does.  Nothing else is needed to find every ∂C/∂w:
walk from C, results before operands, multiply along edges, add at nodes.

>>> from autograd.plain import Value, sigmoid
>>> w, b = Value(0.8), Value(-0.5)
>>> C = (sigmoid(w * 1.5 + b) - 1) ** 2 / 2
>>> C.backward()
>>> f"∂C/∂w = {w.grad:.6f}, ∂C/∂b = {b.grad:.6f}"
'∂C/∂w = -0.110351, ∂C/∂b = -0.073567'

The values and partials are those of `autograd.ops`, the table of operations.  The engine,
`autograd.Value`, is the same idea in C.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from autograd.ops import TABLE, Op
from autograd.ops.floats import RULES


class Value:
    """A number that remembers what it was computed from."""

    __slots__ = ("args", "data", "grad", "partials")

    def __init__(
        self, data: float, args: tuple[Value, ...] = (), partials: tuple[float, ...] = ()
    ) -> None:
        self.data, self.grad = data, 0.0  # the number, and ∂C/∂(this) once C.backward() has run
        self.args, self.partials = args, partials  # an edge to each operand x: ∂(this)/∂x

    def backward(self) -> None:
        """Put ∂(this)/∂z at every z on the way to this, and add ∂(this)/∂w at the leaves w."""
        nodes = order(self)
        for z in nodes:
            z.grad = 0.0
        self.grad += 1.0
        for z in reversed(nodes):
            for x, partial in zip(z.args, z.partials):
                x.grad += partial * z.grad


def order(root: Value) -> list[Value]:
    """All that was computed on the way to `root`, operands before results."""
    nodes: list[Value] = []
    seen: set[Value] = set()
    stack = [(root, False)]  # in place of recursion: a graph may be deep
    while stack:
        z, after_its_operands = stack.pop()
        if after_its_operands:
            nodes.append(z)
        elif z.args and z not in seen:
            seen.add(z)
            stack.append((z, True))
            stack.extend((x, False) for x in reversed(z.args))
    return nodes


def operation(row: Op) -> Callable[..., Any]:
    """A row of the table as a function that records: the number, and the edges."""
    value = RULES[row.name]
    partials = [RULES[f"{row.name}_by_{k}"] for k in range(len(row.operands))]

    def record(*operands: Any) -> Value:
        omitted = row.operands[len(operands) :]
        operands += tuple(row.defaults[name] for name in omitted if name in row.defaults)
        x = [number(v) for v in operands]
        z = value(*x)
        edges: list[tuple[Any, Any]] = []
        for v, partial in zip(operands, partials):
            if isinstance(v, Value):
                edges.append((v, partial(*x, z)))
            elif isinstance(v, Sequence):  # any number of operands, each with its partial
                edges += zip(v, partial(*x, z))
        # No edge leads to a plain number, nor from a choice to what it did not choose.
        edges = [(v, p) for v, p in edges if isinstance(v, Value) and p is not None]
        return Value(z, *zip(*edges))

    if row.each:
        return lambda xs: [record([x, *xs[:k], *xs[k + 1 :]]) for k, x in enumerate(xs)]
    if row.sequences == ("x",):  # sum(x, y), or sum([x, y])
        return lambda x, *others: record(x if isinstance(x, Sequence) else [x, *others])
    return record


def number(v: Any) -> Any:
    """The number in a Value, or those in a sequence."""
    if isinstance(v, Sequence):
        return [number(x) for x in v]
    return float(v.data if isinstance(v, Value) else v)


OPERATIONS = {row.name: operation(row) for row in TABLE}
for _name, _function in OPERATIONS.items():
    setattr(Value, _name, _function)  # x.tanh()
for _name in ("neg", "abs", "add", "sub", "mul", "div", "mod", "pow"):
    _function, _sign = OPERATIONS[_name], {"div": "truediv"}.get(_name, _name)
    setattr(Value, f"__{_sign}__", _function)  # x / y, and 1 / y:
    setattr(Value, f"__r{_sign}__", lambda y, x, f=_function: f(x, y))


def __getattr__(name: str) -> Any:
    """`plain.tanh` is the function of that row."""
    if name in OPERATIONS:
        return OPERATIONS[name]
    raise AttributeError(f"the table has no operation {name!r}")
