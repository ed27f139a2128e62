"""Under gradients and tangents that are infinite, nan, huge or 0, compiled equals eager."""

import itertools
import math
import random

import numpy as np
import pytest

import autograd
from autograd import Program, Value, dot, softmax
from autograd.derivatives.linearize import LinearMap
from autograd.ops import TABLE
from autograd.testing.sample_points import called, width
from tests.autograd.rounding import STEP

# Those that are finite neither add up to what is not (what is computed twice is computed once,
# under the sum), nor cancel (what is fused into one sum has no edge that a 0 could cut).
GRADIENTS = (math.inf, -math.inf, math.nan, 0.0, -0.0, 1.1, -2.7, 1e306, -2.7e305, 1e-320)
ORDINARY = (0.5, -1.25, 2.0, 0.75, 0.0, 1.0)
SPECIAL = (*ORDINARY, -0.0, math.inf, -math.inf, math.nan, 1e300, -1e-300, 710.0, -800.0)


def layer(x):
    """Three neurons with weights that are constants, of the last two operands."""
    return [dot(x[:2], [w, 0.5], b) for w, b in ((0.0, 1.0), (2.0, x[2]), (-1.0, 0.0))]


def weighted(x):
    """Neurons whose weights are the operands that do not differ from row to row."""
    return [dot(x[:2], x[2:4], x[4]), dot(x[:2], x[3:5], 0.0)]


FUSED = {
    "softmax": (4, softmax),
    "softmax of two": (2, softmax),
    "softmax of seven": (7, softmax),
    "one of a softmax": (3, lambda x: [softmax(x)[1]]),
    "a layer of constants": (3, layer),
    "sums of products": (5, lambda x: [x[0] * x[1] + x[2] * x[3] + x[4], x[0] * x[1] + x[3]]),
    "chains of sums": (4, lambda x: [x[0] + x[1] + x[2] + x[3]]),
    "dot": (5, lambda x: [dot(x[:2], x[2:4], x[4])]),
    "mean": (3, lambda x: [autograd.mean(x)]),
}
for _op in TABLE:
    if _op.name not in ("softmax", "dot", "mean"):
        for _n in (1, 2, 3, 6) if _op.many else (1,):
            _count = width(_op, each=_n)
            FUSED[f"{_op.name} of {_count}"] = (
                _count,
                lambda x, op=_op: [called(op, x)],
            )


def alike(result, expected, size):
    """Both nan, the same infinity, or equal to the rounding of what was added up; sums of that
    size may overflow in another order."""
    if math.isnan(expected) or math.isnan(result):
        return (math.isnan(expected) and math.isnan(result)) or size > 1e308
    if math.isinf(expected) or math.isinf(result):
        return result == expected or size > 1e308
    return abs(result - expected) <= 1e-12 * size + 1e-319


class Eager:
    """The recorded graph at one row, asked for products with its Jacobian."""

    def __init__(self, f, row):
        inputs = [Value(x) for x in row]
        self.map = LinearMap(f(inputs), inputs)
        columns = range(len(row))
        self.table = np.array([self.map.push([float(j == k) for j in columns]) for k in columns]).T

    def pull(self, seeds):
        return zip(self.map.pull(seeds), self.sizes(self.table.T, seeds), strict=True)

    def push(self, tangents):
        return zip(self.map.push(tangents), self.sizes(self.table, tangents), strict=True)

    @staticmethod
    def sizes(table, by):
        """What is added up, of numbers that are finite; a partial may be a STEP off."""
        with np.errstate(all="ignore"):
            parts = np.abs(table * by)
            parts += STEP * np.abs(by) / 1e-12
            parts[~np.isfinite(np.broadcast_to(by, parts.shape))] = 0.0
            return np.nan_to_num(parts, nan=0.0, posinf=math.inf).sum(axis=1).tolist()


def cases(count, outputs, rng):
    """Rows, seeds and tangents of each."""
    for rows in (1, 2, 3, 9, 1, 2):
        kind = rng.choice([ORDINARY, SPECIAL])
        table = [[rng.choice(kind) for _ in range(count)] for _ in range(rows)]
        seeds = [[rng.choice(GRADIENTS) for _ in range(outputs)] for _ in range(rows)]
        yield table, seeds, [[rng.choice(GRADIENTS) for _ in range(count)] for _ in range(rows)]


def columns_of(table):
    return [np.array(column) for column in zip(*table, strict=True)]


def check(f, count, weights, rng):
    """Compiled products with the Jacobian are the eager ones; the last operands are weights."""
    xs = [Value(0.5) for _ in range(count)]
    program = Program(f(xs), xs[: count - weights])
    n = count - weights
    for rows, seeds, tangents in cases(count, program.outputs, rng):
        rows = [row[:n] + rows[0][n:] for row in rows]
        for w, x in zip(xs[n:], rows[0][n:], strict=True):
            w.data = x
        eager = [Eager(f, row) for row in rows]
        inputs, moved = columns_of(rows)[:n], columns_of(tangents)[:n]
        grads = [np.empty(len(rows)) for _ in range(n)]
        own = np.zeros(len(program.weights))
        program.run(inputs, len(rows), seeds=columns_of(seeds), grads=grads, weight_grads=own)
        pushed = program.jvp(inputs, moved)[1]
        total = {id(w): [0.0, 0.0] for w in xs[n:]}
        for k, e in enumerate(eager):
            pulled = list(e.pull(seeds[k]))
            for j in range(n):
                assert alike(grads[j][k], *pulled[j]), (rows[k], seeds[k], j, grads[j][k], pulled)
            for j, w in enumerate(xs[n:], n):
                total[id(w)][0] += pulled[j][0]
                total[id(w)][1] += pulled[j][1]
            tangent = tangents[k][:n] + [0.0] * weights
            for i, expected in enumerate(e.push(tangent)):
                assert alike(pushed[i][k], *expected), (rows[k], tangent, i, pushed[i][k], expected)
        for g, w in zip(own, program.weights, strict=True):
            assert alike(g, *total[id(w)]), (rows, seeds, g, total[id(w)])


@pytest.mark.parametrize("weights", [0, 1, 2])
@pytest.mark.parametrize("name", FUSED)
def test_infinite_gradients_flow_as_in_the_recorded_graph(name, weights):
    count, f = FUSED[name]
    if weights < count:
        check(f, count, weights, random.Random(f"{name}{weights}"))


@pytest.mark.slow
def test_thousands_of_infinite_gradients():
    seed = random.randrange(2**32)
    for k, (name, weights) in enumerate(itertools.product(list(FUSED) * 30, (0, 1, 2))):
        count, f = FUSED[name]
        try:
            if weights < count:
                check(f, count, weights, random.Random(seed + k))
        except AssertionError as error:
            raise AssertionError(f"{name}, {weights} weights, Random({seed + k})") from error


def test_softmaxes_of_one_infinite_gradient_are_nan_as_they_are_eagerly():
    cost = lambda x, y: autograd.sum(softmax([x, y])) * math.inf  # noqa: E731
    x, y = Value(0.5), Value(1.0)
    cost(x, y).backward()
    result = autograd.compile(cost).value_and_grad(0.5, 1.0)[1]
    assert np.isnan([x.grad, y.grad, *result]).all()


def test_softmaxes_pass_on_gradients_that_differ_by_more_than_doubles_can():
    cost = lambda x, y: softmax([x, y])[0] * 1e308 - softmax([x, y])[1] * 1e308  # noqa: E731
    x, y = Value(0.5), Value(1.0)
    cost(x, y).backward()
    result = autograd.compile(cost).value_and_grad(0.5, 1.0)[1]
    assert result == pytest.approx((x.grad, y.grad), rel=1e-15)
    assert math.isfinite(x.grad)
