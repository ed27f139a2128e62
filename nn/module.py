"""Module: something with parameters, found by themselves."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from autograd import Value


class Module:
    """Something with parameters.

    Assign Values and Modules to attributes, alone or in lists, tuples, dicts and NumPy
    arrays; they are found in the order of assignment.  A parameter is a leaf,
    `Value(number)`; results of operations and detached Values are passed over.

    >>> from autograd import Value
    >>> from nn import Module
    >>> class Line(Module):
    ...     def __init__(self):
    ...         self.w, self.b = [Value(2.0)], Value(1.0)
    ...     def __call__(self, x):
    ...         return self.w[0] * x + self.b
    >>> Line().state_dict()
    {'w.0': 2.0, 'b': 1.0}
    """

    def parameters(self) -> list[Value]:
        """The weights and biases in a fixed order, one used in several places once."""
        # As named_parameters, without the names: a training step asks for them several times.
        found: dict[int, Value] = {}
        seen: dict[int, Any] = {}
        stack: list[Any] = [self]
        while stack:
            x = stack.pop()
            kind = type(x)
            if kind is Value:
                found[id(x)] = x
            elif kind is not str and (inside := _inside(x)) and id(x) not in seen:
                seen[id(x)] = x
                stack.extend(reversed(inside))
        return [p for p in found.values() if not p.op and not p.constant]

    def named_parameters(self) -> Iterator[tuple[str, Value]]:
        """The parameters with their dotted names, as `layers.0.neurons.2.w.1`.

        A parameter used in several places has the name of the first.

        Raises
        ------
        ValueError
            If two parameters have one name, as with a dict's keys 1 and "1".
        """
        names: dict[str, Value] = {}
        for name, p in _leaves(self):
            if names.setdefault(name, p) is not p:
                raise ValueError(f"two parameters are called {name!r}; rename a key of a dict")
            yield name, p

    def zero_grad(self) -> None:
        """Set the gradient of every parameter to 0."""
        for p in self.parameters():
            p.grad = 0.0

    def __repr__(self) -> str:
        return f"{type(self).__name__}({len(self.parameters())} parameters)"

    def state_dict(self) -> dict[str, float]:
        """The number in every parameter, by its name."""
        return {name: p.data for name, p in self.named_parameters()}

    def load_state_dict(self, state: Mapping[str, float]) -> None:
        """Set every parameter to the number of its name, or, if that fails, none.

        Raises
        ------
        ValueError
            If names are missing or unknown.
        TypeError
            If something is not a real number.
        """
        mine = dict(self.named_parameters())
        check_names(mine, state)
        numbers = {name: _number(state[name], name) for name in mine}
        for name, p in mine.items():
            p.data = numbers[name]


def check_names(wanted: Mapping[str, Any], given: Mapping[str, Any]) -> None:
    """Raise a ValueError that says which names are missing and which are unknown."""
    missing = [name for name in wanted if name not in given]
    unknown = [name for name in given if name not in wanted]
    faults = [f"without {listed(missing)}"] if missing else []
    faults += [f"with {listed(unknown)}, unknown to this model"] if unknown else []
    if faults:
        raise ValueError(
            f"these are not the weights of this model: {len(given)} names {', and '.join(faults)}"
        )


def listed(names: list[str]) -> str:
    """The first few names, and how many more there are."""
    shown = ", ".join(map(repr, names[:3]))
    return f"{shown} and {len(names) - 3} more" if len(names) > 3 else shown


def _number(x: Any, name: str) -> float:
    try:
        return Value(x).data
    except TypeError as error:
        raise TypeError(str(error).replace("Value(...)", repr(name))) from None


def _leaves(root: Module) -> Iterator[tuple[str, Value]]:
    """The leaves below `root`, each once, in order; a stack takes the place of recursion."""
    seen: dict[int, Any] = {}  # holds what it has seen: the place of a freed object is used again
    stack: list[tuple[str, Any]] = [("", root)]
    while stack:
        name, x = stack.pop()
        if isinstance(x, Value):
            if id(x) not in seen and not x.op and not x.constant:
                seen[id(x)] = x
                yield name, x
        elif (parts := _parts(x)) is not None and id(x) not in seen:  # a parent may be a part
            seen[id(x)] = x
            before = f"{name}." if name else ""
            stack += [(f"{before}{key}", part) for key, part in parts][::-1]


def _inside(x: Any) -> Sequence[Any]:
    """What a module or a container holds; nothing of anything else."""
    if type(x) is list or type(x) is tuple:
        return x
    parts = _parts(x)
    return [part for _, part in parts] if parts else ()


def _parts(x: Any) -> list[tuple[Any, Any]] | None:
    """What a module or a container holds, with the keys; None of anything else."""
    if isinstance(x, Module):
        return list(vars(x).items())
    if isinstance(x, dict):
        return list(x.items())
    if isinstance(x, list | tuple) or (isinstance(x, np.ndarray) and x.dtype == object):
        return list(enumerate(x))
    return None
