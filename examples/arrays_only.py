"""Pickles that may hold NumPy arrays of numbers, and nothing else.

A pickle can run any code, ask for memory without end, and give NumPy a state that NumPy
believes.  So none of NumPy is called while it is read: an array is noted as its shape, its
kind of number and its bytes, and made of them afterwards, if they fit.
"""

from __future__ import annotations

import io
import pickle
import pickletools
import re
from typing import Any

import numpy as np


class RefusedError(ValueError):
    """The pickle asks for something else than arrays of numbers."""


class _Kind:
    """A dtype, as a pickle writes it."""

    def __init__(self, name: Any, *_: Any) -> None:
        if not isinstance(name, str) or not re.fullmatch(r"[fiu][1248]", name):
            raise RefusedError(f"it asks for numbers of the type {name!r:.40}")
        self.name, self.order = name, "="

    def __setstate__(self, state: Any) -> None:
        if state[1] not in ("<", ">", "|", "="):
            raise RefusedError(f"it asks for numbers in the order {state[1]!r:.40}")
        self.order = state[1]


class _Array:
    """An array, as a pickle writes it."""

    def __init__(self, *_: Any) -> None:
        self.numbers = np.empty(0)

    def __setstate__(self, state: Any) -> None:
        _, shape, kind, by_columns, content = state
        self.numbers = _made(content, kind, shape, "F" if by_columns else "C")


def _made(content: Any, kind: Any, shape: Any, order: Any) -> np.ndarray:
    if isinstance(content, str):  # written by Python 2
        content = content.encode("latin1")
    if not isinstance(kind, _Kind) or order not in ("C", "F"):
        raise RefusedError("it has an array that is none")
    return np.frombuffer(content, kind.order + kind.name).reshape(shape, order=order)


def _from_buffer(content: Any, kind: Any, shape: Any, order: Any) -> _Array:
    array = _Array()
    array.numbers = _made(content, kind, shape, order)
    return array


def _bytes(text: str, codec: str) -> bytes:
    """What Python 3 calls to read bytes that it wrote for Python 2."""
    if codec != "latin1":
        raise RefusedError(f"it asks for the codec {codec!r}, which arrays do not need")
    return text.encode(codec)


ALLOWED = {  # what pickles of arrays ask for, by Python 2 and 3, NumPy 1 and 2
    ("numpy", "ndarray"): "ndarray",
    ("numpy", "dtype"): _Kind,
    ("_codecs", "encode"): _bytes,
    ("numpy.core.multiarray", "_reconstruct"): _Array,
    ("numpy._core.multiarray", "_reconstruct"): _Array,
    ("numpy.core.numeric", "_frombuffer"): _from_buffer,
    ("numpy._core.numeric", "_frombuffer"): _from_buffer,
}


class _Unpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        if (module, name) not in ALLOWED:
            raise RefusedError(f"it asks for {module}.{name}, which is no array; it was not run")
        return ALLOWED[module, name]


def load(content: bytes) -> Any:
    """What a pickle holds: arrays, numbers and text, in tuples, lists and dicts.

    Raises
    ------
    RefusedError
        If it asks for anything else.
    Exception
        If it is no pickle, which shows in as many ways as there are bytes.
    """
    _check_places(content)
    return _with_arrays(_Unpickler(io.BytesIO(content), encoding="latin1").load())


def _check_places(content: bytes) -> None:
    """Refuse what is remembered out of turn: an unpickler makes room for all places up to
    the one that it is told, four thousand million if need be."""
    for count, (opcode, place, _) in enumerate(pickletools.genops(content)):
        if "PUT" in opcode.name and not (place is not None and 0 <= place <= count):
            raise RefusedError(f"it remembers something at place {place}, which is not the next")


def _with_arrays(x: Any) -> Any:
    if isinstance(x, _Array):
        return x.numbers
    if isinstance(x, tuple | list):
        return type(x)(_with_arrays(each) for each in x)
    if isinstance(x, dict):
        return {key: _with_arrays(each) for key, each in x.items()}
    return x
