"""The arguments of a compiled function, taken apart into numbers and what is fixed.

What an argument means:

    a number            a number, the same for every row
    a 1-D array         a batch: one number a row
    an array of shape   a batch of lists: one list of n numbers a row (of more
    (rows, n)           dimensions: nested lists)
    list, tuple, dict   a structure of such; its length and keys belong to the structure
    str, bool, None, …  a static: the function sees it as it is, and every one has programs
                        of its own; so have the values of arguments named in `static`

All arrays of a call have the same number of rows.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from numbers import Real
from typing import Any

import numpy as np

from autograd.derivatives.trees import Shape, maker_of, parts_of
from autograd.engine.value import Value
from autograd.programs.captures import STATIC

FLOAT = np.dtype(float)
Statics = frozenset[int | str]


class Arguments:
    """The arguments of one call.

    Attributes
    ----------
    columns : list
        The numbers and the arrays, in order.
    key : tuple
        Everything else: equal for calls that the same programs answer.
    rows : int or None
        How many rows the arrays have; None if there are none.
    count : int
        How many rows are answered.
    has_values : bool
        Whether there are Values, which are not taken apart.

    Raises
    ------
    TypeError
        If an argument is no number, nor can be a static.
    ValueError
        If the arrays do not agree in their number of rows.
    """

    def __init__(self, args: tuple[Any, ...], options: dict[str, Any], static: Statics) -> None:
        self._args, self._options, self._static = args, options, static
        self.columns: list[Any] = []
        self.rows: int | None = None
        self.has_values = False
        key: list[Any] = []
        for k, x in enumerate(args):
            if type(x) is float and not static:  # as most are
                key.append(float)
                self.columns.append(x)
            else:
                self._add(x, key, k, k)
        for name in sorted(options):
            key.append(name)
            self._add(options[name], key, name, name)
        self.key = tuple(key)
        self.count = 1 if self.rows is None else self.rows

    def _add(self, x: Any, key: list[Any], name: Any, parameter: int | str | None = None) -> None:
        kind = type(x)
        if self._static and parameter in self._static:
            _add_static(x, key)
        elif kind is float:
            self._add_number(x, key)
        elif kind is np.ndarray:
            self._add_array(x, key, name)
        elif isinstance(x, STATIC):
            _add_static(x, key)
        elif kind is Value:
            self.has_values = True
        elif isinstance(x, Real):
            self._add_number(float(x), key)
        elif (parts := parts_of(x)) is not None:
            key.append((kind, tuple(x) if isinstance(x, dict) else len(x)))
            for k, part in parts:
                self._add(part, key, (name, k))
        else:
            _add_static(x, key)

    def _add_number(self, x: float, key: list[Any]) -> None:
        key.append(float)
        self.columns.append(x)

    def _add_array(self, x: np.ndarray, key: list[Any], name: Any) -> None:
        if x.dtype is not FLOAT or not x.ndim or not x.flags.aligned:
            if x.dtype == object and any(isinstance(each, Value) for each in x.flat):
                self.has_values = True
                return
            if x.dtype.kind not in "biuf":
                raise TypeError(
                    f"argument {_text(name)} is an array of {x.dtype}; real numbers are needed"
                )
            if x.ndim == 0:
                self._add_number(float(x), key)
                return
            x = x.astype(float, copy=not x.flags.aligned)
        if self.rows is None:
            self.rows = len(x)
        elif self.rows != len(x):
            raise ValueError(
                f"argument {_text(name)} has {len(x)} rows, but an array before it has "
                f"{self.rows}; the arrays of a batch agree in their first dimension"
            )
        key.append(x.shape[1:] or float)
        width = x.shape[1] if x.ndim == 2 else math.prod(x.shape[1:])
        self.columns.append(x if x.ndim <= 2 else x.reshape(len(x), width))

    # ── put together again ──

    def of_values(self, values: list[Value]) -> tuple[list[Any], dict[str, Any]]:
        """The arguments of one row, made of Values."""
        items = iter(values)
        args = [self._with(x, items, _row_of, k) for k, x in enumerate(self._args)]
        options = dict(self._options)
        for name in sorted(options):
            options[name] = self._with(options[name], items, _row_of, name)
        return args, options

    def of_grads(self, grads: list[np.ndarray]) -> tuple[Any, ...]:
        """The gradients by the columns, in the structure of the positional arguments; None for
        a static that is not named."""
        items = iter([self.plain(g) for g in grads])
        args = [self._with(x, items, _whole, k) for k, x in enumerate(self._args)]
        return tuple([None if isinstance(x, STATIC) else x for x in args])

    def _with(
        self, x: Any, items: Iterator[Any], of_array: OfArray, parameter: int | str | None = None
    ) -> Any:
        """The argument x with items in place of its numbers."""
        if isinstance(x, STATIC) or (self._static and parameter in self._static):
            return x
        if isinstance(x, np.ndarray):
            return of_array(x.shape, items)
        if isinstance(x, Real):
            return next(items)
        if (parts := parts_of(x)) is not None:
            return maker_of(x)([self._with(part, items, of_array) for _, part in parts])
        return x

    # ── results ──

    def empty_grads(self) -> list[np.ndarray]:
        """Memory for the gradient by every column."""
        return [
            np.empty((self.count, *c.shape[1:]) if isinstance(c, np.ndarray) else self.count)
            for c in self.columns
        ]

    def plain(self, column: np.ndarray) -> Any:
        """A float where there is no batch."""
        return float(column[0]) if self.rows is None else column

    def built(self, outputs: list[np.ndarray], shape: Shape) -> Any:
        """The outputs in the structure that the function returned."""
        if self.rows is not None and shape.text.startswith("an array of shape"):
            whole = np.stack(outputs, -1) if outputs else np.empty((self.rows, 0))
            inner = shape.build(np.zeros(len(outputs)).tolist()).shape
            return whole.reshape(self.rows, *inner)
        return shape.build([self.plain(column) for column in outputs])


OfArray = Callable[[tuple[int, ...], Iterator[Any]], Any]


def _text(name: Any) -> str:
    """What messages call a part of an argument, whose name is that of the whole and a key."""
    return f"{_text(name[0])}[{name[1]!r}]" if isinstance(name, tuple) else str(name)


def _row_of(shape: tuple[int, ...], items: Iterator[Any]) -> Any:
    """One row of an array as a number, a list or nested lists."""
    return _nested(shape[1:], items)


def _nested(shape: tuple[int, ...], items: Iterator[Any]) -> Any:
    if not shape:
        return next(items)
    return [_nested(shape[1:], items) for _ in range(shape[0])]


def _whole(shape: tuple[int, ...], items: Iterator[Any]) -> Any:
    """What belongs to an array, in its shape."""
    item = next(items)
    return item.reshape(shape) if shape else item


def _add_static(x: Any, key: list[Any]) -> None:
    try:
        hash(x)
    except TypeError:
        raise TypeError(
            f"an argument of type {type(x).__name__} is neither a number nor a static: "
            "statics can be hashed"
        ) from None
    key.append((type(x), x))
