"""All that is written from the table when the engine is built."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

from autograd.ops import c, cython, kernels, python
from autograd.ops.table import TABLE, Op

HERE = Path(__file__).parent


def files(table: Sequence[Op] = TABLE) -> dict[str, str]:
    """What the compiled modules include, by name."""
    return {
        "ops.h": c.header(table),
        "kernels.h": kernels.kernels(table),
        "codes.pxi": cython.codes(table) + f"\nDIGEST = {digest()!r}\n",
        "partials.pxi": cython.recorder(table),
        "functions.pxi": python.functions(table),
    }


def digest() -> str:
    """A fingerprint of the table and of what writes it down: an engine knows which text it
    was built from."""
    sources = ("table", "formulas", "printer", "c", "kernels", "cython", "python")
    texts = [(HERE / f"{name}.py").read_bytes() for name in sources]
    return hashlib.sha256(b"".join(texts)).hexdigest()
