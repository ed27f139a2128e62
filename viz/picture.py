"""A scene written down for Graphviz.

box      a Value: its operation and name, its data, its grad (∂C/∂ it)
         leaves have square corners, operations round ones
arrow    from a result to its operand, as backward() goes; on it the flow,
         partial × grad of the result: what the result adds to the operand's grad
width, depth of colour      how strong, on a logarithmic scale (`viz.style`)
blue, orange, dashed grey   positive, negative, exactly zero
"""

from __future__ import annotations

import graphviz

from autograd import Value
from autograd.graph import row as row_of
from viz import style
from viz.dot import use_a_dot
from viz.scene import Arrow, Box, Scene, compose
from viz.text import markup, number, quoted, shortened

DIRECTIONS = ("LR", "RL", "TB", "BT")
CROWD = 25  # arrows; so many need more room to spread out

FLOWED = [
    "On an edge: partial x grad of the result, the gradient that backward()",
    "sends along it. What arrives at a box adds up to its grad.",
]
LEFT_OUT = [*FLOWED[:1], "sends along it."]  # what is not shown is missing from the sum
NOT_FLOWED = [
    "No gradients yet: call backward() on the last Value, then draw again.",
    "On an edge: the partial, d result / d operand.",
]
ELSEWHERE = [
    "* This grad is not the sum of what arrives here: it was set or cleared,",
    "  or holds another backward() too.",
]


def draw(
    root: Value,
    *,
    title: str = "",
    hide_constants: bool = True,
    max_edges: int = 300,
    rankdir: str = "LR",
    format: str = "svg",
    legend: bool = True,
) -> graphviz.Digraph:
    """The graph that `root` rests on, with the gradients of the last `backward()`.

    A notebook shows it; `viz.save` or its own `render` write it to a file.  Where
    backward() was not called, the picture says so and shows the partials.

    Parameters
    ----------
    root : Value
        Usually the cost, after `root.backward()`.
    title : str
        A line above the picture's legend.
    hide_constants : bool
        Leave out plain numbers, to which no gradient flows; the header of an
        operation names them, as in `** 2`.
    max_edges : int
        Of more edges than this only the strongest that hang together with the
        root are drawn, and the picture says how many are not.
    rankdir : {"LR", "RL", "TB", "BT"}
        Where the root lies: right, left, at the bottom, on top.
    format : str
        What `render` and `pipe` of the result give unless told otherwise.
    legend : bool
        Whether to say below the picture what is seen.

    Raises
    ------
    TypeError
        If `root` is not a Value.
    ValueError
        If `max_edges` or `rankdir` is none of the above.

    >>> from autograd import Value
    >>> from viz import draw
    >>> x = Value(3.0, label="x")
    >>> y = x * x
    >>> y.backward()
    >>> picture = draw(y)               # two edges into x, +3.000 along each
    >>> picture.format
    'svg'
    """
    if not isinstance(root, Value):
        raise TypeError(f"draw() takes a Value, usually the cost, not {type(root).__name__}")
    if max_edges < 1:
        raise ValueError(f"max_edges must be at least 1, not {max_edges}")
    if rankdir not in DIRECTIONS:
        raise ValueError(f"rankdir is one of {', '.join(DIRECTIONS)}, not {rankdir!r}")
    use_a_dot()
    scene = compose(root, hide_constants, max_edges)
    dot = graphviz.Digraph("gradients", format=format)
    apart = "0.6" if len(scene.arrows) < CROWD else "1.1"
    dot.attr(rankdir=rankdir, nodesep="0.15", ranksep=apart, fontname=style.FONT, fontsize="11")
    dot.attr("node", shape="box", fontname=style.FONT, fontsize="12", margin="0.08,0.05")
    dot.attr("edge", dir="back", fontname=style.FONT, fontsize="11", arrowsize="0.7")
    for box in scene.boxes:
        dot.node(box.id, **_box(box, scene))
    for arrow in scene.arrows:
        dot.edge(arrow.operand, arrow.result, **_arrow(arrow, scene))
    if lines := _below(scene, title, legend):
        dot.attr(label=f"<{lines}>", labelloc="b", labeljust="l")
    return dot


# ── boxes ──────────────────────────────────────────────────────────────────────


def _box(box: Box, scene: Scene) -> dict[str, str]:
    """The attributes of a box."""
    v = box.value
    if v.constant:
        return _constant(box)
    s = style.strength(v.grad, scene.largest)
    still = scene.flowed and v.grad == 0.0
    return {
        "id": box.id,
        "label": f"<{_table(box, scene.flowed)}>",
        "tooltip": quoted(_details(box, scene.flowed)),
        "style": "filled,rounded" if v.op else "filled",
        "fillcolor": style.fill(v.grad, s),
        "color": style.colour(v.grad) if scene.flowed else style.NEUTRAL,
        "fontcolor": style.FAINT_TEXT if still else "black",
        "penwidth": "2" if box.is_root else "1",
    }


def _constant(box: Box) -> dict[str, str]:
    """The attributes of a number to which no gradient flows: small and grey."""
    name = shortened(box.value.label)
    lines = [markup(name)] * bool(name) + [f"{box.value.data:g}"]
    return {
        "id": box.id,
        "label": f"<{'<BR/>'.join(lines)}>",
        "tooltip": quoted(_details(box, flowed=False)),
        "fontsize": "9",
        "fontcolor": style.FAINT_TEXT,
        "color": style.ZERO,
        "margin": "0.04,0.02",
        "width": "0",
        "height": "0",
    }


def _table(box: Box, flowed: bool) -> str:
    """Header, data and grad as an HTML-like table."""
    v = box.value
    rows = [("data", number(v.data))]
    if flowed:
        rows.append(("grad", number(v.grad) + "*" * (not box.adds_up)))
    operation, name = markup(_operation(box)), f"<B>{markup(shortened(v.label))}</B>"
    if v.op and v.label:  # apart, lest `0.5 *` and `E` be read as a product
        cells = [_row(operation, name)]
    elif v.op or v.label:
        cells = [f'<TR><TD COLSPAN="2">{operation if v.op else name}</TD></TR>']
    else:
        cells = []
    cells += [_row(*row) for row in rows]
    table = '<TABLE BORDER="0" CELLBORDER="0" CELLSPACING="0" CELLPADDING="1">'
    return f"{table}{''.join(cells)}</TABLE>"


def _row(left: str, right: str) -> str:
    return f'<TR><TD ALIGN="LEFT">{left} </TD><TD ALIGN="RIGHT">{right}</TD></TR>'


def _operation(box: Box) -> str:
    """The operation's symbol, with the constants that are not drawn: `** 2`, `1 -`."""
    v = box.value
    if not v.op:
        return ""
    row = row_of(v)
    if row.many or not any(box.hidden):
        return row.symbol
    known = [_name(x) if gone else "" for x, gone in zip(v.args, box.hidden, strict=True)]
    if row.symbol.isidentifier():
        return f"{row.symbol}({', '.join(text or '.' for text in known)})"
    return " ".join(filter(None, [known[0], row.symbol, *known[1:]]))


def _name(constant: Value) -> str:
    return shortened(constant.label) or f"{constant.data:g}"


def _details(box: Box, flowed: bool) -> str:
    """What the tooltip of a box says: all digits."""
    v = box.value
    lines = [" ".join(filter(None, [v.op or "leaf", v.label])), f"data {v.data!r}"]
    return "\n".join(lines + [f"grad {v.grad!r}"] * flowed)


# ── arrows ─────────────────────────────────────────────────────────────────────


def _arrow(arrow: Arrow, scene: Scene) -> dict[str, str]:
    """The attributes of an arrow."""
    edge = arrow.edge
    if edge.operand.constant:  # no gradient is sent: no arrowhead
        return {"id": arrow.id, "dir": "none", "color": style.ZERO, "penwidth": "0.6"}
    if not scene.flowed:
        return _shown(arrow, edge.partial, f"partial {edge.partial!r}") | {"color": style.NEUTRAL}
    flow = arrow.flow
    details = f"partial {edge.partial!r} x grad {edge.result.grad!r} = {flow!r}"
    looks = {
        "color": style.colour(flow),
        "fontcolor": style.FAINT_TEXT if flow == 0.0 else style.colour(flow),
        "penwidth": f"{style.width(style.strength(flow, scene.largest)):.2f}",
    }
    if flow == 0.0:
        looks |= {"style": "dashed", "arrowtail": "tee"}
    return _shown(arrow, flow, details) | looks


def _shown(arrow: Arrow, x: float, details: str) -> dict[str, str]:
    """The number on an arrow, with all its digits in the tooltip."""
    # dot sets a label on its line: the small empty line below lifts it off
    return {
        "id": arrow.id,
        "label": f'< {number(x)} <BR/><FONT POINT-SIZE="4"> </FONT>>',
        "tooltip": quoted(details),
        "labeltooltip": quoted(details),
    }


# ── what stands below ──────────────────────────────────────────────────────────


def _below(scene: Scene, title: str, legend: bool) -> str:
    """Title, legend, and what must be said in any case."""
    lines = [f"<B>{markup(title)}</B>"] * bool(title)
    if scene.left_out:
        total = len(scene.arrows) + scene.left_out
        lines.append(f"<B>The {len(scene.arrows)} strongest of {total} edges: "
                     f"{scene.left_out} are not shown.</B>")  # fmt: skip
    if not scene.flowed:
        lines += [f"<B>{NOT_FLOWED[0]}</B>", *NOT_FLOWED[1:] * legend]
    elif legend:
        lines += [*(LEFT_OUT if scene.left_out else FLOWED), _colours()]
    if scene.flowed and not all(box.adds_up for box in scene.boxes):
        lines += ELSEWHERE
    return "".join(line + '<BR ALIGN="LEFT"/>' for line in lines)


def _colours() -> str:
    parts = [
        (style.POSITIVE, "blue: positive"),
        (style.NEGATIVE, "orange: negative"),
        (style.FAINT_TEXT, "dashed grey: exactly 0"),
    ]
    return "   ".join(f'<FONT COLOR="{colour}">{text}</FONT>' for colour, text in parts)
