"""What `nn` and `viz` use of the engine besides its public names.

Nobody else should rely on it: it may change with any release.

    files       Path, path_of, open_file, atomic_write: written as a whole or not at all
    modes       recording, traced, tracing: record under `no_grad()`; trace; whether one runs
    names       Scoped, ScopedCall: modules whose calls name the Values made inside
    vectors     Place, can_flatten, gather, scatter, move_into: leaves that live in vectors
    structures  flatten: the numbers in nested lists, tuples, dicts and arrays
    programs    FlatGraph, flat_graph, CONSTANT: a graph as arrays; Reduce, seed_of: sums over rows
    table       BY_NAME: the rows of the table
"""

from autograd.derivatives.trees import flatten
from autograd.engine.value import (
    Place,
    Scoped,
    ScopedCall,
    can_flatten,
    gather,
    scatter,
    traced,
    tracing,
)
from autograd.engine.value import flatten as move_into
from autograd.files import Path, atomic_write, open_file, path_of
from autograd.modes import recording
from autograd.ops import BY_NAME
from autograd.programs.columns import Reduce, seed_of
from autograd.programs.ir import CONSTANT, FlatGraph
from autograd.programs.tape import flat_graph

__all__ = [
    "BY_NAME",
    "CONSTANT",
    "FlatGraph",
    "Path",
    "Place",
    "Reduce",
    "Scoped",
    "ScopedCall",
    "atomic_write",
    "can_flatten",
    "flat_graph",
    "flatten",
    "gather",
    "move_into",
    "open_file",
    "path_of",
    "recording",
    "scatter",
    "seed_of",
    "traced",
    "tracing",
]
