"""Writes a row's rules down as source text.

A rule run on symbols gives a formula (`autograd.symbols.Expr`); a *dialect*
prints it:

    Dialect    Python, for any arithmetic whose functions are in scope, as mpmath
               (the oracle of the tests); and text for people
    _C         C doubles, for the engine
    _Recorder  Cython that records, for derivatives that are differentiated again

`header(table)` is the engine's C: one `static inline` function a rule, and for
every number of operands a switch that evaluates an operation and its partials.
`kernels(table)` is the same over many numbers at once, for programs.
`recorder(table)` is every partial as a function of Values.
`python_value(op)` is a value as a Python function.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from autograd.ops import BY_NAME, TABLE, Op
from autograd.symbols import NO_EDGE, Expr, Key, formula, symbol

INFIX = {  # head: (text, how tightly it binds)
    "or": ("or", 1), "and": ("and", 2), "lt": ("<", 4), "le": ("<=", 4), "eq": ("==", 4),
    "add": ("+", 6), "sub": ("-", 6), "mul": ("*", 7), "div": ("/", 7), "pow": ("**", 9),
}  # fmt: skip
TIGHTEST = 10
TRUTHS = {"lt", "le", "eq", "and", "or", "isnan"}  # formulas that are true or false


class Dialect:
    """Prints formulas.  This one prints Python; `_C` overrides what C writes otherwise.

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


class _C(Dialect):
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
        given = ", ".join(map(self.text, args))
        if head == "isnan":
            return f"isnan({given})"
        return (
            f"{head.removeprefix('libm.') if head.startswith('libm.') else 'op_' + head}({given})"
        )

    def _over(self, e: Expr) -> str:
        return self.reductions[e.key()]


PYTHON = Dialect()


def value_formula(op: Op) -> Expr:
    """The row's value, run on symbols."""
    return formula(op.value(*map(symbol, op.operands)))


def partial_formulas(op: Op) -> tuple[Expr, ...]:
    """The row's partials, run on symbols: one formula an operand (of a row over
    any number of operands: one a *kind* of operand)."""
    partials = op.partials(*map(symbol, op.operands), symbol("z"))
    return tuple(map(formula, partials if isinstance(partials, tuple) else (partials,)))


def reductions(e: Expr) -> Iterator[Expr]:
    """The reductions inside `e`, those inside others first."""
    for arg in e.args:
        if isinstance(arg, Expr):
            yield from reductions(arg)
    if e.head.startswith("over."):
        yield e


# ── as Python ──────────────────────────────────────────────────────────────────


def python_value(op: Op) -> str:
    """The value as a Python function of the operands, called `value`."""
    lines = [f"def value({', '.join(_parameters(op))}):"]
    return "\n".join(lines + list(_body(op, value_formula(op), Dialect())))


class _Floats(Dialect):
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
        lines += [f"def {op.name}({', '.join(_parameters(op))}):"]
        lines += _body(op, expand(value_formula(op)), _Floats())
        for k, partial in enumerate(partial_formulas(op)):
            lines += ["", "", f"def {op.name}_by_{k}({', '.join([*_parameters(op), 'z'])}):"]
            lines += _body(op, expand(partial), _Floats(), op.operands[k] in op.sequences)
        lines += ["", ""]
    return "\n".join(lines)


def _body(op: Op, e: Expr, printer: Dialect, of_each: bool = False) -> Iterable[str]:
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
            body, *start = reduction.args
            body, start = printer.element(body), list(map(printer.alone, start))
            variable = f"{reduction.head.removeprefix('over.')}{len(printer.reductions)}"
            yield f"    {variable} = {reduction.head}({', '.join([f'[{body} {each}]', *start])})"
            printer.reductions[reduction.key()] = variable
    if of_each:
        yield f"    return [{printer.element(e)} {each}]"
    else:
        yield f"    return {printer.alone(e)}"


def _parameters(op: Op, *, kind: str = "") -> list[str]:
    return [f"{kind}{p}s" if p in op.sequences else kind + p for p in op.operands]


# ── as Cython that records ─────────────────────────────────────────────────────


class _Recorder(Dialect):
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
        self._kept = {}
        return self.text(e)

    def element(self, e: Expr) -> str:
        # With a name, or Cython lets go of it twice where no memory is left for the list.
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
        if BY_NAME[head].many:
            return super()._call(head, args)
        given = ", ".join(map(self.text, args))
        return f"call{len(args)}(OP_{head.upper()}, {given})"

    def _number(self, x: float) -> str:
        return f'float("{x}")' if x - x != 0.0 else repr(x)


def recorder(table: Sequence[Op] = TABLE) -> str:
    """Every partial of `table` as a Cython function of Values, and the switch to them."""
    lines: list[str] = []
    for op in table:
        for k, partial in enumerate(partial_formulas(op)):
            given = ", ".join([*_parameters(op, kind="object "), "object z"])
            lines += [f"cdef object {op.name}_by_{k}({given}):"]
            lines += _body(op, partial, _Recorder(partial), op.operands[k] in op.sequences)
            lines += ["", ""]
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
        width, singles = len(op.sequences), len(op.operands) - len(op.sequences)
        lines += [f"        m = (len(v) - {singles}) // {width}"]
        given = ", ".join(
            [f"v[{k} * m:{k + 1} * m]" for k in range(width)]
            + [f"v[{width} * m + {k}]" for k in range(singles)]
        )
        parts = [f"{op.name}_by_{k}({given}, z)" for k in range(len(op.operands))]
        parts = [p if k < width else f"[{p}]" for k, p in enumerate(parts)]
        lines += [f"        return {' + '.join(parts)}"]
    return "\n".join(lines) + "\n"


# ── as C ───────────────────────────────────────────────────────────────────────


def header(table: Sequence[Op] = TABLE) -> str:
    """All of `table` as the C header that the engine includes."""
    fixed = [op for op in table if not op.many]
    many = [op for op in table if op.many]
    lines = ["/* Written by autograd/emit.py from autograd/ops.py. */"]
    lines += ["#ifndef AUTOGRAD_OPS_H", "#define AUTOGRAD_OPS_H", '#include "numerics.h"', ""]
    lines += ["enum {", "    OP_LEAF = 0,"]
    lines += [f"    OP_{op.name.upper()} = {code}," for code, op in enumerate(table, 1)]
    lines += [f"    FIRST_USER = {len(table) + 1},"]
    lines += ["};", ""]
    lines += [f"static inline double op_{op.name}({_doubles(op)});" for op in fixed]
    for op in fixed:
        lines += ["", *_fixed(op)]
    for op in many:
        lines += ["", *_many(op)]
    for arity in (1, 2, 3):
        lines += ["", *_switch(arity, [op for op in fixed if len(op.operands) == arity])]
    lines += ["", *_switch_many(many), "", *_gaps(table), "", *_is_many(many), "", "#endif"]
    return "\n".join(lines) + "\n"


def _doubles(op: Op) -> str:
    return ", ".join(f"double {name}" for name in op.operands)


def _fixed(op: Op) -> Iterable[str]:
    yield f"static inline double op_{op.name}({_doubles(op)}) {{"
    yield f"    return {_C().text(value_formula(op))};"
    yield "}"
    for k, partial in enumerate(partial_formulas(op)):
        yield f"static inline double op_{op.name}_by_{k}({_doubles(op)}, double z) {{"
        unused = {*op.operands, "z"} - {e.args[0] for e in partial.walk() if e.head == "symbol"}
        for name in sorted(unused):
            yield f"    (void){name};"
        yield f"    return {_C().text(partial)};"
        yield "}"


def _switch(arity: int, ops: Iterable[Op]) -> Iterable[str]:
    """Evaluates operation `op`; of the partials only those whose bit is in `wanted`."""
    names = ["x0", "x1", "x2"][:arity]
    given = ", ".join(names)
    yield (
        f"static inline double apply{arity}(int op, "
        f"{', '.join('double ' + x for x in names)}, double *p, unsigned wanted) {{"
    )
    yield "    double z;"
    yield "    switch (op) {"
    for op in ops:
        yield f"    case OP_{op.name.upper()}:"
        yield f"        z = op_{op.name}({given});"
        for k in range(arity):
            yield f"        if (wanted & {1 << k}u) p[{k}] = op_{op.name}_by_{k}({given}, z);"
        yield "        break;"
    yield "    default: return NAN;"
    yield "    }"
    yield "    if (isnan(z)) {"
    for k in range(arity):
        yield f"        if ((wanted & {1 << k}u) && !is_no_edge(p[{k}])) p[{k}] = NAN;"
    yield "    }"
    yield "    return z;"
    yield "}"


def _many(op: Op) -> Iterable[str]:
    """An operation over the operands x (then y, then single ones) of `v`, which has `count`."""
    singles = [name for name in op.operands if name not in op.sequences]
    names = {"x": "v[j]", "y": "v[m + j]", "i": "j", "n": "(double)m"}
    names |= {name: f"v[{len(op.sequences)} * m + {k}]" for k, name in enumerate(singles)}
    print_c = _C(names)
    yield f"static double op_{op.name}(const double *v, size_t count, double *p) {{"
    yield f"    const size_t m = (count - {len(singles)}) / {len(op.sequences)};"
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


def _loops(e: Expr, print_c: _C) -> Iterable[str]:
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


def _gaps(table: Iterable[Op]) -> Iterable[str]:
    """Which operations may say of an operand that no derivative flows to it."""
    yield "static inline int has_gaps(int op) {"
    yield "    switch (op) {"
    for op in table:
        if any(e is NO_EDGE for partial in partial_formulas(op) for e in partial.walk()):
            yield f"    case OP_{op.name.upper()}: return 1;"
    yield "    default: return 0;"
    yield "    }"
    yield "}"


# ── as C over lanes, for programs ──────────────────────────────────────────────


def kernels(table: Sequence[Op] = TABLE) -> str:
    """The operations of a fixed number of operands as C over many numbers at once.

    The text is a template: `tape.h` includes it once for every kind of processor,
    with NAMED (which names a function for that kind) and TARGET (which compiles it so).

    forwardN   z of the operands
    alongN     backpropagation, x_bar += ∂z/∂x · z_bar for operand k; or with `forward`
               z_dot += ∂z/∂x · x_dot; along a 0 nothing flows, not even 0 · ∞

    Results are `count` blocks of `n` numbers, operand k of block i stands at slot
    x[k][i], and a slot is `lanes` numbers wide.
    """
    lines = ["/* Written by autograd/emit.py from autograd/ops.py. */", _KERNEL_MACROS]
    for arity in (1, 2, 3):
        ops = [op for op in table if not op.many and len(op.operands) == arity]
        lines += ["", *_forward_kernel(arity, ops), "", *_along_kernel(arity, ops)]
    return "\n".join(lines) + "\n"


_KERNEL_MACROS = """\
#ifndef AUTOGRAD_KERNEL_MACROS
#define AUTOGRAD_KERNEL_MACROS
/* What flows along an edge: the partial of a nan is nan, and 0 stays 0. */
static inline double flow(double p, double z, double g) {
    const double c = (isnan(z) ? NAN : p) * g;
    return g != 0.0 ? c : 0.0;
}
/* The same where the partial may say that there is no edge. */
static inline double flow_or_none(double p, double z, double g) {
    return is_no_edge(p) ? 0.0 : flow(p, z, g);
}
#define X(k) (v + (size_t)x[k][i] * lanes)
#endif"""


def _given(arity: int) -> str:
    return ", ".join(f"x{k}[l]" for k in range(arity))


def _pointers(arity: int) -> str:
    return "".join(f" const double *restrict x{k} = X({k});" for k in range(arity))


def _forward_kernel(arity: int, ops: Iterable[Op]) -> Iterable[str]:
    yield f"static TARGET void NAMED(forward{arity})(int op, double *v, uint32_t *const *x,"
    yield "        double *out, size_t count, size_t lanes, size_t n) {"
    yield "    switch (op) {"
    for op in ops:
        yield f"    case OP_{op.name.upper()}:"
        # One number a slot is a loop of its own: an inner loop of one costs more than it does.
        for single in (True, False):
            yield "        if (n == 1)" if single else "        else"
            yield f"            for (size_t i = 0; i < count; i++) {{{_pointers(arity)}"
            target = "out[i]" if single else "z[l]"
            yield (
                "                const size_t l = 0;"
                if single
                else "                double *restrict z = out + i * lanes;\n"
                "                for (size_t l = 0; l < n; l++)"
            )
            yield f"                {target} = op_{op.name}({_given(arity)});"
            yield "            }"
        yield "        break;"
    yield "    default: break;"
    yield "    }"
    yield "}"


def _along_kernel(arity: int, ops: Iterable[Op]) -> Iterable[str]:
    yield f"static TARGET void NAMED(along{arity})(int op, int k, int forward, double *v,"
    yield "        uint32_t *const *x, const double *out, double *bar, double *out_bar,"
    yield "        size_t count, size_t lanes, size_t n) {"
    yield "    switch (op) {"
    for op in ops:
        gaps = any(e is NO_EDGE for partial in partial_formulas(op) for e in partial.walk())
        rule = "flow_or_none" if gaps else "flow"
        yield f"    case OP_{op.name.upper()}:"
        for k in range(arity):
            partial = f"op_{op.name}_by_{k}({_given(arity)}, z[l])"
            yield f"        if (k == {k} && n == 1 && !forward)"
            yield f"            for (size_t i = 0; i < count; i++) {{{_pointers(arity)}"
            yield "                const double *z = out + i;"
            yield "                const size_t l = 0;"
            yield f"                bar[x[{k}][i]] += {rule}({partial}, z[l], out_bar[i]);"
            yield "            }"
            yield f"        else if (k == {k})"
            yield f"            for (size_t i = 0; i < count; i++) {{{_pointers(arity)}"
            yield f"                double *a = bar + (size_t)x[{k}][i] * lanes;"
            yield "                double *b = out_bar + i * lanes;"
            yield "                const double *restrict z = out + i * lanes;"
            yield "                const double *restrict from = forward ? a : b;"
            yield "                double *restrict into = forward ? b : a;"
            yield "                for (size_t l = 0; l < n; l++)"
            yield f"                    into[l] += {rule}({partial}, z[l], from[l]);"
            yield "            }"
        yield "        break;"
    yield "    default: break;"
    yield "    }"
    yield "}"
