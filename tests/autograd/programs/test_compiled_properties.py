"""Compiled equals eager on random functions with parts written twice, shared and unused."""

import math
import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import autograd
from autograd import Value, compile
from tests.autograd.functions import made, written
from tests.autograd.rounding import RELATIVE, close, errors, same

SPECIAL = (0.0, -0.0, math.inf, -math.inf, math.nan, 1e300, -1e-300, 5e-324)


def numbers(rng, count, special=False):
    """Quarters, some of which occur twice; sometimes what is special."""
    return [
        rng.choice(SPECIAL) if special and rng.randint(0, 5) == 0 else rng.randint(-8, 8) / 4
        for _ in range(count)
    ]


def number(x):
    return x.data if isinstance(x, Value) else x


class Eager:
    """A function at one row, recorded: its value, its gradients, and how far they may be off."""

    def __init__(self, f, row, weights):
        inputs = [Value(x) for x in row]
        z = f(*inputs)
        self.value = z.data if isinstance(z, Value) else z
        for w in weights:
            w.grad = 0.0
        if isinstance(z, Value) and not z.constant:
            z.backward()
        off = errors(z)
        self.grads = [(x.grad, off[id(x)]) for x in inputs]
        self.weight_grads = [(w.grad, off[id(w)]) for w in weights]
        self.size = 1.0 + max((x for x in off.values() if x < math.inf), default=0.0) / RELATIVE


def agrees(text, weight_numbers, rows):
    """Assert that value, gradients and forward mode, of one row and of all, are the eager ones."""
    f, weights = made(text, weight_numbers)
    eager = [Eager(f, row, weights) for row in rows]
    columns = [np.array(c) for c in zip(*rows, strict=True)]
    compiled = compile(f)
    for _ in range(2):  # also after what follows the first
        batch = compiled(*columns)
        assert all(same(v, e.value) for v, e in zip(batch, eager, strict=True))
        assert same(compiled(*rows[0]), eager[0].value)
        _, grads = compiled.value_and_grad(*columns)
        _, first = compiled.value_and_grad(*rows[0])
        for k, e in enumerate(eager):
            for j, (g, off) in enumerate(e.grads):
                assert close(grads[j][k], g, off), (f"∂/∂x{j}", rows[k], grads[j][k], g)
                assert k or close(first[j], g, off), (f"∂/∂x{j}", rows[k], first[j], g)
        for w in weights:
            w.grad = 0.0
        compiled.backward(*columns, reduce="sum")
        for j, w in enumerate(weights):
            own = [e.weight_grads[j] for e in eager]
            expected, off = sum(g for g, _ in own), sum(off for _, off in own)
            assert close(w.grad, expected, off), (f"∂/∂w{j}", w.grad, expected)
        (program,) = compiled.programs
        moved = [1.0, -2.0, 0.5][: len(columns)]
        program.jvp(columns, moved)
    return f, program, eager


def agrees_in_higher_orders(text, weight_numbers, rows):
    """Assert it of forward mode and of second derivatives too, where all is smooth."""
    f, program, eager = agrees(text, weight_numbers, rows)
    columns = [np.array(c) for c in zip(*rows, strict=True)]
    moved = [1.0, -2.0, 0.5][: len(columns)]
    (pushed,), second = program.jvp(columns, moved)[1], program.hessian(*columns)
    for k, row in enumerate(rows):
        expected = number(autograd.jvp(f, tuple(row), tuple(moved))[1])
        assert close(pushed[k], expected, 1e-12 * eager[k].size), (row, pushed[k], expected)
        table = autograd.hessian(lambda x: f(*x))(list(row))
        expected = np.array([[number(x) for x in line] for line in table])
        if np.isfinite(expected).all():
            scale = 1e-9 * (eager[k].size + abs(expected).max())
            assert abs(second[k] - expected).max() <= scale, (row, second[k], expected)
    agrees(text, weight_numbers, rows)
    (values,) = program(*columns)  # its constants are what they were
    assert all(same(v, e.value) for v, e in zip(values, eager, strict=True))


def agrees_of_several(text, weight_numbers, rows):
    """Assert it of a function that returns a list, and of its Jacobian."""
    f, weights = made(text, weight_numbers)
    columns = [np.array(c) for c in zip(*rows, strict=True)]
    compiled = compile(f)
    result = compiled(*columns)
    (program,) = compiled.programs
    table = program.jacobian(*columns)
    for i in range(len(result)):
        eager = [Eager(lambda *x, i=i: f(*x)[i], row, weights) for row in rows]
        for k, e in enumerate(eager):
            assert same(result[i][k], e.value), (i, rows[k], result[i][k], e.value)
            for j, (g, off) in enumerate(e.grads):
                assert close(table[k][i][j], g, off), (i, j, rows[k], table[k][i][j], g)
    assert all(
        same(a, b) for a, b in zip(np.ravel(result), np.ravel(compiled(*columns)), strict=True)
    )


def drawn(rng):
    """What to assert of a random function; its text, weights, and rows to run it on."""
    smooth, outputs = bool(rng.randint(0, 1)), rng.choice([1, 1, 3])
    text = written(rng, inputs=2, weights=3, outputs=outputs, smooth=smooth)
    count = rng.choice([1, 2, 3, 5, 9, 20])
    few = [numbers(rng, 2, not smooth) for _ in range(min(count, 4))]
    check = agrees_of_several if outputs > 1 else agrees_in_higher_orders if smooth else agrees
    return check, text, numbers(rng, 3, not smooth), [few[k % len(few)] for k in range(count)]


@settings(max_examples=150)
@given(st.randoms(use_true_random=False))
def test_random_functions_compiled_are_the_eager_ones(rng):
    check, *case = drawn(rng)
    check(*case)


@pytest.mark.slow
def test_thousands_of_random_functions_compiled_are_the_eager_ones():
    seed = random.randrange(2**32)
    for k in range(seed, seed + 10_000):
        check, *case = drawn(random.Random(k))
        try:
            check(*case)
        except Exception as error:
            raise AssertionError(f"drawn(random.Random({k})): {case[0]}{case[1:]}") from error


W = [0.7, -0.3, 1.25]
TWICE = {
    "a softmax, then a weight": "softmax([x0, x1])[0] * exp(softmax([x0, x1])[0] * w0)",
    "a softmax, then a constant": "softmax([x0, x1])[0] * exp(softmax([x0, x1])[0] * 0.7)",
    "a softmax with and without a gradient": (
        "softmax([x0, x1])[0] * stop_gradient(softmax([x0, x1])[0]) + w0"
    ),
    "a layer's row": "exp(dot([w0, w1], [x0, x1])) + tanh(dot([w0, w1], [x0, x1]) * w2)",
    "a mean, then a constant": "mean([x0, x1]) * exp(mean([x0, x1]) * 0.25)",
    "sums, of which one is used alone": "exp(x0 + x1 + w0) + (x0 + x1) * w1",
}


@pytest.mark.parametrize("formula", TWICE.values(), ids=TWICE)
def test_what_is_written_twice_is_computed_once_and_leaves_nothing_behind(formula):
    rows = [[0.5, -1.25], [2.0, 0.25], [0.0, 0.75]]
    agrees_in_higher_orders(f"def f(x0, x1): return {formula}\n", W, rows)


def test_a_layer_s_row_without_gradient_gets_none_from_the_rows_beside_it():
    formula = "sum([a, dot([w1, w0], [x0, x1]), x0])"
    text = f"""def f(x0, x1):
    with no_grad(): a = dot([w0, w1], [x0, x1])
    return {formula}
"""
    agrees_in_higher_orders(text, W, [[0.5, -1.25], [2.0, 0.25]])
