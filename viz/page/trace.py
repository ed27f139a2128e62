"""A scene as the page needs it: plain data, ready for JSON.

frontier   all Values that are reached at the same step: forward, those whose longest
           path from a leaf is as long; backward, those whose longest path to the root
           is.  So a Value comes after everything it depends on, and a dead branch is not followed
           first.
"""

from __future__ import annotations

import math
import unicodedata
from collections import Counter
from collections.abc import Iterable
from graphlib import TopologicalSorter
from typing import Any

from viz import style
from viz.page.places import Curve, places
from viz.scene.elements import Arrow, Box, Scene
from viz.text import printable

CROWD = 2.5  # arrows per box; with more, their numbers would hide the boxes
CHARACTER = 7.25  # points: the width of one, 12 points high, monospaced
PADDING = 16.0
ROWS = 12  # characters that `data` and a number take up
FORMULAS = {"neuron": "formula", "layer": "formula", "stage": "stage"}  # where no scope is known
GROUP_ROWS = 17  # the same for a group, whose rows have longer names
HEIGHT = 60.0
LONGEST = 24  # characters of a name in its box; the page's text has all of them


def trace(scene: Scene, *, title: str, rankdir: str) -> dict[str, Any]:
    """The boxes with their frontiers and places, the arrows with what flows along them.

    Boxes are Values and arrows edges with their partials; or in a collapsed graph groups
    of Values and all the edges between two of them.
    """
    names = _names(scene)
    sizes = {box.id: _size(box, names[box.id]) for box in scene.boxes}
    crowded = len(scene.arrows) > CROWD * len(scene.boxes)
    placed = places(
        [(key, *size) for key, size in sizes.items()],
        [(arrow.id, arrow.operand, arrow.result) for arrow in scene.arrows],
        rankdir,
        numbered=not crowded,
    )
    place = {box.id: k for k, box in enumerate(scene.boxes)}
    ends = [(place[arrow.operand], place[arrow.result]) for arrow in scene.arrows]
    forward, backward = frontiers(len(place), ends)
    # Any other grad in the graph without one at the root is of another backward().
    flowed = scene.root.net != 0.0
    page: dict[str, Any] = {
        "title": title,
        "flowed": flowed,
        "root": place[scene.root.id],
        "size": placed.size,
        "nodes": [
            {
                **_node(box, names[box.id], scene, flowed),
                "f": forward[k],
                "b": backward[k],
                "at": placed.boxes[box.id],
                "size": sizes[box.id],
            }
            for k, box in enumerate(scene.boxes)
        ],
        "edges": [
            {**_edge(arrow, scene), "ends": pair, **_path(placed.curves[arrow.id])}
            for arrow, pair in zip(scene.arrows, ends, strict=True)
        ],
    }
    return page | _summary(scene) | ({"crowded": True} if crowded else {})


def _summary(scene: Scene) -> dict[str, Any]:
    """What is not shown."""
    summary: dict[str, Any] = {"leftOut": scene.left_out} if scene.left_out else {}
    if scene.collapsed:
        by = scene.level if scene.by_scope else FORMULAS[scene.level]
        counts = {"values": scene.values, "edges": scene.edges, "inside": scene.inside}
        summary["collapsed"] = {"by": by, **counts}
    return summary


def frontiers(count: int, ends: Iterable[tuple[int, int]]) -> tuple[list[int], list[int]]:
    """At which step each box is reached, forward and backward.

    `ends` are pairs (operand, result); there are no cycles.

    >>> frontiers(3, [(0, 1), (0, 2), (1, 2)])
    ([0, 1, 2], [2, 1, 0])
    """
    operands: dict[int, list[int]] = {k: [] for k in range(count)}
    for operand, result in ends:
        operands[result].append(operand)
    in_order = list(TopologicalSorter(operands).static_order())
    forward, backward = [0] * count, [0] * count
    for k in in_order:
        forward[k] = max((forward[x] + 1 for x in operands[k]), default=0)
    for k in reversed(in_order):
        for x in operands[k]:
            backward[x] = max(backward[x], backward[k] + 1)
    return forward, backward


def plain(x: float) -> float | str:
    """`x`, or its name if JSON has no such number."""
    return x if math.isfinite(x) else str(x)


# ── boxes ──────────────────────────────────────────────────────────────────────


def _names(scene: Scene) -> dict[str, str]:
    """A name for every box, each different: its label, or its id, or both."""
    labels = {box.id: printable(" ".join(box.name.split())) for box in scene.boxes}
    if not labels[scene.root.id] and "C" not in labels.values():
        labels[scene.root.id] = "C"
    often = Counter(labels.values())
    names = {}
    for key, label in labels.items():
        unique = often[label] == 1 and (label not in labels or label == key)
        names[key] = key if not label else label if unique else f"{label} ({key})"
    return names


def _size(box: Box, name: str) -> tuple[float, float]:
    rows, header = (GROUP_ROWS, "") if box.value is None else (ROWS, box.operations)
    width = max(rows, columns(header) + columns(name[:LONGEST]) + 2)
    return round(width * CHARACTER + PADDING, 1), HEIGHT


def columns(text: str) -> int:
    """How many monospaced columns `text` takes up."""
    wide = sum(unicodedata.east_asian_width(c) in "WF" for c in text)
    return len(text) + wide


def _node(box: Box, name: str, scene: Scene, flowed: bool) -> dict[str, Any]:
    node: dict[str, Any] = {"id": box.id, "name": name} | _contents(box, flowed)
    if box.name:
        node["label"] = box.name
    if box.frame:
        node["scope"] = box.frame
    if flowed and "constant" not in node:  # of a group, what arrives in it
        node |= {"grad": plain(box.gradient), "s": _strength(box.sizes, scene)}
    if not box.adds_up:
        node["elsewhere"] = True
    return node


def _contents(box: Box, flowed: bool) -> dict[str, Any]:
    """The fields that only a single Value, or only a group, has."""
    v = box.value
    if v is None:
        norm = {"norm": plain(box.grad_w)} if flowed else {}
        group = {"values": box.values, "leaves": box.leaves} | norm
        return {"group": group, "op": box.operations}
    contents: dict[str, Any] = {"data": plain(v.data)}
    if v.op:
        contents |= {"op": v.op, "symbol": box.operations}
    if v.constant:
        contents["constant"] = True
    return contents


def _strength(g: float, scene: Scene) -> float:
    return round(style.strength(g, scene.largest), 2)


# ── edges ──────────────────────────────────────────────────────────────────────


def _edge(arrow: Arrow, scene: Scene) -> dict[str, Any]:
    edge: dict[str, Any] = {"id": arrow.id, "flow": plain(arrow.gradient)}
    edge["s"] = _strength(arrow.sizes, scene)
    if arrow.edge is None:
        return edge | {"edges": arrow.edges, "sizes": plain(arrow.sizes)}
    edge["partial"] = plain(arrow.edge.partial)
    if not arrow.sends:
        edge["blocked"] = True
    return edge


def _path(curve: Curve) -> dict[str, Any]:
    first, *rest = (f"{x:g},{y:g}" for x, y in curve.points)
    line = f"{first}C{' '.join(rest)}" if rest else first
    return {"line": line, "tail": curve.tail, "tip": curve.head, "at": curve.label}
