"""Faults on purpose: a full disk, no memory.  The message, and the state afterwards."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

import autograd

ROOT = Path(autograd.__file__).parents[1]
pytestmark = [
    pytest.mark.thorough,  # processes that run out of memory
    pytest.mark.skipif(not sys.platform.startswith("linux"), reason="Linux' limits"),
]

CHILD = """
import resource, sys
import numpy as np
from autograd import Program, Value, compile, dot, exp, tanh
from autograd.graph import order

def known():
    w = [Value(0.5), Value(-0.25)]
    C = exp(dot(w, w)) * w[0]
    C.backward()
    xs = [Value(0.0), Value(0.0)]
    return C.data, [p.grad for p in w], Program(tanh(dot(w, xs)), xs)(0.5, 0.25)

right = known()

def starved(room, work):
    "The sentence that `work` ends in with so many bytes more; the process goes on after it."
    used = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (used + room, resource.RLIM_INFINITY))
    try:
        work()
        print("no error")
    except MemoryError as error:
        print("MemoryError:", error)
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (resource.RLIM_INFINITY,) * 2)
    assert known() == right
"""


def child(body):
    """The output of a process that ran `body` and exited normally."""
    done = subprocess.run(
        [sys.executable, "-c", CHILD + body], cwd=ROOT, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return done.stdout


def test_a_graph_too_large_for_memory_raises_and_leaves_the_engine_usable():
    said = child("""
def work():
    x = z = Value(1.0)
    while True:
        z = z * 0.5 + x
starved(40_000_000, work)
starved(40_000_000, work)  # nothing of the first is left
""")
    assert said.splitlines() == ["MemoryError: " + NO_MEMORY] * 2


NO_MEMORY = (
    "there is no memory left for the graph; record less before backward(), or "
    "evaluate under no_grad()"
)


def test_a_backward_pass_for_which_no_memory_is_left():
    said = child("""
x = z = Value(1.0)
for _ in range(1_000_000):
    z = z * 0.5 + x
starved(0, z.backward)
before = x.grad
z.backward()
assert z.grad == 1.0 and x.grad == before + 2.0, x.grad
""")
    assert said in ("MemoryError: no memory is left to walk the graph\n", "no error\n")


@pytest.mark.parametrize("room", [0, 30_000_000, 100_000_000, 150_000_000])
def test_a_program_for_which_no_memory_is_left(room):
    said = child(f"""
x = z = Value(1.0)
for _ in range(400_000):
    z = tanh(z * 0.5 + x)
starved({room}, lambda: Program(z, [x]))
assert Program(z, [x])(0.5) == Program(z, [x])(0.5)
assert len(order(z)) > 400_000
""")
    assert said.startswith(("MemoryError: ", "no error"))


def test_a_batch_for_which_no_memory_is_left():
    said = child("""
x = Value(1.0)
program = Program(exp(x), [x])
X = np.zeros(10_000_000)
starved(10_000_000, lambda: program(X))
assert program(X[:3]).tolist() == [1.0] * 3
""")
    assert said.startswith("MemoryError: Unable to allocate 76.3 MiB")


def test_a_pickle_for_which_no_memory_is_left():
    said = child("""
import pickle
x = z = Value(1.0)
for _ in range(300_000):
    z = z * 0.5 + x
starved(5_000_000, lambda: pickle.dumps(z))
assert pickle.loads(pickle.dumps(z)).data == z.data
""")
    assert said.startswith("MemoryError:")


@pytest.mark.skipif(os.name != "posix" or os.geteuid() != 0, reason="mounts a full disk")
def test_a_disk_that_is_really_full(tmp_path):
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(disk)]
    if subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("mounting is not permitted here")
    try:
        said = child(f"""
import os
from nn import MLP, load, save
folder = {str(disk)!r}
small = Program(Value(7.0) * (x := Value(0.0)), [x])
small.save(folder + "/program")
save(net := MLP(1, [1], rng=0), folder + "/net")
xs = [Value(0.0) for _ in range(9000)]
for big in (lambda: Program(dot(xs, xs), xs).save(folder + "/program"),
            lambda: save(MLP(9000, [1]), folder + "/net")):
    try:
        big()
    except OSError as error:
        print(error)
assert Program.load(folder + "/program")(1.0) == 7.0
load(MLP(1, [1], rng=1), folder + "/net")
assert sorted(os.listdir(folder)) == ["net", "program"], os.listdir(folder)
""")
        assert said == "[Errno 28] No space left on device\n" * 2
    finally:
        subprocess.run(["umount", str(disk)], check=True)
