"""Which Values share a box.

"none"    every Value has its own box
"neuron"  Values of one scope, the dotted name of the innermost module, as
          `layers.0.neurons.2`; those of no scope share one by the formula that computed them
"layer"   the neurons of one list that do not feed one another, as `layers.0`
"stage"   layers in the order in which they are computed, cut into a few dozen bands

A module used at many time steps has a box for each step (`viz.scene.acyclic_groups`).  The
examples of a batch share a box.  Leaves lie with what uses them (`viz.scene.leaves`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np

from viz.scene.acyclic_groups import acyclic_groups, depths, groups_below
from viz.scene.graph_arrays import GraphArrays
from viz.scene.layers import formulas, layers
from viz.scene.leaves import LeafPlacer, frames_of_leaves, name_of_leaves

LEVELS = ("neuron", "layer", "stage")
STAGES = 40  # a row of so many boxes can still be followed


@dataclass(frozen=True)
class Partition:
    """The box of every Value.

    Attributes
    ----------
    level : str
        "none", or one of `LEVELS`.
    part : array of int
        For each node its part, -1 for what is not drawn.
    names : list of str
        For each part.
    frames : list of str
        For each part the module or layer around it, or "".
    by_scope : bool
        Whether any Value has a scope; if none has, formulas took their place.
    only : array of int
        For each part the one node in it, -1 if there are several.
    """

    level: str
    part: np.ndarray
    names: list[str]
    frames: list[str]
    by_scope: bool
    only: np.ndarray = field(init=False, repr=False)

    def __post_init__(self) -> None:
        nodes = np.flatnonzero(self.part >= 0)
        only = np.full(len(self.names), -1)
        only[self.part[nodes]] = nodes
        only[np.bincount(self.part[nodes], minlength=len(only)) > 1] = -1
        object.__setattr__(self, "only", only)

    @property
    def collapsed(self) -> bool:
        """Whether Values share boxes."""
        return self.level != "none"


def singles(graph: GraphArrays, hide_constants: bool) -> Partition:
    """Every Value by itself."""
    shown = ~graph.constant if hide_constants else np.ones(len(graph), dtype=bool)
    shown[-1] = True
    part = np.where(shown, np.cumsum(shown) - 1, -1)
    of_leaves = frames_of_leaves(graph)
    nodes = np.flatnonzero(shown).tolist()
    frames = [graph.scopes[k] or of_leaves.get(k, "") for k in nodes]
    return Partition("none", part, [""] * len(nodes), frames, any(graph.scopes))


def partition(graph: GraphArrays, level: str) -> Partition:
    """The parts of `graph` at one of `LEVELS`."""
    by_scope = any(graph.scopes)
    keys: Sequence[Hashable] = formulas(graph)
    groups = acyclic_groups(graph.args, keys)
    layer = layers(graph, groups)
    if level == "neuron":
        return _with_leaves(graph, level, groups, _names(graph, groups, {}), frames=layer)
    step = _steps(keys, groups)
    keys = [
        (layer[scope], step[g])
        if g >= 0 and (scope := graph.scopes[k])
        else ""  # beside layers, all that lies in no module is one thing
        if by_scope
        else keys[k]
        for k, g in enumerate(groups)
    ]
    groups = acyclic_groups(graph.args, keys)
    names = _names(graph, groups, layer)
    if level == "stage":
        groups, names = _stages(groups, names, depths(groups_below(graph.args, groups)))
    return _with_leaves(graph, level, groups, names, called=layer)


def _steps(keys: Sequence[Hashable], groups: list[int]) -> dict[int, int]:
    """For each group, its time step: its place among those of its key."""
    of_key: dict[Hashable, set[int]] = {}
    for key, g in zip(keys, groups, strict=True):
        of_key.setdefault(key, set()).add(g)
    return {g: step for same in of_key.values() for step, g in enumerate(sorted(same))}


def _stages(
    groups: list[int], names: list[str], depth: dict[int, int]
) -> tuple[list[int], list[str]]:
    """Groups and names after cutting the computation into at most `STAGES` bands."""
    deepest = max(depth.values(), default=0)
    count = min(STAGES, deepest + 1)
    band = {g: d * count // (deepest + 1) for g, d in depth.items()}
    members: dict[int, list[str]] = {}
    for g in sorted(band, key=lambda g: (depth[g], g)):
        members.setdefault(band[g], []).append(names[g])
    spans = [
        inside[0] if len(inside) == 1 else f"{inside[0]} ... {inside[-1]}"
        for _, inside in sorted(members.items())
    ]
    return [band[g] if g >= 0 else -1 for g in groups], spans


# ── names ──────────────────────────────────────────────────────────────────────


def _names(graph: GraphArrays, groups: list[int], layer: dict[str, str]) -> list[str]:
    """For each group its scope, numbered if it has several steps, or its operations."""
    members: dict[int, list[int]] = {}
    for k, g in enumerate(groups):
        if g >= 0:
            members.setdefault(g, []).append(k)
    names = []
    for g in range(len(members)):
        scope = graph.scopes[members[g][0]]
        names.append(layer.get(scope, scope) or _symbols(graph, members[g]))
    return _numbered(names)


def _symbols(graph: GraphArrays, members: Iterable[int]) -> str:
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


# ── the whole partition ────────────────────────────────────────────────────────


def _with_leaves(
    graph: GraphArrays,
    level: str,
    groups: list[int],
    names: list[str],
    *,
    frames: dict[str, str] | None = None,
    called: dict[str, str] | None = None,
) -> Partition:
    """The partition of the computed nodes, with the root by itself and the leaves placed
    where they are used.

    frames, called : for each scope the layer around it, and the name it goes by
    """
    frames, called = frames or {}, called or {}
    part, names = np.array(groups), list(names)
    if graph.args[-1] and groups.count(groups[-1]) > 1:
        part[-1] = len(names)
        names.append(graph.root.label or graph.root._op)
    part[graph.constant] = -1
    scopes = [""] * len(names)
    for k in np.flatnonzero(part >= 0).tolist():
        scopes[part[k]] = graph.scopes[k]
    placer = LeafPlacer(scopes, groups_below(graph.args, part.tolist()), root=int(part[-1]))
    for users, leaves in placer.place(graph, part).items():
        part[leaves] = len(names)
        modules = {called.get(scopes[p], scopes[p]) for p in users}
        names.append(name_of_leaves(graph, leaves, modules.pop() if len(modules) == 1 else ""))
    if graph.leaf[-1]:  # the root by itself
        part[-1] = len(names)
        names.append(graph.root.label or "leaf")
    layer_of = [frames.get(scope, "") for scope in scopes]
    layer_of += [""] * (len(names) - len(layer_of))
    return Partition(level, part, names, layer_of, any(graph.scopes))
