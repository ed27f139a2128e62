"""Numbers nested in lists, tuples, dicts and arrays: taken apart and put together.

`flatten` lists the numbers of a structure and returns a `Shape` that puts other
things in their places.
"""

from __future__ import annotations

import numbers
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

from autograd.derivatives.linearize import are_plain
from autograd.engine.value import Value


class Shape:
    """Where the numbers of a structure stand.

    Attributes
    ----------
    size : int
        How many numbers there are.
    text : str
        What it looks like, for error messages.
    parts : dict
        Of a list, tuple or dict: the shape under each index or key.
    """

    def __init__(
        self,
        size: int,
        text: str,
        build: Callable[[Sequence[Any]], Any],
        parts: dict[Any, Shape] | None = None,
    ) -> None:
        self.size, self.text, self._build = size, text, build
        self.parts = parts or {}

    def build(self, items: Sequence[Any]) -> Any:
        """The structure with `items` in place of the numbers."""
        return self._build(items)

    def against(self, other: Shape) -> tuple[str, str] | None:
        """What the two look like where they first differ; None if they are alike."""
        pairs = [(self, other)]
        while pairs:
            mine, theirs = pairs.pop()
            if mine.text != theirs.text or mine.parts.keys() != theirs.parts.keys():
                return mine.text, theirs.text
            pairs += [(part, theirs.parts[key]) for key, part in mine.parts.items()]
        return None


def _only(items: Sequence[Any]) -> Any:
    return items[0]


NUMBER = Shape(1, "a number", _only)


def _row(kind: type, count: int) -> Shape:
    """A list or tuple of numbers."""
    return Shape(count, f"a {kind.__name__} of {count}", kind)


def flatten(structure: Any, name: str) -> tuple[list[Any], Shape]:
    """The numbers and Values of `structure` in order, and its shape.

    Raises
    ------
    TypeError
        If something in it is not a real number; `name` says where it came from.
    """
    kind = type(structure)
    if kind is float or kind is Value:
        return [structure], NUMBER
    if (kind is list or kind is tuple) and structure and are_plain(structure):
        return list(structure), _row(kind, len(structure))
    if isinstance(structure, numbers.Real):
        return [float(structure)], NUMBER
    if isinstance(structure, np.ndarray):
        return _flatten_array(structure, name)
    if isinstance(structure, dict):
        keys = list(structure)
        parts = [flatten(v, f"{name}[{k!r}]") for k, v in structure.items()]
        return _join(parts, "a dict", lambda items: dict(zip(keys, items, strict=True)), keys)
    if isinstance(structure, list | tuple):
        parts = [flatten(v, f"{name}[{k}]") for k, v in enumerate(structure)]
        if parts and kind in (list, tuple) and all(shape is NUMBER for _, shape in parts):
            return [items[0] for items, _ in parts], _row(kind, len(parts))
        return _join(parts, f"a {type(structure).__name__}", _builder(structure), range(len(parts)))
    raise TypeError(
        f"{name} is {_described(structure)}; derivatives need real numbers, in lists, tuples, "
        "dicts and arrays"
    )


def flatten_like(structure: Any, like: Shape, name: str, of: str) -> list[Any]:
    """The numbers of `structure` in the order of another one, `of`, whose shape is `like`.

    A dict's keys may come in any order.

    Raises
    ------
    TypeError
        If the two are not alike at every level.
    """
    items, shape = flatten(structure, name)
    if shape.text != like.text:
        raise TypeError(f"{name} is {shape.text}, but {of} is {like.text}: they must be alike")
    if shape.parts.keys() != like.parts.keys():
        raise TypeError(
            f"{name} has the keys {list(shape.parts)}, but {of} has {list(like.parts)}: they must "
            "be alike"
        )
    if not like.parts:
        return items
    return [
        item
        for key, part in like.parts.items()
        for item in flatten_like(structure[key], part, f"{name}[{key!r}]", f"{of}[{key!r}]")
    ]


def _described(x: Any) -> str:
    if x is None:
        return "None"
    return f"{x!r}" if isinstance(x, str | bytes | complex) else f"of type {type(x).__name__}"


def _builder(structure: list[Any] | tuple[Any, ...]) -> Callable[[Iterable[Any]], Any]:
    if hasattr(structure, "_fields"):  # a namedtuple
        return lambda items: type(structure)(*items)
    return type(structure)


def _join(
    parts: list[tuple[list[Any], Shape]],
    kind: str,
    make: Callable[[list[Any]], Any],
    keys: Iterable[Any],
) -> tuple[list[Any], Shape]:
    joined = join([shape for _, shape in parts], kind, make, keys)
    return [item for items, _ in parts for item in items], joined


def join(
    shapes: Sequence[Shape],
    kind: str = "a tuple",
    make: Callable[[list[Any]], Any] = tuple,
    keys: Iterable[Any] | None = None,
) -> Shape:
    """Shapes one after another, as the parts of a list, tuple or dict."""

    def build(items: Sequence[Any]) -> Any:
        built, start = [], 0
        for shape in shapes:
            built.append(shape.build(items[start : start + shape.size]))
            start += shape.size
        return make(built)

    text = f"{kind} of {len(shapes)}" if shapes else f"an empty {kind[2:]}"
    named = dict(zip(range(len(shapes)) if keys is None else keys, shapes, strict=True))
    return Shape(sum(shape.size for shape in shapes), text, build, named)


def _flatten_array(array: np.ndarray, name: str) -> tuple[list[Any], Shape]:
    if array.dtype.kind not in "biufO":
        raise TypeError(f"{name} is an array of {array.dtype}; real numbers are needed")
    items = array.ravel().tolist()
    if array.dtype == object:
        for k, item in enumerate(items):
            if not isinstance(item, Value | numbers.Real):
                place = tuple(map(int, np.unravel_index(k, array.shape)))
                raise TypeError(
                    f"{name} is a ragged or mixed array: its item {place} is {_described(item)}, "
                    "not a real number"
                )
    if array.dtype.kind != "f":
        items = [x if isinstance(x, Value) else float(x) for x in items]
    return items, Shape(array.size, f"an array of shape {array.shape}", _array_of(array.shape))


def _array_of(shape: tuple[int, ...]) -> Callable[[Sequence[Any]], Any]:
    def build(items: Sequence[Any]) -> Any:
        plain = {float}.issuperset(map(type, items))
        out = np.empty(len(items), dtype=float if plain else object)
        out[:] = items
        return out.reshape(shape)

    return build


def nested(outer: Shape, inner: Shape, rows: Sequence[Sequence[Any]]) -> Any:
    """A Jacobian: for every number of `outer` a row of `inner`.

    Where both are arrays, one array of shape outer + inner; else inner structures
    in the places of the outer one.
    """
    built = outer.build([_Cell(inner.build(row)) for row in rows])
    return _opened(built, inner)


class _Cell:
    """Keeps NumPy from looking inside."""

    def __init__(self, content: Any) -> None:
        self.content = content


def _opened(x: Any, inner: Shape) -> Any:
    if isinstance(x, _Cell):
        return x.content
    if isinstance(x, dict):
        return {k: _opened(v, inner) for k, v in x.items()}
    if isinstance(x, np.ndarray):
        cells = [cell.content for cell in x.ravel()]
        empty = inner.build([0.0] * inner.size)
        if isinstance(empty, dict | list | tuple):
            out = np.empty(len(cells), dtype=object)
            out[:] = cells
            return out.reshape(x.shape)
        shape = x.shape + np.shape(empty)
        return np.stack(cells).reshape(shape) if cells else np.empty(shape)
    if isinstance(x, list | tuple):
        return _builder(x)([_opened(v, inner) for v in x])
    return x
