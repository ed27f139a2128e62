"""Schedules: the learning rate at step t = 0, 1, 2, …, a function of t.

    rate = warm_up(100, cosine(0.1, steps=1000))
    for t in range(1100):
        optimizer.lr = rate(t)
        …
        optimizer.step()

A schedule keeps no state, so a run can continue from any step.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from nn.checks import function, not_negative, positive, whole

Schedule = Callable[[int], float]


def constant(lr: float) -> Schedule:
    """`lr` at every step."""
    positive(lr=lr)
    return lambda t: lr


def step(lr: float, every: int, factor: float = 0.1) -> Schedule:
    """lr · factor^⌊t / every⌋."""
    positive(lr=lr)
    whole("every", every)
    positive(factor=factor)
    return lambda t: lr * factor ** (t // every)


def linear(lr: float, steps: int, last: float = 0.0) -> Schedule:
    """From `lr` at t = 0 in a straight line to `last` at t = `steps`, and `last` from then on."""
    _ends(lr, steps, last)
    return lambda t: lr + (last - lr) * min(t, steps) / steps


def cosine(lr: float, steps: int, last: float = 0.0) -> Schedule:
    """From `lr` down half a cosine to `last` at t = `steps`, and `last` from then on.

    last + ½ (lr - last)(1 + cos(π t / steps)): Loshchilov & Hutter (2017), without restarts.
    """
    _ends(lr, steps, last)
    return lambda t: last + 0.5 * (lr - last) * (1.0 + math.cos(math.pi * min(t, steps) / steps))


def warm_up(steps: int, then: Schedule) -> Schedule:
    """(t + 1) / steps of the first rate of `then` while t < `steps`; after that, `then` from 0."""
    whole("steps", steps)
    function(f"then must be a schedule, such as constant({then!r:.60})", then)
    return lambda t: then(0) * (t + 1) / steps if t < steps else then(t - steps)


def _ends(lr: float, steps: int, last: float) -> None:
    positive(lr=lr)
    whole("steps", steps)
    not_negative(last=last)
