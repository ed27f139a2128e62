"""Data to learn from: arrays, lists and tables made into arrays of numbers, or refused.

Every refusal is one sentence with the shapes, or with the place of the offending number.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from numbers import Real
from typing import Any

import numpy as np

from nn import loss
from nn.checks import Constraint, counted


def inputs(X: Any, name: str = "X") -> np.ndarray:
    """X as an array of floats with a row for every example.

    Raises
    ------
    TypeError
        If there is text or something else that is not a real number.
    ValueError
        If it is empty, ragged or one-dimensional, or a number is nan or infinite.
    """
    rows = _numbers(X, name)
    if rows.ndim < 2:
        raise ValueError(
            f"{name} has shape {rows.shape}, where one row of numbers per example is needed: "
            f"for one number each, write np.reshape({name}, (-1, 1))"
        )
    return rows


def targets(y: Any, rows: int, name: str = "y", X: str = "X") -> np.ndarray:
    """y as an array of floats: one number, or one row, for each row of X.

    Raises
    ------
    TypeError, ValueError
        As for `inputs`, and if y does not have as many rows as X.
    """
    d = _numbers(y, name)
    if d.ndim == 0 or len(d) != rows:
        length = "one number" if d.ndim == 0 else counted(len(d), "row")
        raise ValueError(
            f"{X} has {counted(rows, 'row')}, but {name} has {length} (shape {d.shape}); "
            "every example needs its target"
        )
    if d.ndim > 2:
        raise ValueError(f"{name} has shape {d.shape}; a target is a number or a row of them")
    return d


def _numbers(data: Any, name: str) -> np.ndarray:
    """An array of floats, all of them finite."""
    data = _in_order(data, name)
    try:
        array = np.asarray(data)
    except ValueError:
        raise ValueError(f"{name} has rows of different lengths: {_ragged(data)}") from None
    if array.dtype == object:
        array = _unboxed(array, name)
    if array.dtype.kind in "US":
        _unboxed(np.asarray(data, dtype=object), name)  # which names the first text
    if array.dtype.kind not in "biuf":
        raise TypeError(f"{name} is an array of {array.dtype}; real numbers are needed")
    if array.size == 0:
        raise ValueError(f"{name} is empty (shape {array.shape}); there is nothing to learn from")
    array = np.asarray(array, float, order="C")
    _check_finite(array, name)
    return array


def _in_order(data: Any, name: str) -> Any:
    """The data, with iterators and the like as lists."""
    if isinstance(data, str | bytes) or data is None:
        raise TypeError(f"{name} is {data!r}; it is an array or a list of numbers")
    if isinstance(data, Mapping | AbstractSet):
        raise TypeError(
            f"{name} is a {type(data).__name__}, which has no rows in order; "
            "it is an array or a list of numbers"
        )
    if np.ma.is_masked(data):
        raise ValueError(f"{name} has masked numbers; leave such rows out, or fill them in")
    is_listed = isinstance(data, Sequence) or hasattr(data, "__array__")
    return list(data) if hasattr(data, "__iter__") and not is_listed else data


def _check_finite(array: np.ndarray, name: str) -> None:
    finite = np.isfinite(array)
    if finite.all():
        return
    wrong = np.argwhere(~finite)
    place = tuple(wrong[0].tolist())
    more = f", and {len(wrong) - 1} more like it" if len(wrong) > 1 else ""
    raise ValueError(
        f"{_at(name, place)} is {array[place]}{more} (shape {array.shape}); "
        "leave such rows out, or fill them in"
    )


def _ragged(data: Sequence[Any]) -> str:
    """Which row of `data` first differs from row 0, and how."""
    shapes = [_shape(row) for row in data]
    k = next((k for k, shape in enumerate(shapes) if shape != shapes[0]), 0)
    return f"row 0 has shape {shapes[0]}, and row {k} {shapes[k]}" if k else "see row 0"


def _shape(row: Any) -> Any:
    try:
        return np.shape(row)
    except ValueError:
        return "of different lengths"


def _unboxed(array: np.ndarray, name: str) -> np.ndarray:
    """An array of objects as one of floats, if they are numbers."""
    for place, x in np.ndenumerate(array):
        if not isinstance(x, Real | np.bool_):
            raise TypeError(f"{_at(name, place)} is {x!r:.60}, where a number belongs")
        try:
            float(x)
        except OverflowError:
            raise ValueError(f"{_at(name, place)} is larger than any float") from None
    return array.astype(float)


def _at(name: str, place: tuple[int, ...]) -> str:
    return f"{name}[{', '.join(map(str, place))}]" if place else name


# ── what a loss needs ──────────────────────────────────────────────────────────

CONSTRAINTS: dict[Any, Constraint | None] = {
    loss.quadratic: None,
    loss.mean_squared_error: None,
    loss.hinge: loss.SIGN,
    loss.binary_cross_entropy_from_logits: loss.SHARE,
}


def fitting(
    cost: Callable[..., Any], y: np.ndarray, outputs: tuple[int, ...], name: str = "y"
) -> np.ndarray:
    """The targets as the loss of one example takes them, checked against the model's outputs.

    Classes for cross-entropy become one-hot rows.  A user's own loss is not checked.

    Parameters
    ----------
    outputs : tuple of int
        The shape of the model's output for one example, () being one number.
    """
    count = math.prod(outputs)
    if cost is loss.cross_entropy_from_logits:
        return _classes(y, count, name)
    if cost not in CONSTRAINTS:
        return y
    width = 1 if y.ndim == 1 else y.shape[1]
    if width != count:
        raise ValueError(
            f"the model gives {counted(count, 'number')} per example, but {name} of shape "
            f"{y.shape} has {width}"
        )
    constraint = CONSTRAINTS[cost]
    if constraint is not None:
        constraint.check(y, name)
    return y


def _classes(y: np.ndarray, count: int, name: str) -> np.ndarray:
    if count < 2:
        raise ValueError(
            "cross-entropy needs two logits or more, and the model gives one; "
            "binary_cross_entropy_from_logits takes one"
        )
    if y.ndim == 2 and y.shape[1] != 1:
        if y.shape[1] != count:
            raise ValueError(
                f"the model gives {count} logits, but {name} of shape {y.shape} has "
                f"{y.shape[1]} probabilities per example"
            )
        loss.PROBABILITY.check(y, name)
        loss.WHOLE.check(y.sum(1), f"the sum of {name}")
        return y
    labels = y.reshape(-1)
    loss.class_of(count).check(labels, name)
    rows = np.zeros((len(labels), count))
    rows[np.arange(len(labels)), labels.astype(int)] = 1.0
    return rows
