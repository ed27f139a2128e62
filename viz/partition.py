"""Which Values share a box when a graph is too large to be drawn in full.

"neuron"  Values of one scope, the dotted name of the innermost module, as
          `layers.0.neurons.2`; those of no scope go by the formula that computed them
"layer"   the neurons of one list that do not feed one another, as `layers.0`
"stage"   layers in the order in which they are computed, cut into a few dozen bands

A module used at many steps of time has a box a step (`viz.quotient`).  The examples of a
batch share a box.  A leaf lies with the module that uses it or, if several do, with
the other leaves that the same modules use.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from viz.quotient import Below, acyclic_parts, all_below, depths, parts_below
from viz.recording import Recording

LEVELS = ("neuron", "layer", "stage")
STAGES = 40  # a row of so many boxes can still be followed
CHAINS = ("+", "*", "max", "min")  # a + b + c + … is one formula however many terms it has

_NEURON = re.compile(r"(?:^|\.)neurons\.\d+$")
_ITEM = re.compile(r"\w\.\d+$")


@dataclass(frozen=True)
class Partition:
    """The box of every Value.

    Attributes
    ----------
    part : array of int
        Of every node its part, -1 for constants.
    names : list of str
        Of every part.
    layers : list of str
        Of every part the layer that it is a neuron of, or "".
    by_scope : bool
        Whether any Value has a scope; if none has, formulas took their place.
    """

    part: np.ndarray
    names: list[str]
    layers: list[str]
    by_scope: bool


def partition(graph: Recording, level: str) -> Partition:
    """The parts of `graph` at one of `LEVELS`."""
    by_scope = any(graph.scopes)
    keys: Sequence[Hashable] = formulas(graph)
    parts = acyclic_parts(graph.args, keys)
    layer = layers(graph, parts)
    if level == "neuron":
        names = _named(graph, parts, {})
        return _with_leaves(graph, parts, names, layer, {})
    steps = _steps(keys, parts)
    keys = [
        (layer[scope], steps[p])
        if p >= 0 and (scope := graph.scopes[k])
        else ""  # beside layers all that lies in no module is one thing
        if by_scope
        else keys[k]
        for k, p in enumerate(parts)
    ]
    parts = acyclic_parts(graph.args, keys)
    names = _named(graph, parts, layer)
    if level == "stage":
        parts, names = _stages(parts, names, depths(parts_below(graph.args, parts)))
    return _with_leaves(graph, parts, names, {}, layer)


# ── neurons, layers, stages ────────────────────────────────────────────────────


def formulas(graph: Recording) -> list[Hashable]:
    """Of every computed node its scope or, where it has none, the formula it computes.

    Two Values have one formula if they are computed by one operation from operands of
    the same formulas; a chain of sums is one sum.
    """
    known: dict[Hashable, int] = {None: 0}  # 0: leaves
    inside: list[frozenset[int]] = [frozenset()]  # of every formula, those of its operands
    number = [0] * len(graph)
    keys: list[Hashable] = [None] * len(graph)
    for k, args in enumerate(graph.args):
        if not args:
            continue
        operands: frozenset[int] = frozenset()
        key: Hashable = graph.scopes[k]
        if not key:
            symbol, operands = graph.nodes[k]._op, frozenset(map(number.__getitem__, args))
            if symbol in CHAINS:
                operands = operands.union(*(inside[number[j]] for j in _links(graph, k))) - {
                    number[j] for j in _links(graph, k)
                }
            key = symbol, operands
        number[k] = known.setdefault(key, len(known))
        if number[k] == len(inside):
            inside.append(operands)
        keys[k] = key if graph.scopes[k] else number[k]
    return keys


def _links(graph: Recording, k: int) -> list[int]:
    """The operands of node `k` that the same operation computed, in no module."""
    symbol = graph.nodes[k]._op
    return [j for j in graph.args[k] if graph.nodes[j]._op == symbol and not graph.scopes[j]]


def layers(graph: Recording, parts: list[int]) -> dict[str, str]:
    """Of every scope its layer: the list that it is a neuron of, or itself.

    `neurons.k` is a neuron by its name; any other item of a list is one if it holds no
    module with Values of its own, and no other item of the list feeds it.
    """
    scope_of = {p: graph.scopes[k] for k, p in enumerate(parts) if p >= 0}
    scopes = sorted({*scope_of.values()} - {""})
    holding = {s[:k] for s in scopes for k, c in enumerate(s) if c == "."}
    pairs = (
        (scope_of[p], scope_of[q])
        for p, others in parts_below(graph.args, parts).items()
        for q in others
    )
    chained = {_list_of(a) for a, b in pairs if a != b and _list_of(a) == _list_of(b)}

    def layer(scope: str) -> str:
        if (name := layer_name(scope)) != scope:
            return name
        return scope if scope in holding or _list_of(scope) in chained else _list_of(scope)

    return {s: layer(s) for s in scopes}


def layer_name(scope: str) -> str:
    """`layers.0` of `layers.0.neurons.2`; any other name is its own layer's."""
    found = _NEURON.search(scope)
    return (scope[: found.start()] or "neurons") if found else scope


def _list_of(scope: str) -> str:
    """`heads` of `heads.3`; the scope itself if it is no item of a list."""
    return scope.rpartition(".")[0] if _ITEM.search(scope) else scope


def _steps(keys: Sequence[Hashable], parts: list[int]) -> dict[int, int]:
    """Of every part, the how-manieth of its key it is: the step of time."""
    seen: dict[Hashable, set[int]] = {}
    for key, p in zip(keys, parts, strict=True):
        seen.setdefault(key, set()).add(p)
    return {p: step for same in seen.values() for step, p in enumerate(sorted(same))}


def _stages(
    parts: list[int], names: list[str], depth: dict[int, int]
) -> tuple[list[int], list[str]]:
    """Parts and names after cutting what is computed into at most `STAGES` bands."""
    deepest = max(depth.values(), default=0)
    count = min(STAGES, deepest + 1)
    band = {p: d * count // (deepest + 1) for p, d in depth.items()}
    members: dict[int, list[str]] = {}
    for p in sorted(band, key=lambda p: (depth[p], p)):
        members.setdefault(band[p], []).append(names[p])
    spans = [
        found[0] if len(found) == 1 else f"{found[0]} ... {found[-1]}"
        for _, found in sorted(members.items())
    ]
    return [band[p] if p >= 0 else -1 for p in parts], spans


# ── names ──────────────────────────────────────────────────────────────────────


def _named(graph: Recording, parts: list[int], layer: dict[str, str]) -> list[str]:
    """Of every part its scope, numbered if it has several steps, or its operations."""
    members: dict[int, list[int]] = {}
    for k, p in enumerate(parts):
        if p >= 0:
            members.setdefault(p, []).append(k)
    names = []
    for p in range(len(members)):
        scope = graph.scopes[members[p][0]]
        names.append(layer.get(scope, scope) or _operations(graph, members[p]))
    return _numbered(names)


def _operations(graph: Recording, members: Iterable[int]) -> str:
    """The symbols of what was computed, the most frequent first."""
    count = Counter(graph.nodes[k]._op for k in members)
    often = sorted(count, key=lambda symbol: (-count[symbol], symbol))
    return " ".join(often[:4]) + " ..." * (len(often) > 4)


def _numbered(names: list[str]) -> list[str]:
    count = Counter(names)
    seen: Counter[str] = Counter()
    numbered = []
    for name in names:
        seen[name] += 1
        several = count[name] > 1
        numbered.append(f"{name} ({seen[name]} of {count[name]})" if several else name)
    return numbered


# ── leaves ─────────────────────────────────────────────────────────────────────


def _with_leaves(
    graph: Recording,
    parts: list[int],
    names: list[str],
    frame: dict[str, str],
    called: dict[str, str],
) -> Partition:
    """The partition of the computed nodes, with the root by itself and the leaves put where
    they are used.

    frame, called : of every scope the layer around it, and the name it goes by
    """
    parts, names = list(parts), list(names)
    if graph.args[-1] and parts.count(parts[-1]) > 1:
        parts[-1] = len(names)
        names.append(graph.root.label or graph.root._op)
    part = np.array(parts)
    part[graph.constant] = -1
    scopes = [""] * len(names)
    for k, p in enumerate(parts):
        if p >= 0 and part[k] >= 0:
            scopes[p] = graph.scopes[k]
    homes = _Homes(scopes, parts_below(graph.args, parts), root=parts[-1])
    apart: dict[tuple[int, ...], list[int]] = {}
    for leaf, users in _users(graph, part, len(names)):
        home = homes.of(users)
        if home is None:
            apart.setdefault(users, []).append(leaf)
        else:
            part[leaf] = home
    if len(apart) > max(20, len(names)):  # as good as every leaf by itself
        apart = {(): sorted(leaf for members in apart.values() for leaf in members)}
    for users, members in apart.items():
        part[members] = len(names)
        common = {called.get(scopes[p], scopes[p]) for p in users}
        names.append(_leaf_name(graph, members, common.pop() if len(common) == 1 else ""))
    if graph.leaf[-1]:  # the root by itself
        part[-1] = len(names)
        names.append(graph.root.label or "leaf")
    layers = [frame.get(scope, "") for scope in scopes]
    return Partition(part, names, layers + [""] * (len(names) - len(layers)), any(graph.scopes))


def _users(graph: Recording, part: np.ndarray, count: int) -> Iterable[tuple[int, tuple[int, ...]]]:
    """Of every leaf, the parts that use it."""
    mine = graph.leaf[graph.operand]
    pairs = np.unique(graph.operand[mine] * count + part[graph.result[mine]])
    users: dict[int, list[int]] = {}
    for leaf, p in zip((pairs // max(count, 1)).tolist(), (pairs % count).tolist(), strict=True):
        users.setdefault(leaf, []).append(p)
    return ((leaf, tuple(found)) for leaf, found in users.items())


class _Homes:
    """Finds the part that a leaf lies in."""

    def __init__(self, scopes: list[str], below: Below, root: int) -> None:
        self.scopes, self.below, self.root = scopes, below, root
        self.known: dict[tuple[int, ...], int | None] = {}

    def of(self, users: tuple[int, ...]) -> int | None:
        """The only part that uses it or, besides a penalty on weights and the like, the
        only module; None if there is none, if it is the root's, which has a box to itself,
        or if something would go in a circle."""
        if users not in self.known:
            self.known[users] = self._find(users)
        return self.known[users]

    def _find(self, users: tuple[int, ...]) -> int | None:
        modules = [p for p in users if self.scopes[p]] if len(users) > 1 else list(users)
        if len(modules) != 1 or modules[0] == self.root:
            return None
        fed_by = all_below(self.below, modules[0]) if len(users) > 1 else set()
        return None if fed_by.intersection(users) else modules[0]


def _leaf_name(graph: Recording, members: list[int], scope: str) -> str:
    if scope:
        return f"weights of {scope}"
    labels = [graph.nodes[k].label for k in members]
    if not all(labels):
        return "leaves"
    return ", ".join(labels) if len(labels) <= 3 else f"{labels[0]} ... {labels[-1]}"
