"""A row's rules as mathematics: the table's formulas, printed as TeX.

Over any number of operands, an operand at hand is xᵢ and one that a sum runs over
is xⱼ (inside another sum, xₖ).  A choice or a maximum that a formula uses more
than once is called m there, and said what it is.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from autograd.ops.formulas import Expr
from autograd.ops.printer import TIGHTEST, TRUTHS, Dialect, partial_formulas, value_formula
from autograd.ops.table import BY_NAME, LN2, LN10, ROOT_TWO_PI, TWO_OVER_ROOT_PI, Op

CONSTANTS = {
    1 / LN2: r"\frac{1}{\ln 2}",
    1 / LN10: r"\frac{1}{\ln 10}",
    ROOT_TWO_PI: r"\sqrt{2\pi}",
    TWO_OVER_ROOT_PI: r"\frac{2}{\sqrt{\pi}}",
    -TWO_OVER_ROOT_PI: r"-\frac{2}{\sqrt{\pi}}",
}
RELATIONS = {"lt": "<", "le": r"\le", "eq": "=", "and": r"\text{ and }", "or": r"\text{ or }"}

# Functions that have a notation of their own, and those of the C library and
# numerics.h that a formula says better than their name.
WRITTEN = {
    "abs": r"\lvert {0}\rvert",
    "fabs": r"\lvert {0}\rvert",
    "sqrt": r"\sqrt{{{0}}}",
    "cube_root": r"\sqrt[3]{{{0}}}",
    "exp": r"e^{{{0}}}",
    "exp_diff": r"e^{{{0}-{1}}}",
    "pow": r"{0}^{{{1}}}",
    "floor": r"\lfloor {0}\rfloor",
    "ceil": r"\lceil {0}\rceil",
    "sigmoid": r"\sigma({0})",
    "isnan": r"{0}\text{{ is nan}}",
}
LIBRARY = {
    "floored_mod": r"{0}-{1}\left\lfloor \frac{{{0}}}{{{1}}}\right\rfloor",
    "hypot": r"\sqrt{{{0}^2+{1}^2}}",
    "gauss": r"e^{{-{0}^2/2}}",
    "ndtr": r"\frac{{1}}{{2}}\operatorname{{erfc}}\left(-\frac{{{0}}}{{\sqrt{{2}}}}\right)",
    "rint": r"{0}\text{{ to the nearest integer, ties to even}}",
    "expm1": r"e^{{{0}}}-1",
    "log1p": r"\log(1+{0})",
    "log2": r"\log_2 {0}",
    "log10": r"\log_{{10}} {0}",
}
OVER = {
    "sum": r"\sum_{{{k}}} {0}",
    "rest": r"\sum_{{{k}>0}} {0}",
    "prod": r"\prod_{{{k}}} {0}",
    "max": r"\max_{{{k}}} {0}",
    "others": r"\prod_{{{k}\ne i}} {0}",
    "min": r"\min_{{{k}}} {0}",
}
POWERS = {"libm.exp", "libm.exp_diff", "libm.gauss", "libm.pow", "libm.rint", "isnan"}


def row(op: Op) -> Iterator[str]:
    """The row's value and partials as equations."""
    yield f"z = {mathematics(op, value_formula(op))}"
    for name, partial in zip(op.operands, partial_formulas(op), strict=True):
        yield rf"\partial z/\partial {operand(op, name)} = {mathematics(op, partial)}"


def operand(op: Op, name: str) -> str:
    """The name of an operand, with an index where it stands for many."""
    if name in op.sequences:
        return f"{name}_i"
    return name if len(name) == 1 else rf"\mathit{{{name}}}"


def mathematics(op: Op, e: Expr) -> str:
    """A formula of the row `op` as TeX."""
    count = Counter(part.key() for part in e.walk() if part.head in ("where", "over.max"))
    shared = {key for key, times in count.items() if times > 1}
    for part in e.walk():
        if part.key() in shared and part is not e:  # the outermost one
            text = Tex(op, named=part).text(e)
            return rf"{text}\quad\text{{with }} m = {Tex(op).text(part)}"
    return Tex(op).text(e)


class Tex(Dialect):
    """Prints formulas as TeX; the formula `named` as m."""

    def __init__(self, op: Op, named: Expr | None = None) -> None:
        super().__init__()
        self._sequences = op.sequences
        self._named = None if named is None else named.key()
        self._depth = 0

    def _render(self, e: Expr) -> tuple[str, int]:
        if e.key() == self._named:
            return "m", TIGHTEST
        if e.head == "symbol":
            return self._symbol(e.args[0]), TIGHTEST
        if e.head.startswith("over."):
            return self._over(e), 7  # a sum binds as a product does
        if e.head == "libm.floored_mod":
            return self._call(e.head, e.args), 6
        if e.head == "exp" or e.head in POWERS:
            return self._call(e.head, e.args), 9
        return super()._render(e)

    def _symbol(self, name: str) -> str:
        if name in self._sequences:
            return f"{name}_{'ijk'[self._depth]}"
        return name if len(name) == 1 else r"\alpha" if name == "alpha" else rf"\mathit{{{name}}}"

    def _within(self, e: Expr, level: int) -> str:
        text, own = self._render(e)
        return text if own >= level else rf"\left({text}\right)"

    def _infix(self, head: str, x: Expr, y: Expr) -> tuple[str, int]:
        if head == "div" and self._is_fraction(x):
            return rf"{self.text(x)}\,/\,{self._within(y, 9)}", 7
        if head == "div":
            return rf"\frac{{{self.text(x)}}}{{{self.text(y)}}}", 8
        if head == "pow":
            return f"{self._within(x, TIGHTEST)}^{{{self.text(y)}}}", 9
        if head == "mul":
            return rf"{self._within(x, 7)}\,{self._factor(y)}", 7
        if head in RELATIONS:
            level = {"or": 1, "and": 2}.get(head, 4)
            return f"{self._within(x, level)} {RELATIONS[head]} {self._within(y, level)}", level
        return super()._infix(head, x, y)

    def _is_fraction(self, e: Expr) -> bool:
        return e.head == "div" or (e.head == "number" and e.args[0] in CONSTANTS)

    def _factor(self, e: Expr) -> str:
        """The right side of a product; a number there needs its dot."""
        text = self._within(e, 8)
        return rf"\cdot {text}" if text[0].isdigit() or text[0] == "-" else text

    def _number(self, x: float) -> str:
        if x in CONSTANTS:
            return CONSTANTS[x]
        if x - x != 0.0:
            return r"\infty" if x > 0 else r"-\infty"
        if 0 < abs(x) < 1e-3 or abs(x) > 1e6:
            digits, power = f"{x:e}".split("e")
            return rf"{float(digits):g}\cdot 10^{{{int(power)}}}".removeprefix(r"1\cdot ")
        return f"{x:g}"

    def _no_edge(self) -> str:
        return r"\text{none}"

    def _where(self, c: Expr, x: Expr, y: Expr) -> str:
        arms = []
        rest: Expr = Expr("where", (c, x, y))
        while rest.head == "where":
            c, x, rest = rest.args
            truth = self.text(c) if c.head in TRUTHS else rf"{self._within(c, 5)}\ne 0"
            arms.append(rf"{self.text(x)} & \text{{if }} {truth}")
        arms.append(rf"{self.text(rest)} & \text{{otherwise}}")
        return r"\begin{cases}" + r" \\ ".join(arms) + r"\end{cases}"

    def _call(self, head: str, args: Sequence[Expr]) -> str:
        name = head.removeprefix("libm.")
        given = [self.text(x) for x in args]
        if head.startswith("libm.") and name in LIBRARY:
            return LIBRARY[name].format(*given)
        if name in WRITTEN:
            if name == "pow":
                given[0] = self._within(args[0], TIGHTEST)
            return WRITTEN[name].format(*given)
        tall = any(r"\frac" in text or "cases" in text for text in given)
        left, right = (r"\left(", r"\right)") if tall else ("(", ")")
        call = rf"\operatorname{{{name.replace('_', ' ')}}}{left}{', '.join(given)}{right}"
        if name in BY_NAME and BY_NAME[name].many:  # said of one operand among all
            return rf"\operatorname{{{name}}}(x)_{'ijk'[self._depth]}"
        return call

    def _over(self, e: Expr) -> str:
        kind = e.head.removeprefix("over.")
        if kind == "first":
            return "x_0"
        self._depth += 1
        body, *start = e.args
        text = OVER[kind].format(self._within(body, 7), k="ijk"[self._depth])
        self._depth -= 1
        return f"{self.text(start[0])}+{text}" if start else text
