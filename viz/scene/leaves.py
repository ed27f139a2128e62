"""Where leaves lie: with the module that uses them or, if several do, in a box with the
other leaves that the same modules use."""

from __future__ import annotations

import numpy as np

from viz.scene.acyclic_groups import Below, all_below
from viz.scene.graph_arrays import GraphArrays

Users = tuple[int, ...]  # the parts that use a leaf

APART = 20  # boxes of leaves, or as many as there are others; instead of more, one holds all


class LeafPlacer:
    """Finds the part that a leaf lies in.

    scopes, below : for each part its scope, and the parts that it is computed from
    """

    def __init__(self, scopes: list[str], below: Below, root: int) -> None:
        self.scopes, self.below, self.root = scopes, below, root
        self.homes: dict[Users, int | None] = {}

    def place(self, graph: GraphArrays, part: np.ndarray) -> dict[Users, list[int]]:
        """Write the part of each leaf into `part`; return those that have none, by their users."""
        apart: dict[Users, list[int]] = {}
        for leaf, users in _users(graph, part, len(self.scopes)).items():
            home = self.home(users)
            if home is None:
                apart.setdefault(users, []).append(leaf)
            else:
                part[leaf] = home
        if len(apart) > max(APART, len(self.scopes)):
            return {(): sorted(leaf for leaves in apart.values() for leaf in leaves)}
        return apart

    def home(self, users: Users) -> int | None:
        """The only part among the users or, besides a penalty on weights and the like, the
        only module.  None if there is none, if it is the root's, which has a box to itself,
        or if a cycle would arise."""
        if users not in self.homes:
            self.homes[users] = self._home(users)
        return self.homes[users]

    def _home(self, users: Users) -> int | None:
        modules = [p for p in users if self.scopes[p]] if len(users) > 1 else list(users)
        if len(modules) != 1 or modules[0] == self.root:
            return None
        fed_by = all_below(self.below, modules[0]) if len(users) > 1 else set()
        return None if fed_by.intersection(users) else modules[0]


def _users(graph: GraphArrays, part: np.ndarray, count: int) -> dict[int, Users]:
    """For each leaf, the parts that use it."""
    edges = graph.leaf[graph.operand]
    pairs = np.unique(graph.operand[edges] * count + part[graph.result[edges]])
    users: dict[int, list[int]] = {}
    for leaf, p in zip((pairs // max(count, 1)).tolist(), (pairs % count).tolist(), strict=True):
        users.setdefault(leaf, []).append(p)
    return {leaf: tuple(parts) for leaf, parts in users.items()}


def frames_of_leaves(graph: GraphArrays) -> dict[int, str]:
    """For each leaf or constant the scope of all that use it, if there is only one."""
    users: dict[int, set[str]] = {}
    for operand, result in zip(graph.operand.tolist(), graph.result.tolist(), strict=True):
        if not graph.args[operand] and graph.scopes[result]:
            users.setdefault(operand, set()).add(graph.scopes[result])
    return {leaf: scopes.pop() for leaf, scopes in users.items() if len(scopes) == 1}


def name_of_leaves(graph: GraphArrays, leaves: list[int], module: str) -> str:
    """What a box of leaves is called: after the one module that uses them, or their labels."""
    if module:
        return f"weights of {module}"
    labels = [graph.nodes[k].label for k in leaves]
    if not all(labels):
        return "leaves"
    return ", ".join(labels) if len(labels) <= 3 else f"{labels[0]} ... {labels[-1]}"
