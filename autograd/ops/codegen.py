"""All that is written from the table when the engine is built."""

from __future__ import annotations

from collections.abc import Sequence

from autograd.ops import c, cython, kernels, printer, python, tex
from autograd.ops.table import TABLE, Op


def files(table: Sequence[Op] = TABLE) -> dict[str, str]:
    """What the compiled modules include, by name."""
    return {
        "ops.h": c.header(table),
        "kernels.h": kernels.kernels(table),
        "codes.pxi": cython.codes(table),
        "partials.pxi": cython.recorder(table),
        "functions.pxi": python.functions(table),
    }


def of_row(op: Op) -> dict[str, str]:
    """Everything that is written from one row, keyed by its description."""
    texts = {
        "Python: the function (functions.pxi)": python.functions([op]),
        "Python: the method and the function for type checkers (value.pyi)": "\n".join(
            [python.stub_method(op), python.stub_function(op)]
        ),
        "C: for the engine (ops.h)": c.rules(op),
        "C: over many numbers, for programs (kernels.h)": "\n".join(
            [kernels.forward(op), kernels.along(op)]
        ),
        "Cython: partials that are recorded (partials.pxi)": cython.partials(op),
        "Python: the value for other numbers, as mpmath's": printer.python_value(op),
        "TeX: for the documentation": "\n".join(tex.row(op)),
    }
    if op.many:  # a program calls the engine's function
        del texts["C: over many numbers, for programs (kernels.h)"]
    return {title: text.strip("\n") for title, text in texts.items()}
