"""What the engine was built from, and whether that still is what the files say.

The build writes a record beside every compiled module: one line for each file that went into it,
with the file's SHA-256.  The build compiles only the modules whose record is out of date, and
`import autograd` refuses a stale module before loading it, since loading it may crash. An installed
copy holds no sources and is not checked.
"""

from __future__ import annotations

import hashlib
import re
from importlib.machinery import EXTENSION_SUFFIXES
from pathlib import Path

PACKAGE = Path(__file__).parent
SUFFIX = EXTENSION_SUFFIXES[0]  # of what this Python builds
WRITERS = ("table", "formulas", "printer", "c", "kernels", "cython", "python", "codegen")
"""The files that write the table as the C and Cython that the modules include."""

INCLUDED = re.compile(r'(?:include|extern from) +"([^"]+)"')  # in the writers' strings too
CIMPORTED = re.compile(r"^\s*(?:from|cimport) +([\w.]+)", re.M)


def modules(package: Path = PACKAGE) -> list[Path]:
    """The sources of the compiled modules."""
    return sorted(package.rglob("*.pyx"))


def sources(pyx: Path, package: Path = PACKAGE) -> set[Path]:
    """All files that a compiled module is made of: its includes, recursively; the declarations it
    shares with other modules; and the files that write the rest of its text."""
    named: dict[str, list[Path]] = {}
    for path in package.rglob("*"):
        if path.suffix in (".pxi", ".pxd", ".h"):
            named.setdefault(path.name, []).append(path)
    reached: set[Path] = set()
    todo = {pyx, *(package / "ops" / f"{name}.py" for name in WRITERS)}
    while todo:
        path = todo.pop()
        reached.add(path)
        text = path.read_text(encoding="utf-8")
        names = {f"{path.stem}.pxd", *INCLUDED.findall(text)}
        names |= {f"{module.rpartition('.')[2]}.pxd" for module in CIMPORTED.findall(text)}
        todo |= {p for name in names for p in named.get(name, ())} - reached
    return reached


def record_of(pyx: Path) -> Path:
    """The path of this Python's record of a module: beside the module."""
    return pyx.with_suffix(SUFFIX).with_suffix(".built")


def write_record(pyx: Path, package: Path = PACKAGE) -> None:
    """Note that a module was built just now."""
    lines = sorted(
        f"{digest(path)}  {path.relative_to(package).as_posix()}\n"
        for path in sources(pyx, package)
    )
    record_of(pyx).write_text("".join(lines), encoding="utf-8")


def digest(path: Path) -> str:
    """A file's fingerprint; "" if it is gone."""
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.exists() else ""


def changed(pyx: Path, package: Path = PACKAGE) -> str:
    """A file that has changed since the module was built from it; "" if there is none. For a module
    that was never built, or has no record, the module itself."""
    if not (record_of(pyx).exists() and pyx.with_suffix(SUFFIX).exists()):
        return pyx.relative_to(package).as_posix()
    for line in record_of(pyx).read_text(encoding="utf-8").splitlines():
        then, _, name = line.partition("  ")
        if digest(package / name) != then:
            return name
    return ""


def refuse_stale(package: Path = PACKAGE) -> None:
    """Raise ImportError if a module here was built from sources other than those here."""
    for pyx in modules(package):
        if pyx.with_suffix(SUFFIX).exists() and (name := changed(pyx, package)):
            raise ImportError(
                f"{package.name}/{name} has changed since the engine was built; run "
                f"`pip install -e .` again in {package.parent}"
            )
