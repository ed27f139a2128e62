"""A graph as arrays: what a program is made from, pickled as, and saved as."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from autograd.engine.value import Value, code_of_name, row_of_code
from autograd.errors import GraphError
from autograd.graph import VERSION, check_version
from autograd.ops import BY_NAME, TABLE

COMPUTED, INPUT, WEIGHT, CONSTANT = range(4)


@dataclass
class Listing:
    """The nodes of a graph, operands before results.

    Attributes
    ----------
    role : array of uint8
        COMPUTED, INPUT, WEIGHT or CONSTANT; the inputs come first.
    code : array of uint16
        The operation (`autograd.engine.value.row_of_code`); 0 on a leaf.
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
        arrays = {k: x for k, x in state.items() if k not in ("operations", "version")}
        try:
            code = coded(state["operations"], state["code"])
            vars(self).update(arrays, code=code)
            check(self)
        except ValueError as error:
            raise GraphError(f"this program cannot be read: {error}") from None


def named(code: np.ndarray) -> tuple[list[str], np.ndarray]:
    """The names of the operations that occur, after "" for leaves, and each node's place
    among them: what is kept, since codes change when the table grows."""
    name_of = {k: row_of_code(k).name if k else "" for k in np.unique(code).tolist()}
    names = ["", *sorted({name for name in name_of.values() if name})]
    place = {name: k for k, name in enumerate(names)}
    return names, np.array([place[name_of[k]] for k in code.tolist()], np.uint16)


MOST = 2**31 - 1  # nodes
LEAST = np.zeros(len(TABLE) + 1, np.int64)  # operands, by code
EVERY = np.full(len(TABLE) + 1, MOST, np.int64)  # and so many more at a time
for _code, _op in enumerate(TABLE, 1):
    LEAST[_code] = 1 if _op.many else len(_op.operands)
    EVERY[_code] = len(_op.sequences) if _op.many else MOST


def coded(names: list[str], places: np.ndarray) -> np.ndarray:
    """The codes that the table has now.

    Raises
    ------
    ValueError
        If it has no operation of one of the names: one that this process has made with
        `operation` is not meant.
    """
    for name in names[1:]:
        if name not in BY_NAME:
            raise ValueError(f"the operation {name!r} is not known here")
    if len(places) and int(places.max()) >= len(names):
        raise ValueError(f"it has {len(names) - 1} operations, and uses another")
    codes = [0, *map(code_of_name, names[1:])]
    found: np.ndarray = np.array(codes, np.uint16)[places]
    return found


def check(listing: Listing) -> None:
    """Raise ValueError unless the arrays fit together: what is replayed trusts them."""
    n = len(listing)
    sizes = {len(listing.code), len(listing.stopped), len(listing.data), len(listing.start) - 1}
    counts = listing.start[1:].astype(np.int64) - listing.start[:-1].astype(np.int64)
    if sizes != {n} or (counts < 0).any() or int(listing.start[-1]) != len(listing.operand):
        raise ValueError("its arrays do not fit together")
    computed = listing.role == COMPUTED
    if listing.start[0] != 0 or (counts[~computed] != 0).any() or (listing.role > CONSTANT).any():
        raise ValueError("its leaves do not fit together")
    if not (listing.role[: listing.inputs] == INPUT).all() or (
        (listing.role[listing.inputs :] == INPUT).any() or listing.inputs > n
    ):
        raise ValueError("its inputs do not come first")
    if len(listing.weights) != np.count_nonzero(listing.role == WEIGHT):
        raise ValueError("its weights are not as many as it says")
    if (listing.operand >= np.repeat(np.arange(n), counts)).any():
        raise ValueError("an operand comes after its result")
    _check_operations(listing.code[computed], counts[computed], np.flatnonzero(computed))
    if (listing.outputs >= n).any():
        raise ValueError("an output is missing")
    guards = listing.guards
    if (guards < 0).any() or (guards[:, :2] >= n).any() or (guards[:, 2] > 5).any():
        raise ValueError("a guard is missing")
    if (guards[:, 3] > 1).any():
        raise ValueError("what a guard decided is neither true nor false")


def _check_operations(code: np.ndarray, counts: np.ndarray, nodes: np.ndarray) -> None:
    """Every operation is one of the table, with as many operands as it takes."""
    if (code == 0).any() or (code > len(TABLE)).any():
        raise ValueError(f"node {nodes[(code == 0) | (code > len(TABLE))][0]} is no operation")
    wrong = (counts < LEAST[code]) | ((counts - LEAST[code]) % EVERY[code] != 0)
    if wrong.any():
        raise ValueError(f"node {nodes[wrong][0]} has {counts[wrong][0]} operands")
