"""Boxes and arrows as Graphviz's attributes.

A single Value's box has data and grad, square corners if it is a leaf, round ones if it was
computed; a group's has a double outline, since there is more inside.
"""

from __future__ import annotations

import math

from viz import style
from viz.graphviz.markup import heading, markup, quoted, row, table
from viz.scene.elements import Arrow, Box, Flow, Scene
from viz.text import number, shortened, size


def box_attributes(box: Box, scene: Scene) -> dict[str, str]:
    """The attributes of a box."""
    if box.value is not None and box.value.constant:
        return _constant(box)
    faint = scene.flowed and box.sizes == 0.0 and box.grad_w == 0.0
    rows, details = (_group if box.value is None else _single)(box, scene.flowed)
    outline = {"peripheries": "2"} if box.value is None else {"penwidth": str(1 + box.is_root)}
    return outline | {
        "id": box.id,
        "label": f"<{table(rows)}>",
        "tooltip": quoted("\n".join(details)),
        "style": "filled" if box.values == box.leaves else "filled,rounded",
        "fillcolor": style.fill(box.gradient, style.strength(box.sizes, scene.largest)),
        "color": style.colour(box.gradient) if scene.flowed else style.NEUTRAL,
        "fontcolor": style.FAINT_TEXT if faint else "black",
    }


def _constant(box: Box) -> dict[str, str]:
    """The attributes of a number to which no gradient flows: small and grey."""
    assert box.value is not None
    lines = [markup(shortened(box.name))] * bool(box.name) + [f"{box.value.data:g}"]
    return {
        "id": box.id,
        "label": f"<{'<BR/>'.join(lines)}>",
        "tooltip": quoted("\n".join(_single(box, flowed=False)[1])),
        "fontsize": "9",
        "fontcolor": style.FAINT_TEXT,
        "color": style.ZERO,
        "margin": "0.04,0.02",
        "width": "0",
        "height": "0",
    }


def _single(box: Box, flowed: bool) -> tuple[list[str], list[str]]:
    """The rows in a single Value's box, and the lines of its tooltip, with all digits."""
    v = box.value
    assert v is not None
    symbol, name = markup(box.operations), f"<B>{markup(shortened(v.label))}</B>"
    if v.op and v.label:  # apart, so that `0.5 *` and `E` do not read as a product
        rows = [row(symbol, name)]
    else:
        rows = [heading(symbol if v.op else name)] if v.op or v.label else []
    rows.append(row("data", number(v.data)))
    details = [" ".join(filter(None, [v.op or "leaf", v.label])), f"data {v.data!r}"]
    if flowed:
        rows.append(row("grad", number(v.grad) + "*" * (not box.adds_up)))
        details.append(f"grad {v.grad!r}")
    return rows, details


def _group(box: Box, flowed: bool) -> tuple[list[str], list[str]]:
    """The rows in the box of several Values, and the lines of its tooltip, with all digits."""
    rows = [heading(f"<B>{markup(shortened(box.name))}</B>"), row("Values", f"{box.values:,}")]
    leaves = f"{box.leaves:,} leaves" if box.leaves else ""
    details = [box.name, ", ".join(filter(None, [box.operations, leaves]))]
    if box.leaves:
        rows.append(row("leaves", f"{box.leaves:,}"))
    if flowed and box.leaves:
        rows.append(row("|dC/dw|", size(box.grad_w)))
    if flowed:
        rows.append(row("arrives", _sum(box) + "*" * (not box.adds_up)))
        details.append(f"arrives {box.net!r}, sizes {box.sizes!r}, norm of dC/dw {box.grad_w!r}")
    return rows, details


def arrow_attributes(arrow: Arrow, scene: Scene) -> dict[str, str]:
    """The attributes of an arrow; where they are crowded its number stands only in the tooltip."""
    if arrow.edge is not None and arrow.edge.operand.constant:  # nothing is sent: no arrowhead
        return {"id": arrow.id, "dir": "none", "color": style.ZERO, "penwidth": "0.6"}
    text, details = _texts(arrow, scene.flowed)
    looks = _looks(arrow, scene.largest) if scene.flowed else {"color": style.NEUTRAL}
    # dot sets a label on its line: the small empty line below lifts it off
    label = {"label": f'< {text} <BR/><FONT POINT-SIZE="4"> </FONT>>'}
    tooltips = {"tooltip": quoted(details), "labeltooltip": quoted(details)}
    return {"id": arrow.id} | (label if not scene.crowded else {}) | tooltips | looks


def _texts(arrow: Arrow, flowed: bool) -> tuple[str, str]:
    """What stands on an arrow, and in its tooltip."""
    edge = arrow.edge
    if edge is None:
        edges = f"{arrow.edges:,} edge{'s' * (arrow.edges != 1)}"
        details = f"{edges}: sum {arrow.net!r}, sizes {arrow.sizes!r}"
        return (_sum(arrow), details) if flowed else (edges, edges)
    if not flowed:
        return number(edge.partial), f"partial {edge.partial!r}"
    details = f"partial {edge.partial!r} x grad {edge.result.grad!r} = {arrow.net!r}"
    return number(arrow.net), details


def _looks(arrow: Arrow, largest: float) -> dict[str, str]:
    """The colour and the head for the sign, the width for the size."""
    net, sizes = arrow.gradient, arrow.sizes
    looks = {"style": "dashed", "arrowtail": "tee"} if sizes == 0.0 else {}
    if net < 0.0:
        looks["arrowtail"] = "diamond"
    return looks | {
        "color": style.colour(net) if net or not sizes else style.NEUTRAL,  # all cancels out
        "fontcolor": style.text_colour(net),
        "penwidth": f"{style.width(style.strength(sizes, largest)):.2f}",
    }


def _sum(x: Flow) -> str:
    """The sum with its signs; where signs differ, followed by the sum of the sizes."""
    net, sizes = x.gradient, x.sizes
    if math.isclose(abs(net), sizes, rel_tol=1e-9) or not math.isfinite(sizes):
        return number(net)
    return f"{number(net)} of {size(sizes)}"
