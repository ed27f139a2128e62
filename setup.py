"""The compiled modules.  All metadata is in setup.cfg.

Before Cython runs, the table of operations is written down as the C and Cython
that the engine includes (`autograd/ops/emitted.py`).
"""

import os
import shutil
import sys
import sysconfig
import types
from pathlib import Path

from Cython.Build import cythonize
from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext
from setuptools.errors import CompileError, PlatformError

ROOT = Path(__file__).parent.resolve()
EMITTED = ROOT / "build" / "emitted"
MODULES = ("engine.value", "derivatives.linearize", "programs.tape")


def emit() -> None:
    """Write what the engine includes, and its type stub."""
    package = types.ModuleType("autograd")  # without running __init__, which needs the engine
    package.__path__ = [str(ROOT / "autograd")]
    sys.modules["autograd"] = package
    from autograd.ops import check, emitted, python

    template = (ROOT / "autograd" / "engine" / "value.pyi.in").read_text(encoding="utf-8")
    try:
        check.check()
    except check.RowError as error:
        raise SystemExit(f"autograd/ops/table.py: {error}") from None
    texts = {EMITTED / name: text for name, text in emitted.files().items()}
    texts[ROOT / "autograd" / "engine" / "value.pyi"] = python.stub(template)
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
        include_dirs=["autograd/engine", "autograd/programs", "build/emitted"],
        depends=[
            *map(str, Path("autograd").rglob("*.h")),
            *map(str, Path("autograd").rglob("*.pxi")),
            *(f"build/emitted/{p.name}" for p in EMITTED.iterdir()),
        ],
        extra_compile_args=["/O2", "/fp:precise"] if sys.platform == "win32" else gcc,
    )


class Build(build_ext):
    """Compiles, or says what to install so that it can."""

    def build_extensions(self) -> None:
        """Compile all modules."""
        try:
            super().build_extensions()
        except (CompileError, PlatformError) as error:
            missing = self.missing()
            if not missing:
                raise
            raise SystemExit(
                f"dcdw is compiled on this machine, and {missing}. Install them and try again:\n"
                "  Debian, Ubuntu   apt install gcc python3-dev\n"
                "  Fedora           dnf install gcc python3-devel\n"
                "  macOS            xcode-select --install\n"
                "  Windows          Build Tools for Visual Studio, with C++\n"
                f"({error})"
            ) from None

    def missing(self) -> str:
        """What is not there to compile with; "" if all is."""
        command = getattr(self.compiler, "compiler_so", None) or []
        if sys.platform == "win32" and not getattr(self.compiler, "initialized", True):
            return "there is no C compiler"
        if command and not any(shutil.which(word) for word in command[:1]):
            return f"there is no C compiler ({command[0]} was not found)"
        if not (Path(sysconfig.get_path("include")) / "Python.h").exists():
            return "the headers of this Python are not there (Python.h was not found)"
        return ""


emit()
setup(
    cmdclass={"build_ext": Build},
    ext_modules=cythonize(
        [extension(f"autograd.{name}") for name in MODULES],
        build_dir="build",
        include_path=[str(EMITTED)],
    ),
    options={"build_ext": {"parallel": os.cpu_count()}},
)
