"""Timings in pairs, and bytes.

A machine that also does other work is never equally fast for long.  So two
things to compare are run in turn, a few milliseconds each, and every neighbouring
pair gives one ratio; a ratio's spread says how far to trust its median.
"""

from __future__ import annotations

import contextlib
import ctypes
import gc
import os
import statistics
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from time import perf_counter
from typing import Any

Work = Callable[[], object]
Clock = Callable[[], float]


@dataclass(frozen=True)
class Spread:
    """A figure that was measured several times."""

    all: tuple[float, ...]

    @property
    def median(self) -> float:
        """The median."""
        return statistics.median(self.all)

    @property
    def five(self) -> tuple[float, ...]:
        """Minimum, lower quartile, median, upper quartile, maximum."""
        if len(self.all) == 1:
            return self.all * 5
        quartiles = statistics.quantiles(self.all, n=4, method="inclusive")
        return (min(self.all), *quartiles, max(self.all))


@dataclass(frozen=True)
class Pairs:
    """Seconds that two works took, in turn."""

    ours: tuple[float, ...]
    theirs: tuple[float, ...]

    @property
    def faster(self) -> Spread:
        """How many times as long they take."""
        return Spread(tuple(b / a for a, b in zip(self.ours, self.theirs, strict=True)))

    @property
    def slower(self) -> Spread:
        """How many times as long we take."""
        return Spread(tuple(a / b for a, b in zip(self.ours, self.theirs, strict=True)))


def in_turn(
    ours: Work,
    theirs: Work,
    rounds: int,
    *,
    collector: bool = True,
    clock: Clock = perf_counter,
) -> Pairs:
    """Time two works alternately, the first and the second going first by turns.

    Each timing repeats a quick work until about 5 ms have passed and is divided by
    the repetitions.  The cyclic collector runs at any time, as in any program; or, if `collector`
    is false, only between timings, off the clock.  What exists before is frozen, so that neither
    pays for the other's imports.

    Where one work takes hundreds of times as long as the other, `clock=process_time`:
    a machine that does other things besides interrupts the long one.
    """
    works = (ours, theirs)
    with frozen():
        repeats = [max(1, round(0.005 / _seconds(w, 1, collector, clock))) for w in works]
        taken: tuple[list[float], list[float]] = ([], [])
        for k in range(rounds):
            for side in (k % 2, 1 - k % 2):
                taken[side].append(_seconds(works[side], repeats[side], collector, clock))
    return Pairs(tuple(taken[0]), tuple(taken[1]))


@contextlib.contextmanager
def frozen() -> Iterator[None]:
    """While this lasts, the cyclic collector does not look at what exists already."""
    gc.collect()
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()
        gc.enable()


def _seconds(work: Work, repeats: int, collector: bool, clock: Clock) -> float:
    if not collector:
        gc.disable()
        gc.collect()
    start = clock()
    for _ in range(repeats):
        work()
    return (clock() - start) / repeats


# ── memory ─────────────────────────────────────────────────────────────────────


def resident() -> int | None:
    """Bytes of this process in memory; None if the system does not report it."""
    try:
        with open("/proc/self/statm") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        return None


def peak(work: Callable[..., object], *args: Any) -> int | None:
    """Bytes by which `work(*args)` swells a fresh process at its height."""
    return weighed(work, *args)[1]


def weighed(work: Callable[..., Any], *args: Any) -> tuple[Any, int | None]:
    """What `work(*args)` returns in a fresh process, and the bytes by which it swells that
    at its height; None if the system does not report it."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as fresh:
        return fresh.submit(_swelling, work, args).result()


def _swelling(work: Callable[..., Any], args: tuple[Any, ...]) -> tuple[Any, int | None]:
    with contextlib.suppress(OSError), open("/proc/self/clear_refs", "w") as file:
        file.write("5")  # forget the height that importing had
    before = resident()
    result = work(*args)
    if before is None:
        return result, None
    with open("/proc/self/status") as file:
        height = next(int(line.split()[1]) for line in file if line.startswith("VmHWM"))
    return result, 1024 * height - before


def held(make: Callable[[int], object], count: int) -> float | None:
    """Bytes that each of the `count` things of `make(count)` holds.

    Free memory that malloc keeps would hide some of them.  So memory is returned first, one lot
    fills the holes that remain, and a second lot is weighed.
    """
    gc.collect()
    with contextlib.suppress(OSError, AttributeError, TypeError):  # not glibc
        ctypes.CDLL(None).malloc_trim(0)
    filling = make(count)
    before = resident()
    weighed = make(count)
    after = resident()
    del filling, weighed
    gc.collect()
    return None if before is None or after is None else (after - before) / count
