"""The table of growth: time and memory from a thousand nodes to ten million.

Every size runs in a fresh process, so that its memory is its own.  What is recorded is a
chain, w·sin z again and again: the deepest graph of its size.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from time import process_time

import numpy as np

from autograd import Program, Value, sin
from benchmarks import measure
from benchmarks.measure import Spread
from benchmarks.report import Point, Row

NODES = 100_000  # a small graph is made again until so many nodes were gone through
BEYOND_CACHES = 100_000


def rows(*, quick: bool = False) -> Iterator[Row]:
    """A row for every size, then the slopes."""
    sizes = [10**k for k in range(3, 7 if quick else 8)]
    yield from eager_rows(sizes)
    yield from program_rows(sizes)


def chain(nodes: int) -> tuple[Value, Value]:
    """The last of so many recorded nodes, and the leaf that all start from."""
    w, x = Value(0.999), Value(0.5)
    z = x
    for _ in range(nodes // 2):
        z = sin(z) * w
    return z, x


def timed(work: Callable[[], object], nodes: int, rounds: int = 5) -> tuple[float, ...]:
    """Milliseconds of `work`, which is repeated until so many nodes were gone through that
    a clock can tell."""
    repeats = max(1, NODES // nodes)
    taken = []
    for _ in range(rounds):
        start = process_time()
        for _ in range(repeats):
            work()
        taken.append(1e3 * (process_time() - start) / repeats)
    return tuple(taken)


def eager(nodes: int) -> tuple[float, ...]:
    """Milliseconds of recording and backward, and of freeing."""
    return timed(lambda: chain(nodes)[0].backward(), nodes)


def programs(nodes: int) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Milliseconds of freezing a recorded graph, and of a value with its gradient."""
    z, x = chain(nodes)
    making = timed(lambda: Program(z, [x]), nodes, rounds=3)
    buffer = Program(z, [x]).buffer()
    buffer.inputs[:] = 0.5
    return making, timed(buffer, nodes)


def eager_rows(sizes: Sequence[int]) -> Iterator[Row]:
    """Recording and backward."""
    times, memory = (
        Series("recorded, swept, freed", "ms"),
        Series("memory of that, at its height", "MB"),
    )
    for nodes in sizes:
        taken, swollen = measure.weighed(eager, nodes)
        yield times.row(nodes, taken)
        if swollen is not None:
            yield memory.row(nodes, (swollen / 1e6,))
    yield from times.slopes()
    yield from memory.slopes()


def program_rows(sizes: Sequence[int]) -> Iterator[Row]:
    """Freezing, replay, and the memory of both with the recording."""
    making, replay = Series("frozen as a program", "ms"), Series("replayed with gradient", "ms")
    memory = Series("memory with the program, at its height", "MB")
    for nodes in sizes:
        (made, replayed), swollen = measure.weighed(programs, nodes)
        yield making.row(nodes, made)
        yield replay.row(nodes, replayed)
        if swollen is not None:
            yield memory.row(nodes, (swollen / 1e6,))
    for series in (making, replay, memory):
        yield from series.slopes()


class Series:
    """A quantity by the number of nodes."""

    def __init__(self, name: str, unit: str) -> None:
        self.name, self.unit = name, unit
        self.points: list[tuple[int, float]] = []

    def row(self, nodes: int, measured: tuple[float, ...]) -> Row:
        """The row of one size."""
        spread = Spread(measured)
        self.points.append((nodes, spread.median))
        note = f"{1e6 * spread.median / nodes:.0f} ns a node" if self.unit == "ms" else ""
        if self.unit == "MB":
            note = f"{1e6 * spread.median / nodes:.0f} bytes a node"
        where = Point(self.name, nodes)
        return Row(f"{self.name}: {nodes:,} nodes", spread, self.unit, note=note, point=where)

    def slopes(self) -> Iterator[Row]:
        """The exponent p of nodes^p that fits best: of all sizes, and of those whose
        nodes no cache of a processor holds."""
        for first in (0, BEYOND_CACHES):
            points = [(n, y) for n, y in self.points if n >= first and y > 0]
            if len(points) >= 2:
                n, y = np.log10(np.array(points, float)).T
                p, _ = np.polyfit(n, y, 1)
                title = f"{self.name}: slope from {points[0][0]:,} to {points[-1][0]:,}"
                yield Row(title, float(p), "", point=None if first else Point(self.name))
