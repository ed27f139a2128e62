"""A process that forks while its threads work: the child computes like any process."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import autograd

ROOT = Path(autograd.__file__).parents[1]
pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork")

CHILD = """
import itertools, os, random, signal, sys, threading, time
import numpy as np
from autograd import Program, Value, compile, operation, tanh
from autograd.engine.value import flatten as move
from nn import MLP, flatten

sys.setswitchinterval(1e-5)
rng = random.Random(SEED)
model = MLP(8, [16, 1], activation="tanh", rng=0)
flat = flatten(model)
X = np.random.default_rng(0).normal(size=(400, 8))
cost = compile(model)
cost.backward(X)
once = flat.grad.copy()
cost.backward(X)
steady = flat.grad - once  # what every call adds

def gradient():
    "Replayed into flattened weights, without the interpreter's lock."
    cost.backward(X)

counter = itertools.count()

@compile(static="k")
def shared(x, k):
    time.sleep(1e-4)
    return x * 2.0 * k

def tracing():
    "Traced anew, in the lock of the compiled function."
    shared(1.0, next(counter))

def eager():
    model(X[0].tolist()).backward()

xs = [Value(0.0) for _ in range(8)]
buffer = Program(model(xs), xs).buffer()

def buffered():
    "A buffer in use says so."
    buffer.inputs[:] = 0.5
    try:
        buffer()
    except RuntimeError:
        pass

def operations():
    "Made anew, each read for the first time."
    for _ in range(50):
        assert operation("twice", lambda x: x * 2.0, lambda x, z: 2.0)(1.0) == 2.0

parent = os.getpid()

class Slow(np.ndarray):
    "A vector that takes its time to go, on the way out of a graph."
    def __del__(self):
        if os.getpid() == parent:
            time.sleep(1e-4)

def freeing():
    "A graph that is let go of, whose Values hold what runs Python then."
    leaf = Value(1.0)
    move([leaf], np.zeros(1).view(Slow), np.zeros(1))
    z = leaf * 2.0 * 3.0
    del leaf, z
    if os.getpid() == parent:
        time.sleep(3e-4)

def child():
    "All of it, alone; and the numbers are right."
    signal.alarm(20)
    for _ in range(2):
        flat.grad[:] = 0.0
        cost.backward(X)
        assert np.allclose(flat.grad, steady, rtol=1e-12, atol=1e-15), "a wrong gradient"
    for work in (tracing, eager, buffered, operations, freeing):
        work()
    buffer.inputs[:] = 0.25
    buffer()
    assert shared(3.0, 2) == 12.0
    before = sys.getallocatedblocks()
    for _ in range(100):
        z = Value(1.0)
        for _ in range(20):
            z = tanh(z * 0.5) + z * z
        del z
    grown = sys.getallocatedblocks() - before
    assert grown < 200, f"graphs are not freed: {grown} blocks"

stop = threading.Event()
def busy(work):
    while not stop.is_set():
        work()
threads = [threading.Thread(target=busy, args=(WORK,), daemon=True) for _ in range(3)]
for thread in threads:
    thread.start()
for k in range(FORKS):
    time.sleep(rng.random() * 0.01)
    pid = os.fork()
    if not pid:
        try:
            child()
            code = 0
        except BaseException:
            import traceback
            traceback.print_exc()
            code = 1
        sys.stderr.flush()
        os._exit(code)
    _, status = os.waitpid(pid, 0)
    assert status == 0, f"child {k} of seed SEED: {status}"
stop.set()
for thread in threads:
    thread.join()
print("done")
"""

WORK = ["gradient", "tracing", "eager", "buffered", "operations", "freeing"]


def forked(work, forks, seed):
    body = CHILD.replace("FORKS", str(forks)).replace("SEED", str(seed)).replace("WORK", work)
    done = subprocess.run(
        [sys.executable, "-W", "ignore::DeprecationWarning", "-c", body],
        cwd=ROOT, capture_output=True, text=True, timeout=200,
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (0, "done\n"), done.stderr[-2000:]


@pytest.mark.thorough
@pytest.mark.parametrize("work", WORK)
def test_a_child_forked_while_threads_work_computes(work):
    forked(work, forks=5, seed=0)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(1, 4))
@pytest.mark.parametrize("work", WORK)
def test_a_hundred_forked_children_compute_what_the_parent_does(work, seed):
    forked(work, forks=100, seed=seed)


def test_every_lock_is_one_that_a_child_finds_free():
    made = re.compile(
        r"\b(?:R?Lock|Condition|Semaphore|BoundedSemaphore|Barrier)\(\)"
        r"|\bcached_property\b"  # holds a lock that nobody can reach, until Python 3.12
    )
    where = {
        (path.name, line.strip())
        for package in ("autograd", "nn", "viz")
        for path in (ROOT / package).rglob("*.p*")
        if path.suffix in (".py", ".pyx", ".pxi")
        for line in path.read_text(encoding="utf-8").splitlines()
        if made.search(line)
    }
    assert where == {
        ("locks.py", "self._lock = threading.RLock()"),
        ("locks.py", "lock._lock = threading.RLock()"),
        ("compiled.py", "self._lock = Lock()"),  # of locks.py
        ("paths.py", "self._lock = lock or Lock()"),
        ("locks.pxi", "ADDING = RLock()"),  # taken around the fork
    }
