"""Where dot puts boxes of a known size and the arrows between them.

Only sizes go to dot and only positions come back, in points with y downwards; the
page draws the text itself.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import graphviz

from viz.graphviz.run_dot import TIMEOUT, lay_out

POINTS = 72.0  # dot measures boxes in inches
NUMBER = (48, 18)  # points that the number on an arrow takes up, with a little air below it

Point = tuple[float, float]


@dataclass(frozen=True)
class Curve:
    """An arrow: cubic Bézier curves, the tips beyond their two ends, where its number goes."""

    points: list[Point]
    tail: Point
    head: Point
    label: Point


@dataclass(frozen=True)
class Places:
    """The size of the whole, the middle of every box, every arrow."""

    size: Point
    boxes: dict[str, Point]
    curves: dict[str, Curve]


def places(
    boxes: Iterable[tuple[str, float, float]],
    arrows: Sequence[tuple[str, str, str]],
    rankdir: str,
    numbered: bool = True,
) -> Places:
    """Place boxes `(id, width, height)` and arrows `(id, tail, head)`.

    numbered : whether there is space for a number on every arrow
    """
    dot = graphviz.Digraph()
    dot.attr(rankdir=rankdir, nodesep="0.22", ranksep="0.25" if numbered else "1.2", pad="0.1")
    dot.attr("node", shape="box", fixedsize="true", label="")
    dot.attr("edge", dir="both", arrowsize="0.8")
    for key, width, height in boxes:
        dot.node(key, width=f"{width / POINTS:.4f}", height=f"{height / POINTS:.4f}")
    label = _empty_label() if numbered else ""
    for key, tail, head in arrows:
        dot.edge(tail, head, id=key, label=label)
    return _read(json.loads(lay_out(dot.source, "json0", TIMEOUT)))


def _empty_label() -> str:
    """An empty label that takes up the space of a number."""
    width, height = NUMBER
    return (
        f'<<TABLE FIXEDSIZE="TRUE" WIDTH="{width}" HEIGHT="{height}" BORDER="0" '
        'CELLPADDING="0" CELLSPACING="0"><TR><TD></TD></TR></TABLE>>'
    )


def _read(placed: dict[str, Any]) -> Places:
    """dot's answer, turned upside down: its y points upwards."""
    _, _, width, height = _numbers(placed["bb"])

    def point(text: str) -> Point:
        x, y = _numbers(text)
        return round(x, 1), round(height - y, 1)

    def curve(edge: dict[str, str]) -> Curve:
        tips, points = {}, []
        for word in edge["pos"].split():
            if word[0] in "se":
                tips[word[0]] = point(word[2:])
            else:
                points.append(point(word))
        middle = point(edge["lp"]) if "lp" in edge else _middle(points)
        return Curve(points, tips.get("s", points[0]), tips.get("e", points[-1]), middle)

    return Places(
        (round(width, 1), round(height, 1)),
        {box["name"]: point(box["pos"]) for box in placed["objects"]},
        {edge["id"]: curve(edge) for edge in placed.get("edges", [])},
    )


def _middle(points: list[Point]) -> Point:
    """The middle of the middle curve; every curve adds three points to the first."""
    start = 3 * ((len(points) - 1) // 3 // 2)
    a, b, c, d = points[start : start + 4]
    x, y = ((a[k] + 3 * b[k] + 3 * c[k] + d[k]) / 8 for k in (0, 1))
    return round(x, 1), round(y, 1)


def _numbers(text: str) -> list[float]:
    return [float(part) for part in text.split(",")]
