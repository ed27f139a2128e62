"""evaluate and predict: what a model gives, and how well it does."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from autograd.internals import Reduce, seed_of
from nn.checks import described, name_of
from nn.training import data
from nn.training.example import Cost, Example, Model, check_cost, example_of
from nn.training.executor import Executor, executor_of
from nn.training.metric import Score, metric_of


def evaluate(
    model: Model,
    X: Any,
    y: Any,
    loss: Cost,
    *,
    metric: Any = None,
    reduce: Reduce = "mean",
    compiled: bool = True,
) -> Score:
    """The loss and the metric of a model over all examples; nothing is learned.

    Parameters and errors are those of `fit`.

    >>> from nn import MLP, evaluate, loss
    >>> model = MLP(2, [1], rng=0)
    >>> evaluate(model, [[0.0, 0.0], [0.0, 0.0]], [1.0, 3.0], loss.quadratic)
    Score(loss=2.5, metric=None)
    """
    check_cost(loss)
    _, measure = metric_of(metric, loss)
    rows = data.inputs(X)
    targets = data.targets(y, len(rows))
    seed_of(reduce, len(rows))
    example = example_of(model, loss, rows)
    T = data.fitting(loss, targets, example.outputs)
    flat = rows.reshape(len(rows), -1)
    executor = executor_of(example, flat, T, compiled)
    return score(executor, example, flat, T, targets, measure, reduce)


def score(
    executor: Executor,
    example: Example,
    X: np.ndarray,
    T: np.ndarray,
    y: np.ndarray,
    measure: Callable[..., float] | None,
    reduce: Reduce,
) -> Score:
    """The loss and the metric of prepared data."""
    C, Y = np.empty(len(X)), example.empty_outputs(len(X)) if measure else None
    executor.forward(X, T, C, Y)
    with np.errstate(all="ignore"):
        total = float(np.add.reduce(C))
    metric = None if measure is None or Y is None else measured(measure, example, Y, y)
    return Score(total / len(X) if reduce == "mean" else total, metric)


def measured(
    measure: Callable[..., float], example: Example, Y: np.ndarray, y: np.ndarray
) -> float:
    """The metric; the outputs have the shape of the targets if they are as many, so that a
    column and a row of them are not mixed up.
    """
    result = measure(Y.reshape(y.shape) if Y.size == y.size else example.shaped(Y), y)
    try:
        return float(result)
    except (TypeError, ValueError):
        raise TypeError(
            f"a metric gives one number, but {name_of(measure)} gave {described(result)}"
        ) from None


def predict(model: Model, X: Any, *, compiled: bool = True) -> np.ndarray:
    """What a model gives for each row of X, as an array: of shape (rows,) where it gives one
    number, and else (rows, outputs).

    Raises
    ------
    TypeError, ValueError
        If X is not what the model takes (`fit` says more, also of `compiled`).

    >>> from nn import MLP, predict
    >>> predict(MLP(2, [3, 1], rng=0), [[0.0, 1.0], [1.0, 0.0]]).shape
    (2,)
    """
    rows = data.inputs(X)
    example = example_of(model, None, rows)
    flat, Y = rows.reshape(len(rows), -1), example.empty_outputs(len(rows))
    T = np.zeros(len(rows))
    executor_of(example, flat, T, compiled).forward(flat, T, np.empty(len(rows)), Y)
    return example.shaped(Y)
