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

import random
import re
from collections.abc import Callable
from typing import Any

import numpy as np

from autograd import GraphError, Value, compile, no_grad
from autograd.graph import leaves
from autograd.internals import CONSTANT, FlatGraph, Reduce, flat_graph, recording, seed_of, traced
from nn.noise import Draw, Given, Rehearsal, staged, states, table
from nn.training.example import Example, numbers_of, shape_of

Check = Callable[[list[Value]], None]


class Replay:
    """A program of one example, traced with the first one; for learning or for judging."""

    def __init__(self, example: Example, X: np.ndarray, T: np.ndarray, is_learning: bool) -> None:
        self._example = example
        stage, x, t = Rehearsal(), *example.row(X, T, 0)
        with no_grad(), staged(stage, is_learning):
            example(x, t)
        self.draws, self.asked = stage.draws, stage.asked
        draws = self.draws

        def both(x: Any, t: Any, values: Any = ()) -> tuple[Any, Any]:
            with staged(Given(draws, values), is_learning) as given:
                result = example(x, t)
                given.end()
            return result

        self._both = compile(both)
        self._cost = compile(lambda *arguments: both(*arguments)[0])
        try:
            self._both(*self._arguments(X[:1], T[:1], self._drawn(1, Rehearsal())))
        except GraphError as error:
            if "compiled=False" in str(error):
                raise
            raise GraphError(f"{error}; or write compiled=False, to record every step") from error
        except TypeError as error:  # of Values alone: of numbers the model was called before
            raise TypeError(
                f"the model or the loss cannot be compiled: {_without_advice(error)}; write "
                "compiled=False, and each example is recorded anew, its inputs and targets "
                "plain numbers"
            ) from error
        (self._program,) = self._both.programs
        self.guarded = self._program.guarded
        self._none = [None] * (self._program.outputs - 1)

    def _drawn(self, rows: int, stage: Rehearsal | None = None) -> np.ndarray | None:
        """Random numbers for some examples, or stand-ins."""
        if not self.draws:
            return None
        if stage is not None:
            return np.array([[stage.next(draw).data for draw in self.draws]])
        return table(self.draws, rows)

    def _arguments(self, X: np.ndarray, T: np.ndarray, drawn: np.ndarray | None) -> list[Any]:
        shaped = X.reshape(len(X), *self._example.inputs)
        return [shaped, T] if drawn is None else [shaped, T, drawn]

    def run(
        self, X: np.ndarray, T: np.ndarray, C: np.ndarray, Y: np.ndarray | None,
        reduce: Reduce | None = None,
    ) -> None:  # fmt: skip
        """Costs and outputs; with `reduce` gradients too."""
        drawn = self._drawn(len(X))
        if self.guarded:
            arguments = self._arguments(X, T, drawn)
            self._branching(arguments, C, Y)
            if reduce is not None:
                self._cost.backward(*arguments, reduce=reduce)
            return
        columns = [X, T] if drawn is None else [X, T, drawn]
        values = [C, *self._none] if Y is None else [C, Y]
        arrays: dict[str, Any] = {"values": values}
        if reduce is not None:
            arrays |= {"seeds": [seed_of(reduce, len(X)), *self._none], "accumulate": True}
        self._program.run(columns, len(X), **arrays)

    def _branching(self, arguments: list[Any], C: np.ndarray, Y: np.ndarray | None) -> None:
        costs, out = self._both(*arguments)
        C[:] = costs
        if Y is not None:
            columns = _columns(out)
            _check_count(len(columns), Y)
            Y[:] = np.stack(columns, -1)


class Replayed:
    """Replays programs: one for learning and, where they differ, one for judging."""

    def __init__(self, example: Example, X: np.ndarray, T: np.ndarray, is_learning: bool) -> None:
        self._example, self._first = example, (X[:1], T[:1])
        self._fingerprint: Any = None
        self._replays: dict[bool, Replay] = {}
        self._of(is_learning)
        check_repeats(example, X, T, is_learning)

    def _of(self, is_learning: bool) -> Replay:
        if is_learning not in self._replays:
            other = self._replays.get(not is_learning)
            self._replays[is_learning] = (
                other
                if other is not None and not other.asked
                else Replay(self._example, *self._first, is_learning)
            )
        return self._replays[is_learning]

    @property
    def varies(self) -> bool:
        """Whether examples may have different graphs."""
        return self._of(True).guarded

    def generators(self) -> list[tuple[Any, Any]]:
        """The generators that learning draws from, and their states."""
        return states(self._of(True).draws)

    def look_again(self, X: np.ndarray, T: np.ndarray, check: Check) -> None:
        """Trace again if the first example's graph has changed since the last look."""
        graph, draws = traced_graph(self._example, X, T, True)
        check(graph.weights)
        now, before = (fingerprint(graph), draws), self._fingerprint
        # Where examples differ in their graphs, one says nothing of the others.
        if before is not None and (now != before or self.varies):
            self._replays = {}
        self._fingerprint, self._leaves = now, graph.weights  # no new leaf gets an id of theirs

    def forward(self, X: np.ndarray, T: np.ndarray, C: np.ndarray, Y: np.ndarray | None) -> None:
        """Costs and outputs."""
        self._of(False).run(X, T, C, Y)

    def backward(
        self, X: np.ndarray, T: np.ndarray, C: np.ndarray, Y: np.ndarray | None, reduce: Reduce
    ) -> None:
        """Costs, outputs and gradients."""
        self._of(True).run(X, T, C, Y, reduce)


def check_repeats(example: Example, X: np.ndarray, T: np.ndarray, is_learning: bool) -> None:
    """Raise a GraphError if the same example gives another graph the second time, or moves a
    global generator: a replay would repeat what it drew or counted at the first."""
    before = random.getstate(), repr(np.random.get_state())  # noqa: NPY002
    one, other = (fingerprint(traced_graph(example, X, T, is_learning)[0]) for _ in "12")
    if one != other or before != (random.getstate(), repr(np.random.get_state())):  # noqa: NPY002
        raise GraphError(
            "the model or the loss computes something else of the same example the second time, "
            "as with random numbers, a counter or a clock: draw random numbers with nn.noise, or "
            "write compiled=False, to record every step"
        )


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

    def __init__(self, example: Example, X: np.ndarray, T: np.ndarray) -> None:
        self._example = example
        self._check: Check | None = None
        with no_grad(), staged(Rehearsal(), True) as stage:
            example(*example.row(X, T, 0))
        self._draws = stage.draws

    def generators(self) -> list[tuple[Any, Any]]:
        """The generators that learning draws from by `nn.noise`, and their states."""
        return states(self._draws)

    def look_again(self, X: np.ndarray, T: np.ndarray, check: Check) -> None:
        """Look at the next example that is recorded: an extra call of the model would draw random
        numbers that are not drawn otherwise."""
        self._check = check

    def forward(self, X: np.ndarray, T: np.ndarray, C: np.ndarray, Y: np.ndarray | None) -> None:
        """Costs and outputs."""
        with no_grad(), staged(None, False):
            for k in range(len(X)):
                self._note(k, *self._example(*self._example.row(X, T, k)), C, Y)

    def backward(
        self, X: np.ndarray, T: np.ndarray, C: np.ndarray, Y: np.ndarray | None, reduce: Reduce
    ) -> None:
        """Costs, outputs and gradients."""
        seed = seed_of(reduce, len(X))
        for k in range(len(X)):
            with staged(None, True):
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


def traced_graph(
    example: Example, X: np.ndarray, T: np.ndarray, is_learning: bool
) -> tuple[FlatGraph, list[Draw]]:
    """The graph of the first example, from which a program is made, and what it draws."""
    x, t = map(leaves_of, example.row(X, T, 0))
    guards: list[Any] = []
    with recording(), staged(Rehearsal(), is_learning) as stage, traced(guards):
        C, out = example(x, t)
    outputs = [v if isinstance(v, Value) else Value(v).detach() for v in (C, *numbers_of(out))]
    inputs = [*numbers_of(x), *numbers_of(t), *stage.values]
    if shape_of(out) != example.outputs:
        raise ValueError(
            f"a callback changed the model, which gives outputs of shape {shape_of(out)} now, "
            f"not {example.outputs}: set state.stop and call fit again"
        )
    return flat_graph(outputs, inputs, guards), stage.draws


def fingerprint(graph: FlatGraph) -> tuple[list[float], list[bytes]]:
    """A key that is equal for graphs of the same operations on the same leaves and constants."""
    names = ("role", "code", "stopped", "start", "operand", "outputs", "guards")
    arrays = [graph.data[graph.role == CONSTANT], *(getattr(graph, name) for name in names)]
    leaves = [w.data if w.constant else id(w) for w in graph.weights]
    return leaves, [x.tobytes() for x in arrays]


Executor = Replayed | Recorded


def executor_of(
    example: Example, X: np.ndarray, T: np.ndarray, compiled: bool, is_learning: bool = False
) -> Executor:
    """The executor to use; X and T hold at least the example to trace with."""
    return Replayed(example, X, T, is_learning) if compiled else Recorded(example, X, T)


def leaves_of(x: Any) -> Any:
    """Leaves in place of the numbers in nested lists."""
    return [leaves_of(each) for each in x] if isinstance(x, list) else Value(x)
