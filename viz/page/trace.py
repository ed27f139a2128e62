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
from typing import Any

from autograd import Value
from viz import style
from viz.page.places import Curve, places
from viz.boxes import operation
from viz.scene import Arrow, Box, Scene, compose

CHARACTER = 7.25  # points: the width of one, 12 points high, monospaced
PADDING = 16.0
ROWS = 12  # characters that `data` and a number take up
HEIGHT = 60.0
LONGEST = 24  # characters of a name in its box; the page's text has all of them


def trace(root: Value, *, title: str, hide_constants: bool, rankdir: str) -> dict[str, Any]:
    """The graph below `root`: boxes with frontiers and places, edges with partials."""
    scene = compose(root, hide_constants, max_edges=_ALL)
    names = _names(scene.boxes)
    sizes = {box.id: _size(box, names[box.id]) for box in scene.boxes}
    placed = places(
        [(key, *size) for key, size in sizes.items()],
        [(arrow.id, arrow.operand, arrow.result) for arrow in scene.arrows],
        rankdir,
    )
    place = {box.id: k for k, box in enumerate(scene.boxes)}
    ends = [(place[arrow.operand], place[arrow.result]) for arrow in scene.arrows]
    forward, backward = frontiers(len(place), ends)
    # Any other grad in the graph without one at the root is of another backward().
    flowed = root.grad != 0.0
    return {
        "title": title,
        "flowed": flowed,
        "root": place[next(box.id for box in scene.boxes if box.is_root)],
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


_ALL = 10**9  # edges: the page leaves none out


def frontiers(count: int, ends: list[tuple[int, int]]) -> tuple[list[int], list[int]]:
    """At which step each box is reached, forward and backward.

    `ends` are pairs (operand, result), ordered by their results, operands first.

    >>> frontiers(3, [(0, 1), (0, 2), (1, 2)])
    ([0, 1, 2], [2, 1, 0])
    """
    forward, backward = [0] * count, [0] * count
    for operand, result in ends:
        forward[result] = max(forward[result], forward[operand] + 1)
    for operand, result in reversed(ends):
        backward[operand] = max(backward[operand], backward[result] + 1)
    return forward, backward


def plain(x: float) -> float | str:
    """`x`, or its name where JSON has no number for it."""
    return x if math.isfinite(x) else str(x)


# ── boxes ──────────────────────────────────────────────────────────────────────


def _names(boxes: list[Box]) -> dict[str, str]:
    """A name for every box, each different: its label, or its id, or both."""
    labels = {box.id: _line(box.value.label) for box in boxes}
    for box in boxes:
        if box.is_root and not labels[box.id] and "C" not in labels.values():
            labels[box.id] = "C"
    often = Counter(labels.values())
    ids = labels.keys()
    names = {}
    for key, label in labels.items():
        alone = often[label] == 1 and (label not in ids or label == key)
        names[key] = key if not label else label if alone else f"{label} ({key})"
    return names


def _line(label: str) -> str:
    """`label` in one line, what cannot be printed spelled out as Python would."""
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in " ".join(label.split()))


def _size(box: Box, name: str) -> tuple[float, float]:
    op = operation(box)
    header = columns(op) + columns(name[:LONGEST]) + (2 if op else 0)
    return round(max(ROWS, header) * CHARACTER + PADDING, 1), HEIGHT


def columns(text: str) -> int:
    """How many monospaced columns `text` takes up."""
    wide = sum(unicodedata.east_asian_width(c) in "WF" for c in text)
    return len(text) + wide


def _node(box: Box, name: str, scene: Scene, flowed: bool) -> dict[str, Any]:
    v = box.value
    node: dict[str, Any] = {"id": box.id, "name": name, "data": plain(v.data)}
    if v.op:
        node |= {"op": v.op, "symbol": operation(box)}
    if v.label:
        node["label"] = v.label
    if v.constant:
        node["constant"] = True
    elif flowed:
        node |= {"grad": plain(v.grad), "s": _strength(v.grad, scene)}
    if not box.adds_up:
        node["elsewhere"] = True
    return node


def _strength(g: float, scene: Scene) -> float:
    return round(style.strength(g, scene.largest), 2)


# ── edges ──────────────────────────────────────────────────────────────────────


def _edge(arrow: Arrow, scene: Scene) -> dict[str, Any]:
    edge: dict[str, Any] = {
        "id": arrow.id,
        "partial": plain(arrow.edge.partial),
        "s": _strength(arrow.flow, scene),
    }
    if not arrow.edge.carries:
        edge["blocked"] = True
    return edge


def _path(curve: Curve) -> dict[str, Any]:
    first, *rest = (f"{x:g},{y:g}" for x, y in curve.points)
    line = f"{first}C{' '.join(rest)}" if rest else first
    return {"line": line, "tail": curve.tail, "tip": curve.head, "at": curve.label}
