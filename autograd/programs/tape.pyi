from collections.abc import Callable
from types import CellType
from typing import Any

import numpy as np

from autograd.engine.value import Value
from autograd.programs.ir import FlatGraph

WIDTHS: dict[str, int]

def processor() -> str: ...
def computed_between(outputs: list[Value], inputs: list[Value]) -> list[Value]: ...
def flat_graph(
    outputs: list[Value],
    inputs: list[Value],
    guards: list[tuple[Value, Value, int, bool]] = ...,
) -> FlatGraph: ...

class Tape:
    weights: list[Value]
    def __init__(self, graph: FlatGraph, reassociate: bool = ...) -> None: ...
    def __len__(self) -> int: ...
    def sizes(self) -> tuple[int, int, int]: ...
    def run(
        self,
        inputs: list[Any],
        rows: int,
        values: list[Any] | None = None,
        seeds: list[Any] | None = None,
        grads: list[Any] | None = None,
        tangents: list[Any] | None = None,
        pushed: list[Any] | None = None,
        fits: np.ndarray | None = None,
        weight_grads: np.ndarray | None = None,
        accumulate: bool = False,
        first: int = 0,
        end: int = ...,
    ) -> None: ...
    def add_grads(self, sums: np.ndarray) -> None: ...

class Structure:
    def __len__(self) -> int: ...
    def add_list(self, items: list[Any]) -> None: ...
    def add_array(self, array: np.ndarray) -> None: ...
    def add_entry(self, where: dict[Any, Any], key: Any, value: Any) -> None: ...
    def add_size(self, where: dict[Any, Any]) -> None: ...
    def add_cell(self, cell: CellType, value: Any) -> None: ...
    def holds(self) -> bool: ...

class Buffer:
    inputs: np.ndarray
    outputs: np.ndarray
    grads: np.ndarray
    weight_grads: np.ndarray
    def __init__(
        self, tape: Tape, inputs: int, outputs: int, watch: Callable[..., None]
    ) -> None: ...
    def __call__(self) -> None: ...
