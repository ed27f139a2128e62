"""Costs and weights that become nan or infinite: going back, and the operation to blame."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from typing import Any

import numpy as np

import autograd
from autograd import AnomalyError, GraphError
from autograd.internals import Reduce, seed_of
from nn.noise import Rehearsal, restore, staged
from nn.training.batches import Steps
from nn.training.example import Example
from nn.training.executor import leaves_of
from nn.training.history import History


class DivergedError(AnomalyError):
    """A loss or a weight became nan or infinite during training.

    Attributes
    ----------
    epoch, batch : where, each counted from 1
    operation : the first operation whose result was not finite, its operands and the line that
        recorded it; "" if there is none, as when a sum over the batch overflows
    history : what was measured before that epoch
    """

    def __init__(self, message: str, epoch: int, batch: int, operation: str) -> None:
        super().__init__(message)
        self.epoch, self.batch, self.operation = epoch, batch, operation
        self.history = History()

    def __reduce__(self) -> Any:
        return type(self), (str(self), self.epoch, self.batch, self.operation), vars(self)


@dataclass
class Snapshot:
    """The state of a model and its optimizer before an epoch."""

    epoch: int
    done: int
    weights: np.ndarray
    optimizer: dict[str, Any]
    generators: list[tuple[Any, Any]]


class Recovery:
    """Returns to the last weights whose loss was finite, for one call of `fit`."""

    def __init__(self, steps: Steps, example: Example) -> None:
        self._steps, self._example = steps, example
        self._snapshots: list[Snapshot] = []

    def note(self, epoch: int) -> None:
        """Remember the state before an epoch, and before the previous one."""
        steps = self._steps
        generators = steps.executor.generators()
        now = Snapshot(epoch, steps.done, steps.weights, steps.optimizer.snapshot(), generators)
        self._snapshots = [*self._snapshots[-1:], now]

    @np.errstate(all="ignore")
    def error(self, epoch: int, k: int, restores: bool) -> DivergedError:
        """The error for an epoch's batch k, raised after returning to the last good weights.

        Those are the weights before the last step: the step made weights with which this
        batch's cost is not finite.  `restores`: those of the best epoch will take their place.
        """
        steps = self._steps
        unmoved = steps.done == self._snapshots[0].done
        broken = steps.broken()
        operation = "" if broken else self._first_wrong(epoch, k, steps.costs)
        last, count = self._snapshots[-1], k - 1
        if k == 0:
            last, count = self._snapshots[0], 0 if unmoved else steps.batches.per_epoch - 1
        self._return_to(last, count)
        if broken:  # the step before is to blame, or its gradient
            epoch, k = last.epoch, count
            operation = self._first_wrong(epoch, k, np.zeros_like(steps.costs))
        steps.optimizer.zero_grad()
        what = "a gradient" if broken and operation else "a weight" if broken else "the loss"
        return DivergedError(
            f"{what} became nan or infinite in epoch {epoch}, batch {k + 1}"
            f"{': ' if operation else ''}{operation}; {_what_is_left(unmoved, restores)}",
            epoch, k + 1, operation,
        )  # fmt: skip

    def _return_to(self, snapshot: Snapshot, count: int) -> None:
        """Take the first steps of an epoch again: the bits are the same, so none is stored."""
        steps = self._steps
        steps.weights, steps.done = snapshot.weights, snapshot.done
        steps.optimizer.restore(snapshot.optimizer)
        restore(snapshot.generators)
        batches = zip(range(count), steps.batches.of(snapshot.epoch), strict=False)
        for _, (_, b, X, T) in batches:
            steps.differentiate(X, T, steps.costs[b - len(X) : b], None)
            steps.move()
        steps.optimizer.zero_grad()

    def _first_wrong(self, epoch: int, k: int, C: np.ndarray) -> str:
        for j, (a, b, X, T) in enumerate(self._steps.batches.of(epoch)):
            if j == k:
                return first_wrong(self._example, X, T, C[a:b], self._steps.reduce)
        return ""


def _what_is_left(unmoved: bool, restores: bool) -> str:
    if unmoved:
        return "the model has the weights that it had before"
    weights = (
        "the weights of its best epoch" if restores else "the last weights whose loss was finite"
    )
    return f"the model has {weights}; try a smaller learning rate, or clip_norm"


def first_wrong(
    example: Example, X: np.ndarray, T: np.ndarray, C: np.ndarray, reduce: Reduce
) -> str:
    """The first operation, in a batch whose costs are C, whose result is not finite."""
    finite = np.isfinite(C)
    with autograd.detect_anomaly(), staged(Rehearsal(), True):
        for k in np.argsort(finite, kind="stable").tolist():  # those with such a cost first
            x, t = example.row(X, T, k)
            try:
                if not finite[k]:  # leaves, so that operations on data alone are recorded too
                    with contextlib.suppress(TypeError, ValueError, GraphError):
                        example(leaves_of(x), leaves_of(t))
                example(x, t)[0].backward(seed_of(reduce, len(X)))
            except AnomalyError as error:
                return str(error)
    return ""
