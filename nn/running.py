"""A model and its cost, run over many examples: replayed by a program, or one by one.

Both ways have

    forward(X, T, C, Y)            costs and outputs of all examples, written to C and Y
    backward(X, T, C, Y, reduce)   the same, and the gradient of the mean or the sum of the
                                   costs is added to `grad` of the weights

with a row for every example: X holds inputs, T targets, C costs, Y outputs.  Y may be
None.
"""

from __future__ import annotations

import contextlib
import math
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

import autograd
from autograd import Value, compile, graph, no_grad
from autograd.derivatives.trees import flatten
from autograd.engine.value import traced
from autograd.errors import AnomalyError, GraphError
from autograd.modes import recording
from autograd.programs.ir import CONSTANT, Listing
from autograd.programs.program import Reduce, seed_of
from autograd.programs.tape import listed

Model = Callable[[Any], Any]
Cost = Callable[[Any, Any], Any]


class Example(NamedTuple):
    """What one example is: a function, and the shapes of what it takes and gives."""

    model: Model
    cost: Cost | None
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]

    def __call__(self, x: Any, t: Any) -> tuple[Any, Any]:
        """The cost and the outputs."""
        out = self.model(x)
        return (0.0 if self.cost is None else self.cost(out, t)), out

    def room(self, rows: int) -> np.ndarray:
        """Room for the outputs of so many examples, a row each."""
        return np.empty((rows, math.prod(self.outputs)))

    def shaped(self, Y: np.ndarray) -> np.ndarray:
        """Such outputs as the model gives them: one number a row where it gives one."""
        return Y.reshape(len(Y), *self.outputs)


def example_of(model: Model, cost: Cost | None, X: np.ndarray, name: str = "X") -> Example:
    """The model's example, tried with the first row.

    Raises
    ------
    TypeError
        If the model cannot be called with such a row, or the outputs are no numbers.
    ValueError
        If the model cannot take such a row.
    """
    if not callable(model):
        raise TypeError(f"a model is called with one example, and {model!r:.60} cannot be called")
    with no_grad():
        try:
            out = model(X[0].tolist())
        except (ValueError, IndexError) as error:
            raise ValueError(
                f"the model does not take the rows of {name}, which has shape {X.shape}: {error}"
            ) from error
        except TypeError as error:
            raise TypeError(
                f"the model cannot be called with the first row of {name}, which has shape "
                f"{X.shape}: {error}"
            ) from error
    return Example(model, cost, X.shape[1:], shape_of(out))


def check_cost(cost: Any) -> None:
    """Raise a TypeError unless `cost` can be called."""
    if not callable(cost):
        raise TypeError(
            "a loss is a function of one example's outputs and targets, as "
            f"nn.loss.mean_squared_error, not {cost!r:.60}"
        )


def shape_of(out: Any) -> tuple[int, ...]:
    """The shape of a model's outputs, () being one number."""
    items, _ = flatten(out, "what the model gives")
    boxed = np.array(out, dtype=object)
    if not items or boxed.size != len(items):
        raise TypeError("the model gives no numbers, or rows of them of different lengths")
    return boxed.shape


def weights_of(example: Example, x: Any, t: Any) -> list[Value]:
    """The leaves that the cost of an example depends on.

    Raises
    ------
    TypeError
        If the cost is not one Value.
    """
    C, _ = example(x, t)
    if not isinstance(C, Value):
        raise TypeError(
            f"the loss of one example is one Value, and {name_of(example.cost)} gives "
            f"{described(C)}; fit itself takes the mean or the sum over examples"
        )
    return graph.leaves(C)


def name_of(f: Any) -> str:
    """What a function is called."""
    return getattr(f, "__name__", type(f).__name__)


def described(x: Any) -> str:
    """A thing in a few words: itself, if it is short."""
    return f"{x!r:.60}" if isinstance(x, int | float | str | None) else f"a {type(x).__name__}"


class Replayed:
    """By a program, traced with the first example."""

    def __init__(self, example: Example, X: np.ndarray, T: np.ndarray) -> None:
        self._example = example
        self._both = compile(lambda x, t: example(x, t))
        self._cost = compile(lambda x, t: example(x, t)[0])
        try:
            self._both(self._shaped(X[:1]), T[:1])
        except GraphError as error:
            raise GraphError(f"{error}; or write compiled=False, to record every step") from error
        (self._program,) = self._both.programs
        self._guarded = self._program.guarded
        self._none = [None] * (self._program.outputs - 1)
        self._fingerprint: Any = None

    def _shaped(self, X: np.ndarray) -> np.ndarray:
        return X.reshape(len(X), *self._example.inputs)

    @property
    def varies(self) -> bool:
        """Whether the graph is not of all examples the same."""
        return self._guarded

    def look_again(self, X: np.ndarray, T: np.ndarray) -> list[Value]:
        """The leaves that the first example's cost depends on, now; if its graph is another
        than at the look before, it is traced anew."""
        graph = traced_graph(self._example, X, T)
        now, before = fingerprint(graph), self._fingerprint
        if before is not None and now != before:
            self.__init__(self._example, X, T)  # type: ignore[misc]
        self._fingerprint = now
        self._leaves = graph.weights  # lets no other leaf have the id of one of them
        return graph.weights

    def forward(self, X: np.ndarray, T: np.ndarray, C: np.ndarray, Y: np.ndarray | None) -> None:
        """Costs and outputs."""
        if self._guarded:
            costs, out = self._both(self._shaped(X), T)
            C[:] = costs
            if Y is not None:
                columns = flatten_columns(out)
                _check_count(len(columns), Y)
                Y[:] = np.stack(columns, -1)
            return
        values = [C, *self._none] if Y is None else [C, Y]
        self._program.run([X, T], len(X), values=values)

    def backward(
        self, X: np.ndarray, T: np.ndarray, C: np.ndarray, Y: np.ndarray | None, reduce: Reduce
    ) -> None:
        """Costs, outputs and gradients."""
        if self._guarded:
            self.forward(X, T, C, Y)
            self._cost.backward(self._shaped(X), T, reduce=reduce)
            return
        values = [C, *self._none] if Y is None else [C, Y]
        seeds = [seed_of(reduce, len(X)), *self._none]
        self._program.run([X, T], len(X), values=values, seeds=seeds, accumulate=True)


def flatten_columns(out: Any) -> list[np.ndarray]:
    """The columns in nested lists."""
    if isinstance(out, list | tuple):
        return [column for part in out for column in flatten_columns(part)]
    return [out]


class Recorded:
    """One by one, each recorded anew."""

    def __init__(self, example: Example) -> None:
        self._example = example

    varies = True

    def look_again(self, X: np.ndarray, T: np.ndarray) -> list[Value]:
        """The leaves that the first example's cost depends on, now."""
        return weights_of(self._example, X[0].reshape(self._example.inputs).tolist(), T[0].tolist())

    def row(self, X: np.ndarray, T: np.ndarray, k: int) -> tuple[Any, Any]:
        """The cost and the outputs of an example."""
        return self._example(X[k].reshape(self._example.inputs).tolist(), T[k].tolist())

    def forward(self, X: np.ndarray, T: np.ndarray, C: np.ndarray, Y: np.ndarray | None) -> None:
        """Costs and outputs."""
        with no_grad():
            for k in range(len(X)):
                self._note(k, *self.row(X, T, k), C, Y)

    def backward(
        self, X: np.ndarray, T: np.ndarray, C: np.ndarray, Y: np.ndarray | None, reduce: Reduce
    ) -> None:
        """Costs, outputs and gradients."""
        seed = seed_of(reduce, len(X))
        for k in range(len(X)):
            cost, out = self.row(X, T, k)
            self._note(k, cost, out, C, Y)
            cost.backward(seed)

    @staticmethod
    def _note(k: int, cost: Any, out: Any, C: np.ndarray, Y: np.ndarray | None) -> None:
        C[k] = cost.data if isinstance(cost, Value) else cost
        if Y is not None:
            items, _ = flatten(out, "what the model gives")
            _check_count(len(items), Y)
            Y[k] = [v.data if isinstance(v, Value) else v for v in items]


def _check_count(count: int, Y: np.ndarray) -> None:
    if count != Y.shape[1]:
        raise ValueError(
            "the outputs of all examples are as many, but the model gives "
            f"{Y.shape[1]} for the first and {count} for another"
        )


def traced_graph(example: Example, X: np.ndarray, T: np.ndarray) -> Listing:
    """The graph of the first example, as a program is made from it."""
    x, t = _leaves(X[0].reshape(example.inputs).tolist()), _leaves(T[0].tolist())
    guards: list[Any] = []
    with recording(), traced(guards):
        C, out = example(x, t)
        items, _ = flatten(out, "what the model gives")
        outputs = [v if isinstance(v, Value) else Value(v).detach() for v in (C, *items)]
    if shape_of(out) != example.outputs:
        raise ValueError(
            f"a callback changed the model, which gives outputs of shape {shape_of(out)} now, "
            f"not {example.outputs}: set state.stop and call fit again"
        )
    return listed(outputs, [*flatten(x, "X")[0], *flatten(t, "y")[0]], guards)


def fingerprint(graph: Listing) -> tuple[list[int], list[bytes]]:
    """What graphs have in common that are the same operations on the same leaves and constants."""
    names = ("role", "code", "stopped", "start", "operand", "outputs", "guards")
    arrays = [graph.data[graph.role == CONSTANT], *(getattr(graph, name) for name in names)]
    return [id(w) for w in graph.weights], [x.tobytes() for x in arrays]


Runner = Replayed | Recorded


def runner_of(example: Example, X: np.ndarray, T: np.ndarray, compiled: bool) -> Runner:
    """The way that is asked for; X and T hold at least the example to trace with."""
    return Replayed(example, X, T) if compiled else Recorded(example)


def first_wrong(
    example: Example, X: np.ndarray, T: np.ndarray, C: np.ndarray, reduce: Reduce
) -> str:
    """The first operation, in a batch whose costs are C, that gives what is not finite."""
    finite = np.isfinite(C)
    with autograd.detect_anomaly():
        for k in np.argsort(finite, kind="stable").tolist():  # those with such a cost first
            x, t = X[k].reshape(example.inputs).tolist(), T[k].tolist()
            try:
                if not finite[k]:  # leaves, so that operations on data alone are recorded too
                    with contextlib.suppress(TypeError, ValueError, GraphError):
                        example(_leaves(x), _leaves(t))
                example(x, t)[0].backward(seed_of(reduce, len(X)))
            except AnomalyError as error:
                return str(error)
    return ""


def _leaves(x: Any) -> Any:
    return [_leaves(each) for each in x] if isinstance(x, list) else Value(x)
