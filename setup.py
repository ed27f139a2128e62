"""The compiled modules.  All metadata is in setup.cfg.

Before Cython runs, the table of operations is written as the C and Cython that the engine includes
(`autograd/ops/codegen.py`).  Built in place, only those modules are compiled whose sources have
changed (`autograd/build_record.py`).
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

_package = types.ModuleType("autograd")  # without running __init__, which needs the engine
_package.__path__ = [str(ROOT / "autograd")]
sys.modules["autograd"] = _package
from autograd import build_record  # noqa: E402
from autograd.ops import check, codegen, python  # noqa: E402

del sys.modules["autograd"]


def write_emitted() -> None:
    """Write what the engine includes, and its type stub."""
    template = (ROOT / "autograd" / "engine" / "value.pyi.in").read_text(encoding="utf-8")
    try:
        check.check()
    except check.RowError as error:
        raise SystemExit(f"autograd/ops/table.py: {error}") from None
    texts = {EMITTED / name: text for name, text in codegen.files().items()}
    texts[ROOT / "autograd" / "engine" / "value.pyi"] = python.stub(template)
    EMITTED.mkdir(parents=True, exist_ok=True)
    for path, text in texts.items():
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")


def extension(pyx: Path) -> Extension:
    """One compiled module, with the same floating-point arithmetic on every machine."""
    gcc = ["-O3", "-fno-math-errno", "-fno-trapping-math", "-ffp-contract=off"]
    name = ".".join(pyx.relative_to(ROOT).with_suffix("").parts)
    return Extension(
        name,
        [pyx.relative_to(ROOT).as_posix()],
        include_dirs=["autograd/engine", "autograd/programs", "build/emitted"],
        extra_compile_args=["/O2", "/fp:precise"] if sys.platform == "win32" else gcc,
    )


def source(module: Extension) -> Path:
    """The Cython that a compiled module begins with."""
    return ROOT / f"{module.name.replace('.', '/')}.pyx"


class Build(build_ext):
    """Compiles what has changed, or says what to install first."""

    def run(self) -> None:
        """Build in place what is missing or was built from other sources; otherwise build
        everything."""
        everything = self.extensions
        if self.inplace and not self.force:
            self.extensions = [m for m in everything if build_record.changed(source(m))]
        super().run()
        self.extensions = everything

    def build_extensions(self) -> None:
        """Compile all of them, whatever the dates of their files."""
        self.force = True
        made = cythonize(
            [Extension(m.name, m.sources) for m in self.extensions],
            build_dir="build", include_path=[str(EMITTED)], force=True,
        )  # fmt: skip
        written = {module.name: module.sources for module in made}
        for module in self.extensions:
            module.sources = written[module.name]
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

    def copy_extensions_to_source(self) -> None:
        """Put what was built in place, each with its record."""
        super().copy_extensions_to_source()
        for module in self.extensions:
            build_record.write_record(source(module))

    def missing(self) -> str:
        """What is missing to compile with; "" if nothing is."""
        command = getattr(self.compiler, "compiler_so", None) or []
        if sys.platform == "win32" and not getattr(self.compiler, "initialized", True):
            return "there is no C compiler"
        if command and not any(shutil.which(word) for word in command[:1]):
            return f"there is no C compiler ({command[0]} was not found)"
        if not (Path(sysconfig.get_path("include")) / "Python.h").exists():
            return "the headers of this Python are missing (Python.h was not found)"
        return ""


write_emitted()
setup(
    cmdclass={"build_ext": Build},
    ext_modules=[extension(pyx) for pyx in build_record.modules()],
    options={"build_ext": {"parallel": os.cpu_count()}},
)
