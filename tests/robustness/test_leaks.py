"""Hours of work, compressed: memory, objects and reference counts end where they began."""

import contextlib
import gc
import pickle
import signal
import sys
from pathlib import Path

import numpy as np
import pytest

import autograd
from autograd import Program, Value, compile, dot, no_grad, tanh
from nn import MLP, SGD, flatten
from nn.loss import mean_squared_error
from nn.training.fit import fit

statm = Path("/proc/self/statm")
X = np.random.default_rng(0).normal(size=(40, 4))
X.flags.writeable = False


def graphs():
    x, w = Value(0.5, label="x"), [Value(0.1), Value(0.2)]
    z = x
    for k in range(200):
        z = tanh(dot([z, x], w)) * 0.5 + x / (k + 1.0)
    z.backward()
    autograd.gradients(z, w, create_graph=True)
    pickle.loads(pickle.dumps(z))
    return z


def programs():
    model = MLP(4, [5, 1], activation="tanh")
    f = compile(model)
    f(X)
    f.backward(X)
    flatten(model)
    f.backward(X)
    f.value_and_grad(X)
    pickle.loads(pickle.dumps(f.programs[0]))(*X.T)
    xs = [Value(0.1), Value(0.2)]
    program = Program(xs[0] * xs[1], xs)
    program.hessian(1.0, 2.0)
    program(X[:, 0], 1.0, threads=3)
    program.buffer()()


def failures():
    xs = [Value(0.1) for _ in range(70)]
    for bad in ("x", None, 1j, []):
        with contextlib.suppress(TypeError, ValueError):
            dot(xs, [*xs[:-1], bad])
        with contextlib.suppress(TypeError, ValueError, AttributeError):
            xs[0].data = bad
        with contextlib.suppress(TypeError, ValueError):
            Program(xs[0] * 2.0, [xs[0]])(bad)
    with contextlib.suppress(autograd.AnomalyError), autograd.detect_anomaly():
        autograd.log(xs[0] * -1.0)
    with contextlib.suppress(autograd.GraphError):
        compile(lambda x: float(x.data))(1.0)
    with contextlib.suppress(ZeroDivisionError), no_grad():
        tanh(xs[0])
        raise ZeroDivisionError


def interrupts():
    def handler(number, frame):
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGALRM, handler)
    # hypothesis listens to the collector; what is raised in there is lost, and told as a fault
    listeners, gc.callbacks[:] = gc.callbacks[:], []
    for delay in (0.0002, 0.001, 0.003):
        try:
            signal.setitimer(signal.ITIMER_REAL, delay, 0.01)  # and again, should it be lost
            while True:
                graphs()
                programs()
        except KeyboardInterrupt:
            pass
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0.0)
    gc.callbacks[:] = listeners
    signal.signal(signal.SIGALRM, before)


def training():
    model = MLP(4, [3, 1])
    optimizer = SGD(model.parameters(), lr=0.01)
    fit(model, X, X[:, :1], mean_squared_error, optimizer, 2, 10, progress=False)


WORK = [graphs, programs, failures, interrupts, training]


def state():
    """Bytes in memory, blocks that Python gave out, objects that its collector knows, and the
    references to what all rounds share."""
    gc.collect()
    shared = [Value, X, Value.__add__, tanh, dot, None, 0.5, Program, autograd.GraphError]
    return (
        int(statm.read_text().split()[1]) * 4096,
        sys.getallocatedblocks(),
        len(gc.get_objects()),
        *[sys.getrefcount(x) for x in shared],
    )


@pytest.mark.slow
@pytest.mark.skipif(not statm.exists(), reason="memory is read from Linux' /proc")
@pytest.mark.parametrize("work", WORK, ids=lambda work: work.__name__)
def test_two_thousand_rounds_leave_the_process_where_it_was(work):
    rounds = 200 if work is training else 2000
    for _ in range(rounds // 4):  # caches, free lists and names fill
        work()
    first = state()
    for _ in range(rounds):
        work()
    last = state()
    resident, blocks, objects, *counts = (b - a for a, b in zip(first, last, strict=True))
    assert resident < 3_000_000
    assert blocks < rounds / 4  # one lost in every round would be four times that
    assert objects < 50
    assert all(abs(count) < 20 for count in counts), counts
