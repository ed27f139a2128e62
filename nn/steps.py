"""Steps: within an epoch of training, batch by batch, the gradient and the weights' move."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from autograd import AnomalyError, Value
from autograd.programs.program import Reduce
from nn.clipping import clip_vector
from nn.evaluation import measured
from nn.history import History
from nn.module import Module
from nn.optimizer import Optimizer, not_negative
from nn.running import Example, Runner, first_wrong
from nn.schedule import Schedule

CHUNK = 1 << 16  # numbers that are brought into a new order at a time: they stay in the cache


class DivergedError(AnomalyError):
    """A loss, or a weight, became nan or infinite while a model learned.

    Attributes
    ----------
    epoch, batch : where, each counted from 1
    operation : the first operation that gave what is not finite, its operands and the line
        that recorded it; "" if none alone did, as when a sum over the batch overflows
    history : what was measured before that epoch
    """

    def __init__(self, message: str, epoch: int, batch: int, operation: str) -> None:
        super().__init__(message)
        self.epoch, self.batch, self.operation = epoch, batch, operation
        self.history = History()

    def __reduce__(self) -> Any:
        return type(self), (str(self), self.epoch, self.batch, self.operation), vars(self)


class Penalty:
    """λ₁ Σ |w| + ½ λ₂ Σ w² over some of the weights in a vector, by its gradient."""

    def __init__(self, mask: np.ndarray, l1: float, l2: float) -> None:
        self._l1, self._l2 = l1 * mask, l2 * mask

    @classmethod
    def of(
        cls, optimizer: Optimizer, l1: float, l2: float, on: Iterable[Value] | None
    ) -> Penalty | None:
        """The penalty on some of the optimizer's parameters, all if None; None if it is 0."""
        not_negative(l1=l1, l2=l2)
        if not l1 and not l2:
            return None
        chosen = {id(p) for p in (optimizer.params if on is None else on)}
        mask = np.array([float(id(p) in chosen) for p in optimizer.params])
        if not mask.any():
            raise ValueError("l1 and l2 act on none of the optimizer's parameters")
        return cls(mask, l1, l2)

    def add_grad(self, w: np.ndarray, g: np.ndarray) -> None:
        """Add the penalty's gradient at w to g; that of |w| at 0 is 0."""
        if self._l2.any():
            g += self._l2 * w
        if self._l1.any():
            g += self._l1 * np.sign(w)


@dataclass
class Snapshot:
    """What a model and its optimizer were before an epoch."""

    epoch: int
    done: int
    weights: np.ndarray
    optimizer: dict[str, Any]


class Steps:
    """The steps of one call of `fit`.

    Attributes
    ----------
    batches : how many an epoch has
    done : how many steps were taken
    loss : of the last epoch, the mean or the sum over its examples
    """

    def __init__(
        self,
        runner: Runner,
        example: Example,
        optimizer: Optimizer,
        X: np.ndarray,
        T: np.ndarray,
        *,
        size: int,
        reduce: Reduce,
        schedule: Schedule | None,
        clip_norm: float | None,
        seed: int | None,
        penalty: Penalty | None,
    ) -> None:
        self.runner, self.example, self.optimizer, self.reduce = runner, example, optimizer, reduce
        self._X, self._T, self._size = X, T, size
        self._seed = seed if size < len(X) else None  # the order of one batch means nothing
        self._schedule, self._clip_norm, self._penalty = schedule, clip_norm, penalty
        self.batches, self.done, self.loss = -(-len(X) // size), 0, math.nan
        self._C = np.empty(len(X))
        self._snapshots: list[Snapshot] = []
        self._known: dict[int, Value] = {}
        self._vectors = optimizer.vectors
        self._vectors.settle()
        if self._broken():
            raise ValueError("weights of the model are nan or infinite before it has learned")

    @property
    def weights(self) -> np.ndarray:
        """A copy of the numbers of the optimizer's parameters; what is assigned is their own."""
        copied: np.ndarray = self._vectors.load()[0].copy()
        return copied

    @weights.setter
    def weights(self, numbers: np.ndarray) -> None:
        self._vectors.load()[0][:] = numbers
        self._vectors.store()

    def epoch(self, number: int, Y: np.ndarray | None, between: Callable[[], None]) -> None:
        """Take all steps of an epoch; outputs go to Y, if it is given; `between` is called
        after every step.

        Raises
        ------
        DivergedError
            If a cost or a weight becomes nan or infinite.
        """
        self._vectors.settle()
        self._snapshots = [*self._snapshots[-1:], self._snapshot(number)]
        C = self._C
        with np.errstate(all="ignore"):
            for k, (a, b, X, T) in enumerate(self._epoch_batches(number)):
                self._differentiate(X, T, C[a:b], None if Y is None else Y[a:b])
                if not math.isfinite(np.add.reduce(C[a:b])):
                    raise self._diverged(number, k)
                self._move()
                between()
            if self._broken():
                raise self._diverged(number, self.batches)
            self.loss = float(np.add.reduce(C))
        if self.reduce == "mean":
            self.loss /= len(C)

    def _epoch_batches(self, number: int) -> Iterator[tuple[int, int, np.ndarray, np.ndarray]]:
        """First row, end, inputs and targets of every batch, in the order of that epoch."""
        n, size = len(self._X), self._size
        if self._seed is None:
            for a in range(0, n, size):
                yield a, min(a + size, n), self._X[a : a + size], self._T[a : a + size]
            return
        order = self.order(number)
        chunk = min(n, size * max(1, CHUNK // (size * self._X.shape[1])))
        X, T = np.empty((chunk, *self._X.shape[1:])), np.empty((chunk, *self._T.shape[1:]))
        for first in range(0, n, chunk):
            rows = order[first : first + chunk]
            # clip: what is in range anyway is then not copied twice
            np.take(self._X, rows, 0, X[: len(rows)], mode="clip")
            np.take(self._T, rows, 0, T[: len(rows)], mode="clip")
            for a in range(0, len(rows), size):
                b = min(a + size, len(rows))
                yield first + a, first + b, X[a:b], T[a:b]

    def order(self, number: int) -> Any:
        """What brings rows into the order of an epoch."""
        if self._seed is None:
            return slice(None)
        return np.random.default_rng([self._seed, number]).permutation(len(self._X))

    def _differentiate(
        self, X: np.ndarray, T: np.ndarray, C: np.ndarray, Y: np.ndarray | None
    ) -> None:
        self.optimizer.zero_grad()
        self.runner.backward(X, T, C, Y, self.reduce)

    def _move(self) -> None:
        if self._penalty is not None or self._clip_norm is not None:
            self._change_grads()
        if self._schedule is not None:
            self.optimizer.lr = self._rate(self._schedule(self.done))
        self.optimizer.step()
        self.done += 1

    def _change_grads(self) -> None:
        w, g = self._vectors.load()
        if self._penalty is not None:
            self._penalty.add_grad(w, g)
        if self._clip_norm is not None:
            clip_vector(g, self._clip_norm)
        self._vectors.store_grads()

    def _rate(self, lr: Any) -> Any:
        try:
            not_negative(lr=lr)
        except (TypeError, ValueError) as error:
            raise type(error)(f"the schedule's rate at step {self.done}: {error}") from None
        return lr

    # ── a model that is changed meanwhile ──

    def look_again(self) -> None:
        """See what was changed of the model since the last look.

        Raises
        ------
        ValueError
            If its loss depends on weights that nobody moves, and that it came without.
        """
        model, leaves = self.example.model, self.runner.look_again(self._X, self._T)
        if not self._known:
            known = [*leaves, *self.optimizer.params]
            known += model.parameters() if isinstance(model, Module) else []
            self._known = {id(p): p for p in known}
        new = [p for p in leaves if id(p) not in self._known]
        if new and (isinstance(model, Module) or not self.runner.varies):
            raise ValueError(
                f"a callback gave the model {len(new)} weights that the optimizer does not move: "
                "set state.stop, and call fit again with an optimizer of the model's parameters "
                "as they are now"
            )

    # ── outputs ──

    def outputs(self) -> np.ndarray:
        """Room for the outputs of all examples."""
        return self.example.room(len(self._X))

    def measured(
        self, measure: Callable[..., float], Y: np.ndarray, y: np.ndarray, number: int
    ) -> float:
        """The metric of an epoch's outputs, which are in the epoch's order."""
        return measured(measure, self.example, Y, y[self.order(number)])

    # ── when it goes wrong ──

    def _snapshot(self, number: int) -> Snapshot:
        return Snapshot(number, self.done, self.weights, self.optimizer.snapshot())

    def _return_to(self, snapshot: Snapshot, steps: int) -> None:
        """Take the first steps of an epoch again: the same bits, so that none is kept."""
        self.weights = snapshot.weights
        self.optimizer.restore(snapshot.optimizer)
        self.done = snapshot.done
        for _, (_, b, X, T) in zip(range(steps), self._epoch_batches(snapshot.epoch), strict=False):
            self._differentiate(X, T, self._C[b - len(X) : b], None)
            self._move()
        self.optimizer.zero_grad()

    def _diverged(self, epoch: int, k: int) -> DivergedError:
        """The error of an epoch's batch k, after the return to the last good weights.

        Those are the weights before the last step: the step made weights with which this
        batch's cost is not finite.
        """
        unmoved = self.done == self._snapshots[0].done
        broken = self._broken()
        operation = "" if broken else self._first_wrong(epoch, k, self._C)
        last, count = self._snapshots[-1], k - 1
        if k == 0:
            last, count = self._snapshots[0], 0 if unmoved else self.batches - 1
        self._return_to(last, count)
        if broken:  # the step before is to blame, or its gradient
            epoch, k = last.epoch, count
            operation = self._first_wrong(epoch, k, np.zeros_like(self._C))
        self.optimizer.zero_grad()
        what = "a gradient" if broken and operation else "a weight" if broken else "the loss"
        why = f": {operation}" if operation else ""
        left = (
            "the model has the weights that it came with"
            if unmoved
            else "the model has the last weights whose loss was finite; try a smaller learning "
            "rate, or clip_norm"
        )
        where = f"in epoch {epoch}, batch {k + 1}"
        return DivergedError(
            f"{what} became nan or infinite {where}{why}; {left}", epoch, k + 1, operation
        )

    def _broken(self) -> bool:
        w, _ = self._vectors.load()
        return not (math.isfinite(np.add.reduce(w)) or np.isfinite(w).all())

    def _first_wrong(self, epoch: int, k: int, C: np.ndarray) -> str:
        for j, (a, b, X, T) in enumerate(self._epoch_batches(epoch)):
            if j == k:
                return first_wrong(self.example, X, T, C[a:b], self.reduce)
        return ""
