"""A function at a point: its arguments as a flat list, with names."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from autograd.derivatives.recorded_function import places_of
from autograd.derivatives.trees import flatten
from autograd.engine.value import Value

__tracebackhide__ = True


class Case:
    """f at x, as a function of the numbers it is differentiated with respect to.

    Parameters
    ----------
    f : callable
    x : tuple
        All arguments.
    wrt : int or sequence of int, optional
        The arguments to differentiate with respect to.

    Attributes
    ----------
    flat : list of float
        The numbers.
    names : list of str
        Their names: x, x[0], x1['a'], …
    """

    def __init__(
        self, f: Callable[..., Any], x: tuple[Any, ...], wrt: int | Sequence[int] | None = None
    ) -> None:
        self.f, self.x, self.wrt = f, x, wrt
        chosen = range(len(x)) if wrt is None else wrt
        self.places = places_of(chosen, len(x), "wrt")
        items, self.shape = flatten([x[k] for k in self.places], "the arguments")
        self.flat = [float(getattr(v, "data", v)) for v in items]
        self.name = getattr(f, "__name__", type(f).__name__)

    @property
    def names(self) -> list[str]:
        """A name for every number."""
        one = len(self.x) == 1
        return [n for k in self.places for n in _names_in(self.x[k], "x" if one else f"x{k}")]

    def on_chosen(self, *chosen: Any) -> Any:
        """f of the chosen arguments; the others keep their values."""
        args = list(self.x)
        for place, argument in zip(self.places, chosen, strict=True):
            args[place] = argument
        return self.f(*args)

    def on_flat(self, numbers: Sequence[Any]) -> Any:
        """f of the numbers."""
        return self.on_chosen(*self.shape.build(numbers))

    def built(self, numbers: Sequence[Any]) -> Any:
        """Numbers in the structure of the chosen arguments; for one argument, not a tuple."""
        items = self.shape.build(numbers)
        return items[0] if len(self.places) == 1 else tuple(items)

    @property
    def shown(self) -> str:
        """The arguments as one would type them."""
        return ", ".join(
            repr(v.data) if isinstance(v, Value) else " ".join(repr(v).split()) for v in self.x
        )


def _names_in(structure: Any, name: str) -> list[str]:
    if isinstance(structure, dict):
        return [n for k, v in structure.items() for n in _names_in(v, f"{name}[{k!r}]")]
    if isinstance(structure, list | tuple):
        return [n for k, v in enumerate(structure) for n in _names_in(v, f"{name}[{k}]")]
    if getattr(structure, "shape", ()):
        import numpy as np

        return [f"{name}[{', '.join(map(str, place))}]" for place in np.ndindex(structure.shape)]
    return [name]
