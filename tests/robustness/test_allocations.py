"""Every allocation fails in turn: the message is right, and nothing is left half done."""

import subprocess
import sys
from pathlib import Path

import pytest

import autograd

pytest.importorskip("_testcapi", reason="it makes allocations fail")
pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="forks, and glibc")

ROOT = Path(autograd.__file__).parents[1]
OURS = ("recording", "blocks", "calls", "custom")
WITH_OTHERS = (
    "traversal", "pickling", "trace", "replay", "direct", "buffer", "derivatives", "saving",
    "loading", "flattening",
)  # fmt: skip


def starved(work, *options):
    """Fails if any failed allocation did harm; returns how many failed."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.robustness.failing_allocator", work, *map(str, options)],
        cwd=ROOT, capture_output=True, text=True, timeout=600,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-4000:]
    return int(done.stdout.split()[0])


@pytest.mark.thorough
def test_a_recording_whose_every_allocation_fails_in_turn_does_no_harm():
    assert starved("recording", 3) > 20


@pytest.mark.thorough
def test_a_trace_of_which_some_allocations_fail_does_no_harm():
    assert starved("trace", 400) > 5


REFERENCES = """
import gc, sys
import _testcapi
from autograd import Value, gradients
from autograd.ops import TABLE

xs = [Value(0.5), Value(0.25), Value(0.75), Value(1.5), Value(0.125)]
deep = xs[0]
for x in xs * 20:
    deep = deep * x + x

def starved(work, n):
    _testcapi.set_nomemory(n, n + 1)
    try:
        work()
    except MemoryError:
        return True
    finally:
        _testcapi.remove_mem_hooks()
    return False

def references():
    gc.collect()
    return [sys.getrefcount(x) for x in (*xs, deep)]

gc.collect()
gc.freeze()  # what is there is not looked through every time
tried = 0
def hunt(name, work):
    global tried
    n, quiet = 1, 0
    while quiet < 10:
        starved(work, n)
        before = references()
        failed = sum(starved(work, n) for _ in range(20))
        kept = [b - a for a, b in zip(before, references())]
        assert max(map(abs, kept)) < 10, f"{name}, allocation {n}: references {kept} of 20 failures"
        quiet = 0 if failed else quiet + 1
        tried += failed
        n += 1

function = {row.name: getattr(__import__("autograd"), row.name) for row in TABLE}
for row in TABLE:
    f = function[row.name]
    if row.many and len(row.sequences) == 2:
        hunt(row.name, lambda: f(xs, xs, xs[0]))
    elif row.many:
        hunt(row.name, lambda: f(xs))
    else:
        operands = tuple(xs[:len(row.operands)])
        hunt(row.name, lambda: f(*operands))
hunt("backward", deep.backward)
hunt("gradients", lambda: gradients(deep, xs))
hunt("args", lambda: (deep.args, deep.partials, deep.detach()))
print(tried)
"""


def test_no_operation_keeps_or_loses_a_reference_where_an_allocation_fails():
    done = subprocess.run(
        [sys.executable, "-c", REFERENCES], cwd=ROOT, capture_output=True, text=True, timeout=300
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert int(done.stdout) > 1000


@pytest.mark.slow
@pytest.mark.parametrize("work", OURS)
def test_work_of_ours_whose_every_allocation_fails_in_turn_does_no_harm(work):
    assert starved(work) > 20


@pytest.mark.slow
@pytest.mark.parametrize("work", WITH_OTHERS)
def test_work_whose_every_allocation_fails_in_turn_does_no_harm(work):
    every = {"trace": 7, "saving": 5, "loading": 3, "derivatives": 2}.get(work, 1)
    assert starved(work, every) > 20
