"""The table of operations, and all that is written from it.

    table       one row per operation
    formulas    what a rule is run on to find out what it says
    check       a faulty row is refused before anything is compiled
    printer     formulas as Python; c, kernels, cython, python, tex, jax: one file per language
    codegen     what the build writes from the table

`python -m autograd.ops tanh` shows everything that is written from one row.
"""

from autograd.ops.formulas import NO_EDGE, Expr, f, isnan, libm, over
from autograd.ops.table import BY_NAME, TABLE, UNIT, Interval, Op, Point, R

__all__ = [
    "BY_NAME",
    "NO_EDGE",
    "TABLE",
    "UNIT",
    "Expr",
    "Interval",
    "Op",
    "Point",
    "R",
    "f",
    "isnan",
    "libm",
    "over",
]
