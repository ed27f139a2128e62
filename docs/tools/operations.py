"""The page of the table of operations, written from the rows."""

from __future__ import annotations

import inspect
import math
import re
from collections.abc import Iterator, Mapping

from autograd import Value
from autograd.ops import TABLE, Op, Point, R, table, tex
from tests import oracle

HEAD = """\
---
hide-toc: true
---

# The table of operations

This page is written from the rows of `autograd/ops/table.py` whenever the documentation is
built: the same formulas, run on symbols, that become the engine's C.

*z* is the result, and a partial may use it. A partial is chosen for accuracy, not
brevity: $e^{{-|x|}}/(1+e^{{-|x|}})^2$ for the sigmoid keeps its digits at $x = 40$, where
$z\\,(1-z)$ is 0. Wherever *z* is nan, so is every partial. Over any number of operands
(`sum`, `max`, …), $x_i$ is each operand in turn; of a softmax at one place, that place's
operand comes first, as $x_0$.

**Error** is the largest one found, in units in the last place (ulp) of the exact result;
0.5 is what rounding the exact answer costs. The errors were measured while this page was
built ({machine}), at the number of points that stands below the name, against definitions
of 50 digits and more (`tests/oracle.py`). Where terms of both signs cancel, the unit is that
of the largest term. `python -m docs.tools.accuracy` measures them again.

**Edges** are points where mathematics leaves a choice or floats usually fail, with what the
engine gives there.
"""


def page(errors: Mapping[str, Mapping[str, float]], points: Mapping[str, int], machine: str) -> str:
    """The page, in Markdown."""
    lines = [HEAD.format(machine=machine)]
    for title, group in groups():
        lines += ["", f"## {title[0].upper()}{title[1:]}", "", "{.operations}"]
        lines += ["| operation | formula | error | domain | edges |", "|---|---|--:|---|---|"]
        for op in group:
            lines += rows(op, errors[op.name], points[op.name])
    return "\n".join(lines) + "\n"


def groups() -> Iterator[tuple[str, list[Op]]]:
    """The rows under the headings that stand between them in the source."""
    source = inspect.getsource(table)
    title, found = "", {op.name: op for op in TABLE}
    group: list[Op] = []
    for heading, name in re.findall(r'^    (?:# ── ([^─]+?) ──|Op\("(\w+)")', source, re.M):
        if heading:
            if group:
                yield title, group
            title, group = heading, []
        else:
            group.append(found.pop(name))
    yield title, group
    if found:
        raise LookupError(f"no line of the table's source makes {', '.join(found)}")


def rows(op: Op, errors: Mapping[str, float], points: int) -> Iterator[str]:
    """One operation as lines of a Markdown table: its value, then its partials."""
    drawn = f"drawn `{op.symbol}`, " if op.symbol != op.name else ""
    recorded = [(at, oracle.call(op, [Value(x) for x in at])) for at in op.edges]
    edges = [f"{shown(at)} → {number(z.data)}" for at, z in recorded]
    value, *partials = tex.row(op)
    yield line(f"**`{signature(op)}`**", value, errors[op.name], domain(op), edges)
    for k, (operand, formula) in enumerate(zip(op.operands, partials, strict=True)):
        edges = [f"{shown(at)} → {_at(op, k, z.partials)}" for at, z in recorded]
        below = "" if k else f"{drawn}{points} points"
        yield line(below, formula, errors.get(f"∂{op.name}/∂{operand}"), "", edges)


def line(name: str, formula: str, error: float | None, where: str, edges: list[str]) -> str:
    """One formula; without an error, nothing was to be measured."""
    unbroken = "; ".join(edge.replace(" ", "\u00a0") for edge in edges)
    cells = [name, f"${formula}$", "" if error is None else f"{error:.2f}", where, unbroken]
    return f"| {' | '.join(cells)} |"


def _at(op: Op, k: int, partials: Point) -> str:
    """The partial by operand k, or by every operand of the sequence."""
    return f"({', '.join(map(number, partials))})" if op.many else number(partials[k])


def signature(op: Op) -> str:
    """How users call it."""
    if op.many and op.sequences == ("x",):
        return f"{op.name}(x, …)"
    names = (f"{p}s" if p in op.sequences else p for p in op.operands)
    return f"{op.name}({', '.join(names)})"


def domain(op: Op) -> str:
    """Where the operands may lie; all real numbers are ℝ."""
    names = ["ℝ" if interval == R else str(interval) for interval in op.domain]
    if op.many:
        return f"each in {names[0]}"
    alike = len(names) > 1 and len(set(names)) == 1
    return names[0] + "⁰¹²³"[len(names)] if alike else " × ".join(names)


def shown(at: Point) -> str:
    """A point as people write it."""
    return number(at[0]) if len(at) == 1 else f"({', '.join(map(number, at))})"


def number(x: float) -> str:
    """A number as people write it."""
    if math.isnan(x):
        return "nan"
    if math.isinf(x):
        return "∞" if x > 0 else "−∞"
    return f"{x:.6g}".replace("-", "−").replace("e+", "e")
