"""Backpropagation once more, as slow and plain as possible."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from autograd.engine.value import Value
from autograd.graph import order


class Flow(NamedTuple):
    """What one edge passes on."""

    operand: Value
    partial: float
    contribution: float  # partial × the result's adjoint
    total: float  # what the operand's adjoint has grown to


class Step(NamedTuple):
    """What happens at one result."""

    result: Value
    adjoint: float
    flows: list[Flow]


def backward_pass(root: Value, *, absolute: bool = False) -> Iterator[Step]:
    """The steps of the backward pass in order, from ∂root/∂root = 1; with `absolute`, as if all
    partials were positive.  Nothing is changed."""
    adjoint = {id(root): 1.0}
    for z in reversed([v for v in order(root) if v.op]):
        z_bar = adjoint.get(id(z), 0.0)
        flows = []
        for k, (x, partial) in enumerate(zip(z.args, z.partials, strict=True)):
            if z.carries(k):
                p = abs(partial) if absolute else partial
                contribution = p * z_bar if z_bar else 0.0  # 0 · ∞ is 0: nothing flows
                adjoint[id(x)] = adjoint.get(id(x), 0.0) + contribution
                flows.append(Flow(x, p, contribution, adjoint[id(x)]))
        yield Step(z, z_bar, flows)


def slow_sweep(root: Value, *, absolute: bool = False) -> dict[int, float]:
    """The adjoint of every node below `root`, by its id; with `absolute`, the size of the terms
    added up in it, even if they cancelled."""
    steps = backward_pass(root, absolute=absolute)
    return {id(root): 1.0} | {id(x): total for step in steps for x, _, _, total in step.flows}
