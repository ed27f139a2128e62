"""The table of operations in JAX: every row's value, with the row's own partials.

`function(name)` is made from the row's rules, run by `_Reader` on JAX arrays.  JAX does not
differentiate the value; it is given the partials, which are made of such functions in turn, so
derivatives of every order and the edge conventions are those of the table.
"""

from __future__ import annotations

import functools
import operator
from collections.abc import Callable
from typing import Any

from autograd.errors import GraphError
from autograd.ops.formulas import NO_EDGE, Expr
from autograd.ops.printer import TRUTHS, expand, partial_formulas, value_formula
from autograd.ops.table import BY_NAME, Op

try:
    import jax
    import jax.numpy as jnp
    from jax.custom_derivatives import SymbolicZero
    from jax.extend.core import Primitive
    from jax.interpreters import ad, batching, mlir
except ImportError as error:
    raise ImportError(f'to_jax needs JAX ({error}): pip install "dcdw[jax]"') from None

__all__ = ["Array", "differentiable", "function", "jax", "jnp"]

Array = Any  # of JAX, or a tracer of one
Function = Callable[..., Array]

# ── what flows along an edge ───────────────────────────────────────────────────


def _times(partial: Array, signal: Array) -> Array:
    return jnp.where(signal == 0, 0.0, partial * signal)


def _times_jvp(primals: Any, tangents: Any) -> tuple[Array, Any]:
    (partial, signal), (partial_dot, signal_dot) = primals, tangents
    parts = [
        flow_p.bind(factor, moved)
        for factor, moved in ((partial, signal_dot), (signal, partial_dot))
        if type(moved) is not ad.Zero
    ]
    out = flow_p.bind(partial, signal)
    return out, functools.reduce(operator.add, parts) if parts else ad.Zero.from_primal_value(out)


def _times_transposed(out_bar: Array, partial: Array, signal: Array) -> tuple[Any, Any]:
    if type(out_bar) is ad.Zero:
        return None, None
    if ad.is_undefined_primal(signal):
        return None, flow_p.bind(partial, out_bar)
    return flow_p.bind(signal, out_bar), None


def _times_batched(args: Any, dims: Any) -> tuple[Array, int]:
    size = next(x.shape[d] for x, d in zip(args, dims, strict=True) if d is not None)
    fronted = (batching.bdim_at_front(x, d, size) for x, d in zip(args, dims, strict=True))
    return flow_p.bind(*fronted), 0


flow_p = Primitive("dcdw_flow")
"""partial · signal, but 0 where the signal is 0, even if the partial is infinite or nan.

A primitive, since it is linear in either argument and JAX cannot see that of a `where`:
the arm of a choice that is not taken gives 0 in reverse mode, not 0 · ∞ = nan.
"""
flow_p.def_impl(jax.jit(_times))
flow_p.def_abstract_eval(lambda partial, signal: signal)
mlir.register_lowering(flow_p, mlir.lower_fun(_times, multiple_results=False))
ad.primitive_jvps[flow_p] = _times_jvp
ad.primitive_transposes[flow_p] = _times_transposed
batching.primitive_batchers[flow_p] = _times_batched


def _flow(partial: Array, signal: Array, like: Array) -> Array:
    """∂z/∂x · x_dot, with the shape that `like` has."""
    whole = jnp.broadcast_shapes(jnp.shape(partial), signal.shape, like.shape)
    parts = (jnp.broadcast_to(jnp.asarray(x, like.dtype), whole) for x in (partial, signal))
    return flow_p.bind(*parts)


# ── the C library in JAX ───────────────────────────────────────────────────────


def _floored_mod(x: Array, y: Array) -> Array:
    r = jax.lax.rem(*jnp.broadcast_arrays(x, y))
    moved = jnp.where((r < 0) != (y < 0), r + y, r)
    return jnp.where(r == 0, jnp.copysign(r, y), moved)


def _hypot(x: Array, y: Array) -> Array:
    large, small = jnp.maximum(abs(x), abs(y)), jnp.minimum(abs(x), abs(y))
    plain = (large == 0) | jnp.isinf(large)
    return jnp.where(plain, large, large * jnp.sqrt(1 + (small / large) ** 2))


def _exp_diff(x: Array, m: Array) -> Array:
    return jnp.where(x == m, 1.0, jnp.exp(x - m))  # 1 also where both are infinite


def _exp_diff_jvp(primals: Any, tangents: Any) -> tuple[Array, Array]:
    z = exp_diff(*primals)
    return z, z * (tangents[0] - tangents[1])


exp_diff = jax.custom_jvp(_exp_diff)
"""Partials of softmax call it, so JAX differentiates it in second derivatives."""
exp_diff.defjvp(_exp_diff_jvp)


C: dict[str, Function] = {
    "fabs": jnp.abs, "floor": jnp.floor, "ceil": jnp.ceil, "rint": jnp.rint,
    "floored_mod": _floored_mod, "pow": jnp.power, "hypot": _hypot, "sqrt": jnp.sqrt,
    "cube_root": jnp.cbrt, "exp": jnp.exp, "expm1": jnp.expm1, "exp_diff": exp_diff,
    "log": jnp.log, "log1p": jnp.log1p, "log2": jnp.log2, "log10": jnp.log10,
    "sin": jnp.sin, "cos": jnp.cos, "tan": jnp.tan, "asin": jnp.arcsin, "acos": jnp.arccos,
    "atan": jnp.arctan, "atan2": jnp.arctan2, "sinh": jnp.sinh, "cosh": jnp.cosh,
    "tanh": jnp.tanh, "asinh": jnp.arcsinh, "acosh": jnp.arccosh, "atanh": jnp.arctanh,
    "erf": jax.scipy.special.erf, "erfc": jax.scipy.special.erfc,
    "ndtr": lambda x: 0.5 * jax.scipy.special.erfc(-x * 0.5**0.5),
    "gauss": lambda x: jnp.exp(-0.5 * x * x),
}  # fmt: skip
LIBM = {f"libm.{name}": function for name, function in C.items()}
"""The functions that rows call as `libm.name`.  They are as accurate as XLA's are."""


def _others(x: Array) -> Array:
    """For each operand, the product of all others."""
    one = jnp.ones(1, x.dtype)
    before = jnp.cumprod(jnp.concatenate([one, x[:-1]]))
    after = jnp.cumprod(jnp.concatenate([one, x[:0:-1]]))[::-1]
    return before * after


OVER: dict[str, Function] = {
    "sum": lambda x, start=0.0: jnp.sum(x) + start,
    "rest": lambda x: jnp.sum(x[1:]),
    "prod": jnp.prod,
    "max": jnp.max,
    "min": jnp.min,
    "first": lambda x: x[0],
    "others": _others,
}
CONNECTIVES: dict[str, Function] = {
    "lt": operator.lt, "le": operator.le, "eq": operator.eq,
    "and": jnp.logical_and, "or": jnp.logical_or, "isnan": jnp.isnan,
}  # fmt: skip

ARITHMETIC: dict[str, Function] = {
    "neg": operator.neg, "add": operator.add, "sub": operator.sub, "mul": operator.mul,
    "div": operator.truediv,
}  # fmt: skip
"""The rows whose value is Python's operator: the rules of all others end in these and LIBM."""

# ── a rule, run on arrays ──────────────────────────────────────────────────────


class _Reader:
    """Computes formulas.

    Parameters
    ----------
    names : dict
        What each symbol is; for a row over many operands, x and y are vectors.
    row : callable
        Returns the function of another row by its name.
    """

    def __init__(self, names: dict[str, Array], row: Callable[[str], Function]) -> None:
        self.names, self.row = names, row

    def __call__(self, e: Expr) -> Array:
        if e.head == "number":
            return e.args[0]
        if e.head == "symbol":
            return self.names[e.args[0]]
        if e.head == "no_edge":
            return 0.0
        if e.head == "where":
            return jnp.where(self.truth(e.args[0]), self(e.args[1]), self(e.args[2]))
        if e.head in BY_NAME and BY_NAME[e.head].many:
            return self(expand(e))
        args = [self(arg) for arg in e.args]
        if e.head.startswith("over."):
            of_each = jnp.broadcast_to(args[0], self.names["x"].shape)
            return OVER[e.head.removeprefix("over.")](of_each, *args[1:])
        if e.head in LIBM:
            return LIBM[e.head](*map(jnp.asarray, args))
        if e.head.startswith("libm."):
            raise GraphError(f"{e.head} is not known in JAX: add it to LIBM in {__name__}")
        return (CONNECTIVES.get(e.head) or self.row(e.head))(*args)

    def truth(self, e: Expr) -> Array:
        """A condition; a number is true unless it is 0."""
        return self(e) if e.head in TRUTHS else self(e) != 0

    def has_edge(self, e: Expr) -> Array:
        """Whether the partial `e` says that a derivative flows here."""
        if e.head != "where":
            return e is not NO_EDGE
        return jnp.where(self.truth(e.args[0]), self.has_edge(e.args[1]), self.has_edge(e.args[2]))


def _read(op: Op, operands: tuple[Array, ...], row: Callable[[str], Function]) -> _Reader:
    names = dict(zip(op.operands, operands, strict=True))
    if op.many:
        count = len(names["x"])
        names |= {"n": float(count), "i": jnp.arange(count)}
    return _Reader(names, row)


def _value(name: str) -> Function:
    """The row's value, which JAX is not to differentiate."""
    op = BY_NAME[name]

    def value(*operands: Array) -> Array:
        if name in ARITHMETIC:
            z = ARITHMETIC[name](*map(jnp.asarray, operands))
        else:
            z = _read(op, operands, _value)(value_formula(op))
        return jnp.asarray(z, jnp.result_type(*operands))

    return value


def _tangent(op: Op, operands: tuple[Array, ...], z: Array, moved: tuple[Any, ...]) -> Array:
    """z_dot = Σ ∂z/∂x · x_dot."""
    read = _read(op, operands, differentiable)
    read.names["z"] = z
    z_dot = jnp.zeros_like(z)
    for name, e, x_dot in zip(op.operands, partial_formulas(op), moved, strict=True):
        if e is NO_EDGE or type(x_dot) is SymbolicZero:
            continue
        if any(part is NO_EDGE for part in e.walk()):
            x_dot = jnp.where(read.has_edge(e), x_dot, 0.0)
        partial = jnp.where(jnp.isnan(z), jnp.nan, read(e))
        along = _flow(partial, x_dot, z)
        z_dot = z_dot + (jnp.sum(along, 0) if name in op.sequences else along)
    return z_dot


@functools.cache
def differentiable(name: str) -> Function:
    """The row as a function that JAX differentiates by the row's partials.

    A row over many operands takes them as a vector (`dot`: two vectors and the bias).
    """
    op = BY_NAME[name]
    function = jax.custom_jvp(_value(name))

    def jvp(primals: Any, tangents: Any) -> tuple[Array, Array]:
        operands = tuple(map(jnp.asarray, primals))
        z = function(*operands)
        return z, _tangent(op, operands, z, tangents)

    function.defjvp(jvp, symbolic_zeros=True)

    def call(*operands: Array) -> Array:
        z: Array = function(*map(jnp.asarray, operands))
        return z

    return call


@functools.cache
def function(name: str) -> Function:
    """The same, traced once for all nodes of an operation."""
    jitted: Function = jax.jit(differentiable(name))
    return jitted
