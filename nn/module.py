"""Module: something with parameters, found by themselves."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from types import FunctionType
from typing import Any, NamedTuple

import numpy as np

from autograd import Value
from autograd.internals import Scoped, ScopedCall
from nn.checks import counted, quoted


class Module(Scoped):
    """Something with parameters.

    Assign Values and Modules to attributes, alone or in lists, tuples, dicts and NumPy
    arrays; they are found in the order of assignment.  A parameter is a leaf,
    `Value(number)`; results of operations and detached Values are ignored.

    >>> from autograd import Value
    >>> from nn import Module
    >>> class Line(Module):
    ...     def __init__(self):
    ...         self.w, self.b = [Value(2.0)], Value(1.0)
    ...     def __call__(self, x):
    ...         return self.w[0] * x + self.b
    >>> Line().state_dict()
    {'w.0': 2.0, 'b': 1.0}

    A Value made during the call of a module has the module's dotted name as its `scope`,
    as `layers.0.neurons.2`, seen from the module that was called outermost; in that one
    itself the scope is the one around the call (`autograd.named_scope`), which is "" unless
    set.  A module not found below the outermost one is in the scope of its caller.
    Parameters get the scope of the module that holds them when the outermost one is first
    called, and again after modules in it were exchanged.

    >>> from nn import MLP
    >>> model = MLP(2, [3, 1])
    >>> model([1.0, -1.0]).scope, model.parameters()[0].scope
    ('layers.1.neurons.0', 'layers.0.neurons.0')
    """

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        call = vars(cls).get("__call__")
        if isinstance(call, FunctionType):
            cls.__call__ = ScopedCall(call)  # type: ignore[method-assign]

    def _naming(
        self,
    ) -> tuple[list[tuple[str, Module]], list[tuple[Any, Any, Any]], list[tuple[str, Value]]]:
        """The modules below by name, where they stand, and the scopes of the parameters."""
        modules: list[tuple[str, Module]] = []
        leaves: list[tuple[str, Value]] = []
        steps: dict[int, _Place] = {}
        for place in _walk(self):
            if isinstance(place.item, Value):
                leaves.append((place.holder, place.item))
            elif isinstance(place.item, Module):
                modules.append((place.name, place.item))
                above: _Place | None = place
                while above is not None and id(above) not in steps:
                    steps[id(above)] = above
                    above = above.above
        return modules, [(x.container, x.key, x.item) for x in steps.values()], leaves

    def parameters(self) -> list[Value]:
        """The weights and biases in a fixed order, one used in several places once."""
        # As named_parameters, without the names: a training step asks for them several times.
        leaves: dict[int, Value] = {}
        seen: dict[int, Any] = {}
        stack: list[Any] = [self]
        while stack:
            x = stack.pop()
            kind = type(x)
            if kind is Value:
                leaves[id(x)] = x
            elif kind is not str and (inside := _inside(x)) and id(x) not in seen:
                seen[id(x)] = x
                stack.extend(reversed(inside))
        return [p for p in leaves.values() if not p.op and not p.constant]

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
        return f"{type(self).__name__}({counted(len(self.parameters()), 'parameter')})"

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


def check_names(own: Mapping[str, Any], state: Mapping[str, Any]) -> None:
    """Raise a ValueError that says which names are missing and which are unknown."""
    missing = [name for name in own if name not in state]
    unknown = [name for name in state if name not in own]
    faults = [f"without {quoted(missing)}"] if missing else []
    faults += [f"with {quoted(unknown)}, unknown to this model"] if unknown else []
    if faults:
        raise ValueError(
            f"these are not the weights of this model: {len(state)} names {', and '.join(faults)}"
        )


def _number(x: Any, name: str) -> float:
    try:
        return Value(x).data
    except TypeError as error:
        raise TypeError(str(error).replace("Value(...)", repr(name))) from None


class _Place(NamedTuple):
    """Where something stands below a module."""

    name: str
    holder: str  # the name of the module that it belongs to
    container: Any
    key: Any
    item: Any
    above: _Place | None  # where the container stands; None: in the module that is looked through


def _leaves(root: Module) -> Iterator[tuple[str, Value]]:
    """The leaves below `root`, each once, in order."""
    for place in _walk(root):
        if isinstance(place.item, Value):
            yield place.name, place.item


def _walk(root: Module) -> Iterator[_Place]:
    """The leaves, modules and containers below `root`, each where it is met first, in order;
    a stack takes the place of recursion."""
    seen: dict[int, Any] = {id(root): root}  # holds what it saw: a freed object's id comes again
    stack = _places_in(root, "", "", None)
    while stack:
        place = stack.pop()
        x = place.item
        if id(x) in seen:  # a parent may be a part
            continue
        if isinstance(x, Value):
            if not x.op and not x.constant:
                seen[id(x)] = x
                yield place
        elif _parts(x) is not None:
            seen[id(x)] = x
            yield place
            holder = place.name if isinstance(x, Module) else place.holder
            stack += _places_in(x, place.name, holder, place)


def _places_in(x: Any, name: str, holder: str, above: _Place | None) -> list[_Place]:
    """The places directly in a module or a container, the last first."""
    container = vars(x) if isinstance(x, Module) else x
    before = f"{name}." if name else ""
    return [
        _Place(f"{before}{key}", holder, container, key, part, above)
        for key, part in (_parts(x) or ())[::-1]
    ]


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
