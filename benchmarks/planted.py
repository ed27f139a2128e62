"""Random graphs, and errors planted in them."""

from __future__ import annotations

import importlib.util
import math
import random
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from autograd import Value
from autograd.graph import order
from autograd.ops import BY_NAME
from autograd.testing.sample_points import width
from autograd.testing.strategies import SMOOTH, Expression

PLANTING = Path(__file__).parent.parent / "tests" / "autograd" / "testing" / "planted_bugs.py"
Case = tuple[Expression, Callable[..., Any], list[float]]


def forge() -> Callable[..., Value]:
    """The tests' function that plants errors."""
    spec = importlib.util.spec_from_file_location("planting", PLANTING)
    if spec is None or spec.loader is None:
        raise ImportError(f"{PLANTING} cannot be loaded")
    planting = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(planting)
    forged: Callable[..., Value] = planting.forged
    return forged


def program(rng: random.Random, ops: Sequence[str], longest: int = 8) -> Expression:
    """A random one of two inputs, with shared nodes."""
    steps: list[tuple[str, tuple[int, ...]]] = []
    for _ in range(rng.randint(1, longest)):
        row = BY_NAME[rng.choice(ops)]
        count = width(row, each=rng.randint(1, 3))
        steps.append((row.name, tuple(rng.randrange(2 + len(steps)) for _ in range(count))))
    return Expression(2, tuple(steps))


def gradient(f: Callable[..., Any], x: Sequence[float]) -> list[float]:
    """The engine's."""
    leaves = [Value(number) for number in x]
    f(*leaves).backward()
    return [leaf.grad for leaf in leaves]


def cases(size: float, count: int, seed: int = 0) -> Iterator[Case]:
    """Smooth programs; the same with one partial off by a relative `size` that
    changes the gradient by a tenth of that or more; and their point."""
    rng, forged = random.Random(seed), forge()
    while count:
        right, x = program(rng, SMOOTH), [rng.uniform(-2, 2) for _ in range(2)]
        nodes = order(right(*map(Value, x)))
        places = [k for k, v in enumerate(nodes) if v.op and v.carries(0)]
        target = rng.choice(places) if places else None
        if target is None or not math.isfinite(nodes[target].partials[0]):
            continue

        def wrong(*x: Any, right: Expression = right, target: int = target) -> Value:
            return forged(right(*x), target, 0, lambda p: p * (1 + size))

        if _moved(gradient(right, x), gradient(wrong, x)) >= size / 10:
            count -= 1
            yield right, wrong, x


def _moved(right: list[float], wrong: list[float]) -> float:
    """The largest relative change; 0 if something is not finite."""
    if not all(map(math.isfinite, right)):
        return 0.0
    return max(abs(a - b) / abs(a) if a else 0.0 for a, b in zip(right, wrong, strict=True))
