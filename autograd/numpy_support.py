"""NumPy meets Value: `np.exp(v)`, `np.float64(2) * v`, `v * array`."""

from __future__ import annotations

import operator
from typing import Any

import numpy as np

from autograd.engine import value
from autograd.engine.value import Value, add_method
from autograd.ops import TABLE

FUNCTIONS = {op.numpy or op.name: getattr(value, op.name) for op in TABLE if not op.each}
COMPARISONS = {  # and what they are seen from the other side
    "equal": (operator.eq, operator.eq), "not_equal": (operator.ne, operator.ne),
    "less": (operator.lt, operator.gt), "less_equal": (operator.le, operator.ge),
    "greater": (operator.gt, operator.lt), "greater_equal": (operator.ge, operator.le),
}  # fmt: skip


def apply_ufunc(self: Value, ufunc: Any, method: str, *inputs: Any, **options: Any) -> Any:
    """NumPy's function `ufunc` on `inputs`, one of which is a Value.

    Numbers give a Value; arrays give an object array of Values. Comparisons return what they return
    for plain numbers.
    """
    if ufunc.__name__ in COMPARISONS:
        compare = _comparison(*COMPARISONS[ufunc.__name__])
        if all(isinstance(x, Value) or np.ndim(x) == 0 for x in inputs):
            return compare(*_unboxed(inputs))
        return _each(compare, inputs).astype(bool)
    function = FUNCTIONS.get(ufunc.__name__)
    if function is None or method != "__call__" or options:
        how = "" if method == "__call__" else f".{method}"
        how += f" with {', '.join(options)}" if options else ""
        raise TypeError(
            f"np.{ufunc.__name__}{how} cannot be differentiated; "
            "use a function of autograd, or v.data for the number"
        )
    if all(isinstance(x, Value) or np.ndim(x) == 0 for x in inputs):
        return function(*_unboxed(inputs))
    return _each(function, inputs)


def _each(function: Any, inputs: tuple[Any, ...]) -> Any:
    """Apply to arrays item by item; nan is a valid answer and raises no warning."""
    with np.errstate(all="ignore"):
        return np.frompyfunc(function, len(inputs), 1)(*map(_boxed, inputs))


def _comparison(direct: Any, mirrored: Any) -> Any:
    """Compare two things by asking the Value: some of NumPy's numbers would ask back."""
    return lambda x, y: direct(x, y) if isinstance(x, Value) else mirrored(y, x)


def _unboxed(inputs: tuple[Any, ...]) -> list[Any]:
    """Numbers and Values, with NumPy's numbers as Python's."""
    return [x.item() if isinstance(x, np.generic | np.ndarray) else x for x in inputs]


def _boxed(x: Any) -> np.ndarray:
    """As an object array, so that NumPy does not call `apply_ufunc` again."""
    return np.array(x, dtype=object)


add_method("__array_ufunc__", apply_ufunc)
