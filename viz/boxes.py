"""A Value's box and an edge's arrow, as Graphviz is told of them."""

from __future__ import annotations

from autograd import Value
from autograd.graph import row as row_of
from viz import style
from viz.scene import Arrow, Box, Scene
from viz.text import markup, number, quoted, shortened


def value_box(box: Box, scene: Scene) -> dict[str, str]:
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
    symbol, name = markup(operation(box)), f"<B>{markup(shortened(v.label))}</B>"
    if v.op and v.label:  # apart, lest `0.5 *` and `E` be read as a product
        cells = [table_row(symbol, name)]
    elif v.op or v.label:
        cells = [f'<TR><TD COLSPAN="2">{symbol if v.op else name}</TD></TR>']
    else:
        cells = []
    return table([*cells, *(table_row(*row) for row in rows)])


def table(rows: list[str]) -> str:
    """Rows as an HTML-like table."""
    opening = '<TABLE BORDER="0" CELLBORDER="0" CELLSPACING="0" CELLPADDING="1">'
    return f"{opening}{''.join(rows)}</TABLE>"


def table_row(left: str, right: str) -> str:
    """Two cells, one at either side of the box."""
    return f'<TR><TD ALIGN="LEFT">{left} </TD><TD ALIGN="RIGHT">{right}</TD></TR>'


def operation(box: Box) -> str:
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


def edge_arrow(arrow: Arrow, scene: Scene) -> dict[str, str]:
    """The attributes of an arrow."""
    edge = arrow.edge
    if edge.operand.constant:  # no gradient is sent: no arrowhead
        return {"id": arrow.id, "dir": "none", "color": style.ZERO, "penwidth": "0.6"}
    if not scene.flowed:
        details = f"partial {edge.partial!r}"
        return shown_text(arrow.id, number(edge.partial), details) | {"color": style.NEUTRAL}
    flow = arrow.flow
    details = f"partial {edge.partial!r} x grad {edge.result.grad!r} = {flow!r}"
    return shown_text(arrow.id, number(flow), details) | line(flow, abs(flow), scene.largest)


def line(net: float, size: float, largest: float) -> dict[str, str]:
    """The looks of an arrow: its colour and head for the sign, its width for the size."""
    looks = {"style": "dashed", "arrowtail": "tee"} if size == 0.0 else {}
    if net < 0.0:
        looks["arrowtail"] = "diamond"
    return looks | {
        "color": style.colour(net) if net or not size else style.NEUTRAL,  # all cancels out
        "fontcolor": style.text_colour(net),
        "penwidth": f"{style.width(style.strength(size, largest)):.2f}",
    }


def shown_text(id: str, text: str, details: str) -> dict[str, str]:
    """What stands on an arrow, with more of it in the tooltip."""
    # dot sets a label on its line: the small empty line below lifts it off
    return {
        "id": id,
        "label": f'< {text} <BR/><FONT POINT-SIZE="4"> </FONT>>',
        "tooltip": quoted(details),
        "labeltooltip": quoted(details),
    }
