"""A graph as the page needs it: plain data, ready for JSON.

frontier   all Values that are reached at the same step: forward, those whose longest
           way from a leaf is as long; backward, those whose longest way to the root
           is.  So a Value comes after all that it waits for, and a dead branch is
           not run down first.
"""

from __future__ import annotations

import math
import unicodedata
from collections import Counter
from collections.abc import Iterable
from graphlib import TopologicalSorter
from typing import Any

from autograd import Value
from viz import style
from viz.boxes import operation
from viz.bundles import net_of
from viz.collapse import arranged
from viz.page.places import Curve, places
from viz.scene import Arrow, Box, Bundle, Group, Scene

MAX_BOXES = 300
MAX_EDGES = 600
CROWD = 2.5  # arrows a box; of more, their numbers would hide the boxes
CHARACTER = 7.25  # points: the width of one, 12 points high, monospaced
PADDING = 16.0
ROWS = 12  # characters that `data` and a number take up
FORMULAS = {"neuron": "formula", "layer": "formula", "stage": "stage"}  # where no scope is known
GROUP_ROWS = 17  # of a group's rows, which have longer names
HEIGHT = 60.0
LONGEST = 24  # characters of a name in its box; the page's text has all of them


def trace(
    root: Value, *, title: str, collapse: str, hide_constants: bool, rankdir: str
) -> dict[str, Any]:
    """The graph below `root`: boxes with frontiers and places, edges with partials.

    Of a collapsed graph, groups of Values with what arrives in them, and bundles of
    edges with what flows along them.
    """
    scene = arranged(root, collapse, hide_constants, MAX_BOXES, MAX_EDGES)
    names = _names(scene)
    sizes = {box.id: _size(box, names[box.id]) for box in scene.boxes}
    placed = places(
        [(key, *size) for key, size in sizes.items()],
        [(arrow.id, arrow.operand, arrow.result) for arrow in scene.arrows],
        rankdir,
        numbered=not (crowded := len(scene.arrows) > CROWD * len(scene.boxes)),
    )
    place = {box.id: k for k, box in enumerate(scene.boxes)}
    ends = [(place[arrow.operand], place[arrow.result]) for arrow in scene.arrows]
    forward, backward = frontiers(len(place), ends)
    # Any other grad in the graph without one at the root is of another backward().
    flowed = root.grad != 0.0
    page: dict[str, Any] = {
        "title": title,
        "flowed": flowed,
        "root": place[_root(scene)],
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
    if scene.level != "none":
        counted = {"values": scene.values, "edges": scene.edges, "inside": scene.inside}
        by = scene.level if scene.by_scope else FORMULAS[scene.level]
        page["collapsed"] = {"by": by, **counted}
    if crowded:
        page["crowded"] = True
    if scene.left_out:
        page["leftOut"] = scene.left_out
    return page


def frontiers(count: int, ends: Iterable[tuple[int, int]]) -> tuple[list[int], list[int]]:
    """At which step each box is reached, forward and backward.

    `ends` are pairs (operand, result); nothing goes in a circle.

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
    """`x`, or its name where JSON has no number for it."""
    return x if math.isfinite(x) else str(x)


# ── boxes ──────────────────────────────────────────────────────────────────────


def _names(scene: Scene) -> dict[str, str]:
    """A name for every box, each different: its label, or its id, or both."""
    labels = {box.id: _line(_label(box)) for box in scene.boxes}
    root = _root(scene)
    if not labels[root] and "C" not in labels.values():
        labels[root] = "C"
    often = Counter(labels.values())
    names = {}
    for key, label in labels.items():
        alone = often[label] == 1 and (label not in labels or label == key)
        names[key] = key if not label else label if alone else f"{label} ({key})"
    return names


def _root(scene: Scene) -> str:
    """The one box that goes into no other."""
    operands = {arrow.operand for arrow in scene.arrows}
    return next(box.id for box in scene.boxes if box.id not in operands)


def _label(box: Box | Group) -> str:
    return box.name if isinstance(box, Group) else box.value.label


def _line(label: str) -> str:
    """`label` in one line, what cannot be printed spelled out as Python would."""
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in " ".join(label.split()))


def _size(box: Box | Group, name: str) -> tuple[float, float]:
    op = "" if isinstance(box, Group) else operation(box)
    header = columns(op) + columns(name[:LONGEST]) + 2
    rows = GROUP_ROWS if isinstance(box, Group) else ROWS
    return round(max(rows, header) * CHARACTER + PADDING, 1), HEIGHT


def columns(text: str) -> int:
    """How many monospaced columns `text` takes up."""
    wide = sum(unicodedata.east_asian_width(c) in "WF" for c in text)
    return len(text) + wide


def _node(box: Box | Group, name: str, scene: Scene, flowed: bool) -> dict[str, Any]:
    node: dict[str, Any] = {"id": box.id, "name": name}
    node |= _group(box, scene, flowed) if isinstance(box, Group) else _value(box, scene, flowed)
    if box.scope:
        node["scope"] = box.scope
    if not box.adds_up:
        node["elsewhere"] = True
    return node


def _value(box: Box, scene: Scene, flowed: bool) -> dict[str, Any]:
    v = box.value
    node: dict[str, Any] = {"data": plain(v.data)}
    if v.op:
        node |= {"op": v.op, "symbol": operation(box)}
    if v.label:
        node["label"] = v.label
    if v.constant:
        node["constant"] = True
    elif flowed:
        node |= {"grad": plain(v.grad), "s": _strength(v.grad, scene)}
    return node


def _group(group: Group, scene: Scene, flowed: bool) -> dict[str, Any]:
    """A group; its "grad" is what arrives in it."""
    known: dict[str, Any] = {"values": group.values, "leaves": group.leaves}
    node: dict[str, Any] = {"group": known, "label": group.name, "op": group.operations}
    if flowed:
        known["norm"] = plain(group.grad_w)
        node |= {"grad": plain(net_of(group)), "s": _strength(group.sizes, scene)}
    return node


def _strength(g: float, scene: Scene) -> float:
    return round(style.strength(g, scene.largest), 2)


# ── edges ──────────────────────────────────────────────────────────────────────


def _edge(arrow: Arrow | Bundle, scene: Scene) -> dict[str, Any]:
    edge: dict[str, Any] = {"id": arrow.id}
    if isinstance(arrow, Bundle):
        numbers = {"flow": plain(net_of(arrow)), "sizes": plain(arrow.sizes)}
        return edge | {"edges": arrow.edges, **numbers, "s": _strength(arrow.sizes, scene)}
    edge |= {"partial": plain(arrow.edge.partial), "s": _strength(arrow.flow, scene)}
    if not arrow.edge.carries:
        edge["blocked"] = True
    return edge


def _path(curve: Curve) -> dict[str, Any]:
    first, *rest = (f"{x:g},{y:g}" for x, y in curve.points)
    line = f"{first}C{' '.join(rest)}" if rest else first
    return {"line": line, "tail": curve.tail, "tip": curve.head, "at": curve.label}
