"""What `nn` and `viz` use of the engine besides its public names.

Nobody else should rely on it: it may change with any release.

    files       Path, path_of, open_file, atomic_write: written as a whole or not at all
    modes       recording, traced, tracing: record under `no_grad()`; trace; whether one runs
    names       Scoped, ScopedCall: modules whose calls name the Values made inside
    vectors     Place, can_flatten, gather, scatter, move_into: leaves that live in vectors
    structures  flatten: the numbers in nested lists, tuples, dicts and arrays
    programs    Listing, listed, CONSTANT: a graph as arrays; Reduce, seed_of: how rows are summed
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
from autograd.programs.ir import CONSTANT, Listing
from autograd.programs.program import Reduce, seed_of
from autograd.programs.tape import listed

__all__ = [
    "BY_NAME",
    "CONSTANT",
    "Listing",
    "Path",
    "Place",
    "Reduce",
    "Scoped",
    "ScopedCall",
    "atomic_write",
    "can_flatten",
    "flatten",
    "gather",
    "listed",
    "move_into",
    "open_file",
    "path_of",
    "recording",
    "scatter",
    "seed_of",
    "traced",
    "tracing",
]
