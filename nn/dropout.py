"""Layers that draw random numbers while a net learns, and nothing afterwards."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

import numpy as np

from nn import noise
from nn.checks import below_one, not_negative
from nn.init import Rng
from nn.layers import Number
from nn.module import Module


class _Noisy(Module):
    """Keeps the generator; a seed makes one."""

    def __init__(self, rng: Rng) -> None:
        keeps = rng is None or isinstance(rng, random.Random | np.random.Generator)
        self.rng: Any = rng if keeps else random.Random(rng)  # type: ignore[arg-type]


class Dropout(_Noisy):
    """In training every number is 0 with probability p, else divided by 1 - p (Srivastava et al.,
    2014); in `predict`, `evaluate` and a plain call it is passed on.

    Parameters
    ----------
    p : float
        From 0 up to but not including 1.
    rng : int, random.Random or numpy.random.Generator, optional
        Draws.  Default: Python's global generator, so that `random.seed` repeats a run.

    >>> from nn import Dropout, Layer, Sequential
    >>> net = Sequential(Layer(2, 8), Dropout(0.5, rng=0), Layer(8, 1, nonlin=False))
    >>> Dropout(0.5)([1.0, 2.0])
    [1.0, 2.0]
    """

    def __init__(self, p: float = 0.5, *, rng: Rng = None) -> None:
        below_one(p=p)
        super().__init__(rng)
        self.p = p

    def __call__(self, x: Sequence[Number]) -> list[Number]:
        """The numbers that are left."""
        if not noise.is_training() or not self.p:
            return list(x)
        keep = 1.0 - self.p
        return [v * (noise.bernoulli(keep, rng=self.rng) / keep) for v in x]

    def __repr__(self) -> str:
        return f"Dropout({self.p:g})"


class GaussianNoise(_Noisy):
    """In training N(0, sigma²) is added to every number; else it is passed on.

    Parameters
    ----------
    sigma : float
        From 0 up.
    rng
        As for `Dropout`.
    """

    def __init__(self, sigma: float, *, rng: Rng = None) -> None:
        not_negative(sigma=sigma)
        super().__init__(rng)
        self.sigma = sigma

    def __call__(self, x: Sequence[Number]) -> list[Number]:
        """The numbers with noise."""
        if not noise.is_training():
            return list(x)
        return [v + noise.normal(0.0, self.sigma, rng=self.rng) for v in x]

    def __repr__(self) -> str:
        return f"GaussianNoise({self.sigma:g})"
