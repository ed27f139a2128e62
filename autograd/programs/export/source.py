"""A program as text: straight-line Python, or C that compiles alone."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from importlib import resources

from autograd.engine.value import row_of_code
from autograd.ops import BY_NAME
from autograd.ops.c import header
from autograd.programs.ir import COMPUTED, CONSTANT, INPUT, Listing

RELATIONS = ("<", "<=", "==", "!=", ">", ">=")  # by Python's number of a comparison
SIGNS = {"add": "+", "sub": "-", "mul": "*"}  # not "/", which raises at 0


def python(listing: Listing) -> str:
    """A function `program(x0, …)` of numbers; `from autograd import *` gives what it calls."""
    names = _names(listing, _python_number)
    lines = [f"def program({', '.join(f'x{k}' for k in range(listing.inputs))}):"]
    lines += [f"    w{k} = {_python_number(w.data)}" for k, w in enumerate(listing.weights)]
    lines += [
        f"    {names[k]} = {_call(_name(listing, k), [names[j] for j in listing.operands(k)])}"
        for k in _computed(listing)
    ]
    for decision in _decisions(listing, names):
        lines += [f"    if not ({decision}):", '        raise ValueError("another path")']
    outputs = ", ".join(names[k] for k in listing.outputs.tolist())
    return "\n".join([*lines, f"    return {outputs}"]) + "\n"


def c(listing: Listing) -> str:
    """C with `void program(const double *x, const double *w, double *z)`: outputs z of
    inputs x and weights w, nan where the decisions that were taken in tracing do not hold."""
    names = _names(listing, _c_number)
    head = header().replace('#include "numerics.h"', _numerics())
    lines = [head, "void program(const double *x, const double *w, double *z) {"]
    lines += [f"    const double x{k} = x[{k}];" for k in range(listing.inputs)]
    lines += [f"    const double w{k} = w[{k}];" for k in range(len(listing.weights))]
    lines += ["    (void)x;", "    (void)w;"]
    for k in _computed(listing):
        operands = [names[j] for j in listing.operands(k)]
        lines.append(f"    const double {names[k]} = {_c_call(_name(listing, k), operands)};")
    lines += [f"    z[{i}] = {names[k]};" for i, k in enumerate(listing.outputs.tolist())]
    if len(listing.guards):
        hold = " && ".join(_decisions(listing, names, "!({})"))
        lines.append(f"    if (!({hold}))")
        lines.append(f"        for (int i = 0; i < {len(listing.outputs)}; i++) z[i] = NAN;")
    return "\n".join([*lines, "}"]) + "\n"


def _name(listing: Listing, k: int) -> str:
    name: str = row_of_code(listing.code[k]).name
    return name


def _computed(listing: Listing) -> list[int]:
    return [k for k in range(len(listing)) if listing.role[k] == COMPUTED]


def _decisions(listing: Listing, names: list[str], negation: str = "not {}") -> list[str]:
    """What was decided in tracing, as comparisons that are true."""
    texts = []
    for left, right, relation, outcome in listing.guards.tolist():
        comparison = f"{names[left]} {RELATIONS[relation]} {names[right]}"
        texts.append(comparison if outcome else negation.format(comparison))
    return texts


def _names(listing: Listing, number: Callable[[float], str]) -> list[str]:
    """How each node is called."""
    names: list[str] = []
    weights = steps = 0
    for k, role in enumerate(listing.role.tolist()):
        if role == INPUT:
            names.append(f"x{k}")
        elif role == CONSTANT:
            names.append(number(float(listing.data[k])))
        elif role == COMPUTED:
            names.append(f"t{steps}")
            steps += 1
        else:
            names.append(f"w{weights}")
            weights += 1
    return names


def _call(op: str, operands: Sequence[str]) -> str:
    if op in SIGNS:
        return f"{operands[0]} {SIGNS[op]} {operands[1]}"
    arguments = (x if isinstance(x, str) else f"[{', '.join(x)}]"
                 for x in BY_NAME[op].arguments(operands))  # fmt: skip
    return f"{op}({', '.join(arguments)})" + "[0]" * BY_NAME[op].each


def _c_call(op: str, operands: Sequence[str]) -> str:
    if BY_NAME[op].many:
        return f"op_{op}((const double[]){{{', '.join(operands)}}}, {len(operands)}, NULL)"
    return f"op_{op}({', '.join(operands)})"


def _python_number(x: float) -> str:
    return repr(x) if math.isfinite(x) else f'float("{x}")'


def _c_number(x: float) -> str:
    return "NAN" if x != x else f"({x!r})".replace("inf", "INFINITY")


def _numerics() -> str:
    """The C functions that rows call besides the C library's."""
    return resources.files("autograd.engine").joinpath("numerics.h").read_text(encoding="utf-8")
