"""Derivatives of functions: grad, value_and_grad, jacobian, hessian, jvp, vjp, hvp.

One idea serves them all.  The function is run on Values, which records its graph
at the point; `LinearMap` (`autograd.derivatives.linearize`) is the linear map that the graph
represents there; and every derivative is that map, pushed forward or pulled back.  If a derivative
is to be differentiated in turn, pushing and pulling are recorded too, from the same rows of the
table.

A derivative is recorded when it depends on Values from outside: an argument that is a Value, or a
Value that was made before the call and that the result of the function depends on. The result then
consists of Values; otherwise of floats: a leaf that the function makes itself is none of the
caller's. Every call works on its own Values, so nested derivatives do not get confused.

Arguments and results are numbers, nested in lists, tuples, dicts and NumPy arrays in any way; a
derivative comes back in the argument's own structure.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from autograd.derivatives.linearize import LinearMap, as_values
from autograd.derivatives.recorded_function import ArgNums, Function, RecordedFunction
from autograd.derivatives.trees import flatten, flatten_like
from autograd.engine.value import Value
from autograd.errors import GraphError


def grad(f: Function, argnums: ArgNums = 0) -> Function:
    """The gradient of a function that returns one number.

    Parameters
    ----------
    f : callable
        Written with operations on Values and the functions of `autograd`.
    argnums : int or sequence of int
        The positional arguments to differentiate with respect to.

    Returns
    -------
    callable
        Takes what `f` takes; returns ∂f/∂argument in the argument's own structure (a tuple of them
        if `argnums` is a sequence).

    Raises
    ------
    TypeError
        When called: if `f` does not return one number, or an argument holds
        something that is not a real number.

    >>> from autograd import grad, sin
    >>> round(grad(grad(grad(sin)))(0.3), 12)      # -cos(0.3)
    -0.955336489126
    """
    both = value_and_grad(f, argnums)

    def gradient(*args: Any, **options: Any) -> Any:
        return both(*args, **options)[1]

    return _named(gradient, "grad", f)


def value_and_grad(f: Function, argnums: ArgNums = 0) -> Function:
    """As `grad`, but the value comes with the gradient: `(f(x), ∂f/∂x)`."""

    def value_and_gradient(*args: Any, **options: Any) -> Any:
        run = RecordedFunction(f, args, argnums, options, scalar="grad")
        return run.value(), run.in_arguments(run.pull([1.0]))

    return _named(value_and_gradient, "value_and_grad", f)


def jacobian(f: Function, argnums: ArgNums = 0, *, sparse: bool = False) -> Function:
    """The derivatives of every number in the result with respect to every number in the argument.

    They are pushed forward from each input or pulled back from each output, whichever are fewer.

    Parameters
    ----------
    f, argnums
        As for `grad`; the result may have any structure.
    sparse : bool
        Find out which derivatives are always zero, and compute the others together in a few passes;
        the result is a SciPy sparse array, outputs × inputs in flat order.

    Returns
    -------
    callable
        Returns the result's structure with the argument's structure in place of every number; for
        arrays, one array of shape result + argument.
    """

    def jacobian_of_f(*args: Any, **options: Any) -> Any:
        run = RecordedFunction(f, args, argnums, options)
        if sparse:
            return run.compressed("jacobian")
        return run.matrix_in_arguments(run.rows())

    return _named(jacobian_of_f, "jacobian", f)


def hessian(f: Function, argnums: ArgNums = 0, *, sparse: bool = False) -> Function:
    """The second derivatives of a function that returns one number.

    The gradient is recorded, and each of its numbers pulled back (reverse over reverse);
    entries that symmetry determines are not computed twice. Pushing forward would take as many
    passes, since the matrix is symmetric, and could leave out less of each.

    Parameters
    ----------
    f, argnums
        As for `grad`.
    sparse : bool
        As for `jacobian`.

    Returns
    -------
    callable
        Returns the argument's structure, nested in itself; for an array of shape S, an array of
        shape S + S.
    """

    def hessian_of_f(*args: Any, **options: Any) -> Any:
        run = RecordedFunction(f, args, argnums, options, scalar="hessian")
        second = run.of_gradient()
        if sparse:
            return second.compressed("hessian")
        return second.matrix_in_arguments(second.symmetric_rows(), outer=run.inputs_shape)

    return _named(hessian_of_f, "hessian", f)


def jvp(f: Function, primals: Sequence[Any], tangents: Sequence[Any]) -> tuple[Any, Any]:
    """The value and the Jacobian times a vector: forward mode.

    Parameters
    ----------
    f : callable
        It may return any structure of numbers.
    primals : sequence
        Its arguments.
    tangents : sequence
        x_dot for each, in its structure.

    Returns
    -------
    tuple
        f(x), and z_dot in its structure.
    """
    run = RecordedFunction(f, tuple(primals), range(len(primals)), {})
    return run.value(), run.outputs_shape.build(run.push(_like(run, tangents, "tangents")))


def vjp(f: Function, *primals: Any) -> tuple[Any, Function]:
    """The value and the pullback: reverse mode.

    Returns
    -------
    tuple
        f(x), and a function that takes z_bar in the structure of f(x) and returns the tuple of
        x_bar, each in the structure of its argument.
    """
    run = RecordedFunction(f, primals, range(len(primals)), {})

    def pullback(adjoint: Any) -> tuple[Any, ...]:
        items = flatten_like(adjoint, run.outputs_shape, "the adjoint", "the result")
        return tuple(run.in_arguments(run.pull(items)))

    return run.value(), pullback


def hvp(f: Function, primals: Sequence[Any], tangents: Sequence[Any]) -> Any:
    """The Hessian times a vector, without the Hessian.

    Parameters
    ----------
    f : callable
        With one number as its result.
    primals, tangents : sequence
        Its arguments, and the vector in their structure.

    Returns
    -------
    H·v in the structure of the argument; a tuple for several arguments.
    """
    run = RecordedFunction(f, tuple(primals), range(len(primals)), {}, scalar="hvp")
    product = run.of_gradient().push(_like(run, tangents, "tangents"))
    built = run.in_arguments(product)
    return built[0] if len(primals) == 1 else built


def gradients(
    C: Value, weights: Any, *, create_graph: bool = False, allow_unused: bool = False
) -> Any:
    """∂C/∂w of a graph that is already recorded.

    Parameters
    ----------
    C : Value
        What to differentiate.
    weights : Values in any structure
        Leaves or computed values below C.
    create_graph : bool
        Record the pass, so that the result consists of Values to differentiate again.
    allow_unused : bool
        Return None instead of 0 for a weight that C was not computed from.

    Raises
    ------
    StaleGraphError
        With `create_graph`, if a leaf was changed after recording.
    GraphError
        If C is a constant, with no history.
    """
    items, shape = flatten(weights, "weights")
    for k, w in enumerate(items):
        if not isinstance(w, Value):
            raise TypeError(f"weights must be Values; weight {k} is {w!r}")
    if not isinstance(C, Value):
        raise TypeError(f"C must be a Value, not {type(C).__name__}")
    if C.constant:
        raise GraphError("C is a constant, made under no_grad() or detached: it has no gradients")
    linear = LinearMap([C], items, cut=False)
    gradient: Any = linear.pull_recorded([1.0]) if create_graph else linear.pull([1.0])
    if create_graph:
        gradient = as_values(gradient)
    if allow_unused:
        reaches = linear.reaches()
        gradient = [g if used else None for g, used in zip(gradient, reaches, strict=True)]
    return shape.build(gradient)


def _like(run: RecordedFunction, tangents: Sequence[Any], name: str) -> list[Any]:
    """The tangents as a flat list, checked against the arguments."""
    if len(tangents) != len(run.shapes):
        raise TypeError(f"{len(run.shapes)} primals need as many {name}, not {len(tangents)}")
    flat = []
    for k, (tangent, shape) in enumerate(zip(tangents, run.shapes, strict=True)):
        flat += flatten_like(tangent, shape, f"{name}[{k}]", f"primals[{k}]")
    return flat


def _named(derived: Function, what: str, f: Function) -> Function:
    name = getattr(f, "__name__", "f")
    derived.__name__ = derived.__qualname__ = f"{what}({name})"
    derived.__doc__ = f"{what} of {name}.  See autograd.{what}."
    return derived
