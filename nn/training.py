"""Epochs: validation, early stopping, callbacks, the progress bar."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from time import perf_counter
from typing import Any

import numpy as np
from tqdm import tqdm

from nn.evaluation import score
from nn.history import History
from nn.interrupt import Interrupt
from nn.optimizer import Optimizer, not_negative
from nn.steps import DivergedError, Steps

Callback = Callable[["State"], Any]


@dataclass
class State:
    """What a callback is given after every epoch.

    Attributes
    ----------
    model, optimizer : as `fit` was given them; `optimizer.lr` may be set
    epoch : the number of the epoch that has ended, counted from 1
    step : how often the weights have been changed
    history : what was measured so far, this epoch included
    stop : set it to True, and training ends here
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
        """Whether to stop after an epoch of that loss."""
        if loss < self._best - self._min_delta:
            self._best, self._since = loss, 0
            if self._restore:
                self._weights = self._steps.weights
        else:
            self._since += 1
        return self._patience is not None and self._since >= self._patience

    def end(self) -> None:
        """The best weights, if they are wanted."""
        if self._weights is not None:
            self._steps.weights = self._weights


class Training:
    """The epochs of one call of `fit`."""

    SHOWN = 0.1  # seconds between two looks of the progress bar

    def __init__(
        self,
        steps: Steps,
        stopping: Stopping,
        y: np.ndarray,
        measure: Callable[..., float] | None,
        held: tuple[np.ndarray, np.ndarray, np.ndarray] | None,
        callbacks: list[Callback],
        state: State,
        watchful: bool,
    ) -> None:
        self._steps, self._stopping, self._y = steps, stopping, y
        self._measure, self._held = measure, held
        self._callbacks, self._state = callbacks, state
        self._watchful = watchful  # whether a user's function may change the model meanwhile

    def run(self, epochs: int, progress: bool) -> History:
        """All epochs, or as many as it comes to."""
        history = self._state.history
        total = epochs * self._steps.batches
        with (
            Interrupt() as interrupt,
            tqdm(total=total, unit="batch", disable=not progress) as bar,
        ):
            try:
                for epoch in range(1, epochs + 1):
                    self._epoch(epoch, interrupt, bar if progress else None)
                    interrupt.check()
                    if history.stopped:
                        break
            except KeyboardInterrupt:
                history.stopped = "interrupted"
                self._stopping.end()
            except DivergedError as error:
                error.history = history
                raise
            else:
                self._stopping.end()
            finally:
                _show(bar, len(history), history, self._steps.done)
        return history

    def _epoch(self, epoch: int, interrupt: Interrupt, bar: Any) -> None:
        steps, state, history = self._steps, self._state, self._state.history
        if self._watchful:
            steps.look_again()
        start = shown = perf_counter()
        Y = steps.outputs() if self._measure else None

        def between() -> None:
            nonlocal shown
            interrupt.check()
            if bar is not None and perf_counter() - shown > self.SHOWN:
                shown = perf_counter()
                _show(bar, epoch, history, steps.done)

        steps.epoch(epoch, Y, between)
        metric = None
        if self._measure is not None and Y is not None:
            metric = steps.measured(self._measure, Y, self._y, epoch)
        held = None
        if self._held is not None:
            held = score(steps.runner, steps.example, *self._held, self._measure, steps.reduce)
        _note(history, epoch, steps, metric, held, perf_counter() - start)
        state.epoch, state.step = epoch, steps.done
        if self._stopping.after(steps.loss if held is None else held.loss):
            history.stopped = "early"
        for callback in self._callbacks:
            callback(state)
        if state.model is not steps.example.model or state.optimizer is not steps.optimizer:
            raise ValueError(
                "the model and the optimizer of a State cannot be exchanged: set state.stop, and "
                "call fit again with others"
            )
        not_negative(lr=steps.optimizer.lr)  # a callback may have set it
        if state.stop:
            history.stopped = history.stopped or "callback"


def _note(
    history: History, epoch: int, steps: Steps, metric: Any, held: Any, seconds: float
) -> None:
    history.epoch.append(epoch)
    history.loss.append(steps.loss)
    history.lr.append(steps.optimizer.lr)
    history.seconds.append(seconds)
    if metric is not None:
        history.metric.append(metric)
    if held is not None:
        history.val_loss.append(held.loss)
        if held.metric is not None:
            history.val_metric.append(held.metric)


def _show(bar: Any, epoch: int, history: History, done: int) -> None:
    bar.set_description_str(f"epoch {epoch}", refresh=False)
    bar.set_postfix_str(history.last(), refresh=False)
    bar.n = done
    bar.refresh()
