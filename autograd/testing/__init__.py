"""Property tests of derivatives: of your functions, your operations, your formulas.

    check_grad          is the gradient of f at x right, and if not, where is it wrong?
    check_op            does an operation keep all that an operation owes?
    numeric_grad        the gradient by differences, with an error estimate
    explain             the backward pass as a table
    strategies          hypothesis strategies: points, programs, operands, Values

Behind check_grad stand `recordings` and `nearby` (is the graph that of f?), `graph_oracle` with
`high_precision`, `reference`, `jets` and `diagnose` (is the gradient that of the graph?), and
`blackbox` with `differences` (for what cannot be recorded).

mpmath and hypothesis are imported when they are first used
(`pip install "dcdw[test]"`).
"""

from autograd.testing.check import check_grad
from autograd.testing.check_op import check_op
from autograd.testing.explain import explain
from autograd.testing.numeric import numeric_grad
from autograd.testing.report import DerivativeMismatch, GradReport, Verdict

__all__ = [
    "DerivativeMismatch",
    "GradReport",
    "Verdict",
    "check_grad",
    "check_op",
    "explain",
    "numeric_grad",
]
