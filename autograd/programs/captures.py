"""What a function reaches besides its arguments, and whether a call changed it.

Tracing runs a function once for many replays, so what it changes around itself would
happen once only.  Seen are, as far as they are numbers, text, or the size of a list, dict
or set: variables that the function closes over or finds among its module's globals; the
same of Python functions and methods that it reaches, also nested ones; and the attributes
of objects that it reaches, of itself and of a method's `self`.

Not seen are attributes whose name starts with "_" (where caches live), objects of the
standard library, of NumPy and of `autograd` (loggers, generators), what is inside a
container, and an item put in another's place; nor what lies beyond the first thousand
functions and objects.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from types import CodeType, FunctionType, MethodType, ModuleType
from typing import Any

import numpy as np

from autograd.engine.value import Value

STATIC = (str, bool, bytes, type(None))
PLAIN = (int, float, complex, *STATIC)  # what a closure may hold and a program depend on
MOST = 1000
FOREIGN = {*sys.stdlib_module_names, "autograd", "numpy"} - {"__main__"}


def held(f: Any) -> Iterator[tuple[str, Any]]:
    """The variables that a Python function closes over, and the globals that it names."""
    code = getattr(f, "__code__", None)
    if code is None:
        return
    for name, cell in zip(code.co_freevars, f.__closure__ or (), strict=True):
        try:
            yield name, cell.cell_contents
        except ValueError:  # not filled yet
            yield name, None
    for name in code.co_names:
        yield name, f.__globals__.get(name)


def named_globals(code: CodeType, found: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """The globals that code names, also in the functions inside it."""
    for name in code.co_names:
        if name in found:
            yield name, found[name]
    for inner in code.co_consts:
        if isinstance(inner, CodeType):
            yield from named_globals(inner, found)


def state(f: Any) -> dict[str, Any]:
    """A snapshot of what `f` reaches, by which `changed` sees changes."""
    found: dict[str, Any] = {}
    seen: dict[int, Any] = {}
    stack: list[tuple[str, Any]] = [("" if isinstance(f, FunctionType | MethodType) else "self", f)]
    while stack and len(seen) < MOST:
        name, x = stack.pop()
        if id(x) in seen:
            continue
        seen[id(x)] = x
        for inner, part in _parts(name, x):
            if isinstance(part, PLAIN):
                found.setdefault(inner, part)
            elif isinstance(part, list | dict | set):
                found.setdefault(inner, (type(part), len(part)))
            elif not isinstance(part, Value | np.ndarray):
                stack.append((inner, part))
    return found


def _parts(name: str, x: Any) -> Iterator[tuple[str, Any]]:
    """What a function or an object reaches directly; nothing of what is not looked into."""
    if isinstance(x, MethodType):
        yield f"{name}.__func__" if name else "__func__", x.__func__
        yield f"{name}.self" if name else "self", x.__self__
    elif isinstance(x, FunctionType):
        if x.__module__ is None or x.__module__.partition(".")[0] not in FOREIGN:
            yield from list(held(x))[: len(x.__code__.co_freevars)]
            yield from named_globals(x.__code__, x.__globals__)
            for attribute, value in _attributes(x):
                yield f"{x.__name__}.{attribute}", value
    elif (
        not isinstance(x, type | ModuleType) and type(x).__module__.partition(".")[0] not in FOREIGN
    ):
        for attribute, value in _attributes(x):
            yield f"{name}.{attribute}" if name else attribute, value
        call = getattr(type(x), "__call__", None)  # noqa: B004 (of the class, to look into)
        call = getattr(call, "__wrapped__", call)
        if isinstance(call, FunctionType):
            yield f"{name}.__call__", call


def _attributes(x: Any) -> Iterator[tuple[str, Any]]:
    """The attributes of an object that are not private."""
    own = getattr(x, "__dict__", None)
    if isinstance(own, dict):
        for name, value in list(own.items()):
            if isinstance(name, str) and not name.startswith("_"):
                yield name, value


def changed(before: dict[str, Any], after: dict[str, Any]) -> str | None:
    """The name of something that is other than it was; None if nothing is.

    What was there at one time only is not counted: something was built at its first use.
    """
    for name, old in before.items():
        if name in after:
            new = after[name]
            if old != new and not (old != old and new != new):  # nan stays nan
                return name
    return None
