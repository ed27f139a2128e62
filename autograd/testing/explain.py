"""The backward pass as a table of text."""

from __future__ import annotations

from autograd.engine.value import Value
from autograd.graph import order


def names(root: Value) -> dict[int, str]:
    """A name for every Value below `root`: its label, or x0, x1, … for leaves, t0, t1, …
    for computed values, and the number itself for constants."""
    found: dict[int, str] = {}
    leaves = computed = 0
    for v in order(root):
        if v.op:
            found[id(v)] = v.label or f"t{computed}"
            computed += 1
        elif v.constant:
            found[id(v)] = v.label or f"{v.data:g}"
        else:
            found[id(v)] = v.label or f"x{leaves}"
            leaves += 1
    return found


def explain(root: Value) -> str:
    """How backpropagation reaches every gradient below `root`, one line an edge.

    Each line says what flows along the edge, partial × upstream, and what its
    operand's gradient has grown to; in the order of the backward pass, from
    ∂root/∂root = 1.

    Parameters
    ----------
    root : Value
        The cost.  Its graph is read, nothing is changed.

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
    called = names(root)
    total = {id(root): 1.0}
    if not root.op:
        return f"{called[id(root)]} = {root.data:g}: nothing was computed, so nothing flows"
    lines: list[str] = []
    for z in reversed([v for v in order(root) if v.op]):
        upstream = total.get(id(z), 0.0)
        given = ", ".join(called[id(x)] for x in z.args)
        head = f"{called[id(z)]} = {z.op}({given}) = {z.data:.6g}"
        lines.append(f"{head:<38} ∂C/∂{called[id(z)]} = {upstream:.6g}")
        for k, (x, partial) in enumerate(zip(z.args, z.partials, strict=True)):
            if not z.carries(k):
                continue
            contribution = partial * upstream if upstream else 0.0
            total[id(x)] = total.get(id(x), 0.0) + contribution
            lines.append(
                f"  ∂C/∂{called[id(x)]} += {partial:.6g} × {upstream:.6g} = {contribution:.6g}"
                f"  →  {total[id(x)]:.6g}"
            )
    return "\n".join(lines)
