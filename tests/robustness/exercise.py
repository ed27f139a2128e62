"""Calls everything that is compiled, in every layout of memory: for Valgrind and sanitizers.

    python tests/robustness/exercise.py [rounds]

It checks what it computes against the recorded graph, so it is a test too
(test_exercise.py); `.ci/sanitize` runs it where memory is watched.
"""

import contextlib
import copy
import itertools
import math
import pickle
import random
import sys
import tempfile
from pathlib import Path

import numpy as np

import autograd
from autograd import Program, Value, compile, dot, exp, operation, softmax, tanh
from autograd import sum as total
from autograd.ops import TABLE
from nn import MLP, SGD, flatten, load, save
from nn.loss import cross_entropy_from_logits, mean_squared_error
from nn.training.fit import fit

SPECIAL = [0.0, -0.0, 1.0, -1.0, 0.5, 2.0, -3.0, 1e-300, 1e300, math.inf, -math.inf, math.nan]
ROWS = [*range(1, 14), 15, 16, 17, 23, 24, 25, 31, 32, 33, 47, 48, 49, 63, 64, 65, 67]
SCALED = operation("exercised", value=lambda x, y: exp(x) * y)


def same(a, b):
    """Equal bit for bit, nan being nan."""
    a, b = np.asarray(a, float), np.asarray(b, float)
    return a.shape == b.shape and bool(np.all((a == b) | (np.isnan(a) & np.isnan(b))))


def called(row, xs):
    """The operation of a row, applied to Values."""
    function = getattr(autograd, row.name)
    if row.name == "dot":
        return dot(xs[: len(xs) // 2], xs[len(xs) // 2 :][: len(xs) // 2], xs[-1])
    if row.name == "softmax":
        return total([k * z for k, z in enumerate(softmax(xs), 1)])
    return function(xs) if row.many else function(*xs)


def operations(rng):
    """Every row of the table at special and random numbers, recorded and replayed."""
    for row in TABLE:
        for width in (1, 2, 3, 5, 70) if row.many else (len(row.operands),):
            points = [[rng.choice([*SPECIAL, rng.gauss(0, 2)]) for _ in range(width)]
                      for _ in range(13)]  # fmt: skip
            xs = [Value(x) for x in points[0]]
            z = called(row, xs)
            if not isinstance(z, Value) or z.constant:
                continue
            z.backward()
            program = Program(z, xs)
            columns = np.array(points).T.copy()
            values = program(*columns)
            program.value_and_grad(*columns)
            program.jvp(list(columns), [np.ones(13)] * width)
            for k in (0, 12):
                there = called(row, [Value(x) for x in points[k]])
                assert same(values[k], there.data), row.name


def layers(rng):
    """Nets over 1 to 67 rows, weights apart and in one vector, read directly and copied."""
    for rows in ROWS:
        width, hidden = rng.choice([(1, 1), (3, 5), (9, 7), (17, 12), (33, 4)])
        model = MLP(width, [hidden, 3], activation="tanh", rng=rows)
        X = np.random.default_rng(rows).normal(size=(rows, width + 2))[:, 1 : width + 1]
        kept = []
        for flat, loose in itertools.product((False, True), (False, True)):
            if flat:
                flatten(model)
            model.zero_grad()
            cost = compile(lambda x, f=model: cross_entropy_from_logits(f(x), 1), reassociate=loose)
            kept.append(cost(X))
            cost.backward(X)
            cost.value_and_grad(np.asfortranarray(X))
            if not loose:
                assert same(kept[-1], kept[0])
        one = Program(tanh(dot(model.parameters()[:3], xs := [Value(0.1)] * 1 * 3)), [xs[0]])
        buffer = one.buffer()
        buffer.inputs[:] = 0.3
        buffer()
        one(np.linspace(0, 1, rows), threads=3)


def graphs(rng):
    """Long and wide graphs, copies, pickles, higher orders, custom operations."""
    x, w = Value(0.5), Value(0.25)
    z = x
    for k in range(3000):
        z = tanh(z * w + x) if k % 7 else SCALED(z, w) * 0.1
    z.backward()
    assert same(copy.deepcopy(z).data, z.data)
    assert same(pickle.loads(pickle.dumps(z)).data, z.data)
    program = Program(z, [x])
    assert same(pickle.loads(pickle.dumps(program))(0.5), program(0.5))
    autograd.hessian(lambda a, b: SCALED(a, b) * softmax([a, b, a * b])[1])(0.3, 0.7)
    wide = [Value(rng.random()) for _ in range(500)]
    total(wide).backward()
    for bad in ([*wide, "x"], [*wide, None]):
        with contextlib.suppress(TypeError):
            total(bad)
    with autograd.no_grad():
        assert total(wide).constant


def files(rng):
    """What is written and read."""
    with tempfile.TemporaryDirectory() as folder:
        model = MLP(2, [3, 1], rng=0)
        save(model, Path(folder) / "net")
        load(model, Path(folder) / "net")
        x = [Value(0.1), Value(0.2)]
        program = Program(model(x), x)
        program.save(Path(folder) / "program")
        again = Program.load(Path(folder) / "program")
        assert same(again(0.3, 0.4), program(0.3, 0.4))
        content = (Path(folder) / "program").read_bytes()
        for _ in range(20):
            at = rng.randrange(len(content))
            (Path(folder) / "broken").write_bytes(content[:at] + b"?" + content[at + 1 :])
            with contextlib.suppress(autograd.GraphError):
                Program.load(Path(folder) / "broken")


def training(rng):
    """An epoch, compiled and recorded."""
    X = np.random.default_rng(1).normal(size=(23, 4))
    for compiled in (True, False):
        model = MLP(4, [5, 1], rng=1)
        optimizer = SGD(model.parameters(), lr=0.1)
        fit(model, X, X[:, :1], mean_squared_error, optimizer, 2, 10, compiled=compiled,
            progress=False, seed=rng.randrange(9))  # fmt: skip


ALL = [operations, layers, graphs, files, training]

if __name__ == "__main__":
    for round_ in range(int(sys.argv[1]) if len(sys.argv) > 1 else 1):
        for part in ALL:
            part(random.Random(round_))
            print(part.__name__, end=" ", flush=True)
    print("done")
