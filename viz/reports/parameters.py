"""The parameters of a model by layer and by unit."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from operator import attrgetter
from typing import Protocol

import numpy as np

from autograd import Value
from autograd.internals import Place
from viz.scene.layers import layer_name


class Model(Protocol):
    """What has named parameters, as `nn.Module`."""

    def named_parameters(self) -> Iterator[tuple[str, Value]]:
        """Pairs of a dotted name and a leaf."""


@dataclass
class Parameters:
    """Leaves, each in a layer and, where a layer has units, in a unit.

    Attributes
    ----------
    leaves : list of Value
    layers, units : lists of str
    layer_of, unit_of : arrays of int
        For each leaf its layer and its unit; -1 in no unit.
    layer_of_unit : array of int
    layer_sizes, layer_units : arrays of int
        For each layer, how many leaves and how many units it has.
    """

    leaves: list[Value]
    layers: list[str]
    units: list[str]
    layer_of: np.ndarray
    unit_of: np.ndarray
    layer_of_unit: np.ndarray
    layer_sizes: np.ndarray = field(init=False)
    layer_units: np.ndarray = field(init=False)

    def __post_init__(self) -> None:
        self._place = Place(self.leaves)
        self.layer_sizes = np.bincount(self.layer_of, minlength=len(self.layers))
        self.layer_units = np.bincount(self.layer_of_unit, minlength=len(self.layers))

    def grads(self) -> np.ndarray:
        """∂C/∂w for each leaf."""
        return self._read("grad")

    def numbers(self) -> np.ndarray:
        """Each leaf's number."""
        return self._read("data")

    def _read(self, what: str) -> np.ndarray:
        vectors = self._place.vectors()  # those of `nn.flatten`, if they hold just these leaves
        if vectors is not None:
            vector: np.ndarray = vectors[what == "grad"]
            return vector
        return np.fromiter(map(attrgetter(what), self.leaves), float, len(self.leaves))

    def layer_sums(self, x: np.ndarray) -> np.ndarray:
        """For each layer the sum over its leaves."""
        sums: np.ndarray = np.bincount(self.layer_of, x, len(self.layers))
        return sums

    def layer_norms(self, x: np.ndarray) -> np.ndarray:
        """For each layer the Euclidean norm over its leaves; no overflow, no underflow."""
        largest = np.abs(x).max(initial=0.0)
        if not np.isfinite(largest):
            with np.errstate(all="ignore"):
                norms: np.ndarray = np.sqrt(self.layer_sums(x * x))
            return norms
        norms = np.sqrt(self.layer_sums((x / (largest or 1.0)) ** 2)) * largest
        return norms

    def units_alive(self, grads: np.ndarray) -> np.ndarray:
        """For each unit whether any of its leaves has a gradient."""
        inside = (self.unit_of >= 0) & (grads != 0.0)
        alive: np.ndarray = np.bincount(self.unit_of[inside], minlength=len(self.units)) > 0
        return alive

    def dead_units(self, alive: np.ndarray) -> np.ndarray:
        """For each layer how many of its units are not alive."""
        return np.bincount(self.layer_of_unit[~alive], minlength=len(self.layers))


def parameters_of(model: Model) -> Parameters:
    """The parameters of a model, in its own order.

    Raises
    ------
    TypeError
        If it has no `named_parameters()`.
    ValueError
        If it has no parameters.
    """
    if isinstance(model, type):
        raise TypeError(f"a model is an instance, not a class: write {model.__name__}(…)")
    if not callable(getattr(model, "named_parameters", None)):
        raise TypeError(
            f"a model has named_parameters(), like nn.Module; {type(model).__name__} does not"
        )
    named = list(model.named_parameters())
    if not named:
        raise ValueError(f"this {type(model).__name__} has no parameters")
    modules = [_module(name) for name, _ in named]
    return grouped([p for _, p in named], modules)


def grouped(leaves: list[Value], modules: Sequence[str]) -> Parameters:
    """Leaves by layer and unit, from the dotted name of each one's module."""
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
    """The module of the parameter `name`: `layers.0.neurons.2` for `layers.0.neurons.2.w.1`;
    for one of the model's own, as `wq.0.3`, its attribute."""
    parts = name.split(".")
    while len(parts) > 1 and parts[-1].isdigit():
        parts.pop()
    return ".".join(parts[:-1]) or parts[0]
