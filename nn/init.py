"""Initial weights.

    uniform(r)     U(-r, +r): micrograd's with r = 1, which is the default
    normal(sigma)  N(0, σ²): Nielsen's first choice (ch. 1) with σ = 1
    nielsen()      N(0, 1/n_in), biases N(0, 1): his better choice (ch. 3)
    xavier()       U(±√(6 / (n_in + n_out))): Glorot & Bengio (2010)
    he()           N(0, 2/n_in): He, Zhang, Ren & Sun (2015), for ReLUs

Each returns an `Init`, which models take as `init=…`.  Random numbers come from the
`rng=…` beside it: a seed, a `random.Random` or a NumPy generator.  The same one
gives the same weights to the last bit.

>>> from nn import MLP, init
>>> net = MLP(2, [3, 1], init=init.he(), rng=7)
"""

from __future__ import annotations

import math
import operator
import random
from collections.abc import Callable
from dataclasses import dataclass
from types import ModuleType
from typing import Any, SupportsIndex

import numpy as np

from nn.checks import positive

Rng = SupportsIndex | random.Random | np.random.Generator | None
Draw = Callable[["Source", int, int], float]


class Source:
    """Random numbers from a seed, a `random.Random`, a NumPy generator or, for None, Python's
    global generator, which `random.seed` makes repeatable.

    Raises
    ------
    TypeError
        If it is none of them.
    """

    def __init__(self, rng: Rng | Source = None) -> None:
        self.uniform: Callable[[float, float], float]
        self.normal: Callable[[float, float], float]
        if isinstance(rng, Source):  # so that one seed serves a whole net
            self.uniform, self.normal = rng.uniform, rng.normal
            return
        made = _generator(rng)
        self.uniform = made.uniform
        self.normal = made.normal if isinstance(made, np.random.Generator) else made.gauss


def _generator(rng: Any) -> random.Random | np.random.Generator | ModuleType:
    if rng is None:
        return random
    if isinstance(rng, random.Random | np.random.Generator):
        return rng
    try:
        return random.Random(operator.index(rng))
    except TypeError:
        raise TypeError(
            "rng must be a seed (a whole number), a random.Random or a NumPy generator "
            f"(np.random.default_rng(seed)), not {rng!r}"
        ) from None


@dataclass(frozen=True)
class Init:
    """An initialisation: `weight` and `bias` draw one, given n_in and n_out."""

    name: str
    weight: Draw
    bias: Draw

    def __repr__(self) -> str:
        return self.name


def _zero(source: Source, n_in: int, n_out: int) -> float:
    return 0.0


def uniform(r: float = 1.0, *, biases: bool = False) -> Init:
    """Uniform in ±r, r > 0.

    Biases are 0, or drawn likewise if `biases` is true: for Rumelhart, Hinton & Williams (1986),
    who started in ±0.3, a bias was a weight from a constant 1.
    """
    positive(r=r)

    def draw(source: Source, n_in: int, n_out: int) -> float:
        return float(source.uniform(-r, r))

    return Init(f"uniform({r:g})", draw, draw if biases else _zero)


def normal(sigma: float = 1.0, *, biases: bool = True) -> Init:
    """Normal with mean 0 and standard deviation σ > 0; biases likewise, or 0."""
    positive(sigma=sigma)

    def draw(source: Source, n_in: int, n_out: int) -> float:
        return float(source.normal(0.0, sigma))

    return Init(f"normal({sigma:g})", draw, draw if biases else _zero)


def nielsen() -> Init:
    """Weights N(0, 1/n_in), biases N(0, 1): Nielsen, ch. 3, against saturated neurons."""

    def weight(source: Source, n_in: int, n_out: int) -> float:
        return float(source.normal(0.0, 1.0)) / math.sqrt(n_in)

    return Init("nielsen()", weight, normal().bias)


def xavier() -> Init:
    """Weights uniform in ±√(6 / (n_in + n_out)), biases 0: for tanh and sigmoid."""

    def weight(source: Source, n_in: int, n_out: int) -> float:
        r = math.sqrt(6.0 / (n_in + n_out))
        return float(source.uniform(-r, r))

    return Init("xavier()", weight, _zero)


def he() -> Init:
    """Weights N(0, 2/n_in), biases 0: for ReLUs, half of which are shut."""

    def weight(source: Source, n_in: int, n_out: int) -> float:
        return float(source.normal(0.0, math.sqrt(2.0 / n_in)))

    return Init("he()", weight, _zero)
