"""Data to learn from: arrays, lists and tables made into arrays of numbers, or refused.

Every refusal is one sentence with the shapes, or with the place of the number that is
in the way.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from numbers import Real
from typing import Any

import numpy as np

from nn import loss

SHARES = 1e-6  # how far probabilities may be from adding up to 1


def inputs(X: Any, name: str = "X") -> np.ndarray:
    """X as an array of floats with a row for every example.

    Raises
    ------
    TypeError
        If there is text or something else that is no real number.
    ValueError
        If it is empty, ragged or of one dimension, or a number is nan or infinite.
    """
    found = _numbers(X, name)
    if found.ndim < 2:
        raise ValueError(
            f"{name} has shape {found.shape}, where one row of numbers an example is needed: "
            f"of one number each, write np.reshape({name}, (-1, 1))"
        )
    return found


def targets(y: Any, rows: int, name: str = "y", X: str = "X") -> np.ndarray:
    """y as an array of floats: one number for each of so many rows of X, or one row.

    Raises
    ------
    TypeError, ValueError
        As for `inputs`, and if y has not as many rows as X.
    """
    found = _numbers(y, name)
    if found.ndim == 0 or len(found) != rows:
        length = "one number" if found.ndim == 0 else _of(len(found), "row")
        raise ValueError(
            f"{X} has {_of(rows, 'row')}, but {name} has {length} (shape {found.shape}); "
            "every example needs its target"
        )
    if found.ndim > 2:
        raise ValueError(f"{name} has shape {found.shape}; a target is a number or a row of them")
    return found


def _numbers(data: Any, name: str) -> np.ndarray:
    if isinstance(data, str | bytes) or data is None:
        raise TypeError(f"{name} is {data!r}; it is an array or a list of numbers")
    if isinstance(data, Mapping | AbstractSet):
        raise TypeError(
            f"{name} is a {type(data).__name__}, which has no rows in order; "
            "it is an array or a list of numbers"
        )
    if np.ma.is_masked(data):
        raise ValueError(f"{name} has masked numbers; leave such rows out, or fill them in")
    if not isinstance(data, np.ndarray) and hasattr(data, "__iter__"):
        data = data if hasattr(data, "__array__") else _sequences(data)
    try:
        found = np.asarray(data)
    except ValueError:
        raise ValueError(f"{name} has rows of different lengths: {_ragged(data)}") from None
    if found.dtype == object:
        found = _unboxed(found, name)
    if found.dtype.kind in "US":
        _refuse_text(data, name)
    if found.dtype.kind not in "biuf":
        raise TypeError(f"{name} is an array of {found.dtype}; real numbers are needed")
    if found.size == 0:
        raise ValueError(f"{name} is empty (shape {found.shape}); there is nothing to learn from")
    found = np.asarray(found, float, order="C")
    finite = np.isfinite(found)
    if not finite.all():
        wrong = np.argwhere(~finite)
        place = tuple(wrong[0].tolist())
        more = f", and {len(wrong) - 1} more like it" if len(wrong) > 1 else ""
        raise ValueError(
            f"{_at(name, place)} is {found[place]}{more} (shape {found.shape}); "
            "leave such rows out, or fill them in"
        )
    return found


def _sequences(data: Any) -> Any:
    """Iterators and the like as lists."""
    return data if isinstance(data, Sequence) else list(data)


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


def _unboxed(found: np.ndarray, name: str) -> np.ndarray:
    """An array of objects as one of floats, if they are numbers."""
    for place, x in np.ndenumerate(found):
        if not isinstance(x, Real | np.bool_):
            raise TypeError(f"{_at(name, place)} is {x!r:.60}, where a number belongs")
        try:
            float(x)
        except OverflowError:
            raise ValueError(f"{_at(name, place)} is larger than any float") from None
    return found.astype(float)


def _at(name: str, place: tuple[int, ...]) -> str:
    return f"{name}[{', '.join(map(str, place))}]" if place else name


def _refuse_text(data: Any, name: str) -> None:
    boxed = np.asarray(data, dtype=object)
    _unboxed(boxed, name)


# ── what a cost wants ──────────────────────────────────────────────────────────


def fitting(
    cost: Callable[..., Any], y: np.ndarray, outputs: tuple[int, ...], name: str = "y"
) -> np.ndarray:
    """The targets as the cost of one example is given them, if the model's outputs fit them.

    Classes of cross-entropy become rows of 0s and a 1.  A cost of the user's own is
    trusted.

    Parameters
    ----------
    outputs : tuple of int
        The shape of what the model gives for one example, () being one number.
    """
    if cost not in KNOWN:
        return y
    count = int(np.prod(outputs))
    if cost is loss.cross_entropy_from_logits:
        return _classes(y, count, name)
    wanted = 1 if y.ndim == 1 else y.shape[1]
    if wanted != count:
        raise ValueError(
            f"the model gives {_of(count, 'number')} an example, but {name} of shape {y.shape} "
            f"wants {wanted}"
        )
    _check(cost, y, name)
    return y


KNOWN = (
    loss.quadratic,
    loss.mean_squared_error,
    loss.hinge,
    loss.binary_cross_entropy_from_logits,
    loss.cross_entropy_from_logits,
)


def _of(count: int, what: str) -> str:
    return f"{count} {what}{'s' * (count != 1)}"


def _check(cost: Callable[..., Any], y: np.ndarray, name: str) -> None:
    if cost is loss.hinge:
        _refuse(np.abs(y) != 1.0, y, name, "hinge wants targets of 1 or -1")
    if cost is loss.binary_cross_entropy_from_logits:
        _refuse((y < 0.0) | (y > 1.0), y, name, "binary cross-entropy wants targets from 0 to 1")


def _refuse(wrong: np.ndarray, y: np.ndarray, name: str, why: str) -> None:
    if wrong.any():
        place = tuple(np.argwhere(wrong)[0].tolist())
        raise ValueError(f"{why}, but {name}[{', '.join(map(str, place))}] is {y[place]:g}")


def _classes(y: np.ndarray, count: int, name: str) -> np.ndarray:
    if count < 2:
        raise ValueError(
            "cross-entropy is of two logits or more, and the model gives one; "
            "binary_cross_entropy_from_logits is of one"
        )
    if y.ndim == 2 and y.shape[1] != 1:
        if y.shape[1] != count:
            raise ValueError(
                f"the model gives {count} logits, but {name} of shape {y.shape} has "
                f"{y.shape[1]} probabilities an example"
            )
        _refuse(y < 0.0, y, name, "probabilities are from 0 to 1")
        off = np.abs(y.sum(1) - 1.0) > SHARES
        if off.any():
            k = int(np.argmax(off))
            raise ValueError(f"the probabilities {name}[{k}] add up to {y[k].sum():.6g}, not to 1")
        return y
    labels = y.reshape(-1)
    _refuse(labels != np.floor(labels), labels, name, "classes are whole numbers, counted from 0")
    _refuse(
        (labels < 0) | (labels >= count), labels, name,
        f"the model gives {count} logits, for the classes 0 to {count - 1}",
    )  # fmt: skip
    rows = np.zeros((len(labels), count))
    rows[np.arange(len(labels)), labels.astype(int)] = 1.0
    return rows
