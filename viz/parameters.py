"""The parameters of a model by layer and by unit, and the sizes of what is given for each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from autograd import Value
from autograd.engine.value import flat_owner, flattened
from viz.partition import layer_name


class Model(Protocol):
    """What has named parameters, as `nn.Module`."""

    def named_parameters(self) -> Iterator[tuple[str, Value]]:
        """Pairs of a dotted name and a leaf."""


@dataclass
class Parameters:
    """Leaves, each of a layer and, where a layer has units, of a unit.

    Attributes
    ----------
    leaves : list of Value
    layers, units : lists of str
    layer_of, unit_of : arrays of int
        Of every leaf its layer and its unit; -1 of no unit.
    layer_of_unit : array of int
    """

    leaves: list[Value]
    layers: list[str]
    units: list[str]
    layer_of: np.ndarray
    unit_of: np.ndarray
    layer_of_unit: np.ndarray

    def __post_init__(self) -> None:
        self._flattenings, self._owner = -1, None  # type: int, Any

    def grads(self) -> np.ndarray:
        """∂C/∂w of every leaf."""
        found: np.ndarray = self._vector().grad if self._vector() else _read(self.leaves, "grad")
        return found

    def numbers(self) -> np.ndarray:
        """Every leaf's number."""
        found: np.ndarray = self._vector().data if self._vector() else _read(self.leaves, "data")
        return found

    def _vector(self) -> Any:
        """What `nn.flatten` moved just these leaves into, or None."""
        if self._flattenings != flattened():  # looked up anew only after something was moved
            self._flattenings, self._owner = flattened(), flat_owner(self.leaves)
        return self._owner

    def layer_sums(self, x: np.ndarray) -> np.ndarray:
        """Of every layer the sum over its leaves."""
        sums: np.ndarray = np.bincount(self.layer_of, x, len(self.layers))
        return sums

    def layer_norms(self, x: np.ndarray) -> np.ndarray:
        """Of every layer the Euclidean norm over its leaves; no overflow, no underflow."""
        largest = np.abs(x).max(initial=0.0)
        if not np.isfinite(largest):
            with np.errstate(all="ignore"):
                norms: np.ndarray = np.sqrt(self.layer_sums(x * x))
            return norms
        norms = np.sqrt(self.layer_sums((x / (largest or 1.0)) ** 2)) * largest
        return norms

    def units_alive(self, grads: np.ndarray) -> np.ndarray:
        """Of every unit whether any of its leaves has a gradient."""
        inside = (self.unit_of >= 0) & (grads != 0.0)
        alive: np.ndarray = np.bincount(self.unit_of[inside], minlength=len(self.units)) > 0
        return alive


def _read(leaves: Sequence[Value], what: str) -> np.ndarray:
    if what == "grad":
        return np.fromiter((p.grad for p in leaves), float, len(leaves))
    return np.fromiter((p.data for p in leaves), float, len(leaves))


def parameters_of(model: Model) -> Parameters:
    """The parameters of a model, as it finds them.

    Raises
    ------
    TypeError
        If it has no `named_parameters()`.
    ValueError
        If it has no parameters.
    """
    if isinstance(model, type):
        raise TypeError(f"a model is made first, as {model.__name__}(…)")
    if not callable(getattr(model, "named_parameters", None)):
        raise TypeError(
            f"a model has named_parameters(), as nn.Module has; {type(model).__name__} has not"
        )
    named = list(model.named_parameters())
    if not named:
        raise ValueError(f"this {type(model).__name__} has no parameters")
    modules = [_module(name) for name, _ in named]
    return grouped([p for _, p in named], modules)


def grouped(leaves: list[Value], modules: Sequence[str]) -> Parameters:
    """Leaves by layer and unit, given the dotted name of the module of each."""
    layer_of_module = {m: layer_name(m) for m in dict.fromkeys(modules)}
    layers = list(dict.fromkeys(layer_of_module.values()))
    place = {name: k for k, name in enumerate(layers)}
    units = [m for m, layer in layer_of_module.items() if m != layer]
    unit = {name: k for k, name in enumerate(units)}
    return Parameters(
        leaves,
        layers,
        units,
        np.array([place[layer_of_module[m]] for m in modules]),
        np.array([unit.get(m, -1) for m in modules]),
        np.array([place[layer_of_module[u]] for u in units], dtype=int),
    )


def _module(name: str) -> str:
    """The module of the parameter `name`: `layers.0.neurons.2` of `layers.0.neurons.2.w.1`;
    of one of the model's own, as `wq.0.3`, its attribute."""
    parts = name.split(".")
    while len(parts) > 1 and parts[-1].isdigit():
        parts.pop()
    return ".".join(parts[:-1]) or parts[0]
