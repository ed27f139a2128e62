"""Batches: the order of the examples, and for each batch the gradient and the weights' move."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from autograd.internals import Reduce
from nn.checks import not_negative
from nn.optim.base import Optimizer
from nn.optim.clipping import clip_vector
from nn.optim.penalty import Penalty
from nn.schedule import Schedule
from nn.training.executor import Executor

CHUNK = 1 << 16  # numbers that are brought into a new order at a time: they stay in the cache

Batch = tuple[int, int, np.ndarray, np.ndarray]


class Batches:
    """The examples of every epoch in its own order, `size` at a time.

    Attributes
    ----------
    X, T : array of float64
        Inputs and targets, a row for every example.
    per_epoch : int
        How many batches there are.
    """

    def __init__(self, X: np.ndarray, T: np.ndarray, size: int, seed: int | None) -> None:
        self.X, self.T, self._size = X, T, size
        self._seed = seed if size < len(X) else None  # the order of one batch means nothing
        self.per_epoch = -(-len(X) // size)

    def order(self, epoch: int) -> Any:
        """What brings rows into the order of an epoch."""
        if self._seed is None:
            return slice(None)
        return np.random.default_rng([self._seed, epoch]).permutation(len(self.X))

    def of(self, epoch: int) -> Iterator[Batch]:
        """First row, end, inputs and targets of every batch."""
        return self._in_place() if self._seed is None else self._shuffled(epoch)

    def _in_place(self) -> Iterator[Batch]:
        n, size = len(self.X), self._size
        for a in range(0, n, size):
            yield a, min(a + size, n), self.X[a : a + size], self.T[a : a + size]

    def _shuffled(self, epoch: int) -> Iterator[Batch]:
        n, size, order = len(self.X), self._size, self.order(epoch)
        chunk = min(n, size * max(1, CHUNK // (size * self.X.shape[1])))
        X, T = np.empty((chunk, *self.X.shape[1:])), np.empty((chunk, *self.T.shape[1:]))
        for first in range(0, n, chunk):
            rows = order[first : first + chunk]
            # clip: what is in range anyway is then not copied twice
            np.take(self.X, rows, 0, X[: len(rows)], mode="clip")
            np.take(self.T, rows, 0, T[: len(rows)], mode="clip")
            for a in range(0, len(rows), size):
                b = min(a + size, len(rows))
                yield first + a, first + b, X[a:b], T[a:b]


class NotFiniteError(Exception):
    """A cost, or a weight after the last batch, is nan or infinite."""

    def __init__(self, batch: int) -> None:
        super().__init__(batch)
        self.batch = batch  # counted from 0


class Steps:
    """The steps of one call of `fit`: one for every batch.

    Attributes
    ----------
    done : int
        How many were taken.
    loss : float
        Of the last epoch, the mean or the sum over its examples.
    """

    def __init__(
        self,
        executor: Executor,
        batches: Batches,
        optimizer: Optimizer,
        *,
        reduce: Reduce,
        schedule: Schedule | None,
        clip_norm: float | None,
        penalty: Penalty | None,
    ) -> None:
        self.executor, self.batches, self.optimizer = executor, batches, optimizer
        self.reduce = reduce
        self._schedule, self._clip_norm, self._penalty = schedule, clip_norm, penalty
        self.done, self.loss = 0, math.nan
        self.costs = np.empty(len(batches.X))
        self._vectors = optimizer.vectors
        self._vectors.settle()
        if self.broken():
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

    def broken(self) -> bool:
        """Whether a weight is nan or infinite."""
        w, _ = self._vectors.load()
        return not np.isfinite(w).all()

    def epoch(self, number: int, Y: np.ndarray | None, between: Callable[[], None]) -> None:
        """Take all steps of an epoch; outputs go to Y, if there is one; `between` is called
        after every step.

        Raises
        ------
        NotFiniteError
            If a cost or a weight becomes nan or infinite.
        """
        self._vectors.settle()
        C = self.costs
        with np.errstate(all="ignore"):
            for k, (a, b, X, T) in enumerate(self.batches.of(number)):
                self.differentiate(X, T, C[a:b], None if Y is None else Y[a:b])
                if not math.isfinite(np.add.reduce(C[a:b])):
                    raise NotFiniteError(k)
                self.move()
                between()
            if self.broken():
                raise NotFiniteError(self.batches.per_epoch)
            self.loss = float(np.add.reduce(C))
        if self.reduce == "mean":
            self.loss /= len(C)

    def differentiate(
        self, X: np.ndarray, T: np.ndarray, C: np.ndarray, Y: np.ndarray | None
    ) -> None:
        """The gradient of a batch; its costs and outputs go to C and Y."""
        self.optimizer.zero_grad()
        self.executor.backward(X, T, C, Y, self.reduce)

    def move(self) -> None:
        """Change the weights."""
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
