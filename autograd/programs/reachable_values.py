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
from autograd.programs.captures import PLAIN, parts
from autograd.programs.tape import Structure

MOST = 10_000  # functions, objects and containers that are looked into
SEALED = frozenset([*PLAIN, ModuleType])

Place = tuple[Any, Any, Any]  # the dict and the key, or the cell, where a part stands; and itself


def structure(f: Any) -> Structure:
    """What leads from `f` to Values, as it is now."""
    above: dict[int, list[tuple[Any, Place]]] = defaultdict(list)
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
        for place in _places(x):
            part = place[2]
            if type(part) not in SEALED:
                above[id(part)].append((x, place))
                stack.append(part)
    return _noted(values, above)


def _noted(values: list[Any], above: dict[int, list[tuple[Any, Place]]]) -> Structure:
    """What leads to these Values."""
    noted = Structure()
    leading = {id(v) for v in values}
    below = list(leading)
    while below:
        for holder, (where, key, part) in above.get(below.pop(), ()):
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


def _places(x: Any) -> list[Place]:
    """What x holds, and where."""
    if isinstance(x, list):
        others = [part for part in x if type(part) is not Value]
        if len(others) < len(x):  # one stands for all: a list is noted as a whole
            others.append(next(part for part in x if type(part) is Value))
        return [(None, None, part) for part in others]
    if isinstance(x, tuple):
        return [(None, None, part) for part in x]
    if isinstance(x, dict):
        return [(x, key, part) for key, part in x.items()]
    if isinstance(x, np.ndarray):
        return _places(list(x.flat)) if x.dtype == object else []
    return [(where, key, part) for _, where, key, part in parts(x)]
