"""Makes every allocation fail in turn, and looks at what is left: for `test_allocations.py`.

    python -m tests.robustness.failing_allocator WORK [every [from]]

runs that work with its n-th allocation failing, for every n (or every `every`-th) until one
runs through; then with the n-th and the 19 after it failing.  After each: a MemoryError or
success, modes and marks as before, and the next numbers right.

Python and NumPy themselves crash at some of these points (a context variable's token, an index
that is cast), so each is tried in a process of its own, whose crash is taken for theirs if that
is where it happened.  Without any memory ever after Python hangs: hence no more than 20 failures.
"""

import _testcapi
import copy
import ctypes
import gc
import os
import pickle
import subprocess
import sys
import tempfile
import traceback
from pathlib import Path

import numpy as np

import autograd
from autograd import (
    Program,
    Value,
    compile,
    detect_anomaly,
    dot,
    exp,
    named_scope,
    no_grad,
    operation,
    softmax,
    tanh,
    where,
)
from autograd import max as largest
from autograd.engine.value import tracing
from autograd.graph import order
from nn import MLP, flatten, load, save

w = [Value(0.5, label="w0"), Value(-0.25), Value(0.75), Value(1.5)]
cube = operation("cube_starved", lambda x: x * x * x)
model = MLP(2, [3, 1], activation="tanh", rng=0)
X = np.linspace(-1.0, 1.0, 10).reshape(5, 2)
folder = Path(tempfile.mkdtemp())


def cost(x, y):
    hidden = [tanh(dot(w[:2], [x, y], w[2])), exp(dot(w[1:3], [x, y]) * 0.1), where(x > 0, x, y)]
    p = softmax([*hidden, x])
    return p[0] * p[2] + largest([x, y, 0.25]) + (w[0] if x > 0 else w[1]) + 3.0 * y * y


def recording():
    z = cost(Value(0.3), Value(0.6))
    return z.data, z.scope, z.args, z.partials, repr(z)


C = cost(Value(0.3), Value(0.6))
compiled = compile(cost)
compiled(0.3, 0.6)
flat_model = MLP(2, [3, 1], activation="tanh", rng=0)
flatten(flat_model)
flat_cost = compile(flat_model)
flat_cost.backward(X)
program = Program(C * 1.0, w)
program.save(folder / "program")
save(model, folder / "net")
frozen = pickle.dumps(C)


def backward():
    C.backward()


def traversal():
    return len(order(C)), copy.deepcopy(C).data, pickle.loads(frozen).data


def pickling():
    pickle.dumps(C)


def blocks():
    with no_grad(), detect_anomaly(), named_scope("there"), no_grad(), named_scope("deep"):
        return Value(1.0) * 2.0, Value(2.0).scope


def calls():
    return model([0.5, 0.25]).scope


def custom():
    z = cube(w[0]) * cube(0.5)
    z.backward()
    made = operation("made_starved", lambda x, y: x * y, lambda x, y, z: (y, x))
    return made(w[0], 2.0).data


def trace():
    f = compile(cost)
    return f(0.3, 0.6), f(-0.3, 0.6), f(X[:, 0], X[:, 1])


def replay():
    compiled.value_and_grad(0.3, 0.6)
    compiled.backward(X[:, 0], X[:, 1])
    return program(0.5, 0.25, 0.5, 0.1)


def direct():
    flat_cost.backward(X)
    return flat_cost(X)


def buffer():
    b = Program(C, w).buffer()
    b()
    return float(b.outputs[0])


def derivatives():
    f = lambda x, y: cost(x, y) * cube(x)  # noqa: E731
    autograd.grad(f, argnums=(0, 1))(0.3, 0.6)
    autograd.gradients(C, w, create_graph=True)
    return autograd.hessian(f)(0.3, 0.6)


def saving():
    program.save(folder / "program")
    save(model, folder / "net")


def loading():
    load(model, folder / "net")
    return Program.load(folder / "program")(0.5, 0.25, 0.5, 0.1)


def flattening():
    flatten(MLP(2, [3, 1], rng=0)).data[:] = 0.5


WORK = {
    f.__name__: f
    for f in (
        recording, backward, traversal, pickling, blocks, calls, custom, trace, replay, direct,
        buffer, derivatives, saving, loading, flattening,
    )
}  # fmt: skip


# Works that Python's library, NumPy and safetensors have a part in, which make other errors of
# a lack of memory: a lock that cannot be made, an error without an exception, a path that is none.
SHARED = (
    pickling, traversal, trace, replay, direct, buffer, derivatives, saving, loading, flattening,
)  # fmt: skip


def numbers():
    """What must stay the same: values, gradients, derivatives, and no mode on."""
    for p in (*w, *flat_model.parameters()):
        p.grad = 0.0
    x, y = Value(0.3), Value(0.6)
    z = cost(x, y)
    z.backward()
    flat_cost.backward(X)
    state = [z.data, x.grad, y.grad, *(p.grad for p in (*w, *flat_model.parameters()))]
    C.backward()
    state += [p.grad for p in w] + [len(order(C)), compiled(0.3, 0.6), model([0.5, 0.25]).data]
    state += autograd.gradients(C, w)
    return state, Value(1.0).scope, (Value(1.0) * 2.0).constant, tracing(), gc.isenabled()


right = numbers()


def starved(work, first, last):
    """Whether an allocation failed."""
    _testcapi.set_nomemory(first, last)
    try:
        work()
    except BaseException as error:
        if work not in SHARED and not isinstance(error, MemoryError):
            raise
        return True
    finally:
        _testcapi.remove_mem_hooks()
    return False


# Where a crash happened.
HANDLER = """
#include <execinfo.h>
#include <signal.h>
#include <unistd.h>
static void show(int number) {
    void *frames[30];
    backtrace_symbols_fd(frames, backtrace(frames, 30), 2);
    signal(number, SIG_DFL);
    raise(number);
}
void show_crashes(void) { signal(SIGSEGV, show); signal(SIGABRT, show); signal(SIGBUS, show); }
"""
THEIRS = ("_multiarray_umath", "PyContextVar_Set", "libgfortran", "openblas")


def handler():
    """HANDLER, compiled."""
    source, library = folder / "crash.c", folder / "crash.so"
    source.write_text(HANDLER)
    subprocess.run(["gcc", "-shared", "-fPIC", "-o", library, source], check=True)
    return ctypes.CDLL(str(library)).show_crashes


def is_theirs(said):
    """Whether the innermost frame, below those of the handler and of the signal, is not ours."""
    frames = [line for line in said.splitlines() if "[0x" in line]
    inner = any(name in frame for name in THEIRS for frame in frames[2:4])
    return inner or "pyo3" in said  # Rust, which panics


def attempt(work, n, width):
    """In a process of its own: exits with 0 after a failure, with 3 if there was none."""
    try:
        failed = starved(work, n, n + width)
        assert numbers() == right, "other numbers, or a mode, than before"
        os._exit(0 if failed else 3)
    except BaseException:
        traceback.print_exc()
        sys.stderr.flush()
        os._exit(1)


def outcome(work, n, width):
    """How such a process ended, and what it said."""
    with tempfile.TemporaryFile() as said:
        pid = os.fork()
        if not pid:
            os.dup2(said.fileno(), 2)
            show_crashes()
            attempt(work, n, width)
        _, status = os.waitpid(pid, 0)
        said.seek(0)
        return os.waitstatus_to_exitcode(status), said.read().decode(errors="replace")


def drill(name, every, start):
    """Failures in turn; how many there were, and how many crashes of others."""
    work, failures, crashes = WORK[name], 0, 0
    for _ in range(3):
        work()
    for width in (1, 20):
        n, quiet = start + 1, 0
        while quiet < 40:  # a failure may be made up for; so many on end are none
            code, said = outcome(work, n, width)
            theirs = code < 0 and is_theirs(said)
            if code not in (0, 3) and not theirs:
                raise SystemExit(f"{name}, allocation {n} of {width}: exit code {code}\n{said}")
            crashes += theirs
            failures += code == 0
            quiet = quiet + 1 if code == 3 else 0
            n += every
    return failures, crashes


if __name__ == "__main__":
    show_crashes = handler()
    name, *options = sys.argv[1:]
    every, start = map(int, options + ["1", "0"][len(options) :])
    print("{} failures, {} crashes of Python or NumPy".format(*drill(name, every, start)))
