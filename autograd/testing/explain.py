"""The backward pass as a table of text."""

from __future__ import annotations

from autograd.engine.value import Value
from autograd.graph import order
from autograd.testing.slow_backward import backward_pass


def names(root: Value) -> dict[int, str]:
    """A name for every Value below `root`: its label, or x0, x1, … for leaves, t0, t1, …
    for computed values, and the number itself for constants."""
    result: dict[int, str] = {}
    leaves = computed = 0
    for v in order(root):
        if v.op:
            result[id(v)] = v.label or f"t{computed}"
            computed += 1
        elif v.constant:
            result[id(v)] = v.label or f"{v.data:g}"
        else:
            result[id(v)] = v.label or f"x{leaves}"
            leaves += 1
    return result


def described(z: Value, named: dict[int, str]) -> str:
    """An operation with its operands: t1 = mul(t0 = 2.5, 3)."""
    operands = [
        named[id(x)] if named[id(x)] == f"{x.data:g}" else f"{named[id(x)]} = {x.data:.6g}"
        for x in z.args[:6]
    ]
    more = ", …" if len(z.args) > 6 else ""
    return f"{named[id(z)]} = {z.op}({', '.join(operands)}{more})"


def explain(root: Value) -> str:
    """How backpropagation reaches every gradient below `root`, one line per edge.

    Each line says what flows along the edge, partial × upstream, and what its
    operand's gradient has grown to; in the order of the backward pass, from
    ∂root/∂root = 1.

    Parameters
    ----------
    root : Value
        The cost.  Its graph is only read.

    >>> from autograd import Value
    >>> from autograd.testing import explain
    >>> x = Value(3.0, label="x")
    >>> print(explain(x * x))
    t0 = mul(x, x) = 9                     ∂C/∂t0 = 1
      ∂C/∂x += 3 × 1 = 3  →  3
      ∂C/∂x += 3 × 1 = 3  →  6
    """
    if not isinstance(root, Value):
        raise TypeError(f"explain takes a Value, not {type(root).__name__}")
    named = names(root)
    if not root.op:
        return f"{named[id(root)]} = {root.data:g}: nothing was computed, so nothing flows"
    lines: list[str] = []
    for z, z_bar, flows in backward_pass(root):
        operands = ", ".join(named[id(x)] for x in z.args)
        head = f"{named[id(z)]} = {z.op}({operands}) = {z.data:.6g}"
        lines.append(f"{head:<38} ∂C/∂{named[id(z)]} = {z_bar:.6g}")
        lines += [
            f"  ∂C/∂{named[id(x)]} += {partial:.6g} × {z_bar:.6g} = {contribution:.6g}"
            f"  →  {total:.6g}"
            for x, partial, contribution, total in flows
        ]
    return "\n".join(lines)
