"""The largest error of every operation, measured: `python -m docs.tools.accuracy`.

Every value and every partial is compared with its 50-digit counterpart
(`tests/oracle.py`) at points that cover the domain, and the error counted in units
in the last place (ulp).  The points are the same on every machine; the errors
depend on the machine's C library.  It takes half a minute.
"""

from __future__ import annotations

import hashlib
import json
import platform
from pathlib import Path

from tqdm import tqdm

import autograd.engine.value
from autograd.ops import TABLE

ROOT = Path(__file__).parents[2]

# What is known of one row: the errors, by what they are of ("tanh", "∂tanh/∂x"), and
# at how many points they were measured.
Errors = dict[str, dict[str, float]]


def measured(kept: Path | None = None) -> tuple[Errors, dict[str, int]]:
    """The largest errors of every row, and how many points each was measured at.

    In the file `kept`, if it is of this engine on this machine, they stand already;
    otherwise they are put there.
    """
    from tests import oracle  # it needs mpmath

    key = fingerprint()
    if kept is not None and kept.exists():
        found = json.loads(kept.read_text(encoding="utf-8"))
        if found["key"] == key:
            return found["errors"], found["points"]
    errors = {
        op.name: {what: m.ulps for what, m in oracle.worst(op).items()}
        for op in tqdm(TABLE, desc="accuracy", unit="operation")
    }
    points = {op.name: len(oracle.grid(op)) for op in TABLE}
    if kept is not None:
        text = json.dumps({"key": key, "errors": errors, "points": points}, indent=1)
        kept.write_text(text, encoding="utf-8")
    return errors, points


def fingerprint() -> str:
    """What the errors depend on: the engine, the oracle and the machine."""
    files = [Path(autograd.engine.value.__file__), ROOT / "tests" / "oracle.py"]
    texts = [path.read_bytes() for path in files] + [machine().encode()]
    return hashlib.sha256(b"".join(texts)).hexdigest()


def machine() -> str:
    """The machine in a line: what of it an error depends on."""
    library = " ".join(platform.libc_ver()) or platform.platform()
    return f"Python {platform.python_version()}, {library}, {platform.machine()}"


def main() -> None:
    """Print the table."""
    errors, points = measured()
    print(machine())
    for name, of_row in errors.items():
        shown = "   ".join(f"{what} {ulps:.2f}" for what, ulps in of_row.items())
        print(f"{name:14} {points[name]:4} points   {shown}")


if __name__ == "__main__":
    main()
