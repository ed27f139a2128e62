"""A group's box and a bundle's arrow, as Graphviz is told of them."""

from __future__ import annotations

import math

from viz import style
from viz.boxes import line, shown_text, table, table_row
from viz.scene import Bundle, Group, Scene
from viz.text import markup, number, quoted, shortened, size

CANCELLED = 1e-12  # a sum that is so small beside its sizes is rounding


def group_box(group: Group, scene: Scene) -> dict[str, str]:
    """The attributes of a group's box: of double outline, since there is more inside."""
    net, s = net_of(group), style.strength(group.sizes, scene.largest)
    still = scene.flowed and group.sizes == 0.0 and group.grad_w == 0.0
    return {
        "id": group.id,
        "label": f"<{_table(group, scene.flowed)}>",
        "tooltip": quoted(_details(group, scene.flowed)),
        "style": "filled" if group.values == group.leaves else "filled,rounded",
        "peripheries": "2",
        "fillcolor": style.fill(net, s),
        "color": style.colour(net) if scene.flowed else style.NEUTRAL,
        "fontcolor": style.FAINT_TEXT if still else "black",
    }


def _table(group: Group, flowed: bool) -> str:
    rows = [f'<TR><TD COLSPAN="2"><B>{markup(shortened(group.name))}</B></TD></TR>']
    rows.append(table_row("Values", f"{group.values:,}"))
    if group.leaves:
        rows.append(table_row("leaves", f"{group.leaves:,}"))
    if flowed and group.leaves:
        rows.append(table_row("|dC/dw|", size(group.grad_w)))
    if flowed:
        rows.append(table_row("arrives", _sum(group) + "*" * (not group.adds_up)))
    return table(rows)


def _details(group: Group, flowed: bool) -> str:
    lines = [group.name, ", ".join(filter(None, [group.operations, _leaves(group)]))]
    sums = f"arrives {group.net!r}, sizes {group.sizes!r}, norm of dC/dw {group.grad_w!r}"
    return "\n".join(lines + [sums] * flowed)


def _leaves(group: Group) -> str:
    return f"{group.leaves:,} leaves" if group.leaves else ""


def bundle_arrow(bundle: Bundle, scene: Scene) -> dict[str, str]:
    """The attributes of a bundle's arrow."""
    edges = f"{bundle.edges:,} edge{'s' * (bundle.edges != 1)}"
    if not scene.flowed:
        return shown_text(bundle.id, edges, edges) | {"color": style.NEUTRAL}
    details = f"{edges}: sum {bundle.net!r}, sizes {bundle.sizes!r}"
    looks = line(net_of(bundle), bundle.sizes, scene.largest)
    return shown_text(bundle.id, _sum(bundle), details) | looks


def net_of(x: Group | Bundle) -> float:
    """The sum with its signs; 0 where all cancels out but for rounding."""
    return 0.0 if abs(x.net) <= CANCELLED * x.sizes < math.inf else x.net


def _sum(x: Group | Bundle) -> str:
    """The sum with its signs; beside it that of the sizes, where signs differ."""
    net, sizes = net_of(x), x.sizes
    if math.isclose(abs(net), sizes, rel_tol=1e-9) or not math.isfinite(sizes):
        return number(net)
    return f"{number(net)} of {size(sizes)}"
