"""What a function records at a point, and whether it does so twice.

No derivative is taken here: structures and numbers are compared for equality.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from autograd.engine.value import Value, user_operation_of
from autograd.graph import order
from autograd.graph import row as row_of
from autograd.modes import noted_origins, recording
from autograd.testing.differences import as_value
from autograd.testing.explain import described, names
from autograd.testing.sample_points import called

__tracebackhide__ = True
Function = Callable[[list[Value]], Any]
FEW = 64  # operands up to which a softmax is replayed, which takes the square of their number
ARGUMENTS_ALONE = (
    "let f depend on its arguments alone: on no counter, clock or Value kept from another call, "
    "and on random numbers only from a generator that it seeds itself"
)


class Recording:
    """What f recorded at a point.

    Attributes
    ----------
    at : list of float
        The point.
    leaves : list of Value
        The arguments.
    root : Value
        The result.
    nodes : list of Value
        All below the root, leaves first, operands before results.
    structure : list
        For each node, what it is and where its operands stand, without any number.
    fixed : list of int
        The places of numbers that are not arguments: constants, and weights from outside.
    """

    def __init__(self, f: Function, at: Sequence[float]) -> None:
        self.at = list(at)
        self.leaves = [Value(x) for x in at]
        with recording():
            self.root = as_value(f(self.leaves))
        self.nodes = order(self.root)
        self.structure = self._structure()
        self.fixed = [k for k, what in enumerate(self.structure) if what == -1]

    def _structure(self) -> list[Any]:
        place = {id(v): k for k, v in enumerate(self.nodes)}
        own = {id(leaf): k for k, leaf in enumerate(self.leaves)}
        return [
            (v._code, [place[id(x)] for x in v.args]) if v.op else own.get(id(v), -1)
            for v in self.nodes
        ]

    def named(self, k: int) -> str:
        """Node k with its operation, and the line that recorded it if that was noted."""
        if k >= len(self.nodes):
            return "nothing more"
        v, called_ = self.nodes[k], names(self.root)
        if v.op:
            return described(v, called_) + _line(v)
        for z in self.nodes:
            for j, x in enumerate(z.args):
                if x is v:
                    return f"{v.data:.6g} (operand {j} of {described(z, called_)}{_line(z)})"
        return f"{v.data:.6g} (which is the result)"


def _kind_of(made: Recording, k: int) -> str:
    """How a leaf came to f; "" for a result."""
    if k >= len(made.nodes) or made.nodes[k].op:
        return ""
    return "the constant " if made.structure[k] == -1 else "the argument "


def with_origins(f: Function, at: Sequence[float]) -> Recording:
    """A recording with the line of every operation, which takes longer."""
    with noted_origins():
        return Recording(f, at)


def _line(z: Value) -> str:
    return f", recorded at {z.origin}" if z.origin else ""


def same(x: float, y: float) -> bool:
    """Whether two numbers are equal, or both nan."""
    return x == y or (x != x and y != y)


def first_unlike(a: Recording, b: Recording) -> int:
    """The first node at which two structures part; it may be beyond the end of one."""
    pairs = zip(a.structure, b.structure, strict=False)
    shorter = min(len(a.structure), len(b.structure))
    return next((k for k, (s, t) in enumerate(pairs) if s != t), shorter)


def gradient_of(made: Recording, backward: Callable[[Value], None] = Value.backward) -> list[float]:
    """The gradients that `backward` gives the arguments; every other Value keeps its grad."""
    before = [v.grad for v in made.nodes]
    if not made.root.constant:
        backward(made.root)
    gradient = [leaf.grad for leaf in made.leaves]
    for v, g in zip(made.nodes, before, strict=True):
        v.grad = g
    return gradient


def located(f: Function, made: Recording, place: int, what: str) -> str:
    """A sentence about a node, with the line that recorded it."""
    again = with_origins(f, made.at)
    origin = again.nodes[place].origin if again.structure == made.structure else ""
    sentence = f"{described(made.nodes[place], names(made.root))}{what}"
    return f"{sentence} ({origin})" if origin else sentence


def noise(f: Function, a: Recording) -> str:
    """A sentence about how another recording at that point differs; "" if it does not."""
    b = Recording(f, a.at)
    if a.structure != b.structure:
        one, other = with_origins(f, a.at), with_origins(f, a.at)
        if one.structure == other.structure:  # these two are alike, as where a cache is filled
            one, other = a, b
        k = first_unlike(one, other)
        return (
            f"two calls at one point compute different things: {_kind_of(one, k)}{one.named(k)}, "
            f"then {_kind_of(other, k)}{other.named(k)}; {ARGUMENTS_ALONE}"
        )
    for k, (v, w) in enumerate(zip(a.nodes, b.nodes, strict=True)):
        if not (same(v.data, w.data) and all(map(same, v.partials, w.partials))):
            again = with_origins(f, a.at)
            what = again if again.structure == a.structure else a
            kind = "" if v.op else "the constant "
            return (
                f"two calls at one point differ in {kind}{what.named(k)}: {v.data!r}, then "
                f"{w.data!r}; {ARGUMENTS_ALONE}"
            )
    return ""


def replay_fault(f: Function, made: Recording) -> str:
    """A sentence about the first number that does not follow from its operands; "" if all do.

    Each operation is computed again from the recorded numbers of its operands, and must give
    what was recorded to the last bit.
    """
    for leaf, x in zip(made.leaves, made.at, strict=True):
        if not same(leaf.data, x):
            return f"the function changes the data of its argument from {x!r} to {leaf.data!r}"
    for k, v in enumerate(made.nodes):
        if v.op and not same(now := _recomputed(v), v.data):
            why = (
                f"and gives {now!r} of the same operands now: it depends on something besides them"
                if user_operation_of(v) is not None
                else f"and its operands now give {now!r}: f changes the data of one after its use"
            )
            return f"{with_origins(f, made.at).named(k)} gave {v.data!r}, {why}"
    return ""


def _recomputed(v: Value) -> float:
    operands = [x.data for x in v.args]
    if (operation := user_operation_of(v)) is not None:
        return float(operation.numbers(operands)[0])
    row = row_of(v)
    return v.data if row.each and len(operands) > FEW else float(called(row, operands))
