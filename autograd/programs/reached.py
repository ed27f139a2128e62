"""The Values that a function reaches besides its arguments, and the way to them.

A program reads the data of Values anew at every call; which Values was settled when it was
traced.  So what leads to them is noted then: lists, attributes, entries of dicts, globals and
closures, of the function and of what it reaches through functions and objects.  Where another
object stands later (`model.layers[0] = Layer(…)`), the function is to be traced again.

What leads to no Value is not noted, so that a log that grows costs no tracing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from functools import partial
from types import CellType, FunctionType, MethodType, ModuleType
from typing import Any

import numpy as np

from autograd.engine.value import Value
from autograd.programs.captures import FOREIGN, PLAIN, named_globals
from autograd.programs.tape import Structure

MOST = 10_000  # functions, objects and containers that are looked into
SEALED = (*PLAIN, type, ModuleType, np.generic)

Part = tuple[Any, Any, Any]  # the dict and the key, or the cell, where it stands; and itself


def structure(f: Any) -> Structure:
    """What leads from `f` to Values, as it is now."""
    above: dict[int, list[tuple[Any, Part]]] = defaultdict(list)
    seen: dict[int, Any] = {}
    stack, values = [f], []
    while stack and len(seen) < MOST:
        x = stack.pop()
        if id(x) in seen or isinstance(x, SEALED):
            continue
        seen[id(x)] = x
        if isinstance(x, Value):
            values.append(x)
            continue
        for part in _parts(x):
            above[id(part[2])].append((x, part))
            stack.append(part[2])
    return _noted(values, above)


def _noted(values: list[Any], above: dict[int, list[tuple[Any, Part]]]) -> Structure:
    """What leads to these Values."""
    found = Structure()
    leading = {id(v) for v in values}
    below = list(leading)
    while below:
        for holder, (where, key, part) in above.get(below.pop(), ()):
            if isinstance(where, CellType):
                found.add_cell(where, part)
            elif where is not None:
                found.add_entry(where, key, part)
            if id(holder) not in leading:
                leading.add(id(holder))
                below.append(id(holder))
                if isinstance(holder, list):
                    found.add_list(holder)
                elif isinstance(holder, np.ndarray):
                    found.add_array(holder)
                elif isinstance(holder, dict):
                    found.add_size(holder)
    return found


def _parts(x: Any) -> Iterator[Part]:
    """What x holds."""
    if isinstance(x, np.ndarray):
        yield from _parts(list(x.flat)) if x.dtype == object else ()
    elif isinstance(x, list):
        others = [part for part in x if type(part) is not Value]
        yield from ((None, None, part) for part in others)
        if len(others) < len(x):  # one stands for all: a list is noted as a whole
            yield None, None, next(part for part in x if type(part) is Value)
    elif isinstance(x, tuple):
        yield from ((None, None, part) for part in x)
    elif isinstance(x, dict):
        yield from ((x, key, part) for key, part in x.items())
    elif isinstance(x, MethodType):
        yield from ((None, None, part) for part in (x.__func__, x.__self__))
    elif isinstance(x, partial):
        yield from ((None, None, part) for part in (x.func, x.args, x.keywords))
    elif isinstance(x, FunctionType):
        yield from _parts_of_function(x)
    elif type(x).__module__.partition(".")[0] not in FOREIGN:
        yield from _parts_of_object(x)
    elif hasattr(x, "__wrapped__"):  # as a compiled function
        yield None, None, x.__wrapped__


def _parts_of_function(f: FunctionType) -> Iterator[Part]:
    if (f.__module__ or "").partition(".")[0] in FOREIGN:
        return
    for cell in f.__closure__ or ():
        try:
            yield cell, None, cell.cell_contents
        except ValueError:  # not filled yet
            continue
    for name, part in named_globals(f.__code__, f.__globals__):
        yield f.__globals__, name, part
    yield from ((None, None, part) for part in f.__defaults__ or ())
    named = f.__kwdefaults__ or {}
    yield from ((named, name, part) for name, part in named.items())


def _parts_of_object(x: Any) -> Iterator[Part]:
    own = getattr(x, "__dict__", None)
    if isinstance(own, dict):
        yield from ((own, name, part) for name, part in list(own.items()))
    for kind in type(x).__mro__:
        if kind.__module__.partition(".")[0] not in FOREIGN:
            for part in list(vars(kind).values()):
                function = getattr(part, "__wrapped__", getattr(part, "fget", part))
                if isinstance(function, FunctionType):
                    yield None, None, function
