"""Recordings near x: other branches, and constants that move but should not.

A function is recorded along a line through x, from one unit in the last place to a
sixteenth of x away.  A graph of another structure is another branch.  Where the
structure is the same and a constant moves as x does, a path has left the graph.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterator, Sequence
from enum import Enum
from typing import TYPE_CHECKING, Any, NamedTuple

from autograd.testing.case import Case
from autograd.testing.recordings import (
    Function,
    Recording,
    first_unlike,
    noise,
    replay_fault,
    same,
    with_origins,
)  # fmt: skip
from autograd.testing.report import Finding, Verdict

if TYPE_CHECKING:
    from autograd.testing.high_precision import Adjoint

BESIDE = 52  # one unit in the last place
RELATIVE = (BESIDE, 44, 33, 20, 9, 4)  # steps are |x| times 2 to the minus these,
ABSOLUTE = (44, 28, 12, 4)  # and where |x| is small, 2 to the minus these
FURTHER = 44  # the step next to that
SMALL = 2.0**-4
TINIEST = math.ulp(0.0)
FEW = 64  # arguments that are moved one by one
AT_ONCE = 26  # what moves over smaller steps does not wait for an edge somewhere
CLOSE = 1e-6  # gradients one unit in the last place apart
CANCELLED = 2.0**-40  # of a sum: what is left of it by rounding
FAINT = 4096  # units in the last place: what a constant moves when it is first seen to


class Ray:
    """Recordings along a line to one side of x, from the nearest outward.

    Parameters
    ----------
    f : function of a list of Values
    here : Recording
        At x.
    moves : sequence of float
        Where the line goes.
    exponents : sequence of int
        Each recording is 2 to the minus this times `moves` away.

    Attributes
    ----------
    made : list of (int, Recording)
        With their exponents; those where f fails are left out.
    relative : bool
        Whether the steps are those from x's last place on.
    stays_near : bool
        Whether the steps are small beside every number of x that is not 0.  Where they are not,
        stairs such as an exponent look like a motion, unless it begins faintly.
    alike : list of (int, Recording)
        The recordings with the structure of the one here.
    moving : list of int
        The places of constants that move with x, other than in steps, as one does that a branch
        chooses or that was rounded.
    """

    def __init__(
        self, f: Function, here: Recording, moves: Sequence[float], exponents: Sequence[int]
    ) -> None:
        self.here, self.moves, self.relative = here, moves, exponents is RELATIVE
        self.stays_near = self.relative or not any(0 < abs(x) < SMALL for x in here.at)
        self.made: list[tuple[int, Recording]] = []
        for exponent in exponents:
            try:
                made = Recording(f, _moved(here.at, moves, exponent))
            except Exception:  # whatever f says to a point outside its domain
                continue
            self.made.append((exponent, made))
        self.alike = [(k, made) for k, made in self.made if made.structure == here.structure]
        self.moving = self._moving()

    def _moving(self) -> list[int]:
        nodes = self.here.nodes
        return [
            k
            for k in self.here.fixed
            if _moves(
                nodes[k].data, [(e, made.nodes[k].data) for e, made in self.alike], self.stays_near
            )
        ]

    def stepped(self, made: Recording) -> int | None:
        """The first constant that a branch chose differently."""
        for k in self.here.fixed:
            c, other = self.here.nodes[k].data, made.nodes[k].data
            if k not in self.moving and not same(c, other) and not abs(other - c) <= _faint(c):
                return k
        return None

    def effects(self, adjoint: dict[int, Any]) -> Iterator[int]:
        """The constant that moves the root most, for each recording in which the root moves
        by what its graph does not know of."""
        paths = self._uncancelled(adjoint)
        for exponent, made in self.alike:
            moved, rounding = {}, 0.0
            for k in paths:
                c, other = self.here.nodes[k].data, made.nodes[k].data
                if math.isfinite(other) and math.isfinite(c):
                    moved[k] = adjoint[k] * (other - c)
                    rounding += abs(adjoint[k]) * 4 * math.ulp(c)
            size = sum(map(abs, moved.values()))
            if abs(sum(moved.values())) > size * 2.0 ** (4 - exponent) + rounding:
                yield max(moved, key=lambda k: abs(moved[k]))

    def _uncancelled(self, adjoint: dict[int, Any]) -> list[int]:
        """The constants that move, except for a float that stands in several places and whose
        movement cancels over them, such as a largest exponent subtracted for the sake of rounding.
        """
        places: dict[tuple[float, ...], list[int]] = {}
        for k in self.moving:
            course = (self.here.nodes[k].data, *(made.nodes[k].data for _, made in self.alike))
            places.setdefault(course, []).append(k)
        return [
            k
            for one in places.values()
            if abs(sum(adjoint[k] for k in one)) > CANCELLED * sum(abs(adjoint[k]) for k in one)
            for k in one
        ]


def rays(f: Function, here: Recording) -> list[Ray]:
    """One line through x in both directions; two where x is small."""
    rng = random.Random(0)
    slant = [rng.choice((-1, 1)) * rng.uniform(0.5, 1.0) for _ in here.at]
    lines: list[tuple[Sequence[int], list[float]]]
    lines = [(RELATIVE, [abs(x) or TINIEST for x in here.at])]
    if any(abs(x) < SMALL for x in here.at):
        lines.append((ABSOLUTE, [max(abs(x), 1.0) for x in here.at]))
    return [
        Ray(f, here, [sign * s * size for s, size in zip(slant, sizes, strict=True)], exponents)
        for exponents, sizes in lines
        for sign in (1.0, -1.0)
    ]


def alone(f: Function, here: Recording, j: int) -> list[Ray]:
    """The line along which the j-th argument alone moves, in both directions."""
    size = abs(here.at[j]) or 1.0
    moves = [size if k == j else 0.0 for k in range(len(here.at))]
    return [Ray(f, here, [sign * m for m in moves], RELATIVE) for sign in (1.0, -1.0)]


def look_around(case: Case, here: Recording, gradient: Sequence[float]) -> Finding:
    """Is the graph that of f?  DETACHED if a path left it, KINK if another branch begins
    right beside x; one further off is a note."""
    f, around = case.on_flat, rays(case.on_flat, here)
    differs = noise(f, here)
    if differs:
        return Finding(Verdict.NOISE, differs)
    near = [made for ray in around[:2] for _, made in ray.alike[:1]]
    for made in near:
        fault = replay_fault(f, made)
        if fault:
            return Finding(Verdict.DETACHED, fault)
    left = _left_the_graph(case, here, around)
    if left:
        return Finding(Verdict.DETACHED, left)
    branch = nearest_branch(f, here, around)
    if branch is not None and branch.exponent == BESIDE:
        place = _place_among(gradient, around)
        return Finding(Verdict.KINK, f"{branch}; {place}", between=place is not Place.OUTSIDE)
    return Finding(Verdict.PASS, notes=[str(branch)] if branch else [])


class Place(Enum):
    """Where a gradient lies among the slopes right beside x."""

    BETWEEN = "the gradient lies between those on the two sides"
    OUTSIDE = "the gradient lies outside those on the two sides"
    UNKNOWN = "the gradients on the two sides do not tell what it is between them"

    def __str__(self) -> str:
        return self.value


def _place_among(gradient: Sequence[float], around: Sequence[Ray]) -> Place:
    """Where a gradient lies among those right beside x.

    Nothing is known where one of these is not finite, nor where they vary over the next
    steps by as much as the gradient is off.
    """
    beside = [_slopes_at(ray, BESIDE) for ray in around[:2]]
    sides = [
        k for k, ray in enumerate(around) if _moved(ray.here.at, ray.moves, FURTHER) != ray.here.at
    ]
    further = [_slopes_at(around[k], FURTHER) for k in sides]
    if not all(beside) or not all(further):
        return Place.UNKNOWN
    for k, g in enumerate(gradient):
        low, high = min(s[k].low for s in beside), max(s[k].high for s in beside)
        off = max(low - g, g - high)
        if off <= CLOSE * max(abs(low), abs(high), abs(g)):
            continue
        varies = (
            max(abs(s[k].low - beside[j % 2][k].low), abs(s[k].high - beside[j % 2][k].high))
            for j, s in zip(sides, further, strict=True)
        )
        return Place.UNKNOWN if any(off <= v for v in varies) else Place.OUTSIDE
    return Place.BETWEEN


def _slopes_at(ray: Ray, exponent: int) -> list[Adjoint]:
    """The exact gradient at a step; [] where f or the gradient is not finite there."""
    from autograd.testing.high_precision import NONE, HighPrecisionGraph
    from autograd.testing.jets import MANY_DIGITS, mp

    made = dict(ray.made).get(exponent)
    if made is None or not math.isfinite(made.root.data):
        return []
    with mp.workdps(MANY_DIGITS):
        adjoints = HighPrecisionGraph(made.root, made.leaves).adjoints()
    slopes = [adjoints.get(id(leaf), NONE) for leaf in made.leaves]
    return slopes if all(mp.isfinite(a.low) and mp.isfinite(a.high) for a in slopes) else []


def _left_the_graph(case: Case, here: Recording, around: Sequence[Ray]) -> str:
    """The constant that moves the result although the graph does not know of it."""
    from autograd.testing.high_precision import NONE, HighPrecisionGraph

    if not any(ray.moving for ray in around):
        return ""
    fixed = [here.nodes[k] for k in here.fixed]
    adjoints = HighPrecisionGraph(here.root, fixed).adjoints()
    middle = {k: adjoints.get(id(here.nodes[k]), NONE).middle for k in here.fixed}
    several = (ray for j in range(len(here.at)) for ray in alone(case.on_flat, here, j))
    every = [*around, *(several if 1 < len(here.at) <= FEW else ())]
    culprit = next((k for ray in every for k in ray.effects(middle)), None)
    if culprit is None:
        return ""
    name = case.names[_mover(case.on_flat, here, culprit)]
    what = with_origins(case.on_flat, here.at).named(culprit)
    return (
        f"the constant {what} moves as {name} does: a path left the graph there, as through "
        f".data, math.* or a value computed outside; if it is meant, compute it from "
        f"stop_gradient({name})"
    )


def _mover(f: Function, here: Recording, constant: int) -> int:
    """An argument that moves the constant, by halving."""
    low, high = 0, len(here.at)
    while high - low > 1:
        middle = (low + high) // 2
        moves = [abs(x) or 1.0 if low <= k < middle else 0.0 for k, x in enumerate(here.at)]
        low, high = (
            (low, middle) if constant in Ray(f, here, moves, RELATIVE).moving else (middle, high)
        )
    return low


class Branch(NamedTuple):
    """Where f takes another branch than at x."""

    relative: bool  # whether the distance is one of |x|
    exponent: int  # of the distance
    how: str  # it differs

    def __str__(self) -> str:
        if self.exponent == BESIDE:
            return f"another branch begins right beside the point: {self.how}"
        unit = " |x|" if self.relative else ""
        return f"another branch begins within 2**-{self.exponent}{unit}: {self.how}"


def nearest_branch(f: Function, here: Recording, around: Sequence[Ray]) -> Branch | None:
    """The nearest point with another structure, or with another constant."""
    others = [
        (ray.relative, k, made, step)
        for ray in around
        for k, made in ray.made
        for step in (ray.stepped(made) if made.structure == here.structure else -1,)
        if step is not None
    ]
    if not others:
        return None
    relative, exponent, made, step = max(others, key=lambda other: other[:2])
    this, that = with_origins(f, here.at), with_origins(f, made.at)
    if step >= 0:
        how = f"the constant {this.named(step)} is {that.nodes[step].data:.6g} there"
    else:
        k = first_unlike(this, that)
        how = f"there f computes {that.named(k)}, here {this.named(k)}"
    return Branch(relative, exponent, how)


def _moved(x: Sequence[float], moves: Sequence[float], exponent: int) -> list[float]:
    pairs = zip(x, moves, strict=True)
    if exponent == BESIDE:
        return [math.nextafter(v, math.copysign(math.inf, m)) if m else v for v, m in pairs]
    return [v + m * 2.0**-exponent for v, m in pairs]


def _moves(c: float, along: Sequence[tuple[int, float]], stays_near: bool) -> bool:
    """Whether a constant that is c here moves continuously, judged by its values from near to
    far; what is far from the first on must begin faintly."""
    changed = [(exponent, v) for exponent, v in along if not same(v, c)]
    if not changed:
        return False
    exponent, nearest = changed[0]
    if abs(nearest - c) <= _faint(c):
        return True
    return (
        stays_near and exponent >= AT_ONCE and len(changed) > 1 and not same(changed[1][1], nearest)
    )


def _faint(c: float) -> float:
    return FAINT * math.ulp(c)
