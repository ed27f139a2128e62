"""0 · ∞ is decided once: along a path an exact 0 carries nothing, in every mode and order."""

import math
import random

import numpy as np
import pytest

import autograd
from autograd import (
    Program,
    Value,
    acos,
    ceil,
    clip,
    compile,
    dot,
    exp,
    floor,
    grad,
    gradients,
    hessian,
    hvp,
    jacobian,
    jvp,
    leaky_relu,
    log,
    logsumexp,
    relu,
    round,
    sign,
    sqrt,
    vjp,
    where,
)
from autograd.testing.strategies import Expression, row_of, width

INF, NAN = math.inf, math.nan
NOTHING = {
    "sigmoid written out": (lambda x: 1 / (1 + exp(-x)), -1000.0),
    "relu of sqrt": (lambda x: relu(sqrt(x) - 1), 0.0),
    "sqrt of relu": (lambda x: sqrt(relu(x)), -1.0),
    "sqrt of max": (lambda x: sqrt(autograd.max(x, 0)), -1.0),
    "sqrt of leaky relu": (lambda x: sqrt(leaky_relu(x, 0.0)), -1.0),
    "exp of log": (lambda x: exp(log(x)), 0.0),
    "acos of clip": (lambda x: acos(clip(x, -1, 1)), 2.0),
    "log of clip": (lambda x: log(clip(x, 0, 1)), -1.0),
    "log of max": (lambda x: log(autograd.max(x, 0)), -1.0),
    "max over sqrt": (lambda x: autograd.max(sqrt(x), 1.0), 0.0),
    "min over sqrt": (lambda x: autograd.min(sqrt(x), -1.0), 0.0),
    "clip of sqrt": (lambda x: clip(sqrt(x), 1.0, 2.0), 0.0),
    "floor of sqrt": (lambda x: floor(sqrt(x)), 0.0),
    "ceil of sqrt": (lambda x: ceil(sqrt(x)), 0.0),
    "round of sqrt": (lambda x: round(sqrt(x)), 0.0),
    "sign of log": (lambda x: sign(log(x)), 0.0),
    "sqrt of floor": (lambda x: sqrt(floor(x)), 0.5),
    "log of round": (lambda x: log(round(x)), 0.2),
    "abs of sqrt": (lambda x: abs(sqrt(x)), 0.0),
    "where over sqrt": (lambda x: where(1.0, 2.0 * x - 2.0 * x, sqrt(x)), 0.0),
    "logsumexp of sqrt": (lambda x: logsumexp([sqrt(x) - 1000.0, 0.0]), 0.0),
    "dot with sqrt": (lambda x: dot([sqrt(x)], [0.0]), 0.0),
}


CHOICES = [
    "relu",
    "leaky_relu",
    "clip",
    "max",
    "min",
    "floor",
    "ceil",
    "round",
    "sign",
    "where",
    "abs",
]
STEEP = [
    "sqrt",
    "log",
    "acos",
    "cbrt",
    "exp",
    "div",
    "mul",
    "add",
    "sub",
    "dot",
    "prod",
    "sum",
    "mean",
]
SPECIAL = (0.0, -0.0, 1.0, -1.0, 0.5, 2.0, 0.0, INF, -INF, NAN, -1000.0, 1000.0)


OTHER_DIRECTION = ("jvp", "program's jvp", "jvp of grad", "hvp", "hessian", "program's hessian")
"""What goes forward, or fills in half of a matrix from the other half."""


def first_derivatives(f, x):
    """∂f/∂x by the name of the mode."""
    n, units = len(x), np.eye(len(x)).tolist()
    leaves = [Value(v) for v in x]
    f(leaves).backward()
    recorded = [Value(v) for v in x]
    program = Program([f(inputs := [Value(v) for v in x])], inputs)
    columns = [np.full(3, v) for v in x]
    batch = [np.empty(3) for _ in x]
    program.run(columns, 3, seeds=[1.0], grads=batch)
    return {
        "backward": [v.grad for v in leaves],
        "grad": grad(f)(x),
        "jvp": [jvp(f, [x], [unit])[1] for unit in units],
        "vjp": vjp(f, x)[1](1.0)[0],
        "jacobian": jacobian(f)(x),
        "create_graph": [g.data for g in gradients(f(recorded), recorded, create_graph=True)],
        "compiled": compile(f).value_and_grad(x)[1][0],
        "batch": [column[2] for column in batch],
        "program's jvp": [program.jvp(columns, units[k])[1][0][1] for k in range(n)],
    }


def second_derivatives(f, x):
    """∂²f/∂x² by the name of the mode."""
    n, units = len(x), np.eye(len(x)).tolist()
    recorded = [Value(v) for v in x]
    slopes = gradients(f(recorded), recorded, create_graph=True)
    compiled = compile(grad(f))
    program = Program([f(inputs := [Value(v) for v in x])], inputs)
    return {
        "gradients twice": [rows_of(g, recorded) for g in slopes],
        "grad of grad": [grad(lambda v, k=k: grad(f)(v)[k])(x) for k in range(n)],
        "jvp of grad": np.transpose([jvp(grad(f), [x], [unit])[1] for unit in units]),
        "compiled jvp of grad": jacobian(compiled)(x),
        "hvp": np.transpose([hvp(f, [x], [unit]) for unit in units]),
        "hessian": hessian(f)(x),
        "program's hessian": program.hessian(*x),
    }


def rows_of(g, inputs):
    return [0.0] * len(inputs) if g.constant else gradients(g, inputs)


def same(a, b):
    """nan for nan, and numbers to the rounding of what was added up in another order."""
    a, b = (np.asarray(v, float).ravel() for v in (a, b))
    return np.allclose(a, b, rtol=1e-9, atol=1e-9, equal_nan=True)


def random_function(rng, inputs=2):
    """A random program of choices and of what has infinite slopes, with shared nodes."""
    steps = []
    for k in range(rng.randint(1, 5)):
        row = row_of(rng.choice(rng.choice([CHOICES, STEEP])))
        count = width(row, each=rng.randint(1, 2)) if row.many else width(row, each=1)
        steps.append((row.name, tuple(rng.randrange(inputs + k) for _ in range(count))))
    expression = Expression(inputs, tuple(steps))
    return expression, lambda x: expression(*x)


def order_of(outputs):
    nodes, seen = [], set()

    def visit(z):
        if id(z) not in seen:
            seen.add(id(z))
            for x in z.args:
                visit(x)
            nodes.append(z)

    for z in outputs:
        visit(z)
    return nodes


def along(partial, signal):
    return partial * signal if partial and signal else 0.0


def cancels(outputs, inputs):
    """Whether signals of opposite signs meet at a node, in either direction, and add up to 0 or
    have an infinity among them: there (a + b)·p need not be a·p + b·p."""
    nodes = order_of(outputs)
    edges = [
        (id(z), id(x), p)
        for z in nodes
        for k, (x, p) in enumerate(zip(z.args, z.partials, strict=True))
        if z.carries(k)
    ]
    downward = [(z, x, p) for z, x, p in reversed(edges)]
    upward = [(x, z, p) for z, x, p in edges]
    starts = [(downward, z) for z in outputs] + [(upward, x) for x in inputs]
    return any(cancels_from(id(start), passes) for passes, start in starts)


def cancels_from(start, passes):
    parts = {start: [1.0]}
    for here, there, p in passes:
        if part := along(p, sum(parts.get(here, [0.0]))):
            parts.setdefault(there, []).append(part)
    return any(
        min(p) < 0 < max(p) and (not sum(p) or any(map(math.isinf, p))) for p in parts.values()
    )


def disagreement(rng, derivatives):
    """What a random program's modes disagree about, or None."""
    expression, f = random_function(rng)
    x = [rng.choice(SPECIAL) for _ in range(2)]
    with np.errstate(all="ignore"):
        results = derivatives(f, x)
    inputs = [Value(v) for v in x]
    outputs = [f(inputs)]
    if derivatives is second_derivatives:
        outputs += gradients(outputs[0], inputs, create_graph=True)
    expected = next(iter(results.values()))
    apart = {k: v for k, v in results.items() if not same(v, expected)}
    if cancels(outputs, inputs):
        apart = {k: v for k, v in apart.items() if k not in OTHER_DIRECTION}
    return (expression, x, expected, apart) if apart else None


@pytest.mark.parametrize("name", NOTHING)
def test_an_exact_0_carries_nothing_at_orders_1_to_3_in_every_mode(name):
    f, x = NOTHING[name]
    for derivatives in (first_derivatives, second_derivatives):
        for mode, result in derivatives(lambda v: f(v[0]), [x]).items():
            assert np.ravel(np.asarray(result, float)).tolist() == [0.0], (mode, result)
    third = grad(grad(grad(f)))
    assert third(x) == 0.0
    assert jvp(grad(grad(f)), [x], [1.0])[1] == 0.0
    assert compile(third)(x) == 0.0


@pytest.mark.parametrize("derivatives", [first_derivatives, second_derivatives])
def test_every_mode_of_a_random_program_gives_the_same(derivatives):
    for seed in range(300):
        assert disagreement(random.Random(seed), derivatives) is None, seed


@pytest.mark.slow
@pytest.mark.parametrize("derivatives", [first_derivatives, second_derivatives])
def test_every_mode_of_100_000_random_programs_gives_the_same(derivatives):
    start = random.randrange(2**32)
    for seed in range(start, start + 100_000):
        assert disagreement(random.Random(seed), derivatives) is None, seed


def test_a_pass_carries_nothing_from_signals_that_cancelled():
    f = lambda x: (lambda t: t - t)(acos(x))  # noqa: E731
    assert grad(f)(1.0) == 0.0  # 1 - 1 arrives at acos, whose partial is infinite
    assert math.isnan(jvp(f, [1.0], [1.0])[1])  # -∞ + ∞ arrives at the difference
