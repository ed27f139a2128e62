"""The table of derivatives: the cheap gradient, second and third order, sparsity."""

from __future__ import annotations

import math
import random
import statistics
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import autograd
from autograd import Value, grad, graph, hessian, hvp, value_and_grad
from benchmarks import measure, others
from benchmarks.functions import FUNCTIONS, rosenbrock, ten_operations
from benchmarks.report import Row, Target

GRADIENT = Target("<=", 3)
PRODUCT = Target("<=", 4)
THIRD = Target("<=", 100)
POINT = 0.3


def rows(*, quick: bool = False) -> Iterator[Row]:
    """All rows, measured one after the other."""
    rounds = 10 if quick else 60
    for name, (f, factors) in FUNCTIONS.items():
        draw = random.Random(3).uniform
        yield from gradient_rows(name, f, [draw(*factors) for _ in range(1000)], rounds)
    yield from third_rows(rounds)
    yield from sparse_rows(100 if quick else 1000, 3 if quick else 10)


def operations(root: Value) -> int:
    """How many are recorded below, among them those that made it."""
    return sum(1 for v in graph.order(root) if v.op)


def gradient_rows(
    name: str, f: Callable[[list[Any]], Any], x: list[float], rounds: int
) -> Iterator[Row]:
    """Eager, `grad` and `value_and_grad` against the recorded evaluation alone, on leaves
    that are there already; the product with the Hessian against the gradient."""
    leaves = [Value(number) for number in x]
    C = f(leaves)
    both, gradient = value_and_grad(f), grad(f)
    recorded = autograd.gradients(C, leaves, create_graph=True)
    above = sum(1 for v in graph.order(C, *recorded) if v.op)

    def evaluated() -> Value:
        return f(leaves)

    def eager() -> None:
        f(leaves).backward()

    us = statistics.median(measure.in_turn(evaluated, eager, rounds).ours) * 1e6
    note = f"{operations(C):,} operations; with the gradient, where it is recorded too, {above:,}"
    yield Row(f"{name}, recorded", us, "µs", note=note)
    for how, work in (
        ("  and backward()", eager),
        ("  value_and_grad, from floats to floats", lambda: both(x)),
        ("  grad", lambda: gradient(x)),
    ):
        yield Row(how, measure.in_turn(work, evaluated, rounds).slower, "×", GRADIENT)
    pairs = measure.in_turn(lambda: hvp(f, (x,), (x,)), lambda: gradient(x), rounds)
    yield Row("  Hessian times vector, to grad", pairs.slower, "×", PRODUCT)


# ── the third derivative of a function of one variable ────────────────────────


def third_rows(rounds: int) -> Iterator[Row]:
    """Ours in microseconds, and how many times as long the others take."""
    third = grad(grad(grad(lambda x: ten_operations(x, autograd))))
    right = third(POINT)
    peers = [peer for peer in others.THIRDS if peer.installed()]
    us = statistics.median(measure.in_turn(lambda: third(POINT), lambda: None, rounds).ours) * 1e6
    count = operations(ten_operations(Value(POINT), autograd))
    yield Row(f"third derivative of {count} operations of one variable", us, "µs", THIRD)
    for peer in peers:
        with peer() as other:
            error = abs(other.value(POINT) - right) / abs(right)
            pairs = measure.in_turn(lambda: third(POINT), partial(other.run, POINT), rounds // 2)
        note = f"its derivative differs by {error:.0e}" if error > 1e-9 else ""
        yield Row(f"  faster than {peer.name}", pairs.faster, "×", note=note)


# ── a sparse Hessian ──────────────────────────────────────────────────────────


def sparse_rows(n: int, rounds: int) -> Iterator[Row]:
    """Rosenbrock's, against our dense one and CasADi's."""
    draw = random.Random(3).uniform
    x = [draw(-2, 2) for _ in range(n)]
    sparse, dense = hessian(rosenbrock, sparse=True), hessian(rosenbrock)
    found = sparse(x)
    title = f"sparse Hessian of Rosenbrock, {n:,} variables, {found.nnz:,} entries"
    ms = statistics.median(measure.in_turn(lambda: sparse(x), lambda: None, rounds).ours) * 1e3
    yield Row(f"{title}: recorded, coloured, computed", ms, "ms")
    pairs = measure.in_turn(lambda: sparse(x), lambda: dense(x), max(2, rounds // 3))
    yield Row("  faster than our dense one", pairs.faster)
    if not others.CasadiHessian.installed():
        return
    theirs = others.CasadiHessian(n)
    apart = max(map(abs, (found.toarray() - theirs.evaluate(x)).ravel()))
    note = f"the entries differ by {apart:.0e}" if not math.isclose(apart, 0, abs_tol=1e-9) else ""
    pairs = measure.in_turn(lambda: sparse(x), lambda: others.CasadiHessian(n).evaluate(x), rounds)
    yield Row("  faster than CasADi, construction and evaluation", pairs.faster, "×", note=note)
    pairs = measure.in_turn(lambda: sparse(x), lambda: theirs.run(x), rounds)
    yield Row("  than CasADi's evaluation of what is constructed already", pairs.faster)
