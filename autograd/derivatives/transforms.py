"""Derivatives of functions: grad, value_and_grad, jacobian, hessian, jvp, vjp, hvp.

One idea serves them all.  The function is run on Values, which records its graph
at the point; `Linear` (`autograd.derivatives.linearize`) is the linear map that the graph is
there; and every derivative is that map, pushed forward or pulled back.  Where a
derivative is to be differentiated in turn, the pushing and pulling is recorded
too, from the same rows of the table.

A derivative is recorded when it depends on Values from outside: an argument that
is a Value, or one that the function uses besides its arguments.  The result then
consists of Values; otherwise of floats.  Every call works on Values of its own,
so derivatives inside derivatives do not get confused.

Arguments and results are numbers, nested in lists, tuples, dicts and NumPy
arrays as one likes; a derivative comes back in the argument's own structure.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from autograd.derivatives import sparsity as _sparse
from autograd.derivatives.linearize import Linear, any_varies, as_floats, as_values, own
from autograd.derivatives.trees import NUMBER, Shape, flatten, flatten_like, join, nested
from autograd.engine.value import Value
from autograd.errors import GraphError
from autograd.modes import recording

Function = Callable[..., Any]
ArgNums = int | Sequence[int]


def grad(f: Function, argnums: ArgNums = 0) -> Function:
    """The gradient of a function with one number as its result.

    Parameters
    ----------
    f : callable
        Made of Values' operations and the functions of `autograd`.
    argnums : int or sequence of int
        By which positional arguments.

    Returns
    -------
    callable
        Takes what `f` takes; gives ∂f/∂argument in the argument's own structure
        (a tuple of them, if `argnums` is a sequence).

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
        run = _Run(f, args, argnums, options, scalar="grad")
        return run.value(), run.in_arguments(run.pull([1.0]))

    return _named(value_and_gradient, "value_and_grad", f)


def jacobian(f: Function, argnums: ArgNums = 0, *, sparse: bool = False) -> Function:
    """The derivatives of every number in the result by every number in the argument.

    Pushed forward from each input or pulled back from each output, whichever are fewer.

    Parameters
    ----------
    f, argnums
        As for `grad`; the result may have any structure.
    sparse : bool
        Find out which derivatives are zero always, and compute the others together
        in a few sweeps; the result is a SciPy sparse array, outputs × inputs in flat
        order.

    Returns
    -------
    callable
        Gives the argument's structure in the place of every number of the result's
        structure; of arrays, one array of shape result + argument.
    """

    def jacobian_of_f(*args: Any, **options: Any) -> Any:
        run = _Run(f, args, argnums, options)
        if sparse:
            return run.compressed("jacobian")
        return run.matrix_in_arguments(run.rows())

    return _named(jacobian_of_f, "jacobian", f)


def hessian(f: Function, argnums: ArgNums = 0, *, sparse: bool = False) -> Function:
    """The second derivatives of a function with one number as its result.

    The gradient is recorded, and each of its numbers pulled back (reverse over reverse);
    what symmetry gives is not computed twice.  Pushing forward takes as many sweeps, since
    the matrix is symmetric, and cannot leave out as much of each.

    Parameters
    ----------
    f, argnums
        As for `grad`.
    sparse : bool
        As for `jacobian`.

    Returns
    -------
    callable
        Gives the argument's structure, nested in itself; of an array of shape S, an
        array of shape S + S.
    """

    def hessian_of_f(*args: Any, **options: Any) -> Any:
        run = _Run(f, args, argnums, options, scalar="hessian")
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
        Any structure of numbers may be its result.
    primals : sequence
        Its arguments.
    tangents : sequence
        x_dot for each, in its structure.

    Returns
    -------
    tuple
        f(x), and z_dot in its structure.
    """
    run = _Run(f, tuple(primals), range(len(primals)), {})
    return run.value(), run.outputs_shape.build(run.push(_like(run, tangents, "tangents")))


def vjp(f: Function, *primals: Any) -> tuple[Any, Function]:
    """The value and the pullback: reverse mode.

    Returns
    -------
    tuple
        f(x), and a function that takes z_bar in the structure of f(x) and gives the
        tuple of x_bar, one in the structure of each argument.
    """
    run = _Run(f, primals, range(len(primals)), {})

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
    H·v in the structure of the argument; of several arguments, a tuple.
    """
    run = _Run(f, tuple(primals), range(len(primals)), {}, scalar="hvp")
    product = run.of_gradient().push(_like(run, tangents, "tangents"))
    built = run.in_arguments(product)
    return built[0] if len(primals) == 1 else built


def gradients(
    C: Value, weights: Any, *, create_graph: bool = False, allow_unused: bool = False
) -> Any:
    """∂C/∂w of Values that are recorded already.

    Parameters
    ----------
    C : Value
        What to differentiate.
    weights : Values in any structure
        Leaves or computed values below C.
    create_graph : bool
        Record the pass, so that the result consists of Values to differentiate again.
    allow_unused : bool
        None instead of 0 for a weight that C was not computed from.

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
            raise TypeError(f"gradients are taken by Values; weight {k} is {w!r}")
    if not isinstance(C, Value):
        raise TypeError(f"gradients are taken of a Value, not of {type(C).__name__}")
    if C.constant:
        raise GraphError("gradients of a constant: C was recorded under no_grad() or detached")
    linear = Linear([C], items, cut=False)
    found: Any = linear.pull_recorded([1.0]) if create_graph else linear.pull([1.0])
    if create_graph:
        found = as_values(found)
    if allow_unused:
        found = [g if used else None for g, used in zip(found, linear.reaches(), strict=True)]
    return shape.build(found)


# ── one run of a function ─────────────────────────────────────────────────────


class _Run:
    """A function recorded at a point: its inputs, its outputs, and the map between."""

    def __init__(
        self,
        f: Function,
        args: tuple[Any, ...],
        argnums: ArgNums,
        options: dict[str, Any],
        scalar: str = "",
    ) -> None:
        self.single = not isinstance(argnums, Iterable)
        places = places_of(argnums, len(args))
        parts = [flatten(args[k], f"argument {k}") for k in places]
        given = parts[0][0] if len(parts) == 1 else [x for items, _ in parts for x in items]
        self.shapes = [shape for _, shape in parts]
        self.inputs_shape = self.shapes[0] if self.single else join(self.shapes)
        self._linear: Linear | None = None
        with recording() as outside_records:
            self.inputs = own(given)
            outputs, self.outputs_shape = _result(
                f, self._put_back(list(args), places), options, scalar
            )
            self.outputs = as_values(outputs)
            self.recorded = outside_records and (any_varies(given) or self.linear().open)

    def _put_back(self, args: list[Any], places: list[int]) -> list[Any]:
        """The arguments, with Values of this run's own in those places."""
        if len(places) == 1:
            args[places[0]] = self.shapes[0].build(self.inputs)
            return args
        start = 0
        for place, shape in zip(places, self.shapes, strict=True):
            args[place] = shape.build(self.inputs[start : start + shape.size])
            start += shape.size
        return args

    def linear(self) -> Linear:
        """The map from inputs to outputs."""
        if self._linear is None:
            self._linear = Linear(self.outputs, self.inputs)
        return self._linear

    def value(self) -> Any:
        """The result: of Values where it is recorded, else of floats."""
        return self.outputs_shape.build(self.outputs if self.recorded else as_floats(self.outputs))

    def pull(self, adjoints: list[Any]) -> list[Any]:
        """Vector times Jacobian."""
        return self._moved(self.linear().pull, self.linear().pull_recorded, adjoints)

    def push(self, tangents: list[Any]) -> list[Any]:
        """Jacobian times vector."""
        return self._moved(self.linear().push, self.linear().push_recorded, tangents)

    def _moved(self, plain: Function, recorded: Function, vector: list[Any]) -> list[Any]:
        if self.recorded or any_varies(vector):
            return as_values(recorded(vector))
        moved: list[Any] = plain(vector)
        return moved

    def of_gradient(self) -> _Run:
        """The gradient of this run's one output, as a run of its own."""
        second = object.__new__(_Run)
        second.__dict__.update(self.__dict__)
        with recording():
            second.outputs = as_values(self.linear().pull_recorded([1.0]))
        second.outputs_shape = self.inputs_shape
        second._linear = None
        return second

    def rows(self) -> list[list[Any]]:
        """The Jacobian, a row an output, in as few sweeps as there are inputs or outputs."""
        n, m = len(self.inputs), len(self.outputs)
        if n < m:
            columns = [self.push(_unit(n, j)) for j in range(n)]
            return [[column[i] for column in columns] for i in range(m)]
        return [self.pull(_unit(m, i)) for i in range(m)]

    def symmetric_rows(self) -> list[list[Any]]:
        """The Jacobian of a gradient: the part above the diagonal is mirrored."""
        n = len(self.inputs)
        if self.recorded:
            rows = [self.pull(_unit(n, i)) for i in range(n)]
        else:
            rows = [self.linear().pull(_unit(n, i), first=i) for i in range(n)]
        for i in range(n):
            for j in range(i):
                rows[i][j] = rows[j][i]
        return rows

    def compressed(self, name: str) -> Any:
        """The Jacobian as a sparse array."""
        if self.recorded:
            raise TypeError(
                f"a sparse {name} holds floats, but this one depends on Values from outside; "
                "give it their numbers, or leave out sparse=True"
            )
        return _sparse.compressed(self.linear())

    def in_arguments(self, flat: Sequence[Any]) -> Any:
        """One number an input, in the structure of the arguments."""
        return self.inputs_shape.build(flat)

    def matrix_in_arguments(self, rows: list[list[Any]], outer: Shape | None = None) -> Any:
        """One row an output, in the structures of result and arguments."""
        return nested(outer or self.outputs_shape, self.inputs_shape, rows)


def _result(
    f: Function, args: list[Any], options: dict[str, Any], scalar: str
) -> tuple[list[Any], Shape]:
    """What f gives, flat; where `scalar` is the name of a derivative, it must be one number."""
    result = f(*args, **options)
    if type(result) is Value:
        return [result], NUMBER
    name = f"the result of {getattr(f, '__name__', 'the function')}"
    flat, shape = flatten(result, name)
    if scalar and shape is not NUMBER:
        raise TypeError(
            f"{scalar} is of a function with one number as its result, and "
            f"{name} is {shape.text}; use jacobian"
        )
    return flat, shape


def places_of(argnums: ArgNums, count: int, name: str = "argnums") -> list[int]:
    """Which of `count` positional arguments `argnums` selects; negative ones from the end."""
    given = argnums if isinstance(argnums, Iterable) else [argnums]
    places = [operator.index(k) for k in given]
    for k in places:
        if not -count <= k < count:
            raise TypeError(f"{name} names argument {k}, but {count} positional ones were given")
    places = [k % count for k in places]
    for k in set(places):
        if places.count(k) > 1:
            raise TypeError(f"{name} names argument {k} twice; name it once")
    return places


def _like(run: _Run, tangents: Sequence[Any], name: str) -> list[Any]:
    """The tangents as a flat list, checked against the arguments."""
    if len(tangents) != len(run.shapes):
        raise TypeError(f"{len(run.shapes)} primals need as many {name}, not {len(tangents)}")
    flat = []
    for k, (tangent, shape) in enumerate(zip(tangents, run.shapes, strict=True)):
        flat += flatten_like(tangent, shape, f"{name}[{k}]", f"primals[{k}]")
    return flat


def _unit(n: int, k: int) -> list[float]:
    unit = [0.0] * n
    unit[k] = 1.0
    return unit


def _named(derived: Function, what: str, f: Function) -> Function:
    name = getattr(f, "__name__", "f")
    derived.__name__ = derived.__qualname__ = f"{what}({name})"
    derived.__doc__ = f"{what} of {name}.  See autograd.{what}."
    return derived
