"""Modules and layers by their names, and formulas where there are no modules."""

from __future__ import annotations

import re
from collections.abc import Hashable, Sequence

from viz.scene.acyclic_groups import groups_below
from viz.scene.graph_arrays import GraphArrays

CHAINS = ("+", "*", "max", "min")  # a + b + c + … is one formula however many terms it has

_NEURON = re.compile(r"(?:^|\.)neurons\.\d+$")
_ITEM = re.compile(r"\w\.\d+$")


def layer_name(scope: str) -> str:
    """`layers.0` for `layers.0.neurons.2`; any other name is its own layer."""
    neuron = _NEURON.search(scope)
    return (scope[: neuron.start()] or "neurons") if neuron else scope


def layers(graph: GraphArrays, groups: Sequence[int]) -> dict[str, str]:
    """For each scope its layer: the list that it is a neuron of, or itself.

    `neurons.k` is a neuron by its name; any other item of a list is one if it holds no
    module with Values of its own, and no other item of the list feeds it.
    """
    scope_of = {g: graph.scopes[k] for k, g in enumerate(groups) if g >= 0}
    scopes = sorted({*scope_of.values()} - {""})
    containers = {s[:k] for s in scopes for k, c in enumerate(s) if c == "."}
    pairs = (
        (scope_of[g], scope_of[operand])
        for g, operands in groups_below(graph.args, groups).items()
        for operand in operands
    )
    chained = {_list_of(a) for a, b in pairs if a != b and _list_of(a) == _list_of(b)}

    def layer(scope: str) -> str:
        if (name := layer_name(scope)) != scope:
            return name
        apart = scope in containers or _list_of(scope) in chained
        return scope if apart else _list_of(scope)

    return {s: layer(s) for s in scopes}


def _list_of(scope: str) -> str:
    """`heads` for `heads.3`; the scope itself if it is not an item of a list."""
    return scope.rpartition(".")[0] if _ITEM.search(scope) else scope


def formulas(graph: GraphArrays) -> list[Hashable]:
    """For each computed node its scope or, where it has none, the formula it computes.

    Two Values have the same formula if the same operation computed them from operands of
    the same formulas; a chain of sums is one sum.
    """
    known: dict[Hashable, int] = {None: 0}  # 0: leaves
    inside: list[frozenset[int]] = [frozenset()]  # for each formula, those of its operands
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
                links = {number[j] for j in _links(graph, k)}
                operands = operands.union(*(inside[link] for link in links)) - links
            key = symbol, operands
        number[k] = known.setdefault(key, len(known))
        if number[k] == len(inside):
            inside.append(operands)
        keys[k] = key if graph.scopes[k] else number[k]
    return keys


def _links(graph: GraphArrays, k: int) -> list[int]:
    """The operands of node `k` that the same operation computed, outside of modules."""
    symbol = graph.nodes[k]._op
    return [j for j in graph.args[k] if graph.nodes[j]._op == symbol and not graph.scopes[j]]
