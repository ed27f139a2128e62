"""A recorded graph at 50 digits: its values, and the adjoints of all nodes by one backward pass.

Only the rows' values are used, never their partials or the engine's backward pass, so the result is
right whatever these did.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, NamedTuple

from autograd.engine.value import FIRST_USER_CODE, Value
from autograd.graph import order
from autograd.graph import row as row_of
from autograd.testing.differences import partial_of_floats
from autograd.testing.jets import exactly, mp
from autograd.testing.reference import Slope, is_opaque, slopes


class Adjoint(NamedTuple):
    """∂root/∂node: between `low` and `high`, which differ below a kink; and the size of what
    was added up in it."""

    low: Any
    high: Any
    size: Any

    @property
    def middle(self) -> Any:
        """Halfway; 0 where nothing is known."""
        half = (self.low + self.high) / 2
        return half if mp.isfinite(half) else mp.zero

    def nearest(self, g: float) -> Any:
        """The possible value nearest to g."""
        return Slope(self.low, self.high).nearest(g)


NONE = Adjoint(mp.zero, mp.zero, mp.zero)


class Kink(NamedTuple):
    """An operation whose partial for operand k is not one number."""

    result: Value
    k: int
    slope: Slope


class HighPrecisionGraph:
    """The graph below `root`, with the derivatives with respect to `leaves`.

    Parameters
    ----------
    root : Value
    leaves : collection of Value
        The adjoints of these, and of what lies between them and the root, are computed.

    Attributes
    ----------
    nodes : list of Value
        Operands before results.
    values : list of mpmath numbers
        Of the nodes, computed from the leaves.
    kinks : list of Kink
        Where a partial is not one number: at kinks, and of an operation that has no 50 digits,
        so that its recorded value stands for it, and differences with their error for its
        partials.
    """

    def __init__(self, root: Value, leaves: Collection[Value]) -> None:
        self.nodes = order(root)
        self._place = {id(v): k for k, v in enumerate(self.nodes)}
        self._depends = {id(leaf) for leaf in leaves}
        self.values: list[Any] = []
        self.kinks: list[Kink] = []
        self._slopes: list[dict[int, Slope]] = []
        for v in self.nodes:
            z, partials = self._computed(v) if v.op else (exactly(v.data), {})
            self.values.append(z)
            self._slopes.append(partials)
            self.kinks += [Kink(v, k, p) for k, p in partials.items() if p.kinked]

    def _computed(self, v: Value) -> tuple[Any, dict[int, Slope]]:
        row, places = row_of(v), [self._place[id(x)] for x in v.args]
        active = [k for k, x in enumerate(v.args) if id(x) in self._depends]
        if active:
            self._depends.add(id(v))
        active = [k for k in active if not is_held(v, k)]
        if is_opaque_at(v):
            return exactly(v.data), {k: opaque_slope(v, k) for k in active}
        operands = [self.values[j] for j in places]
        return slopes(row, operands, active)

    def adjoints(self) -> dict[int, Adjoint]:
        """∂root/∂node by the id of each node that depends on the leaves."""
        backward = self._plain_pass if not self.kinks else self._interval_pass
        return backward()

    def _plain_pass(self) -> dict[int, Adjoint]:
        z_bar = [mp.zero] * len(self.nodes)
        size = list(z_bar)
        z_bar[-1] = size[-1] = mp.one  # the root comes last
        for j in range(len(self.nodes) - 1, -1, -1):
            if z_bar[j] or size[j]:
                args = self.nodes[j].args
                for k, slope in self._slopes[j].items():
                    i, p = self._place[id(args[k])], slope.low
                    z_bar[i] += p * z_bar[j]
                    size[i] += abs(p) * size[j]
        pairs = zip(self.nodes, z_bar, size, strict=True)
        return {id(v): Adjoint(g, g, s) for v, g, s in pairs}

    def _interval_pass(self) -> dict[int, Adjoint]:
        """The backward pass where a partial may be any number between two."""
        adjoints = {id(self.nodes[-1]): Adjoint(mp.one, mp.one, mp.one)}
        for j in range(len(self.nodes) - 1, -1, -1):
            z_bar = adjoints.get(id(self.nodes[j]), NONE)
            if any(z_bar):
                args = self.nodes[j].args
                for k, slope in self._slopes[j].items():
                    before = adjoints.get(id(args[k]), NONE)
                    ends = [_times(p, q) for p in slope for q in z_bar[:2]]
                    size = max(_times(abs(p), z_bar.size) for p in slope)
                    adjoints[id(args[k])] = Adjoint(
                        before.low + min(ends), before.high + max(ends), before.size + size
                    )
        return adjoints


def _times(p: Any, q: Any) -> Any:
    """A product in which 0 times anything is 0."""
    return p * q if p and q else mp.zero


def is_held(z: Value, k: int) -> bool:
    """Whether a derivative is held back on purpose: by `stop_gradient`, or by a user's
    operation that gives None for the partial."""
    return z.op == "stop_gradient" or (
        z._code >= FIRST_USER_CODE and not z.carries(k) and not z.args[k].constant
    )


def is_opaque_at(z: Value) -> bool:
    """Whether z was computed by an operation whose value takes floats alone."""
    return z._code >= FIRST_USER_CODE and is_opaque(row_of(z), [x.data for x in z.args])


def opaque_slope(z: Value, k: int) -> Slope:
    """The partial of an operation whose value takes floats alone: somewhere between these."""
    x = [v.data for v in z.args]
    return Slope(*map(exactly, partial_of_floats(row_of(z).value, x, k)))
