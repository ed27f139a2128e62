"""Writes every row's function: as Cython that the engine includes, and as a type
stub for editors and type checkers.

`tanh(x)` reaches the engine's recorders with the row's code.  Which recorder
depends only on how many operands the row takes.  The engine makes the function
a method too: `x.tanh()`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from autograd.ops.printer import PYTHON, partial_formulas
from autograd.ops.table import TABLE, Op


def functions(table: Sequence[Op] = TABLE) -> str:
    """One function per row, as Cython."""
    return "\n\n".join("\n".join(_function(op)) for op in table) + "\n"


def _function(op: Op) -> Iterable[str]:
    yield f"def {op.name}({_parameters(op)}):"
    yield from _docstring(op)
    yield f"    return {_call(op)}"


def _parameters(op: Op) -> str:
    if op.many and op.sequences == ("x",):
        return "*xs"
    names = (name + "s" if name in op.sequences else name for name in op.operands)
    defaults = {name: f"={default!r}" for name, default in op.defaults.items()}
    return ", ".join(name + defaults.get(name, "") for name in names)


def _call(op: Op) -> str:
    code = f"OP_{op.name.upper()}"
    if not op.many:
        return f"call{len(op.operands)}({code}, {', '.join(op.operands)})"
    if op.pairs:
        return f"call_pairs({code}, xs, ys, {op.singles[0]})"
    return f"{'call_each' if op.each else 'call_many'}({code}, operand_list(xs, {code}))"


def formulas(op: Op) -> list[str]:
    """The partials, one line per operand, as people read them."""
    return [
        f"∂{op.name}/∂{name} = {PYTHON.text(partial)}"
        for name, partial in zip(op.operands, partial_formulas(op), strict=True)
    ]


def _docstring(op: Op) -> Iterable[str]:
    domain = " × ".join(map(str, op.domain))
    if op.each:
        summary = f"{op.name} of all operands: a list, one result an operand."
    elif op.many:
        summary = f"{op.name} over any number of operands, one node in the graph."
    else:
        summary = f"{op.name}({', '.join(op.operands)}): a Value of Values, a float of floats."
    yield f'    """{summary}'
    yield ""
    if op.sequences == ("x",):
        yield f"    Called as {op.name}(x, y, …) or {op.name}([x, y, …])."
        yield ""
    yield from (f"    {line}" for line in formulas(op))
    yield f"    Domain: {domain}."
    yield '    """'


def stub(template: str, table: Sequence[Op] = TABLE) -> str:
    """The type stub of the engine: `template` with the table's functions and methods."""
    methods_ = "\n".join(f"    {stub_method(op)}" for op in table)
    functions_ = "\n".join(map(stub_function, table))
    names = ["Value", *(op.name for op in table)]
    template = template.replace("    # methods of the table\n", methods_ + "\n")
    return f"{template}\n{functions_}\n\n__all__ = {names!r}\n"


def stub_method(op: Op) -> str:
    """The line of the row's method in the stub."""
    result = "list[Value]" if op.each else "Value"
    if op.pairs:
        others = f", ys: Number, {op.singles[0]}: Number = ..."
    elif op.many:
        others = ", *others: Number"
    else:
        others = "".join(f", {name}: Number{_optional(op, name)}" for name in op.operands[1:])
    return f"def {op.name}(self{others}) -> {result}: ..."


def _optional(op: Op, name: str) -> str:
    return " = ..." if name in op.defaults else ""


def stub_function(op: Op) -> str:
    """The lines of the row's function in the stub."""
    if op.pairs:
        lists = f"xs: Iterable[{{0}}], ys: Iterable[{{0}}], {op.singles[0]}: {{0}} = ..."
    elif op.many:
        lists = "*xs: {0} | Iterable[{0}]"
    else:
        lists = ", ".join(f"{name}: {{0}}{_optional(op, name)}" for name in op.operands)
    kinds = ("float", "Value" if len(op.operands) == 1 and not op.many else "Number")
    lines = []
    for kind, result in zip(kinds, ("float", "Value"), strict=True):
        result = f"list[{result}]" if op.each else result
        lines += ["@overload", f"def {op.name}({lists.format(kind)}) -> {result}: ..."]
    return "\n".join(lines)
