"""A picture, read back from the SVG that is drawn of it."""

import math
import re
import xml.etree.ElementTree as ET
from dataclasses import dataclass

import pytest

SVG, LINK = "{http://www.w3.org/2000/svg}", "{http://www.w3.org/1999/xlink}"
NUMBER = r"[+-]?(?:[\d.]+(?:e[+-]?\d+)?|inf|nan)"


@dataclass
class Shape:
    """A box or an arrow as drawn."""

    id: str
    title: str  # n3, or n3->n7
    lines: list[str]
    tooltip: str
    looks: dict[str, str]  # of the box's outline, of the arrow's line

    @property
    def rows(self):
        """What stands beside data and grad."""
        return dict(zip(self.lines, self.lines[1:], strict=False))


class Drawing:
    """All boxes and arrows, by id, and the lines of text below them."""

    def __init__(self, svg: bytes):
        root = ET.fromstring(svg)
        groups = list(root.iter(SVG + "g"))
        self.boxes = {g.get("id"): shape(g) for g in groups if g.get("class") == "node"}
        self.arrows = {g.get("id"): shape(g) for g in groups if g.get("class") == "edge"}
        whole = next(g for g in groups if g.get("class") == "graph")
        self.below = " ".join(spaces(text.text).strip() for text in whole.findall(SVG + "text"))

    def into(self, id):
        """The arrows whose heads lie at box `id`."""
        return [arrow for arrow in self.arrows.values() if arrow.title.split("->")[0] == id]

    def named(self, label):
        """The box with that label."""
        (box,) = (box for box in self.boxes.values() if label in box.lines)
        return box


def shape(group):
    outline = next(e for tag in ("path", "polygon") for e in group.iter(SVG + tag))
    lines = [spaces(text.text).strip() for text in group.iter(SVG + "text")]
    links = [a.get(LINK + "title") for a in group.iter(SVG + "a")]
    title = group.find(SVG + "title").text
    return Shape(
        group.get("id"),
        title,
        [line for line in lines if line],
        links[0] if links else "",
        dict(outline.attrib),
    )


def spaces(text):
    return (text or "").replace("\xa0", " ")


def sums(tooltip):
    """What arrives, with its signs and without, with all digits."""
    match = re.search(rf"(?:arrives|sum) ({NUMBER}), sizes ({NUMBER})", tooltip)
    return float(match[1]), float(match[2])


def named(drawing):
    """The boxes of groups, by name."""
    return {box.lines[0]: box for box in drawing.boxes.values() if box.id[0] == "g"}


def check_sums(drawing):
    """The arrows into a box add up to what stands in it."""
    for box in drawing.boxes.values():
        arrows = drawing.into(box.id)
        flows = [sums(arrow.tooltip) for arrow in arrows]
        net_sum, sizes = math.fsum(f for f, _ in flows), math.fsum(s for _, s in flows)
        close = {"rel": 1e-9, "abs": 1e-11 * sizes}
        if box.id[0] == "g":
            assert sums(box.tooltip) == (
                pytest.approx(net_sum, **close),
                pytest.approx(sizes, rel=1e-9),
            )
        elif arrows:  # a single Value; nothing arrives at the root
            assert float(box.tooltip.rsplit("grad ", 1)[1]) == pytest.approx(net_sum, **close)
