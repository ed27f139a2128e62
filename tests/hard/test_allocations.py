"""Every allocation fails in turn: what is said, and that nothing is left half done."""

import subprocess
import sys
from pathlib import Path

import pytest

import autograd

pytest.importorskip("_testcapi", reason="it makes allocations fail")
pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="forks, and glibc")

ROOT = Path(autograd.__file__).parents[1]
OURS = ("recording", "blocks", "calls", "users")
WITH_OTHERS = (
    "walks", "pickling", "trace", "replay", "direct", "buffer", "derivatives", "saving", "loading",
    "flattening",
)  # fmt: skip


def starved(work, *options):
    """Fails if any such failure did harm; how many there were."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.hard.starving", work, *map(str, options)],
        cwd=ROOT, capture_output=True, text=True, timeout=600,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-4000:]
    return int(done.stdout.split()[0])


def test_a_recording_whose_every_allocation_fails_in_turn_does_no_harm():
    assert starved("recording", 3) > 20


def test_a_trace_of_which_some_allocations_fail_does_no_harm():
    assert starved("trace", 400) > 5


@pytest.mark.slow
@pytest.mark.parametrize("work", OURS)
def test_work_of_ours_whose_every_allocation_fails_keeps_no_memory(work):
    assert starved(work, 1, 0, 20) > 20


@pytest.mark.slow
@pytest.mark.parametrize("work", WITH_OTHERS)
def test_work_whose_every_allocation_fails_in_turn_does_no_harm(work):
    every = {"trace": 7, "saving": 5, "loading": 3, "derivatives": 2}.get(work, 1)
    assert starved(work, every) > 20
