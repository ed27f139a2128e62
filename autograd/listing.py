"""A graph as arrays: what a program is made from, pickled as, and saved as."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from autograd.errors import GraphError
from autograd.graph import VERSION, check_version
from autograd.ops import BY_NAME
from autograd.value import CODES, NAMES, Value

COMPUTED, INPUT, WEIGHT, CONSTANT = range(4)


@dataclass
class Listing:
    """The nodes of a graph, operands before results.

    Attributes
    ----------
    role : array of uint8
        COMPUTED, INPUT, WEIGHT or CONSTANT; the inputs come first.
    code : array of uint16
        The operation, by its place in `autograd.value.NAMES`; 0 on a leaf.
    stopped : array of uint8
        1 where no gradient flows further down.
    start, operand : arrays of uint32
        The operands of node k are operand[start[k] : start[k + 1]].
    data : array of float64
        The numbers of constants, and of weights and inputs when they were recorded.
    outputs : array of uint32
    guards : array of int32, a row each
        left node, right node, relation (Python's number of it), outcome.
    weights : list of Value
        In the order of their nodes; read anew at every call.
    inputs : int
    """

    role: np.ndarray
    code: np.ndarray
    stopped: np.ndarray
    start: np.ndarray
    operand: np.ndarray
    data: np.ndarray
    outputs: np.ndarray
    guards: np.ndarray
    inputs: int
    weights: list[Value] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.role)

    def operands(self, k: int) -> list[int]:
        """The nodes that node k was computed from."""
        found: list[int] = self.operand[self.start[k] : self.start[k + 1]].tolist()
        return found

    def __eq__(self, other: Any) -> bool:
        return self is other

    def __getstate__(self) -> dict[str, Any]:
        names, places = named(self.code)
        return {**vars(self), "version": VERSION, "code": places, "operations": names}

    def __setstate__(self, state: dict[str, Any]) -> None:
        check_version(state.get("version", 1), "program")
        try:
            code = coded(state["operations"], state["code"])
        except ValueError as error:
            raise GraphError(f"this program cannot be read: {error}") from None
        vars(self).update(
            {k: x for k, x in state.items() if k not in ("operations", "version")}, code=code
        )


def named(code: np.ndarray) -> tuple[list[str], np.ndarray]:
    """The names of the operations that occur, after "" for leaves, and each node's place
    among them: what is kept, since codes change when the table grows."""
    names = ["", *sorted({NAMES[k] for k in np.unique(code).tolist() if k})]
    place = {CODES[name]: k for k, name in enumerate(names)}
    return names, np.array([place[k] for k in code.tolist()], np.uint16)


def coded(names: list[str], places: np.ndarray) -> np.ndarray:
    """The codes that the table has now.

    Raises
    ------
    ValueError
        If it has no operation of one of the names.
    """
    for name in names[1:]:
        if name not in BY_NAME or name not in CODES:
            raise ValueError(f"the operation {name!r} is not known here")
    found: np.ndarray = np.array([CODES[name] for name in names], np.uint16)[places]
    return found
