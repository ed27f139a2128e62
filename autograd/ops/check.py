"""Refuses a faulty row in one sentence that names the row, the operand and the remedy.

`check(table)` runs when the engine is built, before anything is compiled; `check_signature`, which
does not run the rules on symbols, also runs when a user makes an operation.
"""

from __future__ import annotations

import difflib
import inspect
import keyword
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, NoReturn

from autograd.ops.formulas import Expr, formula, symbol
from autograd.ops.table import TABLE, Interval, Op

MOST_OPERANDS = 3
"""For a row with a fixed number of operands: kernels and recorders are written for up to this
many."""

REDUCTIONS = ("sum", "rest", "prod", "max", "min", "first", "others")
"""What a row writes as `over.sum(…)`; every backend knows them."""

MATH_H = {
    1: "acos acosh asin asinh atan atanh cbrt ceil cos cosh erf erfc exp exp2 expm1 fabs floor "
    "lgamma log log10 log1p log2 rint sin sinh sqrt tan tanh tgamma trunc",
    2: "atan2 copysign fmax fmin fmod hypot pow remainder",
}
"""The functions of C's math.h that rows may call as `libm.…`, by how many numbers they take."""

CONNECTIVES = {"where": 3, "lt": 2, "le": 2, "eq": 2, "and": 2, "or": 2, "isnan": 1}
OPERATORS = {"neg", "add", "sub", "mul", "div", "where"}
"""The rows that every language has built in, so their values are written with themselves."""

RESERVED = {
    "z", "n", "i", "v", "p", "m", "j", "count",
    "auto", "break", "case", "char", "const", "continue", "default", "do", "double", "else", "enum",
    "extern", "float", "for", "goto", "if", "inline", "int", "long", "register", "restrict",
    "return", "short", "signed", "sizeof", "static", "struct", "switch", "typedef", "union",
    "unsigned", "void", "volatile", "while",
}  # fmt: skip
"""Names that no operand may have: those of the result and of loop variables, and C's keywords."""


class RowError(ValueError):
    """A row of the table that is invalid."""


def check(table: Sequence[Op] = TABLE) -> None:
    """Refuse a table with a faulty row.

    Raises
    ------
    RowError
        For the first faulty row.
    """
    rows: dict[str, Op] = {}
    for op in table:
        if op.name in rows:
            refuse(op, "is in the table twice; rename one of the two")
        rows[op.name] = op
    for op in table:
        check_head(op)
        check_rules(op, rows)
    for op in table:
        check_cycle(op, rows)


def refuse(op: Op, what: str) -> NoReturn:
    """Say what is wrong with a row."""
    raise RowError(f"the row {op.name!r} {what}")


# ── what stands around the rules ───────────────────────────────────────────────


def check_head(op: Op) -> None:
    """Refuse a row of the table for its name, its operands, its domain or its edges."""
    check_signature(op)
    if not op.symbol:
        refuse(op, f"has no symbol for pictures; write {op.name!r} if there is none")
    for name, default in op.defaults.items():
        if not isinstance(default, float | int) or isinstance(default, bool):
            refuse(op, f"has {default!r} as the default of {name}; a default is a number")
    check_operands(op)
    check_edges(op)


def check_signature(op: Op) -> None:
    """Refuse a row, or a custom operation, whose parts do not fit together."""
    is_name = isinstance(op.name, str) and op.name.isidentifier()
    if not is_name or keyword.iskeyword(op.name) or op.name == "leaf":
        refuse(op, "needs a name that can be called in Python and in C; choose an identifier that "
               "is no keyword, and not 'leaf'")  # fmt: skip
    named = ", ".join(op.operands)
    if not op.operands:
        refuse(op, "takes no operands; a value is a function of at least one")
    taken = parameters(op.partials)
    if taken is not None and len(taken) != len(op.operands) + 1:
        refuse(op, f"has partials of ({', '.join(taken)}); they take the operands and then the "
               f"result: lambda {named}, z: …")  # fmt: skip
    if len(op.domain) != len(op.operands):
        refuse(op, f"has {len(op.operands)} operands ({named}), but its domain {len(op.domain)} "
               "intervals; write one for each")  # fmt: skip
    for interval in op.domain:
        if not isinstance(interval, Interval):
            refuse(op, f"has {interval!r} in its domain; an interval is R or Interval(low, high)")


def check_operands(op: Op) -> None:
    """Refuse a row for the number or the names of its operands."""
    named = ", ".join(op.operands)
    for name in op.operands:
        if name in RESERVED:
            refuse(op, f"names an operand {name}, which means something else in rules or in C; "
                   "rename it")  # fmt: skip
    if not op.many and len(op.operands) > MOST_OPERANDS:
        refuse(op, f"takes {len(op.operands)} operands ({named}), but a row with a fixed number "
               f"takes at most {MOST_OPERANDS}; compose it of smaller rows, or let it take any "
               "number (many=True)")  # fmt: skip
    if (op.each or op.empty is not None) and not op.many:
        refuse(op, "sets `each` or `empty`, which is for rows over any number of operands; add "
               "many=True or leave it out")  # fmt: skip
    if op.many and (len(op.sequences), len(op.singles)) not in ((1, 0), (2, 1)):
        refuse(op, f"is over any number of operands and takes ({named}); such a row takes x, or "
               "pairs x, y and one more with a default")  # fmt: skip
    if op.each and op.pairs:
        refuse(op, "has one result per operand, which pairs do not support; let it take x alone")
    if op.pairs and op.singles[0] not in op.defaults:
        refuse(op, f"is over pairs, and {op.singles[0]} has no default; write "
               f"{op.singles[0]}=0. there")  # fmt: skip
    if parameters(op.partials) not in (None, (*op.operands, "z")):
        refuse(op, f"has partials of ({', '.join(parameters(op.partials) or ())}); they take the "
               f"operands under their names and then the result: lambda {named}, z: …")  # fmt: skip


def parameters(rule: Callable[..., Any]) -> tuple[str, ...] | None:
    """The names of a rule's parameters without defaults; None if unknown or variadic."""
    try:
        accepted = inspect.signature(rule).parameters.values()
    except (TypeError, ValueError):  # a function written in C
        return None
    if any(p.kind is p.VAR_POSITIONAL for p in accepted):
        return None
    return tuple(p.name for p in accepted if p.default is p.empty)


def check_edges(op: Op) -> None:
    """Refuse edges whose length is not the number of operands."""
    for at, partials in op.edges.items():
        if not op.takes(len(at)):
            refuse(op, f"has an edge at {at}, which has {len(at)} operands; it takes "
                   f"({', '.join(op.operands)})")  # fmt: skip
        if len(partials) != len(at):
            refuse(op, f"has {len(partials)} partials at the edge {at} of {len(at)} operands; "
                   "write one for each")  # fmt: skip


# ── the rules, run on symbols ──────────────────────────────────────────────────


def check_rules(op: Op, rows: dict[str, Op]) -> None:
    """Refuse a row for an error in its value or a partial."""
    (value,) = run(op, "the value", lambda: op.value(*map(symbol, op.operands)))
    check_formula(op, "its value", value, rows, op.operands)
    used = {e.args[0] for e in value.walk() if e.head == "symbol"}
    for name in op.operands:
        if name not in used:
            refuse(op, f"has an operand {name} that its value does not use; leave it out")
    check_outside(op, "its value", value)
    partials = run(
        op, "a partial", lambda: op.partials(*map(symbol, op.operands), symbol("z"))
    )  # fmt: skip
    if len(partials) != len(op.operands):
        refuse(op, f"has {len(op.operands)} operands ({', '.join(op.operands)}), but "
               f"{len(partials)} partials; write one for each, NO_EDGE if none flows")  # fmt: skip
    for name, partial in zip(op.operands, partials, strict=True):
        what = f"∂{op.name}/∂{name}"
        check_formula(op, what, partial, rows, (*op.operands, "z"))
        if name not in op.sequences:
            check_outside(op, what, partial)
        if partial.head != "over.others" and any(e.head == "over.others" for e in partial.walk()):
            refuse(op, f"uses over.others inside {what}; it can only be the whole of a partial")


def run(op: Op, what: str, rule: Callable[[], Any]) -> tuple[Expr, ...]:
    """The result of a rule, run on symbols."""
    try:
        result = rule()
        return tuple(map(formula, result if isinstance(result, tuple) else (result,)))
    except Exception as error:  # whatever a rule says to a symbol
        refuse(op, f"has rules that cannot be run on symbols: {what} raised {error}; write it with "
               "arithmetic, f.name(x), libm.name(x) and f.where(condition, x, y)")  # fmt: skip


def check_formula(op: Op, what: str, e: Expr, rows: dict[str, Op], names: Iterable[str]) -> None:
    """Refuse a call of an unknown function, or with a wrong number of operands."""
    known = {*names, *(("n", "i") if op.many else ())}
    for part in e.walk():
        if part.head == "symbol" and part.args[0] not in known:
            refuse(op, f"uses {part.args[0]} in {what}, which is not one of its operands; "
                   f"there are {', '.join(sorted(known))}")  # fmt: skip
        if part.head in ("number", "symbol", "no_edge"):
            continue
        takes = arity(op, what, part.head, rows)
        if takes is not None and len(part.args) != takes:
            refuse(op, f"calls {spelled(part.head)} with {len(part.args)} operands in {what}; it "
                   f"takes {takes}")  # fmt: skip


def arity(op: Op, what: str, head: str, rows: dict[str, Op]) -> int | None:
    """How many operands a head takes; None if that varies."""
    if head in CONNECTIVES:
        return CONNECTIVES[head]
    if head in rows:
        if rows[head].many and not op.many:
            refuse(op, f"calls {spelled(head)} in {what}, which takes many operands, but it takes "
                   "a fixed number itself; call a row with a fixed number")  # fmt: skip
        return 1 if rows[head].many else len(rows[head].operands)
    if head.startswith("over."):
        if not op.many:
            refuse(op, f"uses {head} in {what}, but takes a fixed number of operands; add "
                   "many=True, or leave it out")  # fmt: skip
        if head.removeprefix("over.") in REDUCTIONS:
            return None
        return unknown(op, what, head, [f"over.{name}" for name in REDUCTIONS])
    library = functions_of_c()
    if head.startswith("libm."):
        name = head.removeprefix("libm.")
        return library[name] if name in library else unknown(
            op, what, head, [f"libm.{name}" for name in library]
        )  # fmt: skip
    return unknown(op, what, spelled(head), [spelled(name) for name in rows])


def unknown(op: Op, what: str, name: str, known: Sequence[str]) -> NoReturn:
    """Refuse an unknown name, and suggest the closest known one."""
    close = difflib.get_close_matches(name, known, 1, 0.5) or [", ".join(known[:8]) + " …"]
    refuse(op, f"calls {name} in {what}, which does not exist; there is {close[0]}")


def spelled(head: str) -> str:
    """A head as a rule calls it."""
    return head if "." in head else f"f.{head}"


def check_outside(op: Op, what: str, e: Expr) -> None:
    """Refuse a sequence operand outside of every reduction, where it is not a number."""
    for part in outside(e):
        if op.many and part.head == "symbol" and part.args[0] in {*op.sequences, "i"}:
            refuse(op, f"uses {part.args[0]} in {what} outside of a reduction, where it stands for "
                   "many numbers; write over.sum(…) or the like around it")  # fmt: skip


def outside(e: Expr) -> Iterator[Expr]:
    """The formulas inside `e` that no reduction runs over."""
    yield e
    parts = e.args[1:] if e.head.startswith("over.") else e.args
    for part in parts:
        if isinstance(part, Expr):
            yield from outside(part)


def functions_of_c() -> dict[str, int]:
    """How many numbers each function takes that a row may call as `libm.…`."""
    counts = {name: count for count, names in MATH_H.items() for name in names.split()}
    text = (Path(__file__).parents[1] / "engine" / "numerics.h").read_text(encoding="utf-8")
    for name, operands in re.findall(
        r"^static inline double (\w+)\(((?:double \w+,? ?)+)\)", text, re.M
    ):
        counts[name] = operands.count("double")
    return counts


def check_cycle(op: Op, rows: dict[str, Op]) -> None:
    """Refuse a value that is computed from itself."""
    waiting, seen = [op.name], {op.name}
    while waiting:
        row = rows[waiting.pop()]
        for part in formula(row.value(*map(symbol, row.operands))).walk():
            if part.head == op.name and op.name not in OPERATORS:
                refuse(op, "has a value that is computed from itself"
                       + (f", through f.{row.name}" if row is not op else "")
                       + "; write it with other rows or libm")  # fmt: skip
            if part.head in rows and part.head not in seen and part.head not in OPERATORS:
                seen.add(part.head)
                waiting.append(part.head)


__all__ = ["REDUCTIONS", "RowError", "check", "check_signature"]
