"""The table in plain Python: what every row says, as functions of floats.

`RULES["tanh"](x)` is the value, `RULES["tanh_by_0"](x, z)` its partial by operand 0; None
says that there is no edge.  The arithmetic is Python's own, so that where the engine has
inf or nan, as of 1 / 0 and log(0), these may raise; so does the norm of nothing but zeros.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import reduce
from operator import add
from types import SimpleNamespace
from typing import Any

from autograd.ops.formulas import Expr
from autograd.ops.printer import (
    TIGHTEST,
    Dialect,
    body,
    expand,
    parameters,
    partial_formulas,
    value_formula,
)
from autograd.ops.table import TABLE, Op


class Floats(Dialect):
    """Prints formulas as Python for floats, whose own `**` is another than the table's."""

    def _infix(self, head: str, x: Expr, y: Expr) -> tuple[str, int]:
        if head == "pow":
            return self._call("pow", (x, y)), TIGHTEST
        return super()._infix(head, x, y)

    def _number(self, x: float) -> str:
        return f'float("{x}")' if x - x != 0.0 else repr(x)


def python(table: Sequence[Op] = TABLE) -> str:
    """All of `table` as Python functions of floats: `tanh(x)`, and its partial
    `tanh_by_0(x, z)`, which is None where there is no edge."""
    lines: list[str] = []
    for op in table:
        lines += [f"def {op.name}({', '.join(parameters(op))}):"]
        lines += body(op, expand(value_formula(op)), Floats())
        for k, partial in enumerate(partial_formulas(op)):
            lines += ["", "", f"def {op.name}_by_{k}({', '.join([*parameters(op), 'z'])}):"]
            lines += body(op, expand(partial), Floats(), op.operands[k] in op.sequences)
        lines += ["", ""]
    return "\n".join(lines)


LIBM = SimpleNamespace(
    **vars(math),
    rint=lambda x: float(round(x)),
    # What numerics.h is more careful about:
    floored_mod=lambda x, y: x % y,
    cube_root=lambda x: math.copysign(abs(x) ** (1 / 3), x),
    exp_diff=lambda x, m: math.exp(x - m),
    gauss=lambda x: math.exp(-x * x / 2),
    ndtr=lambda x: math.erfc(-x / math.sqrt(2)) / 2,
)
OVER = SimpleNamespace(
    sum=lambda xs, start=0.0: reduce(add, xs, start),  # Python's own sum compensates
    rest=lambda xs: reduce(add, xs[1:], 0.0),
    prod=math.prod,
    others=lambda xs: [math.prod(xs[:k]) * math.prod(xs[:k:-1]) for k in range(len(xs))],
    max=max,
    min=min,
    first=lambda xs: xs[0],
)
RULES: dict[str, Any] = {"libm": LIBM, "over": OVER, "isnan": math.isnan}
exec(python(TABLE), RULES)
