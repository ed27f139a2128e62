"""Pictures: how long they take, collapsed and in full; reports of a million Values."""

from __future__ import annotations

import random
import tempfile
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from time import perf_counter

import autograd
import viz
from autograd import Value
from autograd.graph import order
from benchmarks.measure import Spread
from benchmarks.report import Row, Target
from nn import MLP, SGD, flatten

ROUNDS = 5


def rows(quick: bool) -> Iterator[Row]:
    """Drawing to a file, from the recorded graph to the SVG; reports; a watched step."""
    rounds = 1 if quick else ROUNDS
    for model, examples, target in (
        (MLP(2, [7, 5, 1], rng=1), 1, Target("<=", 1.0)),
        (MLP(2, [16, 16, 1], rng=1), 20, None),
        (MLP(8, [24, 24, 1], rng=1), 70, Target("<=", 10.0)),
    ):
        C = _cost(model, examples)
        work = f"viz.save(C, 'x.svg'): {len(order(C)):,} Values"
        seconds = _seconds(partial(_save, C), rounds)
        yield Row(work, seconds, "s", target, _shown(C))
    yield from _large(1_000 if quick else 11_700)
    yield _watched(quick)


def _large(examples: int) -> Iterator[Row]:
    model = MLP(2, [8, 8, 8, 8, 1], rng=1)
    C = _cost(model, examples)
    size = f"{len(order(C)):,} Values"
    yield Row(f"gradient_report(C): {size}", _seconds(lambda: viz.gradient_report(C), 1), "s")
    yield Row(f"gradient_report(model) of {size}",
              _seconds(lambda: viz.gradient_report(model), 1), "s")  # fmt: skip
    yield Row(f"viz.save(C, 'x.svg'): {size}", _seconds(lambda: _save(C), 1), "s")


def _cost(model: MLP, examples: int) -> Value:
    """The mean hinge loss on random examples, after its backward pass."""
    draw = random.Random(1).uniform
    width = len(model.layers[0].neurons[0].w)
    outs = [model([draw(-1, 1) for _ in range(width)]) for _ in range(examples)]
    C = autograd.mean([autograd.relu(1 - (-1) ** k * out) for k, out in enumerate(outs)])
    C.backward()
    return C


def _save(C: Value) -> None:
    with tempfile.TemporaryDirectory() as folder:
        viz.save(C, Path(folder) / "x.svg")


def _shown(C: Value) -> str:
    return f"{viz.draw(C).source.count('->')} arrows"


def _seconds(work: Callable[[], object], rounds: int) -> Spread:
    taken = []
    for _ in range(rounds):
        start = perf_counter()
        work()
        taken.append(perf_counter() - start)
    return Spread(tuple(taken))


def _watched(quick: bool) -> Row:
    """What `viz.Watch` adds to a training step of 100 examples, recorded anew each time."""
    model = MLP(2, [16, 16, 1], rng=1)
    flatten(model)
    optimiser, watch = SGD(model.parameters(), lr=0.01), viz.Watch(model)

    def step() -> None:
        optimiser.zero_grad()
        _cost(model, 100)
        optimiser.step()

    shares = []
    for _ in range(5 if quick else 40):
        start = perf_counter()
        step()
        middle = perf_counter()
        watch()
        shares.append(100 * (perf_counter() - middle) / (middle - start))
    work = "viz.Watch as a share of an eager step (2-16-16-1, 100)"
    return Row(work, Spread(tuple(shares)), "%")
