"""fit: a model learns from examples.

fit            what is asked for, checked
nn.training    epochs: validation, early stopping, callbacks, the progress bar
nn.steps       within an epoch: batches, gradients, changes of the weights
nn.running     the model and its cost, replayed or recorded
"""

from __future__ import annotations

import operator
import random
from collections.abc import Iterable
from typing import Any

import numpy as np

from autograd import Value
from autograd.modes import recording
from autograd.programs.program import Reduce, seed_of
from nn import data
from nn.history import History
from nn.metric import accuracy, metric_of
from nn.module import Module
from nn.optimizer import Optimizer, not_negative, positive
from nn.running import Cost, Example, Model, check_cost, example_of, runner_of, weights_of
from nn.schedule import Schedule
from nn.steps import Penalty, Steps
from nn.training import Callback, State, Stopping, Training


def fit(
    model: Model,
    X: Any,
    y: Any,
    loss: Cost,
    optimizer: Optimizer,
    epochs: int,
    batch_size: int | None = 32,
    *,
    reduce: Reduce = "mean",
    metric: Any = None,
    validation: tuple[Any, Any] | None = None,
    shuffle: bool = True,
    seed: int | None = None,
    schedule: Schedule | None = None,
    clip_norm: float | None = None,
    l1: float = 0.0,
    l2: float = 0.0,
    regularize: Iterable[Value] | None = None,
    patience: int | None = None,
    min_delta: float = 0.0,
    restore_best: bool = False,
    callbacks: Callback | Iterable[Callback] = (),
    progress: bool = True,
    compiled: bool = True,
) -> History:
    """Train a model: go through the examples `epochs` times, in mini-batches.

    The cost of a batch is the mean (or the sum) of the loss over its examples.  Its
    gradient comes from a program, traced with the first example and replayed over the
    batch (`autograd.compile`); the optimiser's parameters are moved into one vector
    (`nn.flatten`).  Ctrl-C ends training after the batch in progress, and the history
    so far is returned.

    Parameters
    ----------
    model : Module or callable
        Called with one example: a list of Values or numbers, for X of more than two
        dimensions nested lists.  It gives a Value or a list of them.
    X : array, list of rows
        The inputs, a row for every example.
    y : array, list
        The targets: a number or a row of numbers for every example; for
        `cross_entropy_from_logits` classes counted from 0, or rows of probabilities.
    loss : callable
        A function of `nn.loss`, or one's own: (outputs, targets) of ONE example → Value.
    optimizer : Optimizer
        Made of the model's parameters.  Those that it is not given stay as they are.
    epochs : int
        How often every example is learned from.
    batch_size : int or None
        Examples for each change of the weights; the last batch may be smaller.  None: all.
    reduce : "mean" or "sum"
        What is made of the losses of a batch.  Nielsen takes means over mini-batches,
        Rumelhart, Hinton & Williams sums over all cases.  The losses in the history are
        means or sums over all examples accordingly, without the penalties.
    metric : "accuracy" or callable, optional
        A function of two arrays, outputs and targets, over all examples; the two have the same
        shape if they have as many numbers.
    validation : (X, y), optional
        Examples to measure the loss and the metric of after every epoch.
    shuffle, seed
        Whether the examples come in a new order every epoch, and the seed of the orders:
        the same seed, the same bits.  Default seed: from Python's global generator, so that
        `random.seed` repeats a run.
    schedule : callable, optional
        The learning rate as a function of the step 0, 1, 2, … (`nn.schedule`); a step is
        a batch.
    clip_norm : float, optional
        The largest Euclidean norm of the gradient: `nn.clip_grad_norm`, before every step.
    l1, l2 : float
        Strengths λ of penalties on the cost of every batch, λ Σ |w| and ½ λ Σ w² (`nn.loss`).
        Nielsen's λ, over n examples, is l2=λ / n.
    regularize : iterable of Value, optional
        What the penalties act on.  Default: the weights, which are all the optimiser's
        parameters but the biases (those with the name b).
    patience : int, optional
        Early stopping: end after so many epochs without a better loss, of the validation data
        if there are such.
    min_delta : float
        By how much a loss must be below the best one to be better.
    restore_best : bool
        Whether the model gets the weights of the best epoch at the end.
    callbacks : callable or iterable of callables
        Each is given a `State` after every epoch and may end training.  What it changes of the
        model is seen in the next epoch; new weights, which the optimizer would not move, are
        refused.
    progress : bool
        Whether a progress bar is shown.
    compiled : bool
        False: every example is recorded anew, for models whose graph is another each time.

    Returns
    -------
    History

    Raises
    ------
    TypeError, ValueError
        If something of this cannot be learned from: the sentence gives shapes and places.
    DivergedError
        If a loss becomes nan or infinite.  The model keeps the last weights whose loss was
        finite.
    GraphError
        If the model cannot be compiled.

    >>> from nn import MLP, SGD, fit, loss
    >>> model = MLP(2, [3, 1], activation="tanh", rng=0)
    >>> X, y = [[0, 0], [0, 1], [1, 0], [1, 1]], [0, 1, 1, 0]
    >>> history = fit(model, X, y, loss.mean_squared_error, SGD(model.parameters(), 0.3),
    ...               epochs=1000, batch_size=None, progress=False)
    >>> len(history.loss)
    1000
    """
    _check_recording()
    rows = data.inputs(X)
    wanted = data.targets(y, len(rows))
    check_cost(loss)
    seed_of(reduce, len(rows))
    _count(epochs, "epochs")
    size = len(rows) if batch_size is None else _count(batch_size, "batch_size")
    name, measure = metric_of(metric, loss)
    _check_optimizer(optimizer)
    example = example_of(model, loss, rows)
    T = data.fitting(loss, wanted, example.outputs)
    _check_weights(optimizer, example, rows, T)
    if metric == "accuracy":
        accuracy(np.zeros((len(rows), *example.outputs)), wanted)  # of such targets, if any
    flat = rows.reshape(len(rows), -1)
    held = _validation(validation, loss, example)
    steps = Steps(
        runner_of(example, flat, T, compiled), example, optimizer, flat, T,
        size=min(size, len(rows)), reduce=reduce, schedule=_schedule(schedule),
        clip_norm=_positive(clip_norm, "clip_norm"),
        seed=_seed(seed) if shuffle else None,
        penalty=Penalty.of(optimizer, l1, l2, _regularized(model, regularize, l1 or l2)),
    )  # fmt: skip
    not_negative(min_delta=min_delta)
    stopping = Stopping(steps, _patience(patience), min_delta, restore_best)
    called = _callbacks(callbacks)
    training = Training(
        steps, stopping, wanted, measure, held, called,
        State(model, optimizer, 0, 0, History(metric_name=name)),
        watchful=bool(called) or any(_is_users(f) for f in (metric, schedule)),
    )  # fmt: skip
    return training.run(epochs, progress)


# ── what fit is given ─────────────────────────────────────────────────────────


def _validation(
    given: Any, loss: Cost, example: Example
) -> tuple[np.ndarray, np.ndarray, np.ndarray] | None:
    """Inputs, targets as the loss takes them, and as they were given."""
    if given is None:
        return None
    if not isinstance(given, tuple | list) or len(given) != 2:
        raise TypeError("validation is a pair, (X, y)")
    rows = data.inputs(given[0], "validation X")
    y = data.targets(given[1], len(rows), "validation y", "validation X")
    if rows.shape[1:] != example.inputs:
        raise ValueError(
            f"validation X has shape {rows.shape}, but the rows of X have shape {example.inputs}"
        )
    T = data.fitting(loss, y, example.outputs, "validation y")
    return rows.reshape(len(rows), -1), T, y


def _check_recording() -> None:
    with recording() as outside_records:
        if not outside_records:
            raise ValueError("nothing is recorded inside no_grad(): call fit outside of it")


def _check_optimizer(optimizer: Any) -> None:
    if not isinstance(optimizer, Optimizer):
        raise TypeError(
            "an optimizer is one of nn's, made of the model's parameters, as "
            f"nn.SGD(model.parameters(), lr=0.1), not {optimizer!r:.60}"
        )
    not_negative(lr=optimizer.lr)


def _check_weights(optimizer: Optimizer, example: Example, X: np.ndarray, T: np.ndarray) -> None:
    used = {id(p) for p in weights_of(example, X[0].tolist(), T[0].tolist())}
    if not used & {id(p) for p in optimizer.params}:
        raise ValueError(
            "the loss depends on none of the optimizer's parameters; make it of this model's: "
            f"{type(optimizer).__name__}(model.parameters(), …)"
        )


def _regularized(model: Any, given: Any, wanted: float) -> Iterable[Value] | None:
    """What penalties act on."""
    if given is not None:
        if isinstance(given, Value) or not isinstance(given, Iterable):
            raise TypeError(f"regularize is a list of weights, not {given!r:.60}")
        return list(given)
    if not wanted:
        return None
    if not isinstance(model, Module):
        raise TypeError("which weights do l1 and l2 act on? name them: regularize=[…]")
    named = model.named_parameters()
    return [p for name, p in named if name.rpartition(".")[2] != "b"]


def _callbacks(given: Any) -> list[Callback]:
    found = [given] if callable(given) or not isinstance(given, Iterable) else list(given)
    for callback in found:
        if not callable(callback):
            raise TypeError(f"a callback is a function of the State, not {callback!r:.60}")
    return found


def _is_users(f: Any) -> bool:
    """Whether it is a function that is not one of nn's, and may do anything."""
    return callable(f) and getattr(f, "__module__", "").partition(".")[0] != "nn"


def _count(n: Any, name: str) -> int:
    try:
        found = operator.index(n)
    except TypeError:
        raise TypeError(f"{name} is a whole number, not {n!r:.60}") from None
    if found < 1:
        raise ValueError(f"{name} is at least 1, not {found}")
    return found


def _patience(n: int | None) -> int | None:
    return None if n is None else _count(n, "patience")


def _seed(seed: int | None) -> int:
    if seed is None:
        return random.getrandbits(63)
    try:
        return abs(2 * operator.index(seed)) + (seed < 0)
    except TypeError:
        raise TypeError(f"seed is a whole number, not {seed!r:.60}") from None


def _schedule(given: Any) -> Schedule | None:
    if given is not None and not callable(given):
        raise TypeError(f"a schedule is a function of the step, as nn.schedule.constant({given!r})")
    found: Schedule | None = given
    return found


def _positive(x: float | None, name: str) -> float | None:
    if x is not None:
        positive(**{name: x})
    return x
