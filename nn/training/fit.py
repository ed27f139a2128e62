"""fit: train a model on examples.  Checks the arguments and puts the parts together."""

from __future__ import annotations

import random
from collections.abc import Iterable
from typing import Any

import numpy as np

from autograd import Value
from autograd.internals import Reduce, recording, seed_of
from nn.checks import function, not_negative, positive, whole
from nn.module import Module
from nn.optim.base import Optimizer
from nn.optim.penalty import Penalty
from nn.schedule import Schedule
from nn.training import data
from nn.training.batches import Batches, Steps
from nn.training.epochs import Callback, Epochs, Measures, State, Stopping
from nn.training.example import Cost, Example, Model, check_cost, example_of, weights_of
from nn.training.executor import executor_of
from nn.training.history import History
from nn.training.metric import accuracy, metric_of
from nn.training.model_changes import Changes


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
        dimensions nested lists.  It returns a Value or a list of them.
    X : array, list of rows
        The inputs, a row for every example.
    y : array, list
        The targets: a number or a row of numbers for every example; for
        `cross_entropy_from_logits` classes counted from 0, or rows of probabilities.
    loss : callable
        A function of `nn.loss`, or your own: (outputs, targets) of ONE example → Value.
    optimizer : Optimizer
        Made of the model's parameters.  Parameters that it does not have stay as they are.
    epochs : int
        How many times to go through the examples.
    batch_size : int or None
        Examples for each change of the weights; the last batch may be smaller.  None: all.
    reduce : "mean" or "sum"
        How the losses of a batch are combined.  Nielsen takes means over mini-batches,
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
        Early stopping: end after this many epochs without a better loss, measured on the validation
        data if there are any.
    min_delta : float
        By how much a loss must be below the best one to be better.
    restore_best : bool
        Whether the model gets the weights of its best epoch at the end.
    callbacks : callable or iterable of callables
        Each is called with a `State` after every epoch and may end training.  What it changes in
        the model takes effect in the next epoch; new weights, which the optimizer would not move,
        are refused.
    progress : bool
        Whether a progress bar is shown.
    compiled : bool
        False: every example is recorded anew, for models whose graph changes from example to
        example.

    Returns
    -------
    History

    Raises
    ------
    TypeError, ValueError
        If the arguments do not fit together: the message gives shapes and places.
    DivergedError
        If a loss becomes nan or infinite.  The model keeps the last weights whose loss was
        finite or, with `restore_best`, those of its best epoch.
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
    targets = data.targets(y, len(rows))
    check_cost(loss)
    seed_of(reduce, len(rows))
    whole("epochs", epochs)
    size = len(rows) if batch_size is None else min(whole("batch_size", batch_size), len(rows))
    name, measure = metric_of(metric, loss)
    _check_optimizer(optimizer)
    not_negative(l1=l1, l2=l2, min_delta=min_delta)
    example = example_of(model, loss, rows)
    T = data.fitting(loss, targets, example.outputs)
    _check_weights(optimizer, example, rows, T)
    if metric == "accuracy":
        accuracy(np.zeros((len(rows), *example.outputs)), targets)  # raises if it has none
    inputs = rows.reshape(len(rows), -1)
    measures = Measures(example, measure, targets, _validation(validation, loss, example))
    steps = Steps(
        executor_of(example, inputs, T, compiled, is_learning=True),
        Batches(inputs, T, size, _seed(seed) if shuffle else None),
        optimizer,
        reduce=reduce,
        schedule=_schedule(schedule),
        clip_norm=_clip_norm(clip_norm),
        penalty=Penalty.of(optimizer.params, l1, l2, _penalised(model, regularize, l1 or l2)),
    )
    stopping = Stopping(steps, _patience(patience), min_delta, restore_best)
    state = State(model, optimizer, 0, 0, History(metric_name=name))
    called = _callbacks(callbacks)
    is_watched = bool(called) or any(_is_users(f) for f in (metric, schedule))
    changes = Changes(model, steps) if is_watched else None
    return Epochs(steps, measures, stopping, state, called, changes).run(epochs, progress)


# ── arguments ─────────────────────────────────────────────────────────────────


def _validation(
    pair: Any, loss: Cost, example: Example
) -> tuple[np.ndarray, np.ndarray, np.ndarray] | None:
    """Inputs, targets as the loss takes them, and as the metric does."""
    if pair is None:
        return None
    if not isinstance(pair, tuple | list) or len(pair) != 2:
        raise TypeError("validation must be a pair, (X, y)")
    rows = data.inputs(pair[0], "validation X")
    y = data.targets(pair[1], len(rows), "validation y", "validation X")
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
            "an optimizer must be one of nn's, made of the model's parameters, as "
            f"nn.SGD(model.parameters(), lr=0.1), not {optimizer!r:.60}"
        )
    not_negative(lr=optimizer.lr)


def _check_weights(optimizer: Optimizer, example: Example, X: np.ndarray, T: np.ndarray) -> None:
    used = {id(p) for p in weights_of(example, *example.row(X, T, 0))}
    if not used & {id(p) for p in optimizer.params}:
        raise ValueError(
            "the loss depends on none of the optimizer's parameters; make it of this model's: "
            f"{type(optimizer).__name__}(model.parameters(), …)"
        )


def _penalised(model: Any, regularize: Any, strength: float) -> Iterable[Value] | None:
    """What penalties act on."""
    if regularize is not None:
        if isinstance(regularize, Value) or not isinstance(regularize, Iterable):
            raise TypeError(f"regularize must be a list of weights, not {regularize!r:.60}")
        return list(regularize)
    if not strength:
        return None
    if not isinstance(model, Module):
        raise TypeError("which weights do l1 and l2 act on? name them: regularize=[…]")
    named = model.named_parameters()
    return [p for name, p in named if name.rpartition(".")[2] != "b"]


def _callbacks(callbacks: Any) -> list[Callback]:
    is_one = callable(callbacks) or not isinstance(callbacks, Iterable)
    return [
        function("a callback must be a function of the State", f)
        for f in ([callbacks] if is_one else callbacks)
    ]


def _is_users(f: Any) -> bool:
    """Whether it is a user's function, which may do anything."""
    return callable(f) and getattr(f, "__module__", "").partition(".")[0] != "nn"


def _patience(n: int | None) -> int | None:
    return None if n is None else whole("patience", n)


def _seed(seed: int | None) -> int:
    if seed is None:
        return random.getrandbits(63)
    n = whole("seed", seed, least=None)
    return abs(2 * n) + (n < 0)


def _schedule(schedule: Any) -> Schedule | None:
    if schedule is None:
        return None
    such_as = f"nn.schedule.constant({schedule!r:.60})"
    what = f"a schedule must be a function of the step, such as {such_as}"
    chosen: Schedule = function(what, schedule)
    return chosen


def _clip_norm(norm: float | None) -> float | None:
    if norm is not None:
        positive(clip_norm=norm)
    return norm
