"""A function recorded at a point, and the linear map between its arguments and its result."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from autograd.derivatives import sparsity
from autograd.derivatives.linearize import (
    LinearMap,
    any_varies,
    as_floats,
    as_values,
    begin,
    own,
)
from autograd.derivatives.trees import NUMBER, Shape, flatten, join, nested
from autograd.engine.value import Value
from autograd.modes import recording

Function = Callable[..., Any]
ArgNums = int | Sequence[int]


class RecordedFunction:
    """A function recorded at a point: its inputs, its outputs, and the map between."""

    def __init__(
        self,
        f: Function,
        args: tuple[Any, ...],
        argnums: ArgNums,
        options: dict[str, Any],
        scalar: str = "",
    ) -> None:
        self.single = not isinstance(argnums, Iterable)
        places = places_of(argnums, len(args))
        parts = [flatten(args[k], f"argument {k}") for k in places]
        arguments = parts[0][0] if len(parts) == 1 else [x for items, _ in parts for x in items]
        self.shapes = [shape for _, shape in parts]
        self.inputs_shape = self.shapes[0] if self.single else join(self.shapes)
        self._linear: LinearMap | None = None
        self._number = begin()
        with recording() as outside_records:
            self.inputs = own(arguments)
            outputs, self.outputs_shape = _flat_result(
                f, self._put_back(list(args), places), options, scalar
            )
            self.outputs = as_values(outputs)
            self.recorded = outside_records and (any_varies(arguments) or self.linear().open)

    def _put_back(self, args: list[Any], places: list[int]) -> list[Any]:
        """The arguments, with Values that belong to this run in those places."""
        if len(places) == 1:
            args[places[0]] = self.shapes[0].build(self.inputs)
            return args
        start = 0
        for place, shape in zip(places, self.shapes, strict=True):
            args[place] = shape.build(self.inputs[start : start + shape.size])
            start += shape.size
        return args

    def linear(self) -> LinearMap:
        """The map from inputs to outputs."""
        if self._linear is None:
            self._linear = LinearMap(self.outputs, self.inputs, since=self._number)
        return self._linear

    def value(self) -> Any:
        """The result: Values if it is recorded, else floats."""
        return self.outputs_shape.build(self.outputs if self.recorded else as_floats(self.outputs))

    def pull(self, adjoints: list[Any]) -> list[Any]:
        """Vector times Jacobian."""
        return self._moved(self.linear().pull, self.linear().pull_recorded, adjoints)

    def push(self, tangents: list[Any]) -> list[Any]:
        """Jacobian times vector."""
        return self._moved(self.linear().push, self.linear().push_recorded, tangents)

    def _moved(self, plain: Function, recorded: Function, vector: list[Any]) -> list[Any]:
        if self.recorded or any_varies(vector):
            return as_values(recorded(vector))
        moved: list[Any] = plain(vector)
        return moved

    def of_gradient(self) -> RecordedFunction:
        """The gradient of this run's single output, as a separate run."""
        second = object.__new__(RecordedFunction)
        second.__dict__.update(self.__dict__)
        with recording():
            second.outputs = as_values(self.linear().pull_recorded([1.0]))
        second.outputs_shape = self.inputs_shape
        second._linear = None
        return second

    def rows(self) -> list[list[Any]]:
        """The Jacobian, one row per output, in one pass per input or per output, whichever are
        fewer."""
        n, m = len(self.inputs), len(self.outputs)
        if n < m:
            columns = [self.push(unit_vector(n, j)) for j in range(n)]
            return [[column[i] for column in columns] for i in range(m)]
        return [self.pull(unit_vector(m, i)) for i in range(m)]

    def symmetric_rows(self) -> list[list[Any]]:
        """The Jacobian of a gradient: the part above the diagonal is mirrored."""
        n = len(self.inputs)
        if self.recorded:
            rows = [self.pull(unit_vector(n, i)) for i in range(n)]
        else:
            rows = [self.linear().pull(unit_vector(n, i), first=i) for i in range(n)]
        for i in range(n):
            for j in range(i):
                rows[i][j] = rows[j][i]
        return rows

    def compressed(self, name: str) -> Any:
        """The Jacobian as a sparse array."""
        if self.recorded:
            raise TypeError(
                f"a sparse {name} holds floats, but this one depends on Values from outside; "
                "give it their numbers, or leave out sparse=True"
            )
        return sparsity.compressed(self.linear())

    def in_arguments(self, flat: Sequence[Any]) -> Any:
        """One number per input, in the structure of the arguments."""
        return self.inputs_shape.build(flat)

    def matrix_in_arguments(self, rows: list[list[Any]], outer: Shape | None = None) -> Any:
        """One row per output, in the structures of result and arguments."""
        return nested(outer or self.outputs_shape, self.inputs_shape, rows)


def _flat_result(
    f: Function, args: list[Any], options: dict[str, Any], scalar: str
) -> tuple[list[Any], Shape]:
    """The result of f, flattened; if `scalar` names a derivative, the result must be one number."""
    result = f(*args, **options)
    if type(result) is Value:
        return [result], NUMBER
    name = f"the result of {getattr(f, '__name__', 'the function')}"
    flat, shape = flatten(result, name)
    if scalar and shape is not NUMBER:
        raise TypeError(
            f"{scalar} needs a function that returns one number, and "
            f"{name} is {shape.text}; use jacobian"
        )
    return flat, shape


def places_of(argnums: ArgNums, count: int, name: str = "argnums") -> list[int]:
    """Which of `count` positional arguments `argnums` selects; negative ones count from the end."""
    chosen = argnums if isinstance(argnums, Iterable) else [argnums]
    places = [operator.index(k) for k in chosen]
    for k in places:
        if not -count <= k < count:
            raise TypeError(
                f"{name} names argument {k}, but the call has {count} positional arguments"
            )
    places = [k % count for k in places]
    for k in set(places):
        if places.count(k) > 1:
            raise TypeError(f"{name} names argument {k} twice; name it once")
    return places


def unit_vector(n: int, k: int) -> list[float]:
    """The k-th of n unit vectors."""
    vector = [0.0] * n
    vector[k] = 1.0
    return vector
