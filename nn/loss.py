"""Costs: how wrong a net is, as one number C.

    quadratic                           C = ½ Σ (y - d)²
    mean_squared_error                  C = mean of (y - d)²
    hinge                               C = mean of max(0, 1 - d·y),  d = ±1
    binary_cross_entropy_from_logits    C = mean of -d·ln σ(z) - (1 - d)·ln(1 - σ(z))
    cross_entropy_from_logits           C = mean over cases of -Σ d·ln softmax(z)
    l1, l2                              C = λ Σ |w|,  ½ λ Σ w²

y is what the net gives and d what is wanted: two numbers, two lists, or two lists of
rows.  The functions "from logits" take the weighted inputs z of the last layer, which
is then linear, and stay exact where a rounded σ(z) = 1 has no logarithm, as at ±1000.

Raised by all: ValueError if y and d have different lengths, are empty, or a plain
number in d is nan; TypeError if something is no number.  In a compiled function d may be
its argument, a Value, whose numbers are not looked at.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from numbers import Integral, Real
from typing import Any

import numpy as np

import autograd
from autograd import Value, dot, logsumexp, relu, softplus
from autograd.engine.value import tracing

Number = Value | float
Cost = Any  # a Value; of plain numbers, a float


def quadratic(y: Any, d: Any) -> Cost:
    """½ Σ (y - d)²: a sum, not a mean, as in Rumelhart, Hinton & Williams (1986)."""
    return 0.5 * autograd.sum([(a - b) ** 2 for a, b in _pairs(y, d)])


def mean_squared_error(y: Any, d: Any) -> Cost:
    """The mean of (y - d)² over all numbers."""
    return autograd.mean([(a - b) ** 2 for a, b in _pairs(y, d)])


def hinge(y: Any, d: Any) -> Cost:
    """The mean of max(0, 1 - d·y), for d = +1 or -1: a margin, as micrograd's demo trains."""
    pairs = _pairs(y, d)
    for _, b in pairs:
        if _known(b) and abs(_number(b)) != 1.0:
            raise ValueError(f"hinge wants d = 1 or -1, not {_number(b)}")
    return autograd.mean([relu(1.0 - b * a) for a, b in pairs])


def binary_cross_entropy_from_logits(z: Any, d: Any) -> Cost:
    """The mean of -d·ln σ(z) - (1 - d)·ln(1 - σ(z)), for d from 0 to 1.

    Its derivative by z is σ(z) - d over the number of outputs: no factor σ′(z), which is
    why a saturated neuron learns (Nielsen, ch. 3).  Nielsen sums over the outputs of a net;
    that is this, times their number.
    """
    return autograd.mean([_binary(a, b) for a, b in _pairs(z, d)])


def _binary(z: Number, d: Number) -> Cost:
    if _known(d) and not 0.0 <= _number(d) <= 1.0:
        raise ValueError(f"binary cross-entropy wants d from 0 to 1, not {_number(d)}")
    if not isinstance(d, Value) and d in (0.0, 1.0):  # one operation
        return softplus(-z if d else z)
    return d * softplus(-z) + (1.0 - d) * softplus(z)  # not softplus(z) - d·z, which cancels


def cross_entropy_from_logits(z: Any, d: Any) -> Cost:
    """-Σ d·ln softmax(z): of one row of logits, or the mean over rows.

    Parameters
    ----------
    z : sequence of Values, or a sequence of such rows
        One logit for each class.
    d : int, or a sequence of numbers; a sequence of those for rows
        The class that is wanted, counted from 0, or its probability for every class.

    Raises
    ------
    ValueError
        If there is no such class, or the probabilities do not add up to 1.
    """
    rows = _listed(z, "z")
    if not _is_sequence(rows[0]):
        return _categorical(rows, d)
    wanted = _listed(d, "d") if _is_sequence(d) else [d]
    _same_length(len(rows), len(wanted), "rows")
    return autograd.mean(
        [_categorical(_listed(a, "a row of z"), b) for a, b in zip(rows, wanted, strict=True)]
    )


def _categorical(z: list[Number], d: Any) -> Cost:
    if isinstance(d, Integral):
        k = int(d)
        if not 0 <= k < len(z):
            raise ValueError(f"there is no class {k} among {len(z)}, counted from 0")
        # not logsumexp(z) - z[k], which cancels where the net is sure and right
        return logsumexp([0.0 if j == k else x - z[k] for j, x in enumerate(z)])
    if not _is_sequence(d):
        raise TypeError(
            "d is a class (a whole number) or the probabilities of all classes, "
            f"not {_described(d)}"
        )
    shares = [b for _, b in _pairs(z, d)]
    if all(map(_known, shares)) and abs(math.fsum(map(_number, shares)) - 1.0) > 1e-6:
        raise ValueError(
            f"the probabilities d add up to {math.fsum(map(_number, shares)):.6g}, not to 1"
        )
    wanted = dot(shares, z)  # of a 1 among 0s the logit itself, so that nothing cancels
    return logsumexp([x - wanted for x in z])


def l1(weights: Iterable[Number], strength: float = 1.0) -> Cost:
    """λ Σ |w| with λ = `strength`: draws weights to 0."""
    return strength * autograd.sum([abs(w) for w in _listed(weights, "weights")])


def l2(weights: Iterable[Number], strength: float = 1.0) -> Cost:
    """½ λ Σ w² with λ = `strength`: its derivative is λ·w, weight decay.

    Nielsen's λ/2n Σ w² (ch. 3) is l2(weights, λ / n) for n training cases.
    """
    ws = _listed(weights, "weights")
    return 0.5 * strength * dot(ws, ws)


def _pairs(y: Any, d: Any) -> list[tuple[Any, Any]]:
    """The numbers of y beside those of d."""
    if not _is_sequence(y) and not _is_sequence(d):
        return [(_checked(y, "y"), _target(d))]
    ys = _listed(y, "y") if _is_sequence(y) else [y]
    ds = _listed(d, "d") if _is_sequence(d) else [d]
    rows = _is_sequence(ys[0])
    _same_length(len(ys), len(ds), "rows" if rows else "numbers")
    if rows:
        return [pair for a, b in zip(ys, ds, strict=True) for pair in _pairs(a, b)]
    return [(_checked(a, "y"), _target(b)) for a, b in zip(ys, ds, strict=True)]


def _same_length(given: int, wanted: int, what: str) -> None:
    if given != wanted:
        raise ValueError(f"the net gave {given} {what}, but {wanted} are wanted")


def _listed(x: Any, name: str) -> list[Any]:
    if isinstance(x, np.ndarray):
        x = x.tolist()
    if isinstance(x, Value | Real | str) or not isinstance(x, Iterable):
        raise TypeError(f"{name} is a list of numbers, not {_described(x)}")
    items = list(x)
    if not items:
        raise ValueError(f"{name} is empty; there is no cost of nothing")
    return items


def _is_sequence(x: Any) -> bool:
    if isinstance(x, np.ndarray):
        return x.ndim > 0
    return isinstance(x, Sequence) and not isinstance(x, str)


def _target(d: Any) -> Number:
    if _known(_checked(d, "d")) and math.isnan(_number(d)):
        raise ValueError("a number that is wanted is nan; leave such cases out")
    return d if isinstance(d, Value) else float(d)


def _checked(x: Any, name: str) -> Any:
    if not isinstance(x, Value | Real):
        raise TypeError(f"{name} is made of numbers and Values, not {_described(x)}")
    return x


def _known(x: Number) -> bool:
    """Whether the number may be looked at: a Value's is another at every replay."""
    return not isinstance(x, Value) or not tracing()


def _number(x: Number) -> float:
    return x.data if isinstance(x, Value) else float(x)


def _described(x: Any) -> str:
    return f"{x!r}" if isinstance(x, str | int | float | None) else f"a {type(x).__name__}"
