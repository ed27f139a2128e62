"""Nodes of one key made into parts, so that no part feeds itself through another.

A module used at several steps of time records Values under one name at each of them.
As one box they would be fed by what they feed; so they become a part a step.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence

MERGED = 3000  # parts; more are left as they are, apart by level

Operands = Sequence[Sequence[int]]  # of every node, the places of its operands
Below = dict[int, set[int]]  # of every part, the parts that it is computed from


def acyclic_parts(operands: Operands, keys: Sequence[Hashable]) -> list[int]:
    """Of every computed node the number of its part, -1 for leaves.

    The level of a node is how often the key changes on the way to it.  Arrows between
    parts of one key and one level lead up in level, so nothing goes in a circle; then
    parts of one key are merged where neither rests on the other.
    """
    known: dict[Hashable, int] = {}
    key_of: list[Hashable] = []
    levels: list[int] = []
    below: Below = {}
    part = [-1] * len(operands)
    for k, args in enumerate(operands):
        if not args:
            continue
        key = keys[k]
        from_parts = set(map(part.__getitem__, args))
        from_parts.discard(-1)
        level = max((levels[p] + (key_of[p] != key) for p in from_parts), default=0)
        p = part[k] = known.setdefault((key, level), len(known))
        if p == len(levels):
            key_of.append(key)
            levels.append(level)
            below[p] = set()
        below[p] |= from_parts
        below[p].discard(p)
    if len(levels) > MERGED:
        return part
    same = _merged(key_of, levels, below)
    return [same[p] if p >= 0 else -1 for p in part]


def _merged(key_of: list[Hashable], levels: list[int], below: Below) -> list[int]:
    """Of every part, the number of what it is merged into."""
    latest: dict[Hashable, int] = {}  # the part that the next one of a key may join
    same = list(range(len(levels)))
    above = [0] * len(levels)  # as bits: all that a part is computed from
    done: list[int] = []
    for p in sorted(range(len(levels)), key=lambda p: (levels[p], p)):
        operands = {same[q] for q in below[p]}
        into = latest.get(key_of[p])
        if into is None or into in operands or any(above[q] >> into & 1 for q in operands):
            into = latest[key_of[p]] = p
            done.append(p)
        same[p] = into
        new = 0
        for q in operands:
            new |= above[q] | 1 << q
        if new & ~above[into]:
            above[into] |= new
            for q in done:
                if above[q] >> into & 1:
                    above[q] |= new
    number = {p: k for k, p in enumerate(done)}
    return [number[p] for p in same]


def parts_below(operands: Operands, parts: Sequence[int]) -> Below:
    """Of every part, the parts that it is computed from directly."""
    below: Below = {}
    for k, args in enumerate(operands):
        if args:
            below.setdefault(parts[k], set()).update(map(parts.__getitem__, args))
    for p, others in below.items():
        others -= {-1, p}
    return below


def depths(below: Below) -> dict[int, int]:
    """Of every part, the most arrows on a way from the leaves to it."""
    depth: dict[int, int] = {}
    for start in below:
        stack = [start]
        while stack:
            p = stack[-1]
            if todo := [q for q in below[p] if q not in depth]:
                stack += todo
            else:
                depth[p] = max((depth[q] + 1 for q in below[p]), default=0)
                stack.pop()
    return depth


def all_below(below: Below, part: int) -> set[int]:
    """All parts that `part` is computed from, at any distance."""
    found: set[int] = set()
    stack = [part]
    while stack:
        new = below.get(stack.pop(), set()) - found
        found |= new
        stack += new
    return found
