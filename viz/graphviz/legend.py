"""What stands below a picture: its title, how to read it, and what it does not show."""

from __future__ import annotations

from viz import style
from viz.graphviz.markup import markup
from viz.scene.elements import Scene

FLOWED = [
    "On an edge: partial x grad of the result, the gradient that backward()",
    "sends along it. What arrives at a box adds up to its grad.",
]
LEFT_OUT = [*FLOWED[:1], "sends along it."]  # what is not shown is missing from the sum
GROUPED = [
    "On an arrow: the gradient that backward() sends along it, summed over its edges,",
    "of the sum of their sizes. What arrives at a box adds up to what stands in it.",
    "|dC/dw|: the norm of the gradient over the leaves in a box.",
]
NOT_FLOWED = [
    "No gradients yet: call backward() on the last Value, then draw again.",
    "On an edge: the partial, d result / d operand.",
]
CONSTANT = "A constant: nothing was recorded that a gradient could flow to."
GROUPED_NOT_FLOWED = [*NOT_FLOWED[:1], "On an arrow: how many edges it stands for."]
ELSEWHERE = [
    "* This grad is not the sum of what arrives here: it was set or cleared,",
    "  or holds another backward() too.",
]
CROWDED = ["With so many arrows, the numbers are in tooltips; solid grey: they cancel out."]
BOXES = {
    "neuron": ("a neuron, or a formula outside neurons", "a formula"),
    "layer": ("a layer", "a formula"),
    "stage": ("a stage of layers", "a stage of the computation"),
}


def below(scene: Scene, title: str, legend: bool, timeout: float | None) -> str:
    """Title, legend, and notes that are always shown, as HTML-like lines.

    timeout : the seconds in which a picture in more detail could not be laid out, or None
    """
    lines = [f"<B>{markup(title)}</B>"] * bool(title)
    lines += [f"<B>{line}</B>" for line in _what_is_missing(scene, timeout)]
    grouped, root = scene.collapsed, scene.root.value
    if root is not None and root.constant:
        lines.append(f"<B>{CONSTANT}</B>")
    elif not scene.flowed:
        first, *others = GROUPED_NOT_FLOWED if grouped else NOT_FLOWED
        lines += [f"<B>{first}</B>", *others * legend]
    elif legend:
        explained = GROUPED if grouped else FLOWED
        if scene.left_out:
            explained = [*GROUPED[:1], "of the sum of their sizes."] if grouped else LEFT_OUT
        lines += [*explained, *CROWDED * scene.crowded, _colours()]
    if scene.flowed and not all(box.adds_up for box in scene.boxes):
        lines += ELSEWHERE
    return "".join(line + '<BR ALIGN="LEFT"/>' for line in lines)


def _what_is_missing(scene: Scene, timeout: float | None) -> list[str]:
    lines = []
    if timeout is not None:
        lines.append(f"In more detail it could not be laid out in {timeout:g} s.")
    if scene.collapsed:
        what = BOXES[scene.level][0 if scene.by_scope else 1]
        groups = sum(box.value is None for box in scene.boxes)
        lines.append(f"Collapsed: {groups} of {len(scene.boxes)} boxes, those with a double "
                     f"outline, are each {what}.")  # fmt: skip
        lines.append(f"{scene.values:,} Values, {scene.edges:,} edges: "
                     f"{scene.inside:,} edges are hidden inside boxes.")  # fmt: skip
    if scene.left_out:
        total = len(scene.arrows) + scene.left_out
        what = "arrows" if scene.collapsed else "edges"
        lines.append(f"The {len(scene.arrows)} strongest of {total} {what}: "
                     f"{scene.left_out} are not shown.")  # fmt: skip
    return lines


def _colours() -> str:
    parts = [
        (style.POSITIVE, "blue: positive"),
        (style.NEGATIVE_TEXT, "orange, diamond: negative"),
        (style.FAINT_TEXT, "dashed grey: exactly 0"),
    ]
    return "   ".join(f'<FONT COLOR="{colour}">{text}</FONT>' for colour, text in parts)
