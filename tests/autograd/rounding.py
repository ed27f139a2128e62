"""How much two right computations of one gradient may differ.

errors(z)          for every node: how far its gradient may be off
close(a, b, off)   whether a and b differ by no more
same(a, b)         whether they have the same bits (all nans are the same)
"""

from __future__ import annotations

import math
import struct
from collections import defaultdict

from autograd import Value
from autograd.graph import order

RELATIVE = 1e-14  # of what is added up in a gradient, however much of it cancels
TINY, STEP = 1e-300, 5e-324  # a partial or a product below TINY may be a STEP off


def same(a: float, b: float) -> bool:
    return (a != a and b != b) or struct.pack("d", a) == struct.pack("d", b)


def close(a: float, b: float, off: float) -> bool:
    """With an `off` that is not finite nothing can be said."""
    if not math.isfinite(off):
        return True
    return abs(a - b) <= off if math.isfinite(b) else same(a, b)


def errors(root: object) -> defaultdict[int, float]:
    """By the id of each node below `root`: sums may be taken in another order, and rows be
    added up before they are multiplied by what they have in common."""
    size: defaultdict[int, float] = defaultdict(float, {id(root): 1.0})
    lost: defaultdict[int, float] = defaultdict(float)
    for z in reversed(order(root)) if isinstance(root, Value) else ():
        above, below = size[id(z)], lost[id(z)]
        if not z.op or not above + below:
            continue
        for k, (x, partial) in enumerate(zip(z.args, z.partials, strict=True)):
            if z.carries(k) and partial:
                part = abs(partial) * above if above else 0.0
                size[id(x)] += part
                lost[id(x)] += abs(partial) * below if below else 0.0
                lost[id(x)] += STEP * (1 + above) if min(part, abs(partial)) < TINY else 0.0
    return defaultdict(float, {k: RELATIVE * size[k] + 2 * lost[k] for k in [*size, *lost]})
