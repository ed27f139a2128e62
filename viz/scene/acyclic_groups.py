"""Nodes with the same key, grouped so that no group feeds itself through another.

A module used at several time steps records Values under one name at each of them.  A single box
would be fed by what it feeds, so they become one group per step.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence

MERGED = 3000  # groups; more are left as they are, separate by level

Operands = Sequence[Sequence[int]]  # for each node, its operands
Below = dict[int, set[int]]  # for each group, the groups that it is computed from


def acyclic_groups(operands: Operands, keys: Sequence[Hashable]) -> list[int]:
    """For each computed node the number of its group, -1 for leaves.

    The level of a node is how often the key changes on the way to it.  Arrows between
    groups of one key and one level lead up in level, so there are no cycles; then
    groups of one key are merged where neither depends on the other.
    """
    known: dict[Hashable, int] = {}
    key_of: list[Hashable] = []
    levels: list[int] = []
    below: Below = {}
    group = [-1] * len(operands)
    for k, args in enumerate(operands):
        if not args:
            continue
        key = keys[k]
        sources = set(map(group.__getitem__, args))
        sources.discard(-1)
        level = max((levels[g] + (key_of[g] != key) for g in sources), default=0)
        g = group[k] = known.setdefault((key, level), len(known))
        if g == len(levels):
            key_of.append(key)
            levels.append(level)
            below[g] = set()
        below[g] |= sources
        below[g].discard(g)
    if len(levels) > MERGED:
        return group
    merged = _merged(key_of, levels, below)
    return [merged[g] if g >= 0 else -1 for g in group]


def _merged(key_of: list[Hashable], levels: list[int], below: Below) -> list[int]:
    """For each group, the number of the one it is merged into."""
    latest: dict[Hashable, int] = {}  # the group that the next one of a key may join
    target = list(range(len(levels)))
    above = [0] * len(levels)  # as bits: all that a group is computed from
    done: list[int] = []
    for g in sorted(range(len(levels)), key=lambda g: (levels[g], g)):
        operands = {target[q] for q in below[g]}
        into = latest.get(key_of[g])
        if into is None or into in operands or any(above[q] >> into & 1 for q in operands):
            into = latest[key_of[g]] = g
            done.append(g)
        target[g] = into
        new = 0
        for q in operands:
            new |= above[q] | 1 << q
        if new & ~above[into]:
            above[into] |= new
            for q in done:
                if above[q] >> into & 1:
                    above[q] |= new
    number = {g: k for k, g in enumerate(done)}
    return [number[g] for g in target]


def groups_below(operands: Operands, groups: Sequence[int]) -> Below:
    """For each group, the groups that it is computed from directly."""
    below: Below = {}
    for k, args in enumerate(operands):
        if args:
            below.setdefault(groups[k], set()).update(map(groups.__getitem__, args))
    for g, others in below.items():
        others -= {-1, g}
    return below


def depths(below: Below) -> dict[int, int]:
    """For each group, the number of arrows on the longest path from the leaves to it."""
    depth: dict[int, int] = {}
    for start in below:
        stack = [start]
        while stack:
            g = stack[-1]
            if todo := [q for q in below[g] if q not in depth]:
                stack += todo
            else:
                depth[g] = max((depth[q] + 1 for q in below[g]), default=0)
                stack.pop()
    return depth


def all_below(below: Below, group: int) -> set[int]:
    """All groups that `group` is computed from, at any distance."""
    reached: set[int] = set()
    stack = [group]
    while stack:
        new = below.get(stack.pop(), set()) - reached
        reached |= new
        stack += new
    return reached
