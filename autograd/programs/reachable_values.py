"""The Values that a function reaches besides its arguments, and the way to them.

A program reads the data of Values anew at every call; which Values was settled when it was
traced.  So what leads to them is noted then: lists, attributes, entries of dicts, globals and
closures, of the function and of what it reaches through functions and objects.  Where another
object stands later (`model.layers[0] = Layer(…)`), the function is to be traced again.

What leads to no Value is not noted, so that a log that grows costs no tracing.
"""

from __future__ import annotations

from collections import defaultdict
from types import CellType, ModuleType
from typing import Any

import numpy as np

from autograd.engine.value import Value
from autograd.programs.captures import PLAIN, Part, parts
from autograd.programs.tape import Structure

MOST = 10_000  # functions, objects and containers that are looked into
SEALED = frozenset([*PLAIN, ModuleType])


def structure(f: Any) -> Structure:
    """What leads from `f` to Values, as it is now."""
    above: dict[int, list[tuple[Any, Part]]] = defaultdict(list)
    seen: dict[int, Any] = {}
    stack, values = [f], []
    while stack and len(seen) < MOST:
        x = stack.pop()
        if id(x) in seen:
            continue
        seen[id(x)] = x
        if isinstance(x, Value):
            values.append(x)
            continue
        for part in _parts(x):
            held = part[3]
            if type(held) not in SEALED:
                above[id(held)].append((x, part))
                stack.append(held)
    return _noted(values, above)


def _noted(values: list[Any], above: dict[int, list[tuple[Any, Part]]]) -> Structure:
    """What leads to these Values."""
    noted = Structure()
    leading = {id(v) for v in values}
    below = list(leading)
    while below:
        for holder, (_, where, key, part) in above.get(below.pop(), ()):
            if isinstance(where, CellType):
                noted.add_cell(where, part)
            elif where is not None:
                noted.add_entry(where, key, part)
            if id(holder) not in leading:
                leading.add(id(holder))
                below.append(id(holder))
                if isinstance(holder, list):
                    noted.add_list(holder)
                elif isinstance(holder, np.ndarray):
                    noted.add_array(holder)
                elif isinstance(holder, dict):
                    noted.add_size(holder)
    return noted


def _parts(x: Any) -> list[Part]:
    """What x reaches directly, and what it holds if it is a container."""
    if isinstance(x, list):
        others = [part for part in x if type(part) is not Value]
        if len(others) < len(x):  # one stands for all: a list is noted as a whole
            others.append(next(part for part in x if type(part) is Value))
        return [("", None, None, part) for part in others]
    if isinstance(x, tuple):
        return [("", None, None, part) for part in x]
    if isinstance(x, dict):
        return [("", x, key, part) for key, part in x.items()]
    if isinstance(x, np.ndarray):
        return _parts(list(x.flat)) if x.dtype == object else []
    return parts(x)
