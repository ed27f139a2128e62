"""A separate environment for HIPS autograd, which has the same import name as ours."""

from __future__ import annotations

import os
import subprocess
import sys
import venv
from pathlib import Path


def hips(folder: Path) -> str:
    """An interpreter with HIPS autograd, in a virtual environment that is made at `folder`
    unless it is there.

    Raises
    ------
    RuntimeError
        If pip cannot install it; with the last line of pip's output.
    """
    python = folder / ("Scripts" if os.name == "nt" else "bin") / "python"
    if not _has_autograd(python):
        print(f"making an environment for HIPS autograd in {folder} ...", file=sys.stderr)
        venv.create(folder, with_pip=True, clear=True)
        done = subprocess.run(
            [str(python), "-m", "pip", "install", "--quiet", "autograd"],
            capture_output=True,
            text=True,
        )
        if done.returncode or not _has_autograd(python):
            said = done.stderr.strip().splitlines() or ["pip said nothing"]
            raise RuntimeError(f"pip could not install HIPS autograd: {said[-1]}")
    return str(python)


def _has_autograd(python: Path) -> bool:
    if not python.exists():
        return False
    asked = [str(python), "-I", "-c", "import autograd.numpy"]
    return subprocess.run(asked, capture_output=True).returncode == 0
