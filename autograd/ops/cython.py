"""Writes every partial as Cython that records, for derivatives that are differentiated again.

`recorder(table)` has one function of Values a partial, and the switch to them;
`codes(table)` the operations' numbers.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from autograd.ops.formulas import Expr, Key
from autograd.ops.printer import TIGHTEST, TRUTHS, Dialect, body, parameters, partial_formulas
from autograd.ops.table import BY_NAME, TABLE, Op


class Recorder(Dialect):
    """Prints formulas as calls of the engine's recorders.

    A formula that occurs again is computed once: where it stands first it is
    kept in a variable.  The arms of a choice do not see each other's.
    """

    def __init__(self, e: Expr) -> None:
        super().__init__()
        self._count = Counter(part.key() for part in e.walk())
        self._kept: dict[Key, str] = {}
        self._variables = 0

    def alone(self, e: Expr) -> str:
        """As `Dialect.alone`: nothing that was kept before is used."""
        self._kept = {}
        return self.text(e)

    def element(self, e: Expr) -> str:
        """With a name, or Cython drops it twice where no memory is left for the list."""
        return f"(each := {self.alone(e)})"

    def _render(self, e: Expr) -> tuple[str, int]:
        if e.head in {"number", "symbol", "no_edge", "where"} or e.head in TRUTHS:
            return super()._render(e)
        if e.key() in self._kept:
            return self._kept[e.key()], TIGHTEST
        text, level = super()._render(e)
        if self._count[e.key()] > 1 and not e.head.startswith("over."):
            self._variables += 1
            self._kept[e.key()] = name = f"t{self._variables}"
            return f"({name} := {text})", TIGHTEST
        return text, level

    def _where(self, c: Expr, x: Expr, y: Expr) -> str:
        before = dict(self._kept)
        condition = self.text(c)
        if any(part.head in {"and", "or"} for part in c.walk()):
            self._kept = dict(before)  # what stands behind `and` may not have been computed
        before = dict(self._kept)
        first = self._within(x, 1)
        self._kept = dict(before)
        second = self._within(y, 0)
        self._kept = before
        return f"{first} if {condition} else {second}"

    def _infix(self, head: str, x: Expr, y: Expr) -> tuple[str, int]:
        if head in BY_NAME:
            return self._call(head, (x, y)), TIGHTEST
        return super()._infix(head, x, y)

    def _call(self, head: str, args: Sequence[Expr]) -> str:
        if head == "isnan":
            return f"is_nan({self.text(args[0])})"
        if BY_NAME[head].each:
            return f"own_first(OP_{head.upper()}, i, xs)"
        if BY_NAME[head].many:
            return f"call_many(OP_{head.upper()}, xs)"
        given = ", ".join(map(self.text, args))
        return f"call{len(args)}(OP_{head.upper()}, {given})"

    def _number(self, x: float) -> str:
        return f'float("{x}")' if x - x != 0.0 else repr(x)


def partials(op: Op) -> str:
    """Every partial of a row as a function of Values."""
    given = ", ".join([*parameters(op, kind="object "), "object z"])
    lines: list[str] = []
    for k, partial in enumerate(partial_formulas(op)):
        lines += [f"cdef object {op.name}_by_{k}({given}):"]
        lines += body(op, partial, Recorder(partial), op.operands[k] in op.sequences)
        lines += ["", ""]
    return "\n".join(lines)


def recorder(table: Sequence[Op] = TABLE) -> str:
    """Every partial of `table` as a Cython function of Values, and the switch to them."""
    lines = [partials(op) for op in table]
    lines += ["cdef object partial_by(int code, int k, PyObject **x, object z):"]
    for op in (op for op in table if not op.many):
        lines += [f"    if code == OP_{op.name.upper()}:"]
        given = ", ".join(f"<object>x[{k}]" for k in range(len(op.operands)))
        for k in range(len(op.operands)):
            lines += [f"        if k == {k}: return {op.name}_by_{k}({given}, z)"]
    lines += ["", "", "cdef list partials_of_many(int code, list v, object z):"]
    lines += ["    cdef Py_ssize_t m"]
    for op in (op for op in table if op.many):
        lines += [f"    if code == OP_{op.name.upper()}:"]
        width = len(op.sequences)
        lines += [f"        m = (len(v) - {len(op.singles)}) // {width}"]
        given = ", ".join(
            [f"v[{k} * m:{k + 1} * m]" for k in range(width)]
            + [f"v[{width} * m + {k}]" for k in range(len(op.singles))]
        )
        parts = [f"{op.name}_by_{k}({given}, z)" for k in range(len(op.operands))]
        parts = [p if k < width else f"[{p}]" for k, p in enumerate(parts)]
        lines += [f"        return {' + '.join(parts)}"]
    return "\n".join(lines) + "\n"


def codes(table: Sequence[Op] = TABLE) -> str:
    """The operations' codes, as Cython declarations."""
    names = "".join(f"        OP_{op.name.upper()}\n" for op in table)
    return f'cdef extern from "ops.h":\n    enum:\n{names}'
