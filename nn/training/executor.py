"""A model and its cost, run over many examples: replayed by a program, or one by one.

Both ways have

    forward(X, T, C, Y)            costs and outputs of all examples, written to C and Y
    backward(X, T, C, Y, reduce)   the same, and the gradient of the mean or the sum of the
                                   costs is added to `grad` of the weights
    look_again(X, T, check)        the model may have been changed: `check` is called with the
                                   leaves that an example depends on now, before the next
                                   gradient

with a row for every example: X holds inputs, T targets, C costs, Y outputs.  Y may be
None.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import numpy as np

from autograd import GraphError, Value, compile, no_grad
from autograd.graph import leaves
from autograd.internals import CONSTANT, FlatGraph, Reduce, flat_graph, recording, seed_of, traced
from nn.training.example import Example, numbers_of, shape_of

Check = Callable[[list[Value]], None]


class Replayed:
    """Replays a program, traced with the first example."""

    def __init__(self, example: Example, X: np.ndarray, T: np.ndarray) -> None:
        self._example = example
        self._fingerprint: Any = None
        self._trace(X, T)

    def _trace(self, X: np.ndarray, T: np.ndarray) -> None:
        example = self._example
        self._both = compile(lambda x, t: example(x, t))
        self._cost = compile(lambda x, t: example(x, t)[0])
        try:
            self._both(self._shaped(X[:1]), T[:1])
        except GraphError as error:
            raise GraphError(f"{error}; or write compiled=False, to record every step") from error
        except TypeError as error:  # of Values alone: of numbers the model was called before
            raise TypeError(
                f"the model or the loss cannot be compiled: {_without_advice(error)}; write "
                "compiled=False, and each example is recorded anew, its inputs and targets "
                "plain numbers"
            ) from error
        (self._program,) = self._both.programs
        self._guarded = self._program.guarded
        self._none = [None] * (self._program.outputs - 1)

    def _shaped(self, X: np.ndarray) -> np.ndarray:
        return X.reshape(len(X), *self._example.inputs)

    @property
    def varies(self) -> bool:
        """Whether examples may have different graphs."""
        return self._guarded

    def look_again(self, X: np.ndarray, T: np.ndarray, check: Check) -> None:
        """Trace again if the first example's graph has changed since the last look."""
        graph = traced_graph(self._example, X, T)
        check(graph.weights)
        now, before = fingerprint(graph), self._fingerprint
        if before is not None and now != before:
            self._trace(X, T)
        self._fingerprint, self._leaves = now, graph.weights  # no new leaf gets an id of theirs

    def forward(self, X: np.ndarray, T: np.ndarray, C: np.ndarray, Y: np.ndarray | None) -> None:
        """Costs and outputs."""
        if self._guarded:
            costs, out = self._both(self._shaped(X), T)
            C[:] = costs
            if Y is not None:
                columns = _columns(out)
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


def _without_advice(error: TypeError) -> str:
    """What was wrong; how to mend it elsewhere does not help inside `fit`."""
    return re.split(r"; |, because |: write ", str(error))[0]


def _columns(out: Any) -> list[np.ndarray]:
    """The columns in nested lists."""
    if isinstance(out, list | tuple):
        return [column for part in out for column in _columns(part)]
    return [out]


class Recorded:
    """Records every example anew, one by one."""

    varies = True

    def __init__(self, example: Example) -> None:
        self._example = example
        self._check: Check | None = None

    def look_again(self, X: np.ndarray, T: np.ndarray, check: Check) -> None:
        """Look at the next example that is recorded: an extra call of the model would draw random
        numbers that are not drawn otherwise."""
        self._check = check

    def forward(self, X: np.ndarray, T: np.ndarray, C: np.ndarray, Y: np.ndarray | None) -> None:
        """Costs and outputs."""
        with no_grad():
            for k in range(len(X)):
                self._note(k, *self._example(*self._example.row(X, T, k)), C, Y)

    def backward(
        self, X: np.ndarray, T: np.ndarray, C: np.ndarray, Y: np.ndarray | None, reduce: Reduce
    ) -> None:
        """Costs, outputs and gradients."""
        seed = seed_of(reduce, len(X))
        for k in range(len(X)):
            cost, out = self._example(*self._example.row(X, T, k))
            self._note(k, cost, out, C, Y)
            if self._check is not None:
                self._check(leaves(cost))
                self._check = None
            cost.backward(seed)

    @staticmethod
    def _note(k: int, cost: Any, out: Any, C: np.ndarray, Y: np.ndarray | None) -> None:
        C[k] = cost.data if isinstance(cost, Value) else cost
        if Y is not None:
            items = numbers_of(out)
            _check_count(len(items), Y)
            Y[k] = [v.data if isinstance(v, Value) else v for v in items]


def _check_count(count: int, Y: np.ndarray) -> None:
    if count != Y.shape[1]:
        raise ValueError(
            f"a model must return as many outputs for every example, not {Y.shape[1]} for the "
            f"first and {count} for another"
        )


def traced_graph(example: Example, X: np.ndarray, T: np.ndarray) -> FlatGraph:
    """The graph of the first example, from which a program is made."""
    x, t = map(leaves_of, example.row(X, T, 0))
    guards: list[Any] = []
    with recording(), traced(guards):
        C, out = example(x, t)
        outputs = [v if isinstance(v, Value) else Value(v).detach() for v in (C, *numbers_of(out))]
    if shape_of(out) != example.outputs:
        raise ValueError(
            f"a callback changed the model, which gives outputs of shape {shape_of(out)} now, "
            f"not {example.outputs}: set state.stop and call fit again"
        )
    return flat_graph(outputs, [*numbers_of(x), *numbers_of(t)], guards)


def fingerprint(graph: FlatGraph) -> tuple[list[int], list[bytes]]:
    """A key that is equal for graphs of the same operations on the same leaves and constants."""
    names = ("role", "code", "stopped", "start", "operand", "outputs", "guards")
    arrays = [graph.data[graph.role == CONSTANT], *(getattr(graph, name) for name in names)]
    return [id(w) for w in graph.weights], [x.tobytes() for x in arrays]


Executor = Replayed | Recorded


def executor_of(example: Example, X: np.ndarray, T: np.ndarray, compiled: bool) -> Executor:
    """The executor to use; X and T hold at least the example to trace with."""
    return Replayed(example, X, T) if compiled else Recorded(example)


def leaves_of(x: Any) -> Any:
    """Leaves in place of the numbers in nested lists."""
    return [leaves_of(each) for each in x] if isinstance(x, list) else Value(x)
