"""A recorded graph computed again in mpmath, at its point and beside it.

The gradient found so is right to about 30 digits, whatever the rows' partials
and the backward pass have done: only the rows' values are used.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from autograd.engine.value import Value
from autograd.graph import order
from autograd.graph import row as row_of
from autograd.ops import Op
from autograd.testing.reference import mp, value

H = mp.mpf(10) ** -17
LOST = mp.mpf(10) ** -28  # a difference this small, relatively, has fewer than 20 digits left
STEEP = mp.mpf(10) ** -10  # a step of 1e-17 that moves the value by more may cross a jump
FLAT_DIGITS = 700  # cos at 1e-300 moves in its 617th digit
KINK = 1e-6  # one-sided slopes that differ by this much, relatively, do not belong together


Step = tuple[int, Op, list[int]]  # where the result goes, the operation, where its operands are


class Slope(NamedTuple):
    """A derivative by differences of 1e-17: from both sides, and from each."""

    both: Any
    left: Any
    right: Any

    @property
    def defined(self) -> bool:
        """Whether the function has finite values on both sides."""
        return bool(mp.isfinite(self.both))

    @property
    def kinked(self) -> bool:
        """Whether the slopes on the two sides are different ones."""
        size = max(abs(self.left), abs(self.right))
        return bool(mp.isinf(size) or abs(self.left - self.right) > KINK * size + H)

    def allows(self, g: float, tolerance: float) -> bool:
        """Whether g lies between the slopes on the two sides."""
        low, high = sorted((self.left, self.right))
        return bool(low - tolerance <= g <= high + tolerance)


class Program:
    """A graph's operations in order, ready to be computed again.

    Parameters
    ----------
    root : Value
        Its graph is computed from the leaves.
    """

    def __init__(self, root: Value) -> None:
        nodes = order(root)
        self._place = {id(v): k for k, v in enumerate(nodes)}
        self._steps: list[Step] = [
            (k, row_of(v), [self._place[id(x)] for x in v.args])
            for k, v in enumerate(nodes)
            if v.op
        ]
        self._start = [None if v.op else mp.mpf(v.data) for v in nodes]
        self._root = self._place[id(root)]
        self._recorded: dict[int, list[Any]] = {}  # by precision: all values at the point

    def slope(self, leaf: Value) -> Slope:
        """The derivative of the root by a leaf."""
        if id(leaf) not in self._place:
            return Slope(mp.mpf(0), mp.mpf(0), mp.mpf(0))
        place, x = self._place[id(leaf)], mp.mpf(leaf.data)
        steps = self._above(place)

        def along(at: Any) -> Any:
            values = self._values()
            if at == x:
                return values[self._root]
            found = list(values)
            found[place] = at
            return self._run(found, steps)

        return slope(along, x)

    def _values(self) -> list[Any]:
        """Every node's value at the recorded point, with the digits in force."""
        if mp.prec not in self._recorded:
            found = list(self._start)
            self._run(found, self._steps)
            self._recorded[mp.prec] = found
        return self._recorded[mp.prec]

    def _above(self, place: int) -> list[Step]:
        """The steps that depend on a leaf."""
        moved, steps = {place}, []
        for step in self._steps:
            if not moved.isdisjoint(step[2]):
                moved.add(step[0])
                steps.append(step)
        return steps

    def _run(self, found: list[Any], steps: Sequence[Step]) -> Any:
        for k, op, args in steps:
            found[k] = value(op, [found[j] for j in args])
        return found[self._root]


def slope(f: Any, x: Any) -> Slope:
    """The derivative of a function of one mpmath number.

    Where the function is so flat that the difference has lost most digits, as tanh
    far out, it is taken again with more digits.  Where it is so steep that it may
    jump, a smaller step tells: at a jump any slope is allowed.
    """
    h = H * (min(abs(x), 1) or 1)
    found, moved = _difference(f, x, h)
    if moved <= LOST:
        with mp.workdps(FLAT_DIGITS):
            found, moved = _difference(f, x, h)
    if moved > STEEP:
        nearer, _ = _difference(f, x, h / 16)
        if abs(nearer.both - found.both) > KINK * abs(found.both):
            return Slope(found.both, -mp.inf, mp.inf)
    return found


def _difference(f: Any, x: Any, h: Any) -> tuple[Slope, Any]:
    """The slope with step h, and by how much the function moved, relatively."""
    here, above, below = f(x), f(x + h), f(x - h)
    moved = abs(above - below) + abs(above - here)
    found = Slope((above - below) / (2 * h), (here - below) / h, (above - here) / h)
    return found, moved / abs(here) if here else (mp.inf if moved else mp.mpf(0))


def reference_gradient(root: Value, leaves: Sequence[Value]) -> list[Any]:
    """∂root/∂leaf for every leaf, by central differences of 1e-17 at 50 digits."""
    program = Program(root)
    return [program.slope(leaf).both for leaf in leaves]


def absolute_flow(root: Value) -> dict[int, float]:
    """For every node the adjoint that absolute partials would give: the size of
    what was added up in its gradient, however much of it cancelled."""
    flow = {id(root): 1.0}
    for z in reversed(order(root)):
        upstream = flow.get(id(z), 0.0)
        if z.op and upstream:
            for k, (x, partial) in enumerate(zip(z.args, z.partials, strict=True)):
                if z.carries(k):
                    flow[id(x)] = flow.get(id(x), 0.0) + abs(partial) * upstream
    return flow
