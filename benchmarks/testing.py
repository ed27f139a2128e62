"""The table of the checker: its speed, its false alarms, what it finds."""

from __future__ import annotations

import math
import random
import statistics
from collections.abc import Iterator, Sequence
from functools import partial
from time import perf_counter
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

import autograd
from autograd.ops import TABLE, Interval
from autograd.testing import check_grad, numeric_grad
from autograd.testing import strategies as ag
from benchmarks import measure
from benchmarks.functions import ten_operations
from benchmarks.measure import Spread
from benchmarks.planted import cases, gradient, program
from benchmarks.report import Row, Target

SIZES = (1e-4, 1e-6, 1e-8)
RATE = Target(">=", 300)
FOUND = {1e-6: Target(">=", 99), 1e-8: Target(">=", 95)}
USUAL = {
    "PyTorch's gradcheck": (1e-3, 1e-5),  # rtol, atol
    "HIPS' check_grads": (1e-6, 1e-6),
}
SCALES = (1.0, 1.0, 1.0, 1e-8, 1e4, 1e-150, 1e100)


def rows(*, quick: bool = False, checks: int = 300) -> Iterator[Row]:
    """All rows, measured one after the other."""
    yield from check_rows(rounds=10 if quick else 60)
    yield from weight_rows(rounds=2 if quick else 5)
    yield hypothesis_row(examples=200 if quick else 1000, rounds=2 if quick else 5)
    yield alarm_row(checks)
    for size in SIZES:
        yield from detection_rows(size, graphs=50 if quick else 300)


def check_rows(rounds: int) -> Iterator[Row]:
    """One check of a function of ten operations."""

    def f(x: Any) -> Any:
        return ten_operations(x, autograd)

    for oracle in ("auto", "replay", "blackbox"):
        pairs = measure.in_turn(partial(check_grad, f, 0.3, oracle=oracle), lambda: None, rounds)
        target = Target("<=", 1) if oracle == "auto" else None
        name = "check_grad of 10 operations" if target else f"  by {oracle} alone"
        yield Row(name, statistics.median(pairs.ours) * 1e3, "ms", target)


def weight_rows(rounds: int) -> Iterator[Row]:
    """One check by a thousand weights."""
    rng = random.Random(1)
    weights = [rng.uniform(-1.0, 1.0) for _ in range(1001)]
    for name, f in {"Σ x·sin x": waves, "a net 2-16-32-12-1": net}.items():
        pairs = measure.in_turn(partial(check_grad, f, weights), lambda: None, rounds)
        title = f"check_grad by 1,001 weights: {name}"
        yield Row(title, statistics.median(pairs.ours) * 1e3, "ms", Target("<=", 1000))


def waves(w: list[Any]) -> Any:
    """3,003 operations, written one by one."""
    z: Any = 0.0
    for x in w:
        z = z + autograd.sin(x) * x
    return z


def net(w: list[Any]) -> Any:
    """A net whose weights are the arguments."""
    weights = iter(w)
    layer: list[Any] = [0.3, -0.7]
    for size in (16, 32, 12, 1):
        sums = [
            autograd.dot(layer, [next(weights) for _ in layer], next(weights)) for _ in range(size)
        ]
        layer = [autograd.tanh(z) for z in sums]
    return layer[0] * layer[0]


def hypothesis_row(examples: int, rounds: int) -> Row:
    """Smooth random programs and points, drawn and checked."""
    every = tuple(HealthCheck)

    @settings(
        max_examples=examples, deadline=None, database=None, phases=[Phase.generate],
        suppress_health_check=every,
    )  # fmt: skip
    @given(ag.expressions(2), st.lists(ag.floats_in(Interval(-2.0, 2.0)), min_size=2, max_size=2))
    def run(f: Any, x: list[float]) -> None:
        check_grad(f, *x, oracle="replay", raises=False)

    rates = []
    for _ in range(rounds):
        start = perf_counter()
        run()
        rates.append(examples / (perf_counter() - start))
    return Row("random graphs through hypothesis, a second", Spread(tuple(rates)), "", RATE)


def alarm_row(checks: int) -> Row:
    """Right gradients that are taken for wrong ones: over the whole table, huge and
    tiny numbers included."""
    rng, names = random.Random(4), [op.name for op in TABLE]
    alarms = []
    start = perf_counter()
    for _ in range(checks):
        f = program(rng, names, longest=6)
        x = [rng.choice((1, -1)) * rng.choice(SCALES) * rng.random() for _ in range(2)]
        report = check_grad(f, *x, kinks="skip", raises=False)
        if not report.ok:
            alarms.append(f"{f!r} at {x}")
    note = f"{checks / (perf_counter() - start):.0f} a second"
    if alarms:
        note += "; the first: " + alarms[0]
    title = f"false alarms in {checks:,} random graphs over the whole table"
    return Row(title, len(alarms), "", Target("<=", 0), note=note)


def detection_rows(size: float, graphs: int) -> Iterator[Row]:
    """Who finds planted errors of that relative size; who complains without them."""
    found = dict.fromkeys(("check_grad", *USUAL), 0)
    alarms = dict.fromkeys(found, 0)
    for right, wrong, x in cases(size, graphs):
        found["check_grad"] += not check_grad(wrong, *x, oracle="replay", raises=False).ok
        alarms["check_grad"] += not check_grad(right, *x, oracle="replay", raises=False).ok
        numeric = numeric_grad(right, *x, method="central")[0]
        for name, (rtol, atol) in USUAL.items():
            found[name] += not _close(gradient(wrong, x), numeric, rtol, atol)
            alarms[name] += not _close(gradient(right, x), numeric, rtol, atol)
    for name, count in found.items():
        ours = name == "check_grad"
        title = f"  differences, with the tolerances of {name}"
        note = f"{100 * alarms[name] / graphs:.1f} % false alarms"
        yield Row(
            f"a relative error of {size:.0e} in {graphs} graphs: found" if ours else title,
            100 * count / graphs, "%", FOUND.get(size) if ours else None, note=note,
        )  # fmt: skip


def _close(g: Sequence[float], numeric: Sequence[float], rtol: float, atol: float) -> bool:
    pairs = zip(g, numeric, strict=True)
    return all(math.isfinite(b) and abs(a - b) <= atol + rtol * abs(b) for a, b in pairs)
