"""One example: the model and the loss called with it, and the result."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from autograd import Value, graph, no_grad
from autograd.internals import flatten
from nn.checks import described, function, name_of
from nn.noise import Rehearsal, staged

Model = Callable[[Any], Any]
Cost = Callable[[Any, Any], Any]


class Example(NamedTuple):
    """A function of one example, and the shapes of its inputs and outputs."""

    model: Model
    cost: Cost | None
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]

    def __call__(self, x: Any, t: Any) -> tuple[Any, Any]:
        """The cost and the outputs."""
        out = self.model(x)
        return (0.0 if self.cost is None else self.cost(out, t)), out

    def row(self, X: np.ndarray, T: np.ndarray, k: int) -> tuple[Any, Any]:
        """The inputs and the targets of example k, as the model and the loss take them."""
        return X[k].reshape(self.inputs).tolist(), T[k].tolist()

    def empty_outputs(self, rows: int) -> np.ndarray:
        """An array for the outputs of a number of examples, one row each."""
        return np.empty((rows, math.prod(self.outputs)))

    def shaped(self, Y: np.ndarray) -> np.ndarray:
        """Outputs in the shape in which the model returns them."""
        return Y.reshape(len(Y), *self.outputs)


def example_of(model: Model, cost: Cost | None, X: np.ndarray, name: str = "X") -> Example:
    """The model's example, tried with the first row.

    Raises
    ------
    TypeError
        If the model cannot be called with such a row, or the outputs are not numbers.
    ValueError
        If the model cannot take such a row.
    """
    function("a model must be a function of one example", model)
    with no_grad(), staged(Rehearsal(), False):
        try:
            out = model(X[0].tolist())
        except (ValueError, IndexError) as error:
            raise ValueError(
                f"the model cannot take the rows of {name}, which has shape {X.shape}: {error}"
            ) from error
        except TypeError as error:
            fault = str(error).partition("; nn.predict")[0]  # which would not help: it calls this
            raise TypeError(
                f"the model cannot be called with the first row of {name}, which has shape "
                f"{X.shape}: {fault}"
            ) from error
    return Example(model, cost, X.shape[1:], shape_of(out))


def check_cost(cost: Any) -> None:
    """Raise a TypeError unless `cost` can be called."""
    function(
        "a loss must be a function of one example's outputs and targets, "
        "such as nn.loss.mean_squared_error",
        cost,
    )


def numbers_of(out: Any) -> list[Any]:
    """The numbers and Values in a model's output."""
    items, _ = flatten(out, "what the model gives")
    return items


def shape_of(out: Any) -> tuple[int, ...]:
    """The shape of a model's outputs, () being one number."""
    items = numbers_of(out)
    boxed = np.array(out, dtype=object)
    if not items or boxed.size != len(items):
        raise TypeError("the model must return numbers, in rows of equal length")
    return boxed.shape


def weights_of(example: Example, x: Any, t: Any) -> list[Value]:
    """The leaves that the cost of an example depends on.

    Raises
    ------
    TypeError
        If the cost is not one Value.
    """
    with staged(Rehearsal(), True):
        C, _ = example(x, t)
    if not isinstance(C, Value):
        raise TypeError(
            f"the loss of one example must be one Value, and {name_of(example.cost)} returns "
            f"{described(C)}; fit itself takes the mean or the sum over examples"
        )
    return graph.leaves(C)
