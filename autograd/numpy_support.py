"""NumPy meets Value: `np.exp(v)`, `np.float64(2) * v`, `v * array`."""

from __future__ import annotations

import operator
from typing import Any

import numpy as np

from autograd.engine import value
from autograd.engine.value import Value, add_method
from autograd.ops import TABLE

FUNCTIONS = {op.numpy or op.name: getattr(value, op.name) for op in TABLE if not op.each}
COMPARISONS = {
    "equal": operator.eq, "not_equal": operator.ne, "less": operator.lt,
    "less_equal": operator.le, "greater": operator.gt, "greater_equal": operator.ge,
}  # fmt: skip


def apply_ufunc(self: Value, ufunc: Any, method: str, *inputs: Any, **options: Any) -> Any:
    """NumPy's function `ufunc` on `inputs`, one of which is a Value.

    Numbers give a Value; arrays give an object array of Values.  Comparisons
    give what they give for the numbers.
    """
    if ufunc.__name__ in COMPARISONS:
        if all(isinstance(x, Value) or np.ndim(x) == 0 for x in inputs):
            return COMPARISONS[ufunc.__name__](*_unboxed(inputs))
        compare = np.frompyfunc(COMPARISONS[ufunc.__name__], 2, 1)
        return compare(*(_boxed(x) for x in inputs)).astype(bool)
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
    return np.frompyfunc(function, len(inputs), 1)(*(_boxed(x) for x in inputs))


def _unboxed(inputs: tuple[Any, ...]) -> list[Any]:
    """Numbers and Values, with NumPy's numbers as Python's."""
    return [x.item() if isinstance(x, np.generic | np.ndarray) else x for x in inputs]


def _boxed(x: Any) -> np.ndarray:
    """As an object array, which NumPy does not hand back to `apply_ufunc`."""
    return np.array(x, dtype=object)


add_method("__array_ufunc__", apply_ufunc)
