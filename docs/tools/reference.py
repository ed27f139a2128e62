"""The pages of the API reference: one a public module, written from its `__all__`.

A name that a module makes public appears by itself, with its docstring.
"""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from pathlib import Path
from types import ModuleType
from typing import Any

from autograd.ops import TABLE

ROOMS = ("autograd", "autograd.testing", "nn", "viz")
# Public, though no `__all__` names them: modules that one imports by their own name …
MODULES = ("autograd.testing.strategies", "nn.table")
# … and what public functions give.
GIVEN = {
    "autograd": (
        "autograd.programs.compiled.Compiled",
        "autograd.custom.Operation",
        "autograd.programs.tape.Buffer",
    ),
    "autograd.testing": (
        "autograd.testing.check_op.OpReport",
        "autograd.testing.report.Entry",
    ),
}
OPERATIONS = {op.name for op in TABLE}


def modules() -> list[str]:
    """The public modules: the rooms, and the modules that they name in `__all__`."""
    found = []
    for room in ROOMS:
        module = importlib.import_module(room)
        inner = [getattr(module, name) for name in module.__all__]
        found += [room, *(x.__name__ for x in inner if inspect.ismodule(x))]
    return sorted(module for module in {*found, *MODULES} if any(public(module)))


def public(module: str) -> Iterator[tuple[str, Any]]:
    """The names of a module that are classes, functions and the like, with what they are."""
    source = importlib.import_module(module)
    for name in getattr(source, "__all__", None) or sorted(_own(source)):
        thing = getattr(source, name)
        if not inspect.ismodule(thing) and not _above(module, name, thing):
            yield name, thing


def _above(module: str, name: str, thing: Any) -> bool:
    """Whether the module's room exports the thing too: it stands there."""
    room = module.rpartition(".")[0]
    return bool(room) and getattr(importlib.import_module(room), name, None) is thing


def _own(module: ModuleType) -> Iterator[str]:
    """Of a module without `__all__`: what is defined there under a public name."""
    for name, thing in vars(module).items():
        if not name.startswith("_") and getattr(thing, "__module__", "") == module.__name__:
            yield name


def write(folder: Path) -> None:
    """Write all pages, and a list of them, into an empty folder."""
    folder.mkdir(parents=True)
    for module in modules():
        (folder / f"{module}.rst").write_text(page(module), encoding="utf-8")
    listed = "\n".join(f"   {module}" for module in modules())
    title = _heading("Reference", "=")
    text = f"{title}\nFrom the docstrings.\n\n.. toctree::\n   :maxdepth: 1\n\n{listed}\n"
    (folder / "index.rst").write_text(text, encoding="utf-8")


def page(module: str) -> str:
    """One module, in reStructuredText."""
    lines = [_heading(module, "="), f".. automodule:: {module}", ""]
    names = [name for name, _ in public(module)]
    for name in (n for n in names if n not in OPERATIONS):
        lines += _entry(f"{module}.{name}", exclude=OPERATIONS if name == "Value" else set())
    for path in GIVEN.get(module, ()):
        lines += _entry(path)
    of_table = [n for n in names if n in OPERATIONS]
    if of_table:
        lines += ["", _heading("Operations of the table", "-"), OPERATIONS_HEAD]
        for name in of_table:
            lines += _entry(f"{module}.{name}")
    return "\n".join(lines) + "\n"


OPERATIONS_HEAD = """\
Each is a function of Values and numbers and a method of Value: ``tanh(x)``, ``x.tanh()``.
:doc:`/generated/operations` gives them as mathematics, with their edges and errors.
They raise ``TypeError`` for an operand that is no real number.
"""


def _heading(text: str, line: str) -> str:
    return f"{text}\n{line * len(text)}\n"


def _entry(path: str, exclude: AbstractSet[str] = frozenset()) -> list[str]:
    """The directive that documents a class, an exception or a function."""
    parent, _, name = path.rpartition(".")
    thing = getattr(importlib.import_module(parent), name)
    if not inspect.isclass(thing):
        return [f".. autofunction:: {path}", ""]
    if issubclass(thing, BaseException):
        return [f".. autoexception:: {path}", ""]
    aliases = {op.numpy for op in TABLE if op.numpy}
    options = ["   :members:"]
    if exclude:
        options += [f"   :exclude-members: {', '.join(sorted(exclude | aliases))}"]
    return [f".. autoclass:: {path}", *options, ""]
