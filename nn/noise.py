"""Random numbers that a model draws while it computes: dropout, noise, samples.

    uniform(low, high)    evenly distributed from `low` to `high`
    normal(mean, sigma)   N(mean, sigma²)
    bernoulli(p)          1 with probability p, else 0
    is_training()         whether `fit` is learning from an example right now
    training()            makes it so, for a loop of one's own

Each draw is a Value, for every example another one.  In a compiled `fit` it is an input of the
program: drawn anew for every example, in the order and from the generator of `compiled=False`, so
that one seed gives the same numbers both ways.  Numbers drawn by other means would be those of the
first example for ever; `fit` refuses them.

>>> import random
>>> from nn import noise
>>> rng = random.Random(7)
>>> 0.0 <= noise.uniform(rng=rng).data < 1.0
True
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from types import ModuleType
from typing import Any, NamedTuple

import numpy as np

from autograd import GraphError, Value

Generator = random.Random | np.random.Generator | ModuleType


def uniform(low: Any = 0.0, high: Any = 1.0, *, rng: Any = None) -> Value:
    """A number between `low` and `high`, which may be Values; from `rng`, a `random.Random` or a
    NumPy generator (default: Python's global one)."""
    u = _drawn(Draw("uniform", 0.0, _generator(rng)))
    return u if low == 0.0 and high == 1.0 else low + (high - low) * u


def normal(mean: Any = 0.0, sigma: Any = 1.0, *, rng: Any = None) -> Value:
    """A normal number, mean + sigma · N(0, 1), from `rng` as for `uniform`; differentiable by
    `mean` and `sigma`."""
    z = _drawn(Draw("normal", 0.0, _generator(rng)))
    scaled: Value = mean + sigma * z
    return scaled


def bernoulli(p: float, *, rng: Any = None) -> Value:
    """1 with probability p, else 0; p is a plain number from 0 to 1."""
    if not 0.0 <= p <= 1.0:
        raise ValueError(f"a probability is a number from 0 to 1, not {p!r}")
    return _drawn(Draw("bernoulli", float(p), _generator(rng)))


def is_training() -> bool:
    """Whether the model learns; in `predict`, in `evaluate` and when called alone it does not."""
    stage = _stage.get()
    if stage is not None:
        stage.asked = True
    return _training.get()


@contextmanager
def training(on: bool = True) -> Iterator[None]:
    """Inside, `is_training()` is `on`."""
    token = _training.set(on)
    try:
        yield
    finally:
        _training.reset(token)


# ── what `fit` does with draws ────────────────────────────────────────────────


class Draw(NamedTuple):
    """What is drawn: the distribution, its probability, and the generator."""

    kind: str
    p: float
    rng: Generator

    def number(self, rng: Any = None) -> float:
        """One number, of the draw's generator or of another."""
        rng = rng or self.rng
        if self.kind == "normal":
            is_numpy = isinstance(rng, np.random.Generator)
            return float(rng.standard_normal() if is_numpy else rng.gauss(0.0, 1.0))
        u = float(rng.random())
        return u if self.kind == "uniform" else float(u < self.p)


class Rehearsal:
    """Notes what an example draws; no generator moves on."""

    def __init__(self) -> None:
        self.draws: list[Draw] = []
        self.values: list[Value] = []
        self.asked = False  # whether the model wanted to know if it is in training
        self._own = random.Random(0)

    def next(self, draw: Draw) -> Value:
        """A stand-in."""
        self.draws.append(draw)
        self.values.append(Value(draw.number(self._own)))
        return self.values[-1]


class Given:
    """Gives Values for the draws that were noted."""

    def __init__(self, draws: list[Draw], values: Any) -> None:
        self._draws, self._values, self._count = draws, values, 0
        self.asked = False

    def next(self, draw: Draw) -> Value:
        """The next Value."""
        k, self._count = self._count, self._count + 1
        if self._draws[k : k + 1] != [draw]:
            raise _varying()
        value: Value = self._values[k]
        return value

    def end(self) -> None:
        """Raise a GraphError if not all were drawn."""
        if self._count < len(self._draws):
            raise _varying()


def _varying() -> GraphError:
    return GraphError(
        "which random numbers the model draws depends on the example, or on a number drawn before; "
        "draw the same ones in every case, or write compiled=False, to record every step"
    )


Stage = Rehearsal | Given
_stage: ContextVar[Stage | None] = ContextVar("stage", default=None)
_training: ContextVar[bool] = ContextVar("training", default=False)


@contextmanager
def staged(stage: Stage | None, is_learning: bool) -> Iterator[Any]:
    """Draws are taken from `stage` (None: from their generators)."""
    token = _stage.set(stage)
    try:
        with training(is_learning):
            yield stage
    finally:
        _stage.reset(token)


def table(draws: list[Draw], rows: int) -> np.ndarray:
    """The numbers of all draws for a number of examples, drawn example by example."""
    columns: dict[int, list[int]] = {}
    for k, draw in enumerate(draws):
        columns.setdefault(id(draw.rng), []).append(k)
    if len(columns) == 1:
        return _of_one(draws, rows)
    out = np.empty((rows, len(draws)))
    for places in columns.values():  # generators know nothing of one another
        out[:, places] = _of_one([draws[k] for k in places], rows)
    return out


def _of_one(draws: list[Draw], rows: int) -> np.ndarray:
    """The same of draws from one generator."""
    n, rng = len(draws), draws[0].rng
    normals = sum(draw.kind == "normal" for draw in draws)
    if isinstance(rng, np.random.Generator) and normals == n:
        return rng.standard_normal((rows, n))
    if normals:
        return np.array([draw.number() for _ in range(rows) for draw in draws]).reshape(rows, n)
    if isinstance(rng, np.random.Generator):
        return _thresholds(rng.random((rows, n)), draws)
    one = rng.random
    return _thresholds(np.array([one() for _ in range(rows * n)]).reshape(rows, n), draws)


def _thresholds(u: np.ndarray, draws: list[Draw]) -> np.ndarray:
    """1 and 0 in place of the numbers that decide a Bernoulli draw."""
    decides = np.array([draw.kind == "bernoulli" for draw in draws])
    p = np.array([draw.p for draw in draws])
    return np.where(decides, u < p, u)


def states(draws: list[Draw]) -> list[tuple[Any, Any]]:
    """Every generator, with its state."""
    each: dict[int, Any] = {id(draw.rng): draw.rng for draw in draws}
    return [
        (r, r.bit_generator.state if isinstance(r, np.random.Generator) else r.getstate())
        for r in each.values()
    ]


def restore(noted: list[tuple[Any, Any]]) -> None:
    """Go back to what `states` gave."""
    for rng, state in noted:
        if isinstance(rng, np.random.Generator):
            rng.bit_generator.state = state
        else:
            rng.setstate(state)


def _drawn(draw: Draw) -> Value:
    stage = _stage.get()
    return Value(draw.number()).detach() if stage is None else stage.next(draw)


def _generator(rng: Any) -> Generator:
    if rng is None:
        return random
    if isinstance(rng, random.Random | np.random.Generator):
        return rng
    raise TypeError(
        "rng must be a random.Random or a NumPy generator that the model keeps, not "
        f"{rng!r:.60}: a seed would give the same number at every draw"
    )
