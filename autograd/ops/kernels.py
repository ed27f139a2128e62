"""Writes the operations of a fixed number of operands as C over many numbers at once.

It is what programs replay: the same rules as in the engine's header, in loops.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from autograd.ops.printer import may_have_no_edge
from autograd.ops.table import TABLE, Op


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
    lines = ["/* Written by autograd/ops/kernels.py from autograd/ops/table.py. */", _KERNEL_MACROS]
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
    yield from _switch(map(forward, ops))


def forward(op: Op) -> str:
    """The row's value over many numbers."""
    arity = len(op.operands)
    lines = [f"    case OP_{op.name.upper()}:"]
    # One number a slot is a loop of its own: an inner loop of one costs more than it does.
    for single in (True, False):
        target = "out[i]" if single else "z[l]"
        lines += [
            "        if (n == 1)" if single else "        else",
            f"            for (size_t i = 0; i < count; i++) {{{_pointers(arity)}",
            "                const size_t l = 0;"
            if single
            else "                double *restrict z = out + i * lanes;\n"
            "                for (size_t l = 0; l < n; l++)",
            f"                {target} = op_{op.name}({_given(arity)});",
            "            }",
        ]
    return "\n".join([*lines, "        break;"])


def _along_kernel(arity: int, ops: Iterable[Op]) -> Iterable[str]:
    yield f"static TARGET void NAMED(along{arity})(int op, int k, int forward, double *v,"
    yield "        uint32_t *const *x, const double *out, double *bar, double *out_bar,"
    yield "        size_t count, size_t lanes, size_t n) {"
    yield from _switch(map(along, ops))


def along(op: Op) -> str:
    """What flows along the row's edges, over many numbers."""
    rule = "flow_or_none" if may_have_no_edge(op) else "flow"
    lines = [f"    case OP_{op.name.upper()}:"]
    for k in range(len(op.operands)):
        lines += _along_edge(op, k, rule)
    return "\n".join([*lines, "        break;"])


def _along_edge(op: Op, k: int, rule: str) -> Iterable[str]:
    arity = len(op.operands)
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


def _switch(cases: Iterable[str]) -> Iterable[str]:
    yield "    switch (op) {"
    yield from cases
    yield "    default: break;"
    yield "    }"
    yield "}"
