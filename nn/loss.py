"""Costs: how wrong a net is, as one number C.

    quadratic                           C = ½ Σ (y - d)²
    mean_squared_error                  C = mean of (y - d)²
    hinge                               C = mean of max(0, 1 - d·y),  d = ±1
    binary_cross_entropy_from_logits    C = mean of -d·ln σ(z) - (1 - d)·ln(1 - σ(z))
    cross_entropy_from_logits           C = mean over cases of -Σ d·ln softmax(z)
    l1, l2                              C = λ Σ |w|,  ½ λ Σ w²

y is what the net gives, d the targets: two numbers, two lists, or two lists of
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
from autograd.internals import tracing
from nn.checks import Constraint, counted, described

Number = Value | float
Cost = Any  # a Value; of plain numbers, a float

# What targets are, of one example or of all: `nn.fit` checks whole arrays by the same words.
SIGN = Constraint(lambda d: abs(d) == 1.0, "hinge needs targets of 1 or -1")
SHARE = Constraint(
    lambda d: (d >= 0.0) & (d <= 1.0), "binary cross-entropy needs targets from 0 to 1"
)
PROBABILITY = Constraint(lambda d: (d >= 0.0) & (d <= 1.0), "probabilities are from 0 to 1")
WHOLE = Constraint(lambda d: abs(d - 1.0) <= 1e-6, "probabilities add up to 1")


def class_of(count: int) -> Constraint:
    """Of a class among `count` logits."""
    return Constraint(
        lambda d: (d >= 0) & (d < count) & (d == d // 1),
        f"classes are whole numbers, from 0 to {count - 1} for {count} logits",
    )


def quadratic(y: Any, d: Any) -> Cost:
    """½ Σ (y - d)²: a sum, not a mean, as in Rumelhart, Hinton & Williams (1986)."""
    return 0.5 * autograd.sum([(a - b) ** 2 for a, b in _pairs(y, d)])


def mean_squared_error(y: Any, d: Any) -> Cost:
    """The mean of (y - d)² over all numbers."""
    return autograd.mean([(a - b) ** 2 for a, b in _pairs(y, d)])


def hinge(y: Any, d: Any) -> Cost:
    """The mean of max(0, 1 - d·y), for d = +1 or -1: a margin, as micrograd's demo trains."""
    return autograd.mean([relu(1.0 - b * a) for a, b in _pairs(y, d, SIGN)])


def binary_cross_entropy_from_logits(z: Any, d: Any) -> Cost:
    """The mean of -d·ln σ(z) - (1 - d)·ln(1 - σ(z)), for d from 0 to 1.

    Its derivative by z is σ(z) - d over the number of outputs: no factor σ′(z), which is
    why a saturated neuron learns (Nielsen, ch. 3).  Nielsen sums over the outputs of a net;
    that is this, times their number.
    """
    return autograd.mean([_binary(a, b) for a, b in _pairs(z, d, SHARE)])


def _binary(z: Number, d: Number) -> Cost:
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
        The right class, counted from 0, or the probability of every class.

    Raises
    ------
    ValueError
        If there is no such class, or the probabilities do not add up to 1.
    """
    rows = _listed(z, "z")
    if not _is_sequence(rows[0]):
        return _categorical(rows, d)
    targets = _listed(d, "d") if _is_sequence(d) else [d]
    _same_length(len(rows), len(targets), "row")
    return autograd.mean(
        [_categorical(_listed(a, "a row of z"), b) for a, b in zip(rows, targets, strict=True)]
    )


def _categorical(z: list[Number], d: Any) -> Cost:
    if isinstance(d, Integral):
        k = int(d)
        class_of(len(z)).check(k, "d")
        # not logsumexp(z) - z[k], which cancels where the net is sure and right
        return logsumexp([0.0 if j == k else x - z[k] for j, x in enumerate(z)])
    if not _is_sequence(d):
        raise TypeError(
            f"d is a class (a whole number) or the probabilities of all classes, not {described(d)}"
        )
    shares = [b for _, b in _pairs(z, d, PROBABILITY)]
    if all(map(_known, shares)):
        WHOLE.check(math.fsum(map(_number, shares)), "the sum of d")
    mean = dot(shares, z)  # of a 1 among 0s the logit itself, so that nothing cancels
    return logsumexp([x - mean for x in z])


def l1(weights: Iterable[Number], strength: float = 1.0) -> Cost:
    """λ Σ |w| with λ = `strength`: draws weights to 0."""
    return strength * autograd.sum([abs(w) for w in _listed(weights, "weights")])


def l2(weights: Iterable[Number], strength: float = 1.0) -> Cost:
    """½ λ Σ w² with λ = `strength`: its derivative is λ·w, weight decay.

    Nielsen's λ/2n Σ w² (ch. 3) is l2(weights, λ / n) for n training cases.
    """
    ws = _listed(weights, "weights")
    return 0.5 * strength * dot(ws, ws)


def _pairs(y: Any, d: Any, constraint: Constraint | None = None) -> list[tuple[Any, Any]]:
    """The numbers of y beside those of d, which are as the loss needs them."""
    if not _is_sequence(y) and not _is_sequence(d):
        return [(_checked(y, "y"), _target(d, constraint))]
    ys = _listed(y, "y") if _is_sequence(y) else [y]
    ds = _listed(d, "d") if _is_sequence(d) else [d]
    rows = _is_sequence(ys[0])
    _same_length(len(ys), len(ds), "row" if rows else "number")
    if rows:
        return [pair for a, b in zip(ys, ds, strict=True) for pair in _pairs(a, b, constraint)]
    return [(_checked(a, "y"), _target(b, constraint)) for a, b in zip(ys, ds, strict=True)]


def _same_length(outputs: int, targets: int, what: str) -> None:
    if outputs != targets:
        raise ValueError(f"the net gives {counted(outputs, what)}, but d has {targets}")


def _listed(x: Any, name: str) -> list[Any]:
    if isinstance(x, np.ndarray):
        x = x.tolist()
    if isinstance(x, Value | Real | str) or not isinstance(x, Iterable):
        raise TypeError(f"{name} is a list of numbers, not {described(x)}")
    items = list(x)
    if not items:
        raise ValueError(f"{name} is empty; there is no cost of nothing")
    return items


def _is_sequence(x: Any) -> bool:
    if isinstance(x, np.ndarray):
        return x.ndim > 0
    return isinstance(x, Sequence) and not isinstance(x, str)


def _target(d: Any, constraint: Constraint | None) -> Number:
    if _known(_checked(d, "d")):
        x = _number(d)
        if math.isnan(x):
            raise ValueError("a target is nan; leave such examples out")
        if constraint is not None:
            constraint.check(x, "d")
    return d if isinstance(d, Value) else float(d)


def _checked(x: Any, name: str) -> Any:
    if not isinstance(x, Value | Real):
        raise TypeError(f"{name} is made of numbers and Values, not {described(x)}")
    return x


def _known(x: Number) -> bool:
    """Whether the number may be looked at: a Value's is another at every replay."""
    return not isinstance(x, Value) or not tracing()


def _number(x: Number) -> float:
    return x.data if isinstance(x, Value) else float(x)
