"""A graph as arrays: what a program is made from, pickled as, and saved as."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from autograd.engine import value as _value
from autograd.engine.value import Value, code_of_name, row_of_code
from autograd.errors import GraphError
from autograd.graph import VERSION, check_version
from autograd.ops import BY_NAME, TABLE

COMPUTED, INPUT, WEIGHT, CONSTANT = range(4)


@dataclass
class FlatGraph:
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
        nodes: list[int] = self.operand[self.start[k] : self.start[k + 1]].tolist()
        return nodes

    def record(self, inputs: list[Value]) -> list[Value]:
        """The outputs, recorded anew of `inputs`."""
        weights = iter(self.weights)
        values: list[Value] = list(inputs)
        for k in range(len(inputs), len(self)):
            if self.role[k] == CONSTANT:
                values.append(Value(self.data[k]).detach())
            elif self.role[k] != COMPUTED:
                values.append(next(weights))
            else:
                z = apply(int(self.code[k]), [values[j] for j in self.operands(k)])
                values.append(z.detach() if self.stopped[k] else z)
        return [values[k] for k in self.outputs.tolist()]

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


def apply(code: int, operands: list[Any]) -> Any:
    """The table's operation of that code on the operands of a node, in their order."""
    row = row_of_code(code)
    return row.apply(getattr(_value, row.name), operands)


def named(code: np.ndarray) -> tuple[list[str], np.ndarray]:
    """The names of the operations that occur, after "" for leaves, and each node's place
    among them: what is kept, since codes change when the table grows."""
    name_of = {k: row_of_code(k).name if k else "" for k in np.unique(code).tolist()}
    names = ["", *sorted({name for name in name_of.values() if name})]
    place = {name: k for k, name in enumerate(names)}
    return names, np.array([place[name_of[k]] for k in code.tolist()], np.uint16)


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
    code: np.ndarray = np.array(codes, np.uint16)[places]
    return code


def check(graph: FlatGraph) -> None:
    """Raise ValueError unless the arrays fit together: what is replayed trusts them."""
    n = len(graph)
    sizes = {len(graph.code), len(graph.stopped), len(graph.data), len(graph.start) - 1}
    counts = graph.start[1:].astype(np.int64) - graph.start[:-1].astype(np.int64)
    if sizes != {n} or (counts < 0).any() or int(graph.start[-1]) != len(graph.operand):
        raise ValueError("its arrays do not fit together")
    computed = graph.role == COMPUTED
    if graph.start[0] != 0 or (counts[~computed] != 0).any() or (graph.role > CONSTANT).any():
        raise ValueError("its leaves do not fit together")
    if not (graph.role[: graph.inputs] == INPUT).all() or (
        (graph.role[graph.inputs :] == INPUT).any() or graph.inputs > n
    ):
        raise ValueError("its inputs do not come first")
    if len(graph.weights) != np.count_nonzero(graph.role == WEIGHT):
        raise ValueError("its weights are not as many as it says")
    if (graph.operand >= np.repeat(np.arange(n), counts)).any():
        raise ValueError("an operand comes after its result")
    _check_operations(graph.code[computed], counts[computed], np.flatnonzero(computed))
    if (graph.outputs >= n).any():
        raise ValueError("an output is missing")
    guards = graph.guards
    if (guards < 0).any() or (guards[:, :2] >= n).any() or (guards[:, 2] > 5).any():
        raise ValueError("a guard is missing")
    if (guards[:, 3] > 1).any():
        raise ValueError("what a guard decided is neither true nor false")


def _check_operations(code: np.ndarray, counts: np.ndarray, nodes: np.ndarray) -> None:
    """Every operation is one of the table, with as many operands as it takes."""
    if (code == 0).any() or (code > len(TABLE)).any():
        raise ValueError(f"node {nodes[(code == 0) | (code > len(TABLE))][0]} is no operation")
    kinds, first = np.unique(code.astype(np.int64) << 32 | counts, return_index=True)
    for kind, k in zip(kinds.tolist(), first.tolist(), strict=True):
        if not row_of_code(kind >> 32).takes(kind & 0xFFFFFFFF):
            raise ValueError(f"node {nodes[k]} has {counts[k]} operands")
