"""Accuracy: the share of examples that a model gets right."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from nn import loss

Metric = Callable[[np.ndarray, np.ndarray], float]


class Score(NamedTuple):
    """How well a model does: the loss, and the metric or None."""

    loss: float
    metric: float | None


FROM_LOGITS = (loss.binary_cross_entropy_from_logits, loss.hinge)


def metric_of(metric: Any, cost: Any) -> tuple[str, Metric | None]:
    """The name and the function of a metric: "accuracy", a function, or None.

    Raises
    ------
    ValueError, TypeError
        If it is none of these.
    """
    if metric is None:
        return "", None
    if metric == "accuracy":
        border = 0.0 if cost in FROM_LOGITS else None
        return "accuracy", lambda outputs, targets: accuracy(outputs, targets, border=border)
    if isinstance(metric, str):
        raise ValueError(
            f'there is no metric {metric!r}; write "accuracy", or a function of outputs and targets'
        )
    if not callable(metric):
        raise TypeError(
            f'a metric must be "accuracy" or a function of two arrays, not {metric!r:.60}'
        )
    return getattr(metric, "__name__", "metric"), metric


def accuracy(outputs: Any, targets: Any, *, border: float | None = None) -> float:
    """The share of examples whose outputs match the targets.

    Where the targets are classes or one-hot rows, the answer is the greatest of the outputs.
    Otherwise each output answers 0 or 1 (-1 or 1) by the side of `border` on which it lies, and all
    outputs of an example must be right.

    Parameters
    ----------
    outputs, targets : array with one number or one row per example
    border : float
        Default: the middle of the two targets.

    Raises
    ------
    ValueError
        If the shapes do not fit, or the targets are neither classes nor of two kinds.
    """
    y, d = _rows(outputs), _rows(targets)
    if len(y) != len(d):
        raise ValueError(f"there are {len(y)} rows of outputs, but {len(d)} of targets")
    if y.shape[1] > 1 and d.shape[1] == 1:
        return float(np.mean(np.argmax(y, 1) == d[:, 0]))
    if y.shape != d.shape:
        raise ValueError(f"the outputs have shape {y.shape}, but the targets {d.shape}")
    kinds = set(np.unique(d).tolist())
    if y.shape[1] > 1 and kinds <= {0.0, 1.0} and (d.sum(1) == 1.0).all():
        return float(np.mean(np.argmax(y, 1) == np.argmax(d, 1)))
    if not (kinds <= {0.0, 1.0} or kinds <= {-1.0, 1.0}):
        raise ValueError(
            "accuracy needs classes, or targets of 0 and 1 or of -1 and 1; for other numbers write "
            "a metric of outputs and targets"
        )
    middle = 0.0 if -1.0 in kinds else 0.5
    side = y > (middle if border is None else border)
    return float(np.mean((side == (d > middle)).all(1)))


def _rows(x: Any) -> np.ndarray:
    rows = np.asarray(x, float)
    if not rows.size:
        raise ValueError("accuracy needs at least one example")
    return rows.reshape(len(rows), -1)
