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
from contextlib import suppress
from functools import partial
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


Part = tuple[str, Any, Any, Any]
"""A name, the dict (and the key) or the cell where it stands, or None; and the thing itself."""


def parts(x: Any) -> list[Part]:
    """What a function or an object reaches directly; nothing of what is not looked into."""
    if isinstance(x, FunctionType):
        return [] if _is_foreign(x) else _parts_of_function(x)
    if isinstance(x, MethodType):
        return [("__func__", None, None, x.__func__), ("self", None, None, x.__self__)]
    if isinstance(x, partial):
        return [(name, None, None, getattr(x, name)) for name in ("func", "args", "keywords")]
    if isinstance(x, type):
        return _functions_of_class(x)
    if isinstance(x, ModuleType):
        return []
    if not _is_foreign(type(x)):
        return [*_attributes(x), ("__class__", None, None, type(x))]
    wrapped = getattr(x, "__wrapped__", None)  # as of a compiled function
    return [] if wrapped is None else [("__wrapped__", None, None, wrapped)]


def _is_foreign(x: Any) -> bool:
    return (x.__module__ or "").partition(".")[0] in FOREIGN


def _parts_of_function(f: FunctionType) -> list[Part]:
    places: list[Part] = []
    for name, cell in zip(f.__code__.co_freevars, f.__closure__ or (), strict=True):
        with suppress(ValueError):  # not filled yet
            places.append((name, cell, None, cell.cell_contents))
    own = f.__globals__
    places += [(name, own, name, own[name]) for name in _names(f.__code__) if name in own]
    places += [("__defaults__", None, None, part) for part in f.__defaults__ or ()]
    own = f.__kwdefaults__ or {}
    places += [("__kwdefaults__", own, name, part) for name, part in own.items()]
    return places + _attributes(f)


def _names(code: CodeType) -> tuple[str, ...]:
    """The global names and attributes in code, also in the functions inside it."""
    inner = [_names(x) for x in code.co_consts if isinstance(x, CodeType)]
    return sum(inner, code.co_names)


def _attributes(x: Any) -> list[Part]:
    own = getattr(x, "__dict__", None)
    if not isinstance(own, dict):
        return []
    return [(name, own, name, part) for name, part in list(own.items())]


def _functions_of_class(x: type) -> list[Part]:
    """The functions and properties of a class, and of those that it inherits from."""
    functions: list[Part] = []
    for kind in x.__mro__:
        if not _is_foreign(kind):
            for name, part in list(vars(kind).items()):
                function = getattr(part, "__wrapped__", getattr(part, "fget", part))
                if isinstance(function, FunctionType):
                    functions.append((name, None, None, function))
    return functions


def state(f: Any) -> dict[str, Any]:
    """A snapshot of what `f` reaches, by which `changed` sees changes."""
    snapshot: dict[str, Any] = {}
    seen: dict[int, Any] = {}
    stack: list[tuple[str, Any]] = [("" if isinstance(f, FunctionType | MethodType) else "self", f)]
    while stack and len(seen) < MOST:
        name, x = stack.pop()
        if id(x) in seen:
            continue
        seen[id(x)] = x
        own = getattr(x, "__dict__", None)
        for relative, where, _, part in parts(x):
            if relative == "__class__":  # of its functions, the one that a call runs
                relative, part = "__call__", part.__call__
                part = getattr(part, "__wrapped__", part)
            elif relative.startswith("_") and where is own:  # where caches live
                continue
            inner = relative
            if not isinstance(x, FunctionType):
                inner = f"{name}.{relative}" if name else relative
            elif where is own:
                inner = f"{x.__name__}.{relative}"
            if isinstance(part, PLAIN):
                snapshot.setdefault(inner, part)
            elif isinstance(part, list | dict | set):
                snapshot.setdefault(inner, (type(part), len(part)))
            elif not isinstance(part, Value | np.ndarray | type):
                stack.append((inner, part))
    return snapshot


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
