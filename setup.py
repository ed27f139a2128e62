"""The compiled modules.  All metadata is in setup.cfg.

Before Cython runs, the table of operations is written down as the C and Cython
that the engine includes (`autograd/emit.py`, `autograd/wrap.py`).
"""

import os
import sys
import types
from pathlib import Path

from Cython.Build import cythonize
from setuptools import Extension, setup

ROOT = Path(__file__).parent.resolve()
EMITTED = ROOT / "build" / "emitted"


def emit() -> None:
    """Write what the engine includes, and its type stub."""
    package = types.ModuleType("autograd")  # without running __init__, which needs the engine
    package.__path__ = [str(ROOT / "autograd")]
    sys.modules["autograd"] = package
    from autograd import emit, wrap

    template = (ROOT / "autograd" / "value.pyi.in").read_text(encoding="utf-8")
    texts = {
        EMITTED / "ops.h": emit.header(),
        EMITTED / "kernels.h": emit.kernels(),
        EMITTED / "codes.pxi": wrap.codes(),
        EMITTED / "functions.pxi": wrap.functions(),
        EMITTED / "partials.pxi": emit.recorder(),
        ROOT / "autograd" / "value.pyi": wrap.stub(template),
    }
    EMITTED.mkdir(parents=True, exist_ok=True)
    for path, text in texts.items():
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")
    del sys.modules["autograd"]


def extension(name: str) -> Extension:
    """One compiled module, with the same floating-point arithmetic on every machine."""
    gcc = ["-O3", "-fno-math-errno", "-fno-trapping-math", "-ffp-contract=off"]
    return Extension(
        name,
        [f"{name.replace('.', '/')}.pyx"],
        include_dirs=["autograd", "build/emitted"],
        depends=[
            *map(str, Path("autograd").glob("*.h")),
            *map(str, Path("autograd").glob("*.pxi")),
            *(f"build/emitted/{p.name}" for p in EMITTED.iterdir()),
        ],
        extra_compile_args=["/O2", "/fp:precise"] if sys.platform == "win32" else gcc,
    )


emit()
setup(
    ext_modules=cythonize(
        [extension(f"autograd.{name}") for name in ("value", "linear", "tape")],
        build_dir="build",
        include_path=[str(EMITTED)],
    ),
    options={"build_ext": {"parallel": os.cpu_count()}},
)
