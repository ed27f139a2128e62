"""What sanitizers and Valgrind watch runs without them too, and is right."""

import os
import random
import subprocess
import sys
from pathlib import Path

import pytest

import autograd
from tests.robustness import exercise

ROOT = Path(autograd.__file__).parents[1]


@pytest.mark.parametrize("part", exercise.ALL, ids=lambda part: part.__name__)
def test_everything_compiled_is_called_and_right(part):
    part(random.Random(5))


@pytest.mark.thorough
@pytest.mark.parametrize("vectors", ["plain", "avx2"])
def test_everything_compiled_is_called_and_right_with_narrower_vectors(vectors):
    done = subprocess.run(
        [sys.executable, str(ROOT / "tests/robustness/exercise.py")],
        cwd=ROOT, env={**os.environ, "AUTOGRAD_VECTORS": vectors, "PYTHONPATH": str(ROOT)},
        capture_output=True, text=True,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.endswith("done\n")
