"""Prints formulas: as Python for any arithmetic whose functions are in scope.

A row's rules, run on symbols, are formulas (`autograd.ops.formulas`).  A `Dialect` prints
them, and each language that differs has a file with its own: `c`, `cython`, `tex`.
`python_value(op)` is a row's value as a Python function, which mpmath runs.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from autograd.ops.formulas import NO_EDGE, Expr, Key, formula, symbol
from autograd.ops.table import BY_NAME, Op

INFIX = {  # head: (text, how tightly it binds)
    "or": ("or", 1), "and": ("and", 2), "lt": ("<", 4), "le": ("<=", 4), "eq": ("==", 4),
    "add": ("+", 6), "sub": ("-", 6), "mul": ("*", 7), "div": ("/", 7), "pow": ("**", 9),
}  # fmt: skip
TIGHTEST = 10
TRUTHS = {"lt", "le", "eq", "and", "or", "isnan"}  # formulas that are true or false


class Dialect:
    """Prints formulas.  This one prints Python; others override what they write otherwise.

    `names` says how symbols are spelled, where not by their own name.
    `reductions` holds the variable of every reduction computed so far.
    """

    def __init__(self, names: dict[str, str] | None = None) -> None:
        self.names = names or {}
        self.reductions: dict[Key, str] = {}

    def text(self, e: Expr) -> str:
        """The formula `e` as source text."""
        return self._render(e)[0]

    def alone(self, e: Expr) -> str:
        """The formula as source text that shares no variables with what was printed before."""
        return self.text(e)

    def element(self, e: Expr) -> str:
        """The same, as what is said of each item in a list."""
        return self.alone(e)

    def _render(self, e: Expr) -> tuple[str, int]:
        """The text of `e` and how tightly its outermost operator binds."""
        if e.head == "number":
            text = self._number(e.args[0])
            return text, 8 if text[0] == "-" else TIGHTEST
        if e.head == "symbol":
            return self.names.get(e.args[0], e.args[0]), TIGHTEST
        if e.head == "no_edge":
            return self._no_edge(), TIGHTEST
        if e.head == "where":
            return self._where(*e.args), 0
        if e.head == "neg":
            return "-" + self._within(e.args[0], 8), 8
        if e.head in INFIX:
            return self._infix(e.head, *e.args)
        if e.head.startswith("over."):
            return self._over(e), TIGHTEST
        return self._call(e.head, e.args), TIGHTEST

    def _within(self, e: Expr, level: int) -> str:
        """The text of `e`, in parentheses if it binds less tightly than `level`."""
        text, own = self._render(e)
        return text if own >= level else f"({text})"

    def _infix(self, head: str, x: Expr, y: Expr) -> tuple[str, int]:
        sign, level = INFIX[head]
        comparison = 4 <= level < 6  # does not chain; ** binds to the right
        left = self._within(x, level + (comparison or head == "pow"))
        right = self._within(y, level if head == "pow" else level + 1)
        return f"{left} {sign} {right}", level

    def _number(self, x: float) -> str:
        return repr(x)

    def _no_edge(self) -> str:
        return "None"

    def _where(self, c: Expr, x: Expr, y: Expr) -> str:
        return f"{self._within(x, 1)} if {self.text(c)} else {self._within(y, 0)}"

    def _call(self, head: str, args: Sequence[Expr]) -> str:
        if head in BY_NAME and BY_NAME[head].many:  # said of x among all operands
            return f"{head}_of(i, xs)"
        return f"{head}({', '.join(map(self.text, args))})"

    def _over(self, e: Expr) -> str:
        if e.key() in self.reductions:
            return self.reductions[e.key()]
        body, *start = map(self.text, e.args)  # not computed: as people read it
        return f"{e.head.removeprefix('over.')}({', '.join([body, *start])})"


PYTHON = Dialect()


def value_formula(op: Op) -> Expr:
    """The row's value, run on symbols."""
    return formula(op.value(*map(symbol, op.operands)))


def partial_formulas(op: Op) -> tuple[Expr, ...]:
    """The row's partials, run on symbols: one formula an operand (of a row over
    any number of operands: one a *kind* of operand)."""
    partials = op.partials(*map(symbol, op.operands), symbol("z"))
    return tuple(map(formula, partials if isinstance(partials, tuple) else (partials,)))


def may_have_no_edge(op: Op) -> bool:
    """Whether a partial may say that no derivative flows to its operand."""
    return any(e is NO_EDGE for partial in partial_formulas(op) for e in partial.walk())


def reductions(e: Expr) -> Iterator[Expr]:
    """The reductions inside `e`, those inside others first."""
    for arg in e.args:
        if isinstance(arg, Expr):
            yield from reductions(arg)
    if e.head.startswith("over."):
        yield e


def expand(e: Expr) -> Expr:
    """`e` with `f.softmax(x)` and its like, said of x among all operands, written out."""
    if e.head in ("number", "symbol", "no_edge"):
        return e
    if e.head in BY_NAME and BY_NAME[e.head].many:
        return _own_to_x(value_formula(BY_NAME[e.head]))
    return Expr(e.head, tuple(map(expand, e.args)))


def _own_to_x(e: Expr) -> Expr:
    """The operation's first operand becomes the x at hand."""
    if e.head == "over.first":
        (own,) = e.args
        return formula(own)
    if e.head.startswith("over.") or e.head in ("number", "symbol"):
        return e
    return Expr(e.head, tuple(map(_own_to_x, e.args)))


def python_value(op: Op) -> str:
    """The value as a Python function of the operands, called `value`."""
    lines = [f"def value({', '.join(parameters(op))}):"]
    return "\n".join(lines + list(body(op, expand(value_formula(op)), Dialect())))


def body(op: Op, e: Expr, printer: Dialect, of_each: bool = False) -> Iterable[str]:
    """The lines of a Python function that returns `e`; with `of_each`, a list of `e`
    for every x of the sequence."""
    each = "for i, x in enumerate(xs)"
    if len(op.sequences) == 2:
        each = "for i, (x, y) in enumerate(zip(xs, ys))"
    if op.many:
        yield "    n = float(len(xs))"
    if e.head == "over.others":
        yield "    return over.others(xs)"
        return
    for reduction in reductions(e):
        if reduction.key() not in printer.reductions:
            of_x, *start = reduction.args
            of_x, start = printer.element(of_x), list(map(printer.alone, start))
            variable = f"{reduction.head.removeprefix('over.')}{len(printer.reductions)}"
            yield f"    {variable} = {reduction.head}({', '.join([f'[{of_x} {each}]', *start])})"
            printer.reductions[reduction.key()] = variable
    if of_each:
        yield f"    return [{printer.element(e)} {each}]"
    else:
        yield f"    return {printer.alone(e)}"


def parameters(op: Op, *, kind: str = "") -> list[str]:
    """The parameters of a function of the row, a sequence as `xs`; with a type before each."""
    return [f"{kind}{p}s" if p in op.sequences else kind + p for p in op.operands]
