"""Writes the table as the C header that the engine includes.

One `static inline` function per rule, and for each number of operands a switch that
evaluates an operation and its partials.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from autograd.ops.formulas import Expr
from autograd.ops.printer import (
    INFIX,
    TIGHTEST,
    TRUTHS,
    Dialect,
    expand,
    may_have_no_edge,
    partial_formulas,
    reductions,
    value_formula,
)
from autograd.ops.table import TABLE, Op


class C(Dialect):
    """Prints formulas as C."""

    def _infix(self, head: str, x: Expr, y: Expr) -> tuple[str, int]:
        if head == "pow":
            return self._call("pow", (x, y)), TIGHTEST
        text, level = {"or": ("||", 1), "and": ("&&", 2), "eq": ("==", 4)}.get(head, INFIX[head])
        if head == "or":
            level = 2  # compilers warn of && inside ||
        parts = (self._within(x, level + 1 if level < 6 else level), self._within(y, level + 1))
        return f" {text} ".join(parts), level

    def _number(self, x: float) -> str:
        return "NAN" if x != x else repr(x).replace("inf", "INFINITY")

    def _no_edge(self) -> str:
        return "no_edge()"

    def _where(self, c: Expr, x: Expr, y: Expr) -> str:
        truth = self.text(c) if c.head in TRUTHS else f"{self._within(c, 5)} != 0.0"
        return f"({truth}) ? {self._within(x, 1)} : {self._within(y, 1)}"

    def _call(self, head: str, args: Sequence[Expr]) -> str:
        operands = ", ".join(map(self.text, args))
        if head == "isnan":
            return f"isnan({operands})"
        name = head.removeprefix("libm.") if head.startswith("libm.") else f"op_{head}"
        return f"{name}({operands})"

    def _over(self, e: Expr) -> str:
        return self.reductions[e.key()]


def header(table: Sequence[Op] = TABLE) -> str:
    """All of `table` as the C header that the engine includes."""
    fixed = [op for op in table if not op.many]
    many = [op for op in table if op.many]
    lines = ["/* Written by autograd/ops/c.py from autograd/ops/table.py. */"]
    lines += ["#ifndef AUTOGRAD_OPS_H", "#define AUTOGRAD_OPS_H", '#include "numerics.h"', ""]
    lines += ["enum {", "    OP_LEAF = 0,"]
    lines += [f"    OP_{op.name.upper()} = {code}," for code, op in enumerate(table, 1)]
    lines += [f"    FIRST_USER = {len(table) + 1},"]
    lines += ["};", ""]
    lines += [f"static inline double op_{op.name}({_doubles(op)});" for op in fixed]
    for op in (*fixed, *many):
        lines += ["", rules(op)]
    for arity in (1, 2, 3):
        lines += ["", *_switch(arity, [op for op in fixed if len(op.operands) == arity])]
    lines += ["", *_switch_many(many), "", *_may_skip(table), "", *_is_many(many), "", "#endif"]
    return "\n".join(lines) + "\n"


def rules(op: Op) -> str:
    """The row's value and partials as functions of C."""
    return "\n".join(_many(op) if op.many else _fixed(op))


def _doubles(op: Op) -> str:
    return ", ".join(f"double {name}" for name in op.operands)


def _fixed(op: Op) -> Iterable[str]:
    yield f"static inline double op_{op.name}({_doubles(op)}) {{"
    yield f"    return {C().text(value_formula(op))};"
    yield "}"
    for k, partial in enumerate(partial_formulas(op)):
        yield f"static inline double op_{op.name}_by_{k}({_doubles(op)}, double z) {{"
        unused = {*op.operands, "z"} - {e.args[0] for e in partial.walk() if e.head == "symbol"}
        for name in sorted(unused):
            yield f"    (void){name};"
        yield f"    return {C().text(partial)};"
        yield "}"


def _switch(arity: int, ops: Iterable[Op]) -> Iterable[str]:
    """Evaluates operation `op`, and those partials whose bit is in `needed`."""
    names = ["x0", "x1", "x2"][:arity]
    operands = ", ".join(names)
    yield (
        f"static inline double apply{arity}(int op, "
        f"{', '.join('double ' + x for x in names)}, double *p, unsigned needed) {{"
    )
    yield "    double z;"
    yield "    switch (op) {"
    for op in ops:
        yield f"    case OP_{op.name.upper()}:"
        yield f"        z = op_{op.name}({operands});"
        for k in range(arity):
            yield f"        if (needed & {1 << k}u) p[{k}] = op_{op.name}_by_{k}({operands}, z);"
        yield "        break;"
    yield "    default: return NAN;"
    yield "    }"
    yield "    if (isnan(z)) {"
    for k in range(arity):
        yield f"        if ((needed & {1 << k}u) && !is_no_edge(p[{k}])) p[{k}] = NAN;"
    yield "    }"
    yield "    return z;"
    yield "}"


def _many(op: Op) -> Iterable[str]:
    """An operation over the operands x (then y, then single ones) of `v`, which has `count`."""
    names = {"x": "v[j]", "y": "v[m + j]", "i": "j", "n": "(double)m"}
    names |= {name: f"v[{len(op.sequences)} * m + {k}]" for k, name in enumerate(op.singles)}
    print_c = C(names)
    yield f"static double op_{op.name}(const double *v, size_t count, double *p) {{"
    yield f"    const size_t m = (count - {len(op.singles)}) / {len(op.sequences)};"
    value = expand(value_formula(op))
    yield from _loops(value, print_c)
    yield f"    const double z = {print_c.text(value)};"
    yield "    if (!p) return z;"
    yield "    if (isnan(z)) {"
    yield "        for (size_t j = 0; j < count; j++) p[j] = NAN;"
    yield "        return z;"
    yield "    }"
    for k, partial in enumerate(map(expand, partial_formulas(op))):
        if op.operands[k] not in op.sequences:
            yield from _loops(partial, print_c)
            yield f"    p[{names[op.operands[k]][2:-1]}] = {print_c.text(partial)};"
        elif partial.head == "over.others":
            yield "    product_of_others(v, m, p);"
        else:
            yield from _loops(partial, print_c)
            place = names[op.operands[k]][2:-1]
            yield f"    for (size_t j = 0; j < m; j++) p[{place}] = {print_c.text(partial)};"
    yield "    return z;"
    yield "}"


def _loops(e: Expr, print_c: C) -> Iterable[str]:
    """Loops that compute the reductions inside `e` that are not computed yet."""
    for reduction in reductions(e):
        if reduction.key() not in print_c.reductions:
            kind = reduction.head.removeprefix("over.")
            name = f"{kind}{len(print_c.reductions)}"
            yield from _loop(kind, name, *map(print_c.text, reduction.args))
            print_c.reductions[reduction.key()] = name


def _loop(kind: str, name: str, body: str, start: str = "") -> Iterable[str]:
    if kind in ("sum", "rest", "prod"):
        yield f"    double {name} = {start or ('1.0' if kind == 'prod' else '0.0')};"
        step = "*=" if kind == "prod" else "+="
        yield f"    for (size_t j = {int(kind == 'rest')}; j < m; j++) {name} {step} {body};"
    elif kind in ("max", "min"):
        yield f"    double {name} = {'-' * (kind == 'max')}INFINITY;"
        yield "    for (size_t j = 0; j < m; j++) {"
        yield f"        const double t = {body};"
        yield f"        if (t {'>' if kind == 'max' else '<'} {name} || isnan(t)) {name} = t;"
        yield "    }"
    elif kind == "first":
        yield f"    double {name};"
        yield f"    {{ const size_t j = 0; {name} = {body}; }}"
    else:
        raise ValueError(f"no C for the reduction over.{kind}")


def _switch_many(ops: Iterable[Op]) -> Iterable[str]:
    yield "static inline double apply_many(int op, const double *v, size_t count, double *p) {"
    yield "    switch (op) {"
    for op in ops:
        yield f"    case OP_{op.name.upper()}: return op_{op.name}(v, count, p);"
    yield "    default: return NAN;"
    yield "    }"
    yield "}"


def _is_many(ops: Iterable[Op]) -> Iterable[str]:
    """Which operations take any number of operands."""
    yield "static inline int is_many(int op) {"
    yield "    switch (op) {"
    yield from (f"    case OP_{op.name.upper()}:" for op in ops)
    yield "        return 1;"
    yield "    default: return 0;"
    yield "    }"
    yield "}"


def _may_skip(table: Iterable[Op]) -> Iterable[str]:
    """Which operations may say of an operand that no derivative flows to it."""
    yield "static inline int may_skip(int op) {"
    yield "    switch (op) {"
    for op in table:
        if may_have_no_edge(op):
            yield f"    case OP_{op.name.upper()}: return 1;"
    yield "    default: return 0;"
    yield "    }"
    yield "}"
