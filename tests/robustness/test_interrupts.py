"""Ctrl-C at any moment: the process goes on, and computes what it did before."""

import os
import random
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

import autograd

ROOT = Path(autograd.__file__).parents[1]
pytestmark = pytest.mark.skipif(os.name != "posix", reason="signals to another process")

CHILD = """
import pickle, sys, tempfile
from pathlib import Path
import numpy as np
import autograd
from autograd import Program, Value, compile, detect_anomaly, dot, named_scope, no_grad, tanh
from nn import MLP, SGD, flatten, load, save
from nn.training.fit import fit
from nn.loss import mean_squared_error

X = np.random.default_rng(0).normal(size=(60, 4))
folder = Path(tempfile.mkdtemp())

def cost(w, x):
    z = x
    for k in range(300):
        z = tanh(dot([z, w[k % 3]], [w[1], w[2]], w[0])) + z * 0.5
    return z

def weights():
    return [Value(0.3), Value(-0.7), Value(1.1)]

def known():
    "What the process computes: by record, backward, compile, replay, in the open."
    w = weights()
    C = cost(w, Value(0.2))
    C.backward()
    f = compile(lambda x: cost(w, x))
    at = f(X[:, 0]).tolist()
    second = autograd.grad(autograd.grad(lambda x: x * x * tanh(x)))(0.3)
    return C.data, [p.grad for p in w], at, second, Value(1.0).scope, C.scope, C.constant

def record():
    cost(weights(), Value(0.2))

def modes():
    w = Value(1.0)
    for _ in range(50):
        with no_grad(), named_scope("a"):
            w * w
        with detect_anomaly(), named_scope("b"):
            w * w

def backward():
    cost(weights(), Value(0.2)).backward()

def tracing():
    w = weights()
    compile(lambda x: cost(w, x))(0.5)

kept = weights()
program = compile(lambda x: cost(kept, x))
program(0.5)

def replay():
    program.backward(X[:, 0])
    program(X[:, 0])

def derivatives():
    autograd.hessian(lambda a, b: tanh(a * b) * a)(0.3, 0.7)

def pickles():
    pickle.loads(pickle.dumps(cost(weights(), Value(0.2))))

model = MLP(4, [5, 1], activation="tanh", rng=0)

def moving():
    flatten(model)
    model.zero_grad()
    compile(model).backward(X)

def training():
    net = MLP(4, [5, 1], rng=1)
    fit(net, X, X[:, :1], mean_squared_error, SGD(net.parameters(), lr=0.01), 10**6,
        progress=False)
    raise KeyboardInterrupt  # which is how it ends

one, two = MLP(4, [5, 1], rng=1), MLP(4, [5, 1], rng=2)

def saving():
    for net in (one, two):
        save(net, folder / "net")
        xs = [Value(0.0) for _ in range(4)]
        Program(net(xs), xs).save(folder / "program")

def whole():
    "The files hold one of the two nets."
    if (folder / "net").exists():
        there = load(MLP(4, [5, 1], rng=3), folder / "net").state_dict()
        assert there in (one.state_dict(), two.state_dict())
    if (folder / "program").exists():
        x = X[0].tolist()
        assert Program.load(folder / "program")(*x) in (one(x).data, two(x).data)

right = known()
for name in iter(sys.stdin.readline, ""):
    work = globals()[name.strip()]
    try:
        work() if name.strip() != "training" else None
        print("go", flush=True)
        while True:
            work()
    except KeyboardInterrupt:
        pass
    whole()
    state = known()
    print("right" if state == right else f"wrong: {state}", flush=True)
"""
WORKS = [
    "record", "modes", "backward", "tracing", "replay", "derivatives", "pickles", "moving",
    "training", "saving",
]  # fmt: skip


def interrupted(times, seed):
    """Starts a process, and interrupts every kind of work in it a number of times."""
    rng = random.Random(seed)
    child = subprocess.Popen(
        [sys.executable, "-c", CHILD], cwd=ROOT, text=True,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    guard = threading.Timer(60 + 4 * times * len(WORKS), child.kill)
    guard.start()
    try:
        for k in range(times * len(WORKS)):
            work = WORKS[k % len(WORKS)]
            child.stdin.write(work + "\n")
            child.stdin.flush()
            assert child.stdout.readline() == "go\n", child.stderr.read()
            time.sleep(rng.random() * 0.02)
            # One that comes in a finaliser is shown and dropped, as Python does: another follows.
            answered = threading.Event()
            again = threading.Thread(target=insist, args=(child, answered))
            again.start()
            said = child.stdout.readline()
            answered.set()
            again.join()
            assert said == "right\n", (work, said, child.poll() and child.stderr.read())
        child.stdin.close()
        assert child.wait(60) == 0
    finally:
        guard.cancel()
        child.kill()
        for stream in (child.stdin, child.stdout, child.stderr):
            stream.close()
        child.wait()


def insist(child, answered):
    """SIGINT; another if it has no effect for a long time."""
    child.send_signal(signal.SIGINT)
    while not answered.wait(20.0) and child.poll() is None:
        child.send_signal(signal.SIGINT)


@pytest.mark.thorough
def test_an_interrupt_in_any_work_leaves_a_process_that_computes_as_before():
    interrupted(times=3, seed=0)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(1, 4))
def test_two_thousand_interrupts_in_any_work(seed):
    interrupted(times=70, seed=seed)
