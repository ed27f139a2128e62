"""Epochs: validation, early stopping, callbacks, the progress bar."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from time import perf_counter
from typing import Any

import numpy as np
from tqdm import tqdm

from nn.checks import not_negative
from nn.optim.base import Optimizer
from nn.training.batches import NotFiniteError, Steps
from nn.training.divergence import DivergedError, Recovery
from nn.training.evaluation import measured, score
from nn.training.example import Example
from nn.training.history import History
from nn.training.interrupt import Interrupt
from nn.training.metric import Score
from nn.training.model_changes import Changes

Callback = Callable[["State"], Any]


@dataclass
class State:
    """What a callback is called with after every epoch.

    Attributes
    ----------
    model, optimizer : those that `fit` was called with; `optimizer.lr` may be set
    epoch : the number of the epoch that has ended, counted from 1
    step : how many times the weights have been changed
    history : what was measured so far, this epoch included
    stop : set it to True to end training here
    """

    model: Any
    optimizer: Optimizer
    epoch: int
    step: int
    history: History
    stop: bool = False


class Stopping:
    """The best loss so far, its weights, and whether it is time to stop."""

    def __init__(self, steps: Steps, patience: int | None, min_delta: float, restore: bool) -> None:
        self._steps, self._patience, self._min_delta = steps, patience, min_delta
        self._best, self._since, self._restore = math.inf, 0, restore
        self._weights: np.ndarray | None = None

    def after(self, loss: float) -> bool:
        """Whether to stop after an epoch with that loss."""
        if loss < self._best - self._min_delta:
            self._best, self._since = loss, 0
            if self._restore:
                self._weights = self._steps.weights
        else:
            self._since += 1
        return self._patience is not None and self._since >= self._patience

    @property
    def restores(self) -> bool:
        """Whether there are weights of a best epoch to be restored."""
        return self._weights is not None

    def end(self) -> None:
        """Restore the best weights, if asked to."""
        if self._weights is not None:
            self._steps.weights = self._weights


@dataclass
class Measures:
    """What is measured besides the loss.

    Attributes
    ----------
    metric : function of outputs and targets, or None
    y : the targets as the metric takes them
    validation : inputs, targets as the loss takes them, and as the metric does; or None
    """

    example: Example
    metric: Callable[..., float] | None
    y: np.ndarray
    validation: tuple[np.ndarray, np.ndarray, np.ndarray] | None

    def empty_outputs(self) -> np.ndarray | None:
        """An array for the outputs that the metric needs."""
        return None if self.metric is None else self.example.empty_outputs(len(self.y))

    def of(self, Y: np.ndarray, order: Any) -> float | None:
        """The metric of outputs in the order of an epoch."""
        if self.metric is None:
            return None
        return measured(self.metric, self.example, Y, self.y[order])

    def validated(self, steps: Steps) -> Score | None:
        """Loss and metric of the validation data."""
        if self.validation is None:
            return None
        return score(steps.executor, self.example, *self.validation, self.metric, steps.reduce)


class Progress:
    """A progress bar that is updated ten times a second."""

    INTERVAL = 0.1  # seconds

    def __init__(self, total: int, steps: Steps, history: History, shown: bool) -> None:
        self._steps, self._history, self._last = steps, history, perf_counter()
        self._bar = tqdm(total=total, unit="batch", disable=not shown)
        self._shown = shown

    def __enter__(self) -> Progress:
        return self

    def __exit__(self, *error: object) -> None:
        self.show(len(self._history))
        self._bar.close()

    def after_batch(self, epoch: int) -> None:
        """Show the progress, if it is time to."""
        if self._shown and perf_counter() - self._last > self.INTERVAL:
            self._last = perf_counter()
            self.show(epoch)

    def show(self, epoch: int) -> None:
        """Show the progress."""
        bar = self._bar
        bar.set_description_str(f"epoch {epoch}", refresh=False)
        bar.set_postfix_str(self._history.last(), refresh=False)
        bar.n = self._steps.done
        bar.refresh()


class Epochs:
    """The epochs of one call of `fit`."""

    def __init__(
        self,
        steps: Steps,
        measures: Measures,
        stopping: Stopping,
        state: State,
        callbacks: list[Callback],
        changes: Changes | None,
    ) -> None:
        self._steps, self._measures, self._stopping = steps, measures, stopping
        self._state, self._callbacks, self._changes = state, callbacks, changes
        self._recovery = Recovery(steps, measures.example)

    def run(self, epochs: int, progress: bool) -> History:
        """Run all epochs, or until something stops them."""
        history = self._state.history
        total = epochs * self._steps.batches.per_epoch
        with (
            Interrupt() as interrupt,
            Progress(total, self._steps, history, progress) as bar,
        ):
            try:
                for epoch in range(1, epochs + 1):
                    self._epoch(epoch, interrupt, bar)
                    interrupt.check()
                    if history.stopped:
                        break
            except KeyboardInterrupt:
                history.stopped = "interrupted"
                self._stopping.end()
            except DivergedError as error:
                error.history = history
                self._stopping.end()
                raise
            else:
                self._stopping.end()
        return history

    def _epoch(self, epoch: int, interrupt: Interrupt, bar: Progress) -> None:
        steps, history = self._steps, self._state.history
        start = perf_counter()
        if self._changes is not None:
            self._changes.look()
        metric = self._learn(epoch, interrupt, bar)
        validation = self._measures.validated(steps)
        history.note(
            epoch, steps.loss, metric, validation, steps.optimizer.lr, perf_counter() - start
        )
        if self._stopping.after(steps.loss if validation is None else validation.loss):
            history.stopped = "early"
        self._call_back(epoch)

    def _learn(self, epoch: int, interrupt: Interrupt, bar: Progress) -> float | None:
        """All steps of an epoch; the metric of its outputs."""
        Y = self._measures.empty_outputs()

        def between() -> None:
            interrupt.check()
            bar.after_batch(epoch)

        self._recovery.note(epoch)
        try:
            self._steps.epoch(epoch, Y, between)
        except NotFiniteError as fault:
            raise self._recovery.error(epoch, fault.batch, self._stopping.restores) from None
        return None if Y is None else self._measures.of(Y, self._steps.batches.order(epoch))

    def _call_back(self, epoch: int) -> None:
        state, steps = self._state, self._steps
        model, optimizer = state.model, state.optimizer
        state.epoch, state.step = epoch, steps.done
        for callback in self._callbacks:
            callback(state)
        if state.model is not model or state.optimizer is not optimizer:
            raise ValueError(
                "the model and the optimizer of a State cannot be exchanged: set state.stop, and "
                "call fit again with others"
            )
        not_negative(lr=optimizer.lr)  # a callback may have set it
        if state.stop:
            state.history.stopped = state.history.stopped or "callback"
