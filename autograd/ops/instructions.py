"""Which rows a program runs by an instruction that was written for what they say.

A row whose value and partials are those of a rule below is run by its instruction, whatever
the row is called; every other row over many operands is run by its own function.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from autograd.ops.formulas import Key, f, formula, libm, over, symbol
from autograd.ops.printer import partial_formulas
from autograd.ops.table import TABLE, Op, i, n

RULES: dict[str, tuple[Callable[..., Any], Callable[..., Any]]] = {
    "SUM": (lambda x: over.sum(x), lambda x, z: (1,)),
    "MEAN": (lambda x: over.sum(x) / n, lambda x, z: (1 / n,)),
    "DOT": (lambda x, y, bias: over.sum(x * y, bias), lambda x, y, bias, z: (y, x, 1)),
    "SOFTMAX": (
        lambda x: (
            libm.exp_diff(over.first(x), over.max(x)) / over.sum(libm.exp_diff(x, over.max(x)))
        ),
        lambda x, z: (f.where(i == 0, z * over.rest(f.softmax(x)), -z * f.softmax(x)),),
    ),
}


def instruction(op: Op) -> str:
    """The instruction of a row; "" if it has none."""
    for name, (value, partials) in RULES.items():
        if op.many and len(op.operands) == value.__code__.co_argcount:
            operands = [symbol(x) for x in op.operands]
            rule = [value(*operands), *partials(*operands, symbol("z"))]
            if _keys(rule) == _keys([op.value(*operands), *partial_formulas(op)]):
                return name
    return ""


def _keys(formulas: Sequence[Any]) -> list[Key]:
    return [formula(x).key() for x in formulas]


def header(table: Sequence[Op] = TABLE) -> str:
    """The instructions by the rows' codes, and one row of each, as C."""
    rows: dict[str, list[str]] = {name: [] for name in RULES}
    for op in table:
        if name := instruction(op):
            rows[name].append(f"OP_{op.name.upper()}")
    lines = [
        "/* Written by autograd/ops/instructions.py from autograd/ops/table.py. */",
        "#ifndef AUTOGRAD_INSTRUCTIONS_H",
        "#define AUTOGRAD_INSTRUCTIONS_H",
        '#include "ops.h"',
        f"enum {{ RUN_ROW, {', '.join(f'RUN_{name}' for name in rows)} }};",
        *(f"enum {{ ROW_OF_{name} = {(ops or ['0'])[0]} }};" for name, ops in rows.items()),
        "static const unsigned char instruction_of[FIRST_USER] = {",
        *(f"    [{op}] = RUN_{name}," for name, ops in rows.items() for op in ops),
        "};",
        "#endif",
    ]
    return "\n".join(lines) + "\n"
