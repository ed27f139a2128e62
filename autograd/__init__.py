"""A scalar autograd engine with its computation graph in plain sight.

>>> from autograd import Value, tanh
>>> a, b = Value(2.0, label="a"), Value(-3.0, label="b")
>>> C = tanh(a * b + a ** 2) ** 2
>>> C.backward()
>>> f"{a.grad:.4f} {b.grad:.4f}"      # ∂C/∂a, ∂C/∂b
'-0.1362 -0.2724'

What is where:

    Value               a number that records how it was computed
    tanh, exp, dot, …   the operations: one row each in `autograd.ops`
    grad, value_and_grad, jacobian, hessian, jvp, vjp, hvp
                        derivatives of functions, of any order
    gradients           derivatives of recorded Values
    compile             a function traced once, replayed over numbers or batches
    Program             a recorded graph, frozen and replayed
    operation           an operation of your own
    no_grad             record nothing
    named_scope         give what is recorded a place, by which pictures group
    detect_anomaly      the first nan or infinity becomes an error that names it
    graph               a recorded graph as data: order, edges, leaves
    errors              what can go wrong
"""

try:
    from autograd import build_record

    build_record.refuse_stale()
    import autograd.engine.value as _engine
except ModuleNotFoundError as error:
    if error.name != "autograd.engine.value":
        raise
    raise ImportError(
        "autograd is not built here: its engine is compiled. Run `pip install -e .` in the "
        "folder that holds setup.cfg (it needs a C compiler), or start Python in another folder "
        "to use an installed copy"
    ) from None

from autograd import errors, graph
from autograd import numpy_support as _numpy_support  # noqa: F401 (it adds a method to Value)
from autograd.custom import operation
from autograd.derivatives import (
    grad,
    gradients,
    hessian,
    hvp,
    jacobian,
    jvp,
    value_and_grad,
    vjp,
)
from autograd.engine.value import *  # noqa: F403 (Value, and the functions of the table)
from autograd.errors import AnomalyError, GraphError, StaleGraphError
from autograd.modes import detect_anomaly, named_scope, no_grad
from autograd.programs import Program, compile

__all__ = [
    *_engine.__all__,
    "AnomalyError",
    "GraphError",
    "Program",
    "StaleGraphError",
    "compile",
    "detect_anomaly",
    "errors",
    "grad",
    "gradients",
    "graph",
    "hessian",
    "hvp",
    "jacobian",
    "jvp",
    "named_scope",
    "no_grad",
    "operation",
    "value_and_grad",
    "vjp",
]
